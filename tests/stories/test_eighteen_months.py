"""Eighteen months of one visit in seconds, and every run of its workflow replayed."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import select
from temporalio.worker import Replayer

import worker
from activities.ids import account_workflow, encounter_workflow
from database import proof
from database.tables import Letter, Placement
from temporal.plugin import office_plugin
from tests.office import Office
from tests.stories.eighteen_months import lived
from tests.stories.running import running


async def test_eighteen_months_end_at_zero_and_every_cent_is_proven(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        began: datetime = office.now
        encounter = await lived(live)
        assert timedelta(days=530) < office.now - began < timedelta(days=620)
        assert office.stage(encounter) == "closed", office.story(encounter)
        assert office.accounts(encounter) == {
            ("ADJ_CONTRACT", 1): 5000,
            ("CARD_CLEARING", None): 500,
            ("CASH_UNAPPLIED", 1): 9500,
            ("REVENUE_GROSS", 1): -15000,
        }
        with office.database.reading() as session:
            assert [one.name for one in proof.prove_rows(session) if not one.holds] == []
            assert session.exec(select(Placement.agency)).all() == ["Example Recovery"]
            assert len(session.exec(select(Letter)).all()) >= 4
        replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
        runs = 0
        for workflow_id in (
            encounter_workflow(office.practice_id, encounter),
            account_workflow(office.practice_id, office.patient_of(encounter)),
        ):
            async for run in live.client.list_workflows(f"WorkflowId='{workflow_id}'"):
                handle = live.client.get_workflow_handle(workflow_id, run_id=run.run_id)
                await replayer.replay_workflow(await handle.fetch_history())
                runs += 1
        assert runs >= 4, "it closed, was opened again, and the account began anew"
