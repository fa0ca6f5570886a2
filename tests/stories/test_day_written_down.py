"""The reconciliation, which runs every few minutes, writes each practice's day down once it has ended."""

from datetime import timedelta
from typing import Any

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.messages import ReconcileStep
from activities.reconcile import ReconcileActivities
from billing.daily_figures import KINDS
from database.tables import DayFigureRow
from tests.office import Office
from tests.stories.running import running


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
