"""The tills of one person's day, on both databases: each counted and carried by itself, and their sums the day's."""

from datetime import timedelta
from threading import Event

import pytest
from sqlmodel import Session

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from database import cash, ledger
from database.cash import DayClosed
from database.columns import new_id
from database.tables import PatientPayment
from tests.builders import NOON, a_claim, an_837p
from tests.database.crowd import together
from tests.office import Office

DAY = NOON.date()


def taken(session: Session, office: Office, cents: int) -> None:
    """Cash in the till that is open, and in the ledger as the encounter would post it."""
    till = cash.open_till(session, practice_id=office.practice_id, user_id=office.worker_id, day=DAY)
    assert till is not None
    payment = PatientPayment(
        id=new_id(),
        practice_id=office.practice_id,
        encounter_id=office.encounter_ids()[0],
        amount_cents=cents,
        method="cash",
        received_on=DAY,
        till=till,
        received_at=NOON,
        recorded_by=office.worker_id,
    )
    session.add(payment)
    session.flush()
    sides = transfer(Account.UNDEPOSITED, Account.PATIENT_UNAPPLIED, Cents(cents))
    entry = Entry(EntryKind.PATIENT_PAYMENT, payment.id, sides)
    ledger.post(session, [entry], practice_id=office.practice_id, at=NOON)


def count(session: Session, office: Office, cents: int) -> int:
    return cash.close_day(
        session,
        practice_id=office.practice_id,
        user_id=office.worker_id,
        day=DAY,
        cash_cents=cents,
        cheque_cents=0,
        reason="",
        at=NOON,
        actor_id=office.worker_id,
    ).till


def carry(session: Session, office: Office, slip: str) -> int:
    made = cash.deposit(
        session,
        practice_id=office.practice_id,
        payer_cheque_cents=0,
        reference=slip,
        at=NOON + timedelta(hours=1),
        actor_id=office.supervisor_id,
    )
    return made.amount_cents


def test_each_till_goes_to_the_bank_once_and_their_sums_are_the_days(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    carried = []
    for number, cents in enumerate((2000, 700, 500), start=1):
        with office.database.writing() as session:
            taken(session, office, cents)
            assert count(session, office, cents) == number
        with office.database.writing() as session, pytest.raises(DayClosed):
            count(session, office, cents)
        with office.database.writing() as session:
            assert cash.open_till(session, practice_id=office.practice_id, user_id=office.worker_id, day=DAY) is None
            carried.append(carry(session, office, f"S{number}"))
        with office.database.writing() as session, pytest.raises(DayClosed):
            cash.open_again(session, practice_id=office.practice_id, user_id=office.worker_id, day=DAY)
    with office.database.reading() as session:
        tills = cash.takings(session, practice_id=office.practice_id, day=DAY)
        assert [(one.till, one.cash_cents, one.is_deposited) for one in tills] == [
            (1, 2000, True),
            (2, 700, True),
            (3, 500, True),
        ]
        assert cash.undeposited_cents(session, office.practice_id) == 0
    assert carried == [2000, 700, 500]


def test_the_last_till_is_opened_again_and_the_earlier_ones_stay(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    with office.database.writing() as session:
        taken(session, office, 2000)
        count(session, office, 2000)
        carry(session, office, "S1")
        taken(session, office, 700)
        count(session, office, 700)
    with office.database.writing() as session:
        opened = cash.open_again(session, practice_id=office.practice_id, user_id=office.worker_id, day=DAY)
        assert opened.till == 2
        taken(session, office, 300)
        assert count(session, office, 1000) == 2
    with office.database.reading() as session:
        tills = cash.takings(session, practice_id=office.practice_id, day=DAY)
        assert [(one.till, one.cash_cents, one.is_deposited) for one in tills] == [(1, 2000, True), (2, 1000, False)]


def test_what_is_taken_while_the_till_is_counted_is_in_the_count(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    is_seen_open, is_counted = Event(), Event()

    def pay() -> None:
        with office.database.writing() as session:
            assert cash.open_till(session, practice_id=office.practice_id, user_id=office.worker_id, day=DAY) == 1
            is_seen_open.set()
            is_counted.wait(1)  # in vain, where the till is held
            taken(session, office, 100)

    def close() -> None:
        is_seen_open.wait(10)
        with office.database.writing() as session:
            count(session, office, 100)
        is_counted.set()

    together(2, lambda number: (pay, close)[number]())
    with office.database.reading() as session:
        [till] = cash.takings(session, practice_id=office.practice_id, day=DAY)
    assert (till.cash_cents, till.counted_cash_cents) == (100, 100)


def test_the_same_cheques_are_not_carried_to_the_bank_twice(office: Office) -> None:
    with office.database.writing() as session:
        sides = transfer(Account.UNDEPOSITED, Account.CASH_UNAPPLIED, Cents(500))
        ledger.post(
            session, [Entry(EntryKind.REMITTANCE_CASH, "cheque", sides)], practice_id=office.practice_id, at=NOON
        )
    is_carried, may_commit = Event(), Event()

    def carry_cheques(reference: str) -> None:
        with office.database.writing() as session:
            cash.deposit(
                session,
                practice_id=office.practice_id,
                payer_cheque_cents=500,
                reference=reference,
                at=NOON,
                actor_id=office.supervisor_id,
            )
            is_carried.set()
            may_commit.wait(1)

    def first() -> None:
        carry_cheques("S1")

    def second() -> None:
        is_carried.wait(10)
        with pytest.raises(ValueError, match="more than the ledger says"):
            carry_cheques("S2")

    together(2, lambda number: (first, second)[number]())
    with office.database.reading() as session:
        assert cash.undeposited_cents(session, office.practice_id) == 0
