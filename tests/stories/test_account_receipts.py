"""One cheque for a family's account: over its visits, the oldest first, and back from all of them at once."""

from collections.abc import Collection

from sqlmodel import select

from activities import account_receipts
from billing.account_payments import oldest_first
from billing.money import Cents
from database import accounts, paying, receipts
from database.columns import new_id
from database.proof import prove_rows
from database.tables import AccountReceipt, BankMovement, PatientPayment, Placement
from tests.bank_files import bai2_file
from tests.office import Office
from tests.stories.test_agencies import placed
from tests.stories.test_bank_deposits import settled
from tests.stories.test_households import MOTHER, answers_for, child

BOTH_DATABASES = True


def family(office: Office, *shares: int) -> list[str]:
    """A visit of each child; their mother answers for all."""
    visits = [child(office, f"KID{number}", number, share=share) for number, share in enumerate(shares, start=1)]
    for visit in visits:
        answers_for(office, visit, MOTHER)
    return visits


def take(office: Office, visit: str, cents: int, *, reference: str = "1043", before: Collection[str] = ()) -> str:
    """A cheque for the account, as the desk keeps it. `before`: visits on the paper that it names."""
    with office.database.writing() as session:
        holder = office.patient_of(visit)
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        theirs = {"practice_id": office.practice_id, "holder_id": account.patient_id}
        receipt = AccountReceipt(
            id=new_id(),
            practice_id=office.practice_id,
            patient_id=account.patient_id,
            amount_cents=cents,
            method="cheque",
            reference=reference,
            received_on=office.today,
            taken_at=office.now,
            taken_by=office.worker_id,
        )
        spread = oldest_first(paying.shares(session, **theirs, on=office.today), Cents(cents), before=before)
        account_receipts.take(session, receipt, spread, till=1, received_at=office.now)
        return receipt.id


def owed(office: Office, *visits: str) -> list[int]:
    for visit in visits:
        office.go_on(visit)
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []
    return [office.accounts(visit).get(("AR_PAT", 1), 0) for visit in visits]


def test_a_cheque_pays_the_oldest_visit_first_and_its_receipt_adds_up(office: Office) -> None:
    first, second = family(office, 2000, 2200)
    receipt_id = take(office, first, 3000)
    assert sorted(owed(office, first, second)) == [0, 1200]
    with office.database.reading() as session:
        [view] = receipts.of_account(
            session, practice_id=office.practice_id, holder_id=office.patient_of(first), limit=10
        )
    assert (view.receipt_id, view.amount_cents) == (receipt_id, 3000)
    assert sum(part.cents for part in view.parts) == 3000


def test_a_second_cheque_before_the_first_is_posted_goes_to_what_is_left(office: Office) -> None:
    first, second = family(office, 2000, 2200)
    take(office, first, 2000)
    take(office, second, 2200, reference="1044")
    assert owed(office, first, second) == [0, 0]


def test_a_cheque_that_the_bank_gives_back_is_owed_again_on_every_visit(office: Office) -> None:
    first, second = family(office, 2000, 2200)
    receipt_id = take(office, first, 4200)
    assert owed(office, first, second) == [0, 0]
    office.deliver(bai2_file().encode())
    assert settled(office, "taken_back").done
    assert owed(office, first, second) == [2000, 2200]
    with office.database.reading() as session:
        booking = session.exec(select(BankMovement).where(BankMovement.amount_cents == -4200)).one()
        undoing = session.exec(select(PatientPayment).where(PatientPayment.bank_movement_id == booking.id)).all()
        assert sum(one.amount_cents for one in undoing) == -4200
        assert session.get_one(AccountReceipt, receipt_id).taken_back_at is not None


def test_money_beyond_what_is_owed_here_pays_what_an_agency_has(office: Office) -> None:
    visit, _ = placed(office, share=4000)
    assert office.accounts(visit).get(("BAD_DEBT", 1), 0) == 4000
    take(office, visit, 4000)
    assert owed(office, visit) == [0]
    assert office.accounts(visit).get(("BAD_DEBT", 1), 0) == 0
    with office.database.reading() as session:
        assert session.exec(select(Placement.state)).one() == "paid_in_full"
