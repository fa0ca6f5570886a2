"""Stories on the real engine, with time that passes in seconds."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer

import worker
from activities.ids import encounter_workflow
from activities.messages import ReconcileStep
from activities.reconcile import ReconcileActivities
from billing.claim import Address, Diagnosis, Name, Person, Sex
from database import ledger
from temporal.plugin import office_plugin
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.running import Running, running

BOTH_DATABASES = True


async def opened(office: Running, **changes: Any) -> str:
    day = office.office.today - timedelta(days=2)
    office.office.take_in(an_837p(a_claim(a_line(service_date=day), **changes)))
    [encounter] = office.office.encounter_ids()
    await office.settle(encounter)
    return encounter


async def test_a_clean_claim_closes_at_zero(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        encounter = await opened(live)
        await live.settle(encounter)
        number = office.submission(encounter).control_number
        office.deliver(a_277ca(number, sender="AY"))
        await live.settle(encounter)
        office.deliver(a_277ca(number, sender="PR", number=2))
        await live.settle(encounter)
        await live.advance(encounter, timedelta(days=14))
        office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
        await live.handle(encounter).signal("facts_arrived", {"at": None})
        result = await live.handle(encounter).result()
        assert result["encounter_id"] == encounter
        assert office.stage(encounter) == "closed"
        history = await live.handle(encounter).fetch_history()
        skipping = 2  # the engine notes each skip of time in the history; the office itself writes the rest
        assert len(history.events) - skipping <= 40
        replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
        await replayer.replay_workflow(history)


async def test_it_continues_as_new_and_loses_nothing(office: Office, engine: Any) -> None:
    """A silent payer for 120 days: the agenda turns over and over, the history starts anew, the tasks stay."""
    async with running(office, engine) as live:
        encounter = await opened(live)
        number = office.submission(encounter).control_number
        first_run = (await live.handle(encounter).describe()).run_id
        office.deliver(a_277ca(number, sender="AY"))
        await live.settle(encounter)
        for _ in range(12):
            await live.advance(encounter, timedelta(days=10))
        description = await live.handle(encounter).describe()
        assert description.run_id != first_run
        standing = await live.standing(encounter)
        assert {task.type for task in standing.open_tasks} >= {"no_response"}
        assert standing.next_item is not None
        assert max(task.escalation for task in standing.open_tasks) >= 3
        office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
        await live.handle(encounter).signal("facts_arrived", {"at": None})
        await live.handle(encounter).result()
        assert office.stage(encounter) == "closed"
        assert await no_history_differs(live, engine, encounter)
        with office.database.reading() as session:
            days = [
                journal.posted_on
                for journal, _ in ledger.journal_of_encounter(
                    session, practice_id=office.practice_id, encounter_id=encounter
                )
            ]
        assert days == sorted(days)
        assert (days[-1] - days[0]).days >= 119


async def no_history_differs(live: Running, engine: Any, encounter: str) -> bool:
    """Every run of the encounter replays with today's code."""
    replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
    workflow_id = live.handle(encounter).id
    runs = 0
    async for execution in live.client.list_workflows(f"WorkflowId='{workflow_id}'"):
        history = await live.client.get_workflow_handle(workflow_id, run_id=execution.run_id).fetch_history()
        await replayer.replay_workflow(history)
        runs += 1
    return runs > 1


async def test_staff_place_a_hold_while_the_payer_answers_500(office: Office, engine: Any) -> None:
    """The payer fails for an hour: the ladder climbs, and a hold is placed between the tries."""
    office.wire.failing = 3
    async with running(office, engine) as live:
        encounter = await opened(live)
        standing = await live.standing(encounter)
        assert (standing.stage, standing.step) == ("verification", "wait")
        answer = await live.hold(encounter, days=1)
        assert answer.done
        assert (await live.standing(encounter)).on_hold
        answer = await live.release(encounter)
        assert answer.done
        await live.advance(encounter, timedelta(hours=1))
        await live.advance(encounter, timedelta(hours=3))
        assert office.stage(encounter) == "acknowledgment"


async def test_a_stale_click_leaves_no_trace(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        encounter = await opened(live)
        before = len((await live.handle(encounter).fetch_history()).events)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await live.complete(encounter, task_id="task0000000000000000")
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "TaskNotOpen"
        assert len((await live.handle(encounter).fetch_history()).events) == before


async def test_a_late_fact_opens_a_closed_encounter_again(office: Office, engine: Any) -> None:
    """A reversal after the end: a new run, the books open again, the correction closes them."""
    async with running(office, engine) as live:
        encounter = await opened(live)
        number = office.submission(encounter).control_number
        first = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))
        office.deliver_835(an_835(first))
        await live.tell(encounter)
        assert office.stage(encounter) == "closed"
        office.deliver_835(an_835(a_reversal(first), trace="EFT0002", number=2, plb=(("FB", "ICN001", -10000),)))
        await live.tell(encounter)
        assert office.stage(encounter) == "adjudication"
        corrected = a_payment(number, paid=9000, adjustments=(("CO", "45", 6000),), payer_claim_number="ICN001R")
        office.deliver_835(an_835(corrected, trace="EFT0003", number=3, plb=(("FB", "ICN001", 9000),)))
        await live.tell(encounter)
        assert office.stage(encounter) == "closed"
        assert office.accounts(encounter)[("ADJ_CONTRACT", 1)] == 6000


async def test_nothing_private_is_in_the_engine(office: Office, engine: Any) -> None:
    """Names, birth dates, member ids and diagnoses appear in no raw history, attribute or id."""
    markers = [b"QUIXOTE", b"DULCINEA", b"19470203", b"1947-02-03", b"MEMBERQ77", b"T7840", b"WINDMILL"]
    person = Person(
        Name("QUIXOTE", "DULCINEA"), date(1947, 2, 3), Sex.FEMALE, Address("7 WINDMILL RD", "ANYTOWN", "OH", "44101")
    )
    async with running(office, engine) as live:
        encounter = await opened(
            live,
            member_id="MEMBERQ77",
            subscriber=person,
            patient=person,
            diagnoses=(Diagnosis("T7840XA", "ABK"),),
        )
        number = office.submission(encounter).control_number
        office.deliver(a_277ca(number, accepted=False))
        await live.settle(encounter)
        assert office.open_task_types(encounter) == ["claim_rejected"]
        await live.complete(
            encounter, resolution="corrected_new_claim", values={"corrections": "member_id = MEMBERQ77B"}
        )
        seen = b""
        async for execution in live.client.list_workflows(f"PracticeId='{office.practice_id}'"):
            seen += str(execution.typed_search_attributes).encode() + execution.id.encode()
        for workflow_id in await live.all_workflow_ids():
            handle = live.client.get_workflow_handle(workflow_id)
            history = await handle.fetch_history()
            for event in history.events:
                seen += event.SerializeToString()
            seen += (await handle.describe()).raw_description.SerializeToString()
        assert len(seen) > 5000
        assert [marker for marker in markers if marker in seen] == []


async def test_a_command_at_the_turn_of_a_history_is_answered(office: Office, engine: Any) -> None:
    """Updates go on arriving while continue-as-new is due: each is answered, none waits for ever."""
    async with running(office, engine) as live:
        encounter = await opened(live)
        office.policy("remittance_alarm_days", 3000)
        first_run = (await live.handle(encounter).describe()).run_id
        for _ in range(12):
            assert (await asyncio.wait_for(live.hold(encounter, days=1), 20)).done
            assert (await asyncio.wait_for(live.release(encounter), 20)).done
        assert (await live.handle(encounter).describe()).run_id != first_run
        assert not (await live.standing(encounter)).on_hold


async def test_commands_that_come_together_are_answered_each(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        encounter = await opened(live)
        held = await asyncio.gather(*(live.hold(encounter, days=1) for _ in range(4)), return_exceptions=True)
        done = [one for one in held if not isinstance(one, BaseException) and one.done]
        assert len(done) == 1
        assert len(held) == 4


async def test_reconciliation_starts_again_what_was_ended_by_hand(office: Office, engine: Any) -> None:
    """Somebody terminated the workflow in the engine; the books still say that the encounter is open."""
    async with running(office, engine) as live:
        encounter = await opened(live)
        number = office.submission(encounter).control_number
        await live.handle(encounter).terminate("by mistake")
        while encounter_workflow(office.practice_id, encounter) in await live.running_workflow_ids():
            await asyncio.sleep(0.02)  # the engine's lists lag a little
        reconcile = ReconcileActivities(office.database, live.client)
        step = ReconcileStep(at=office.now + timedelta(minutes=10))
        mended = await ActivityEnvironment().run(reconcile.reconcile, step)
        assert mended.started >= 1
        await live.settle(encounter)
        office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
        await live.tell(encounter)
        assert office.stage(encounter) == "closed"
        again = await ActivityEnvironment().run(reconcile.reconcile, step)
        assert again.woken == 0
