"""A lockbox's cheques go to the accounts that they name; the rest is asked about, and no cent is lost on the way."""

import pytest
from sqlmodel import select

from activities import bank_desk
from activities.messages import Answer
from billing.account_holds import HoldKind
from billing.ledger import Account
from database import account_holds, accounts, bank, households, ledger, lockbox
from database.proof import prove_rows
from database.tables import (
    AccountHold,
    AccountReceipt,
    BankMovement,
    Encounter,
    Letter,
    LockboxBatch,
    LockboxCheque,
    Task,
)
from tests.bank_files import bai2_file
from tests.lockbox_files import Sent, lockbox_file
from tests.office import Office
from tests.stories.test_account_receipts import family
from tests.stories.test_bank_deposits import settled
from tests.stories.test_households import billed, child

BOTH_DATABASES = True


def delivered(office: Office, *batches: list[Sent]) -> str:
    return office.deliver(lockbox_file(*batches).encode())


def standing(office: Office, *visits: str) -> tuple[int, int, list[int]]:
    """(CASH_BANK, what is on no account, owed on each visit); the books are proven."""
    for visit in visits:
        office.go_on(visit)
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []
        sums = ledger.account_totals(session, practice_id=office.practice_id)
    owed = [office.accounts(visit).get(("AR_PAT", 1), 0) for visit in visits]
    return sums.get(Account.CASH_BANK, 0), -sums.get(Account.UNPLACED, 0), owed


def asked(office: Office) -> list[str]:
    with office.database.reading() as session:
        query = select(Task.reason).where(Task.type == "unplaced_cheque", Task.state == "open")
        return list(session.exec(query.order_by(Task.id)))


def completed(office: Office, resolution: str, **values: str) -> Answer:
    return office.complete_office_task("unplaced_cheque", resolution, values, by=office.worker_id)


def statement_number(office: Office, visit: str) -> str:
    """Of the paper that the account gets."""
    with office.database.reading() as session:
        holder = households.holder_of(session, office.patient_of(visit))
    billed(office, holder)
    with office.database.reading() as session:
        letter = session.exec(select(Letter).where(Letter.patient_id == holder)).one()
        return accounts.statement_of(letter).number


def visit_number(office: Office, visit: str) -> str:
    with office.database.reading() as session:
        return session.get_one(Encounter, visit).external_id


def test_a_cheque_with_a_statements_number_pays_the_oldest_visit_first(office: Office) -> None:
    first, second = family(office, 2000, 2200)
    number = statement_number(office, first)
    note = delivered(office, [Sent(3000, beside=((number, 3000),))])
    assert note == "1 cheques of a lockbox, 1 new, 1 of them on accounts, 0 to be looked at"
    bank_cents, on_none, owed = standing(office, first, second)
    assert (bank_cents, on_none, sorted(owed)) == (3000, 0, [0, 1200])
    with office.database.reading() as session:
        receipt = session.exec(select(AccountReceipt)).one()
        assert (receipt.method, receipt.reference, receipt.taken_by) == ("lockbox", "1043", "lockbox")
    assert asked(office) == []


def asked_for_one_alone(office: Office) -> tuple[str, str, str]:
    """(an older visit that is on hold, a visit on a paper of its own, the paper's number)."""
    older, visit = family(office, 2000, 2200)
    holder = office.patient_of(older)
    with office.database.writing() as session:
        accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        hold = account_holds.begin(
            session,
            practice_id=office.practice_id,
            patient_id=holder,
            kind=HoldKind.DISPUTE,
            encounter_id=older,
            reason="was not there",
            until=None,
            at=office.now,
            by=office.worker_id,
        )
        hold_id = hold.id
    number = statement_number(office, visit)
    with office.database.writing() as session:
        account_holds.end(session, session.get_one(AccountHold, hold_id), why="answered", at=office.now, by=None)
        letter = session.exec(select(Letter)).one()
        assert [one.number for one in accounts.statement_of(letter).visits] == [visit_number(office, visit)]
    return older, visit, number


def test_who_pays_what_a_statement_asks_owes_nothing_of_it_any_more(office: Office) -> None:
    older, visit, number = asked_for_one_alone(office)
    delivered(office, [Sent(2200, beside=((number, 2200),))])
    assert standing(office, older, visit) == (2200, 0, [2000, 0])


def test_what_is_more_than_a_statement_asks_goes_to_the_oldest_visit(office: Office) -> None:
    older, visit, number = asked_for_one_alone(office)
    delivered(office, [Sent(3000, beside=((number, 3000),))])
    assert standing(office, older, visit) == (3000, 0, [1200, 0])


def test_a_person_who_names_the_statement_pays_what_is_on_it(office: Office) -> None:
    older, visit, number = asked_for_one_alone(office)
    delivered(office, [Sent(2200, "0009")])
    assert completed(office, "placed", account=number).done
    assert standing(office, older, visit) == (2200, 0, [2000, 0])


def test_more_than_is_owed_stays_as_credit(office: Office) -> None:
    [visit] = family(office, 2000)
    delivered(office, [Sent(2500, beside=((visit_number(office, visit), 2500),))])
    assert standing(office, visit) == (2500, 0, [0])
    assert office.accounts(visit)[("PAT_UNAPPLIED", None)] == -500
    assert "credit_balance" in office.open_task_types(visit)


def test_the_same_file_and_the_same_cheque_in_another_file_change_nothing(office: Office) -> None:
    [visit] = family(office, 2000)
    sent = Sent(1000, beside=((visit_number(office, visit), 1000),))
    delivered(office, [sent])
    assert delivered(office, [sent]).startswith("1 cheques of a lockbox, 1 new")
    note = delivered(office, [sent, Sent(500, "77")])
    assert note == "2 cheques of a lockbox, 1 new, 0 of them on accounts, 1 to be looked at"
    assert standing(office, visit) == (1500, 500, [1000])


def test_a_file_that_does_not_add_up_brings_nothing(office: Office) -> None:
    [visit] = family(office, 2000)
    whole = lockbox_file([Sent(1000, beside=((visit_number(office, visit), 1000),))])
    note = office.deliver(whole.replace("2611040010000001000", "2611040010000001001").encode())
    assert "nothing of it was: line 6: the batch says 1001 cents, and 1000 are here" in note
    assert standing(office, visit) == (0, 0, [2000])


def test_a_cheque_that_names_nobody_is_asked_about_and_a_person_names_the_account(office: Office) -> None:
    [visit] = family(office, 2000)
    delivered(office, [Sent(1200, "0009")])
    [reason] = asked(office)
    assert reason.startswith("The lockbox brought a cheque of $12.00 from MARTHA DOE on 2026-11-04 (number 9).")
    assert standing(office, visit) == (1200, 1200, [2000])
    refused = completed(office, "placed", account="NOBODY")
    assert (refused.done, refused.faults[0][0]) == (False, "account")
    assert completed(office, "placed", account=visit_number(office, visit)).done
    assert standing(office, visit) == (1200, 0, [800])
    assert asked(office) == []


def test_numbers_of_two_accounts_are_a_persons_to_decide(office: Office) -> None:
    first, second = family(office, 2000, 2200)
    other = child(office, "OTHER", 9)
    beside = ((visit_number(office, first), 1000), (visit_number(office, other), 1000))
    delivered(office, [Sent(2000, beside=beside)])
    assert "Its numbers name more than one account." in asked(office)[0]
    assert standing(office, first, second, other) == (2000, 2000, [2000, 2200, 2000])


def test_a_cheque_that_goes_back_leaves_the_bank_and_its_booking_is_paired(office: Office) -> None:
    delivered(office, [Sent(4200)])
    assert completed(office, "sent_back", reason="not ours", reference="OUR 12").done
    assert standing(office) == (0, 0, [])
    office.deliver(bai2_file().encode())
    with office.database.reading() as session:
        states = {one.amount_cents: one.state for one in session.exec(select(BankMovement))}
    assert (states[4200], states[-4200]) == (bank.MATCHED, bank.MATCHED)
    assert standing(office) == (0, 0, [])


def test_the_bank_confirms_a_batch_or_all_of_a_day(office: Office) -> None:
    delivered(office, [Sent(4000)], [Sent(200, "2")])
    office.deliver(bai2_file().encode())
    with office.database.reading() as session:
        batches = session.exec(select(LockboxBatch)).all()
        booking = session.exec(select(BankMovement).where(BankMovement.amount_cents == 4200)).one()
        assert {one.bank_movement_id for one in batches} == {booking.id}
    assert standing(office)[:2] == (4200, 4200)


def test_what_the_bank_does_not_book_is_asked_about_until_it_does(office: Office) -> None:
    office.deliver(bai2_file().encode())
    delivered(office, [Sent(4300)])
    office.let_pass(days=12)
    for _ in range(2):
        with office.database.writing() as session:
            bank_desk.look(session, at=office.now)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.type == "deposit_missing")).all()
        assert task.reason.startswith("The lockbox told of $43.00 of cheques on 2026-11-04")


@pytest.mark.parametrize("is_placed", [True, False])
def test_a_cheque_that_the_bank_gives_back_is_owed_again(office: Office, *, is_placed: bool) -> None:
    [visit] = family(office, 4200)
    beside = ((visit_number(office, visit), 4200),) if is_placed else ()
    delivered(office, [Sent(4200, beside=beside)])
    assert standing(office, visit) == (4200, 0 if is_placed else 4200, [0 if is_placed else 4200])
    office.deliver(bai2_file().encode())
    assert settled(office, "taken_back").done
    assert standing(office, visit) == (0, 0, [4200])
    assert asked(office) == []
    with office.database.reading() as session:
        assert session.exec(select(LockboxCheque.state)).one() == lockbox.GONE
