"""The reconciliation, which runs every few minutes, writes each practice's day down once it has ended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.messages import ReconcileStep
from activities.reconcile import ReconcileActivities
from billing.daily_figures import KINDS
from database import office as offices
from database.tables import DayFigureRow, Posting
from tests.office import Office
from tests.stories.running import running
from tests.stories.test_households import child


async def test_each_day_is_written_down_by_the_first_look_after_it(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        today = office.today
        reconcile = ReconcileActivities(office.database, live.client)
        for days in (0, 1, 1, 2, 4):
            step = ReconcileStep(at=office.now + timedelta(days=days))
            await ActivityEnvironment().run(reconcile.reconcile, step)
    with office.database.reading() as session:
        rows = session.exec(select(DayFigureRow).where(DayFigureRow.practice_id == office.practice_id)).all()
    days = [today + timedelta(days=one) for one in (-1, 0, 1, 3)]
    assert sorted({one.day for one in rows}) == days, "nobody looked on the third day after: the second stays unknown"
    assert len(rows) == len(days) * len(KINDS)


async def test_what_is_wrong_in_one_practice_holds_up_no_other(office: Office, engine: Any) -> None:
    child(office, "ANNA", 1)
    with office.database.writing() as session:
        other = offices.add_practice(session, name="Another clinic", at=office.now - timedelta(days=9)).id
        known = session.exec(select(Posting)).first()
        assert known is not None
        session.add(Posting(**known.model_dump(exclude={"id"}) | {"account": "UNHEARD_OF"}))
    async with running(office, engine) as live:
        step = ReconcileStep(at=office.now + timedelta(days=1))
        reconcile = ReconcileActivities(office.database, live.client)
        await ActivityEnvironment().run(reconcile.reconcile, step)
    with office.database.reading() as session:
        assert set(session.exec(select(DayFigureRow.practice_id))) == {other}


async def test_figures_are_of_the_instant_at_which_they_are_read(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        environment = ActivityEnvironment()
        told = environment.info
        environment.info = replace(told, started_time=told.scheduled_time + timedelta(hours=3))
        step = ReconcileStep(at=office.now + timedelta(days=1))
        await environment.run(ReconcileActivities(office.database, live.client).reconcile, step)
    with office.database.reading() as session:
        [taken] = set(session.exec(select(DayFigureRow.taken_at)))
    assert timedelta(hours=3) <= taken - step.at < timedelta(hours=3, minutes=10)
