"""No list and no search of the workbench reads a growing table from end to end, on either database."""

from sqlmodel import Session, select

from benchmarks.large_office import build
from benchmarks.lists import looks, scanned
from database.engine import Database
from database.tables import Task
from database.worklists import TaskPage

VISITS = 600


def test_every_look_is_answered_by_indexes_and_finds_something(database: Database) -> None:
    large = build(database, VISITS)
    plans = {}
    for name, look in looks(large).items():
        with database.reading() as session:
            found = look(session)
        assert found, name
        if isinstance(found, TaskPage):
            assert found.items, name
        plans[name] = scanned(database, look)
    assert {name: tables for name, tables in plans.items() if tables} == {}


def test_a_table_that_is_read_whole_is_seen(database: Database) -> None:
    """The check itself can fail."""
    build(database, VISITS)

    def look(session: Session) -> object:
        return session.exec(select(Task).where(Task.reason == "x")).all()

    assert scanned(database, look) == ["task"]
