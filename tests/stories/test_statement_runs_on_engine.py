"""A run of statements under its own workflow: on paper, by e-mail, with a mail server that is not ready, and long."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer

import worker
from activities.ids import statement_run_workflow
from activities.mail_line import MailServer
from activities.messages import ReconcileStep, StatementRunStanding
from activities.reconcile import ReconcileActivities
from database import outbox
from database.outbox import OutboxKind
from temporal.plugin import office_plugin
from tests.mail_servers import Desk, mail_server
from tests.office import Office
from tests.stories import statement_desk as desk
from tests.stories.running import OtherSettings, Running, running


@pytest.fixture
def mail() -> Desk:
    return Desk()


@pytest.fixture
def server(mail: Desk) -> Iterator[MailServer]:
    with mail_server(mail) as reached:
        yield reached


def with_mail(engine: Any, server: MailServer) -> Any:
    """The engine's settings with a mail server."""
    told = {
        "smtp_host": server.host,
        "smtp_port": server.port,
        "smtp_security": server.security,
        "smtp_sender": server.sender,
    }
    return engine.settings.model_copy(update=told)


async def begun(live: Running, office: Office) -> WorkflowHandle[Any, Any]:
    run_id = desk.begun(office)
    await live.dispatcher.send_waiting()
    return live.client.get_workflow_handle(statement_run_workflow(office.practice_id, run_id))


async def replays(engine: Any, handle: WorkflowHandle[Any, Any]) -> None:
    replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
    await replayer.replay_workflow(await handle.fetch_history())


async def test_with_nothing_waiting_it_ends_at_once(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        handle = await begun(live, office)
        standing = StatementRunStanding.model_validate(await handle.result())
    assert (standing.step, standing.taken) == ("nothing", 0)


async def test_papers_go_into_a_file_and_its_progress_can_be_asked(office: Office, engine: Any) -> None:
    desk.waiting(office, 2)
    async with running(office, engine) as live:
        office.now += timedelta(days=1)
        handle = await begun(live, office)
        standing = StatementRunStanding.model_validate(await handle.result())
        asked = await handle.query("standing", result_type=StatementRunStanding)
        await replays(engine, handle)
    assert asked == standing
    assert (standing.taken, standing.in_file, standing.waiting) == (2, 2, 0)


async def test_it_waits_for_a_mail_server_and_goes_on(
    office: Office, engine: Any, mail: Desk, server: MailServer
) -> None:
    by_mail, _ = desk.waiting(office, 2)
    desk.wants_email(office, by_mail, "jane@patients.test")
    mail.to_recipient = lambda address: "451 4.3.0 later"
    settings = engine.settings
    engine_with_mail = OtherSettings(engine, with_mail(engine, server))
    async with running(office, engine_with_mail) as live:
        handle = await begun(live, office)
        await desk.until(lambda: mail_tries(office, handle.id) == 1)
        mail.to_recipient = lambda address: None
        await live.advance_workflow(handle, timedelta(minutes=2))
        standing = StatementRunStanding.model_validate(await handle.result())
        await replays(engine, handle)
    assert settings.smtp_host == ""
    assert (standing.handed_over, standing.in_file) == (1, 1)
    assert mail.recipients == ["jane@patients.test"]


def mail_tries(office: Office, workflow_id: str) -> int:
    return sum(one.tries for one in desk.items(office, workflow_id.rpartition("/")[2]))


async def test_a_long_run_begins_a_new_history_and_loses_nothing(
    office: Office, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.statement_runs.SET_AT_ONCE", 1)
    desk.waiting(office, 14)
    async with running(office, engine) as live:
        handle = await begun(live, office)
        first_run = (await handle.describe()).run_id
        standing = StatementRunStanding.model_validate(await handle.result())
        assert (await handle.describe()).run_id != first_run
    assert (standing.taken, standing.in_file) == (14, 14)


async def test_a_run_whose_start_was_lost_is_started_by_the_reconciliation(office: Office, engine: Any) -> None:
    desk.waiting(office, 1)
    async with running(office, engine) as live:
        run_id = desk.begun(office)
        with office.database.writing() as session:
            outbox.forget(session, OutboxKind.START_STATEMENT_RUN, practice_id=office.practice_id, subject_id=run_id)
        reconcile = ReconcileActivities(office.database, live.client).reconcile
        await ActivityEnvironment().run(reconcile, ReconcileStep(at=office.now + timedelta(minutes=6)))
        await live.dispatcher.send_waiting()
        handle = live.client.get_workflow_handle(statement_run_workflow(office.practice_id, run_id))
        standing = StatementRunStanding.model_validate(await handle.result())
    assert standing.in_file == 1
