"""The outbox: one wish is one message, held while it is sent, kept when the wish was renewed meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import select

from database import outbox
from database.columns import new_id
from database.engine import Database
from database.outbox import LEASE, OutboxKind
from database.tables import Outbox
from tests.builders import NOON

PRACTICE, ENCOUNTER = new_id(), new_id()


def wish(database: Database, *, subject_id: str = ENCOUNTER, fact_id: str | None = None) -> None:
    with database.writing() as session:
        outbox.enqueue(
            session,
            OutboxKind.WAKE_ENCOUNTER,
            practice_id=PRACTICE,
            subject_id=subject_id,
            fact_id=fact_id,
            at=NOON,
        )


def take(database: Database, limit: int = 10) -> Sequence[Outbox]:
    with database.writing() as session:
        return outbox.lease(session, limit=limit)


def tell_sent(database: Database, rows: Sequence[Outbox]) -> None:
    with database.writing() as session:
        outbox.sent(session, rows)


def pending(database: Database) -> int:
    with database.reading() as session:
        return outbox.pending(session)


def test_the_same_wish_is_one_message(database: Database) -> None:
    wish(database)
    wish(database)
    assert pending(database) == 1


def test_another_fact_or_subject_is_another_message(database: Database) -> None:
    wish(database)
    wish(database, fact_id=new_id())
    wish(database, subject_id=new_id())
    assert pending(database) == 3


def test_the_oldest_go_first_and_nobody_else_gets_them_meanwhile(database: Database) -> None:
    subjects = [new_id() for _ in range(3)]
    for subject_id in subjects:
        wish(database, subject_id=subject_id)
    assert [row.subject_id for row in take(database, limit=2)] == subjects[:2]
    assert [row.subject_id for row in take(database)] == subjects[2:]
    assert list(take(database)) == []


def test_a_lease_that_ran_out_is_given_again(database: Database) -> None:
    wish(database)
    [first] = take(database)
    with database.writing() as session:
        ago = datetime.now(UTC) - timedelta(seconds=1)
        session.execute(sa.update(Outbox).values(leased_until=ago))
    [again] = take(database)
    assert (again.id, again.attempts) == (first.id, 2)
    assert again.leased_until is not None
    assert timedelta(0) < again.leased_until - datetime.now(UTC) <= LEASE


def test_what_was_sent_is_gone(database: Database) -> None:
    wish(database)
    tell_sent(database, take(database))
    assert pending(database) == 0


def test_a_wish_renewed_while_it_was_being_sent_is_sent_again(database: Database) -> None:
    wish(database)
    rows = take(database)
    wish(database)
    tell_sent(database, rows)
    assert pending(database) == 1
    [again] = take(database)
    tell_sent(database, [again])
    assert pending(database) == 0


def test_a_wish_that_was_rolled_back_was_never_made(database: Database) -> None:
    class Broken(Exception):
        pass

    try:
        with database.writing() as session:
            outbox.enqueue(session, OutboxKind.START_BATCH, practice_id=PRACTICE, subject_id=new_id(), at=NOON)
            raise Broken
    except Broken:
        pass
    assert pending(database) == 0


def test_age_is_measured_by_the_wall_not_by_the_business_instant(database: Database) -> None:
    wish(database)
    with database.writing() as session:
        row = session.exec(select(Outbox)).one()
        assert row.at == NOON
        assert abs(row.queued_at - datetime.now(UTC)) < timedelta(minutes=1)
        assert outbox.older_than(session, timedelta(minutes=5)) == 0
        row.queued_at -= timedelta(minutes=6)
        session.add(row)
    with database.reading() as session:
        assert outbox.older_than(session, timedelta(minutes=5)) == 1


def test_two_dispatchers_share_the_work(database: Database) -> None:
    """On PostgreSQL the second passes over what the first holds; on SQLite it comes after the first."""
    for _ in range(6):
        wish(database, subject_id=new_id())
    with database.writing() as session:
        mine = {row.id for row in outbox.lease(session, limit=3)}
        session.flush()
        if not database.is_sqlite:
            theirs = {row.id for row in take(database, limit=10)}
            assert len(theirs) == 3
            assert mine & theirs == set()
    assert len(mine) == 3
