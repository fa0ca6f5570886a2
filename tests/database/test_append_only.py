"""Ledger and audit are added to, never changed: the database itself refuses."""

import pytest
import sqlalchemy as sa

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from database import audit, ledger
from tests.office import Office


@pytest.fixture
def written(office: Office) -> Office:
    entry = Entry(EntryKind.CHARGE, "charge:1", transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(100)))
    with office.database.writing() as session:
        ledger.post(session, [entry], practice_id=office.practice_id, at=office.now)
        audit.record(
            session,
            practice_id=office.practice_id,
            at=office.now,
            actor_id=office.worker_id,
            action="view",
            subject="encounter",
            subject_id="e1",
        )
    return office


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET actor = 'somebody'",
        "DELETE FROM journal",
        "UPDATE posting SET amount_cents = 0",
        "DELETE FROM posting",
        "UPDATE audit_event SET reason = 'nothing'",
        "DELETE FROM audit_event",
    ],
)
def test_what_was_written_cannot_be_changed(written: Office, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), written.database.writing() as session:
        session.execute(sa.text(statement))
    with written.database.reading() as session:
        assert ledger.account_totals(session, practice_id=written.practice_id) == {"AR_INS": 100, "REVENUE_GROSS": -100}
        assert audit.check(session) == (1, [])


def test_a_reading_session_cannot_write(written: Office) -> None:
    statement = sa.text("INSERT INTO practice (id, name, created_at) VALUES ('x', 'x', '2026-01-01')")
    with pytest.raises(sa.exc.DBAPIError), written.database.reading() as session:
        session.execute(statement)
