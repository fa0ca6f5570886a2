"""Deposits are confirmed by the bank's report, whichever comes first; people are asked about the rest."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from activities import bank_desk
from database import bank
from database.columns import new_id
from database.tables import BankMovement, Deposit, Task
from tests.bank_files import bai2_file
from tests.office import Office

BOTH_DATABASES = True
CARRIED = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)


def carried(office: Office, cents: int = 4200, *, slip: str = "SLIP 1", at: datetime = CARRIED) -> str:
    with office.database.writing() as session:
        row = Deposit(
            id=new_id(),
            practice_id=office.practice_id,
            amount_cents=cents,
            reference=slip,
            made_at=at,
            made_by=office.worker_id,
        )
        session.add(row)
    return row.id


def looked(office: Office) -> None:
    with office.database.writing() as session:
        bank_desk.look(session, at=office.now)


def confirmed(office: Office) -> set[str]:
    with office.database.reading() as session:
        return {one.reference for one in session.exec(select(Deposit)) if one.bank_movement_id}


def asked(office: Office, kind: str) -> list[str]:
    with office.database.reading() as session:
        return list(session.exec(select(Task.reason).where(Task.type == kind, Task.state == "open")))


def test_the_banks_report_confirms_a_deposit(office: Office) -> None:
    carried(office)
    carried(office, slip="SLIP 2", at=CARRIED + timedelta(minutes=1))
    assert "1 of them paired with remittances or deposits" in office.deliver(bai2_file().encode())
    assert confirmed(office) == {"SLIP 1"}
    with office.database.reading() as session:
        shown = bank.page(session, practice_id=office.practice_id, state="matched", limit=10)
    assert [one.deposit for one in shown] == ["SLIP 1"]


def test_the_slip_that_the_bank_names_goes_first(office: Office) -> None:
    carried(office)
    carried(office, slip="b2")
    office.deliver(bai2_file().encode())
    assert confirmed(office) == {"b2"}


def test_a_deposit_that_is_typed_later_is_confirmed_too(office: Office) -> None:
    office.deliver(bai2_file().encode())
    assert confirmed(office) == set()
    carried(office)
    looked(office)
    assert confirmed(office) == {"SLIP 1"}


def test_another_amount_and_another_month_confirm_nothing(office: Office) -> None:
    carried(office, 4201)
    carried(office, slip="SLIP 2", at=CARRIED - timedelta(days=20))
    carried(office, slip="SLIP 3", at=CARRIED + timedelta(days=3))
    office.deliver(bai2_file().encode())
    assert confirmed(office) == set()


def test_a_deposit_that_does_not_come_is_asked_about_until_it_does(office: Office) -> None:
    office.deliver(bai2_file().encode())
    with office.database.writing() as session:
        for one in session.exec(select(BankMovement).where(BankMovement.amount_cents == 4200)):
            one.state = bank.SET_ASIDE
            session.add(one)
    carried(office, at=CARRIED + timedelta(days=1))
    looked(office)
    assert asked(office, "deposit_missing") == []
    office.let_pass(days=12)
    looked(office)
    looked(office)
    [reason] = asked(office, "deposit_missing")
    assert reason.startswith("$42.00 was carried to the bank on 2026-11-04 (slip SLIP 1), and the bank has not booked")
    with office.database.writing() as session:
        for one in session.exec(select(BankMovement).where(BankMovement.amount_cents == 4200)):
            one.state = bank.OPEN
            session.add(one)
    looked(office)
    assert asked(office, "deposit_missing") == []


def test_a_cheque_that_comes_back_is_a_persons_to_take_back(office: Office) -> None:
    office.deliver(bai2_file().encode())
    [reason] = asked(office, "cheque_returned")
    assert reason.startswith("The bank took $42.00 back on 2026-11-04 (returned unpaid, B3).")
