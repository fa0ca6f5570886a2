"""Threads that write at once: no update is lost, nothing comes twice, and readers do not wait."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlmodel import col, func, select

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.stages import Stage
from billing.submission import SubmissionState
from database import encounters, ledger, messages, submissions
from database.columns import new_id
from database.engine import Database
from database.tables import Batch, Encounter, InboundMessage, Journal, Practice, Submission
from tests.builders import NOON, an_837p
from tests.database.crowd import together
from tests.office import Office

WRITERS = 8


def a_charge(source: str, cents: int = 100) -> Entry:
    return Entry(EntryKind.CHARGE, source, transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(cents)))


def an_encounter(office: Office) -> str:
    office.take_in(an_837p())
    [encounter_id] = office.encounter_ids()
    return encounter_id


def test_no_update_is_lost_under_the_encounters_lock(office: Office) -> None:
    encounter_id = an_encounter(office)

    def count_up(_: int) -> None:
        for _ in range(10):
            with office.database.writing() as session:
                encounter = encounters.lock(session, practice_id=office.practice_id, encounter_id=encounter_id)
                encounter.version += 1
                session.add(encounter)

    together(WRITERS, count_up)
    with office.database.reading() as session:
        assert session.exec(select(Encounter.version)).one() == WRITERS * 10


def test_control_numbers_never_repeat_from_the_very_first(office: Office) -> None:
    def allocate(_: int) -> list[int]:
        found = []
        for _ in range(5):
            with office.database.writing() as session:
                found.append(messages.next_number(session, partner_id=office.partner_id, name="interchange"))
        return found

    numbers = [number for found in together(WRITERS, allocate) for number in found]
    assert sorted(numbers) == list(range(1, WRITERS * 5 + 1))


def test_control_numbers_are_nine_digits_and_begin_again(office: Office) -> None:
    with office.database.writing() as session:
        messages.next_number(session, partner_id=office.partner_id, name="group")
        session.execute(sa.text("UPDATE control_sequence SET last = 999999999"))
    with office.database.writing() as session:
        assert messages.next_number(session, partner_id=office.partner_id, name="group") == 1


def test_an_entry_posted_by_many_at_once_is_posted_once(office: Office) -> None:
    def post(_: int) -> int:
        with office.database.writing() as session:
            entries = [a_charge("same:1"), a_charge("same:2", 50)]
            return len(ledger.post(session, entries, practice_id=office.practice_id, at=NOON))

    assert sorted(together(WRITERS, post)) == [0] * (WRITERS - 1) + [2]
    with office.database.reading() as session:
        assert ledger.account_totals(session, practice_id=office.practice_id) == {"AR_INS": 150, "REVENUE_GROSS": -150}


def test_the_book_runs_forwards_whoever_posts(office: Office) -> None:
    def post(writer: int) -> None:
        for number in range(5):
            at = NOON + timedelta(days=(writer * 7 + number * 3) % 11)
            with office.database.writing() as session:
                ledger.post(session, [a_charge(f"{writer}:{number}")], practice_id=office.practice_id, at=at)

    together(WRITERS, post)
    with office.database.reading() as session:
        days = session.exec(select(Journal.posted_on).order_by(col(Journal.number))).all()
    assert len(days) == WRITERS * 5
    assert all(earlier <= later for earlier, later in pairwise(days))


def test_a_late_entry_gets_the_day_of_the_books_last(office: Office) -> None:
    with office.database.writing() as session:
        ledger.post(session, [a_charge("1")], practice_id=office.practice_id, at=NOON + timedelta(days=9))
        ledger.post(session, [a_charge("2")], practice_id=office.practice_id, at=NOON)
    with office.database.reading() as session:
        rows = session.exec(select(Journal.posted_on, Journal.recorded_at).order_by(col(Journal.number))).all()
    assert rows[1] == ((NOON + timedelta(days=9)).date(), NOON)


def test_the_same_bytes_are_one_message(office: Office) -> None:
    def store(body: bytes, partner_id: str | None) -> tuple[str, bool]:
        with office.database.writing() as session:
            message, is_new = messages.store_inbound(
                session, partner_id=partner_id, kind="835", body=body, received_at=NOON
            )
            return message.id, is_new

    first, is_new = store(b"ISA", office.partner_id)
    assert is_new
    assert store(b"ISA", office.partner_id) == (first, False)
    assert store(b"ISA~", office.partner_id)[1]
    other = Office(office.database)
    assert store(b"ISA", other.partner_id)[1]


def test_the_same_bytes_by_many_at_once_are_one_message(office: Office) -> None:
    """Whoever collides fails as a whole and finds the message when tried again, as the engine does."""

    def store(_: int) -> str:
        for _ in range(3):
            try:
                with office.database.writing() as session:
                    message, _new = messages.store_inbound(
                        session, partner_id=office.partner_id, kind="835", body=b"ISA", received_at=NOON
                    )
                    return message.id
            except sa.exc.IntegrityError:
                continue
        raise AssertionError("collided three times")

    assert len(set(together(WRITERS, store))) == 1
    with office.database.reading() as session:
        assert session.exec(select(func.count()).select_from(InboundMessage)).one() == 1


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    """It sees the books as they were, while the writer's transaction is still open."""

    def count() -> int:
        with database.reading() as session:
            return session.exec(select(func.count()).select_from(Practice)).one()

    with database.writing() as session:
        session.add(Practice(id=new_id(), name="half written", time_zone="UTC", created_at=NOON))
        session.flush()
        seen: list[int] = []
        reader = threading.Thread(target=lambda: seen.append(count()))
        reader.start()
        reader.join(timeout=5)
        assert seen == [0]
    assert count() == 1


def test_a_reader_keeps_its_snapshot(database: Database) -> None:
    with database.reading() as session:
        before = session.exec(select(func.count()).select_from(Practice)).one()
        with database.writing() as writer:
            writer.add(Practice(id=new_id(), name="new", time_zone="UTC", created_at=NOON))
        assert session.exec(select(func.count()).select_from(Practice)).one() == before


def test_a_receipt_does_not_overwrite_what_the_encounters_step_wrote(office: Office) -> None:
    """The payer answers before the receipt is stored: the step holds the encounter, the receipt comes second."""
    encounter_id = an_encounter(office)
    office.go_on(encounter_id)
    with office.database.writing() as session:
        batch = a_batch(office)
        session.add(batch)
        session.flush()
        number = session.exec(select(Submission.control_number)).one()
        session.execute(sa.update(Submission).values(batch_id=batch.id))

    def keep_receipt() -> None:
        with office.database.writing() as session:
            row = session.get(Batch, batch.id)
            assert row is not None
            submissions.mark_transmitted(session, row, at=NOON, receipt_id="R1", received_at=NOON)

    with office.database.writing() as session:
        encounter = encounters.lock(session, practice_id=office.practice_id, encounter_id=encounter_id)
        second = threading.Thread(target=keep_receipt)
        second.start()
        second.join(timeout=0.4)
        assert second.is_alive()
        submission = session.get(Submission, number)
        assert submission is not None
        submission.state, submission.adjudicated_at = SubmissionState.ADJUDICATED, NOON
        encounter.stage = Stage.CLOSED
        session.add_all([submission, encounter])
    second.join(timeout=10)
    with office.database.reading() as session:
        assert session.exec(select(Encounter.stage)).one() == Stage.CLOSED
        kept = session.get(Submission, number)
        assert kept is not None
        assert (kept.state, kept.transmitted_at) == (SubmissionState.ADJUDICATED, NOON)


def a_batch(office: Office, at: datetime = NOON) -> Batch:
    return Batch(
        id=new_id(),
        partner_id=office.partner_id,
        practice_id=office.practice_id,
        interchange_number=1,
        group_number=1,
        claim_count=1,
        body=b"",
        sha256="",
        prepared_at=at,
    )


def test_a_broken_transaction_leaves_nothing(database: Database) -> None:
    try:
        with database.writing() as session:
            session.add(Practice(id=new_id(), name="never", time_zone="UTC", created_at=NOON))
            session.flush()
            raise RuntimeError("the power fails")
    except RuntimeError:
        pass
    with database.reading() as session:
        assert session.exec(select(Practice).where(Practice.name == "never")).first() is None
