"""Writes down what each practice's day came to, just after it ended.

It is worked out on one snapshot, without holding the book, and kept in a transaction of its own. A day that nobody
wrote down before the next one ended is left out: what was open then is not known any more.
"""

from datetime import date, datetime, timedelta

from billing.days import day_of
from database import daily_figures, office
from database.engine import Database


def wanted(database: Database, *, at: datetime) -> list[tuple[str, date]]:
    """(practice, the day of it that ended last) for each practice of which that day is not written down yet."""
    with database.reading() as session:
        found = []
        for practice in office.practices(session):
            day = day_of(at, office.zone_of(session, practice.id)) - timedelta(days=1)
            if daily_figures.is_wanted(session, practice, day):
                found.append((practice.id, day))
        return found


def write_down(database: Database, practice_id: str, day: date, *, at: datetime) -> int:
    """Work out and keep the figures of one day; how many are new. Done twice, it changes nothing."""
    with database.reading() as session:
        figures = daily_figures.work_out(session, practice_id=practice_id, day=day, at=at)
    with database.writing() as session:
        return daily_figures.keep(session, figures, practice_id=practice_id, day=day, at=at)
