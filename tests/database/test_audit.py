"""The audit chain: what was changed, removed or put between shows, even when somebody switched the triggers off."""

import pytest
import sqlalchemy as sa

from database import audit
from database.engine import Database
from tests.builders import NOON
from tests.database.crowd import together
from tests.office import Office

EVENTS = 5


def record(office: Office, number: int) -> None:
    with office.database.writing() as session:
        audit.record(
            session,
            practice_id=office.practice_id,
            at=NOON,
            actor_id=office.worker_id,
            action="view",
            subject="encounter",
            subject_id=f"e{number}",
        )


def check(database: Database) -> tuple[int, list[int]]:
    with database.reading() as session:
        return audit.check(session)


@pytest.fixture
def chained(office: Office) -> Office:
    for number in range(EVENTS):
        record(office, number)
    return office


def tamper(database: Database, statement: str) -> None:
    """What somebody with the administrator's rights could do."""
    triggers = (
        ["DROP TRIGGER audit_event_no_update", "DROP TRIGGER audit_event_no_delete"]
        if database.is_sqlite
        else ["DROP TRIGGER audit_event_append_only ON audit_event"]
    )
    with database.writing() as session:
        for command in [*triggers, statement]:
            session.execute(sa.text(command))


def test_an_untouched_chain_holds(chained: Office) -> None:
    assert check(chained.database) == (EVENTS, [])


@pytest.mark.parametrize(
    ("statement", "left", "broken"),
    [
        ("UPDATE audit_event SET reason = 'nothing happened' WHERE id = 3", EVENTS, [3]),
        ("UPDATE audit_event SET actor_id = 'somebody' WHERE id = 1", EVENTS, [1]),
        ("UPDATE audit_event SET at = '2026-01-01 00:00:00+00:00' WHERE id = 2", EVENTS, [2]),
        ("UPDATE audit_event SET sha256 = 'x' WHERE id = 5", EVENTS, [5]),
        ("UPDATE audit_event SET sha256 = 'x' WHERE id = 2", EVENTS, [2, 3]),
        ("DELETE FROM audit_event WHERE id = 3", EVENTS - 1, [4]),
        ("DELETE FROM audit_event WHERE id = 1", EVENTS - 1, [2]),
    ],
)
def test_tampering_shows(chained: Office, statement: str, left: int, broken: list[int]) -> None:
    tamper(chained.database, statement)
    assert check(chained.database) == (left, broken)


def test_a_chain_without_its_end_is_whole_and_lacks_the_noted_event(chained: Office) -> None:
    with chained.database.reading() as session:
        noted = audit.head(session)
    tamper(chained.database, f"DELETE FROM audit_event WHERE id = {EVENTS}")
    assert check(chained.database) == (EVENTS - 1, [])
    with chained.database.reading() as session:
        assert not audit.stands(session, noted)
        assert audit.stands(session, audit.head(session).upper())


def test_the_chain_holds_when_many_write_at_once(office: Office) -> None:
    together(8, lambda number: [record(office, number) for _ in range(3)])
    assert check(office.database) == (24, [])
