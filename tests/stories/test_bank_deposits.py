"""Deposits are confirmed by the bank's report, whichever comes first; people are asked about the rest."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from activities import bank_desk
from activities.messages import Answer
from activities.office_tasks import complete_office_task
from billing.stages import FactKind
from database import bank, encounters
from database.columns import new_id
from database.proof import prove_rows
from database.tables import BankMovement, Deposit, PatientPayment, Task
from tests.bank_files import bai2_file
from tests.office import Office
from tests.stories.test_denials import answered, sent

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


def test_a_confirmed_deposit_is_no_fault_of_the_books(office: Office) -> None:
    carried(office)
    office.deliver(bai2_file().encode())
    assert confirmed(office) == {"SLIP 1"}
    with office.database.reading() as session:
        assert [one.name for one in prove_rows(session) if not one.holds] == []


def paid_by_cheque(office: Office, *numbers: str) -> str:
    """A visit of which the patient owed 42.00, paid with a cheque; more of the same amount where more are named."""
    encounter = sent(office)
    answered(office, encounter, ("CO", "45", 10800 - 4200 * (len(numbers) - 1)), ("PR", "1", 4200 * len(numbers)))
    for number in numbers:
        office.pay(encounter, 4200, payment_id=f"paid{number}", method="cheque")
        with office.database.writing() as session:
            session.get_one(PatientPayment, f"paid{number}").reference = number
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    return encounter


def settled(office: Office, resolution: str, **values: str) -> Answer:
    """A person ends the task of the returned cheque."""
    with office.database.writing() as session:
        task = session.exec(select(Task).where(Task.type == "cheque_returned", Task.state == "open")).one()
        return complete_office_task(
            session,
            practice_id=office.practice_id,
            task=task,
            resolution=resolution,
            values=values,
            actor_id=office.worker_id,
            at=office.now,
        )


def owed(office: Office, encounter: str) -> int:
    office.go_on(encounter)
    with office.database.reading() as session:
        assert [one.name for one in prove_rows(session) if not one.holds] == []
    return office.accounts(encounter).get(("AR_PAT", 1), 0)


def test_a_cheque_that_comes_back_is_owed_again(office: Office) -> None:
    encounter = paid_by_cheque(office, "1043")
    office.deliver(bai2_file().encode())
    [reason] = asked(office, "cheque_returned")
    assert reason.startswith("The bank took $42.00 back on 2026-11-04 (returned unpaid, B3).")
    assert "Cheques of this amount: 1043 received on" in reason
    assert settled(office, "taken_back").done
    assert owed(office, encounter) == 4200
    with office.database.reading() as session:
        [row] = session.exec(select(BankMovement).where(BankMovement.amount_cents == -4200)).all()
        assert row.state == bank.MATCHED


def test_of_several_cheques_a_person_says_which(office: Office) -> None:
    encounter = paid_by_cheque(office, "1043", "1044")
    office.deliver(bai2_file().encode())
    for number in ("", "1045"):
        refused = settled(office, "taken_back", payment=number)
        assert (refused.done, refused.faults[0][0], "1044 received on" in refused.faults[0][1]) == (
            False,
            "payment",
            True,
        )
    assert settled(office, "taken_back", payment="1044").done
    assert owed(office, encounter) == 4200


def test_a_cheque_of_nobody_is_set_aside(office: Office) -> None:
    office.deliver(bai2_file().encode())
    assert "No cheque of this amount is in the books" in asked(office, "cheque_returned")[0]
    assert not settled(office, "taken_back").done
    assert settled(office, "not_ours", reason="the bank's own slip").done
    with office.database.reading() as session:
        [row] = session.exec(select(BankMovement).where(BankMovement.amount_cents == -4200)).all()
    assert (row.state, row.reason) == (bank.SET_ASIDE, "the bank's own slip")


def test_what_was_taken_back_before_the_bank_told_of_it_asks_nobody(office: Office) -> None:
    encounter = paid_by_cheque(office, "1043")
    with office.database.writing() as session:
        row = PatientPayment(
            id=new_id(),
            practice_id=office.practice_id,
            encounter_id=encounter,
            amount_cents=-4200,
            method="eft",
            received_on=office.today,
            received_at=office.now,
            recorded_by=office.worker_id,
            takes_back="paid1043",
        )
        session.add(row)
        session.flush()
        encounters.add_fact(
            session,
            practice_id=office.practice_id,
            encounter_id=encounter,
            kind=FactKind.PATIENT_PAID,
            source_key=f"payment:{row.id}",
            subject_id=row.id,
            received_at=office.now,
        )
    office.deliver(bai2_file().encode())
    assert asked(office, "cheque_returned") == []
    assert owed(office, encounter) == 4200
