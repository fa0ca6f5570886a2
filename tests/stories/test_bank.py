"""What the bank booked is held against what payers advised, whichever comes first; what does not fit is told."""

import pytest
from sqlmodel import select

from activities import bank_desk
from activities.office_tasks import complete_office_task
from billing.ledger import Account
from database import bank, worklists
from database.tables import BankMovement, Posting, RemittanceFile, Task
from tests.bank_files import ach_file, bai2_file, entry
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True
PAID = 8000


def trn(trace: str = "EFT0001", payer: str = "1512345678") -> str:
    return f"TRN*1*{trace}*{payer}~"


def sent(office: Office) -> str:
    """A claim that the payer has: its control number."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return office.submission(encounter).control_number


def remitted(office: Office, number: str, **more: str) -> None:
    office.deliver_835(an_835(a_payment(number, paid_cents=PAID), **more))


def booked(office: Office, cents: int = PAID, *, trace: str = "EFT0001", payer: str = "1512345678") -> str:
    return office.deliver(ach_file([entry(cents, addenda=[trn(trace, payer)])]).encode())


def at_bank(office: Office) -> tuple[int, int]:
    """(CASH_BANK, EFT_CLEARING) in cents."""
    with office.database.reading() as session:
        sums = {Account.CASH_BANK: 0, Account.EFT_CLEARING: 0}
        for one in session.exec(select(Posting)):
            if one.account in sums:
                sums[Account(one.account)] += one.amount_cents
    return sums[Account.CASH_BANK], sums[Account.EFT_CLEARING]


def told(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as session:
        kinds = ("money_missing", "remittance_missing", "bank_differs")
        found = session.exec(select(Task).where(Task.state == "open").order_by(Task.type)).all()
        return [(one.type, one.reason) for one in found if one.type in kinds]


def looked(office: Office) -> None:
    with office.database.writing() as session:
        bank_desk.look(session, at=office.now)


def test_the_transfer_after_its_remittance_goes_to_the_bank_account(office: Office) -> None:
    remitted(office, sent(office))
    assert at_bank(office) == (0, PAID)
    assert "1 new, 1 of them paired" in booked(office)
    assert at_bank(office) == (PAID, 0)
    assert "0 new" in office.deliver(ach_file([entry(PAID, addenda=[trn()])], day="261105").encode())
    assert at_bank(office) == (PAID, 0), "the same booking told twice is one"


def test_the_transfer_before_its_remittance_waits_for_it(office: Office) -> None:
    number = sent(office)
    assert "0 of them paired" in booked(office, payer="512345678")
    assert at_bank(office) == (0, 0)
    remitted(office, number)
    assert at_bank(office) == (PAID, 0)


def test_another_amount_is_told_and_a_person_says_so(office: Office) -> None:
    remitted(office, sent(office))
    booked(office, PAID - 100)
    [(kind, reason)] = told(office)
    assert kind == "bank_differs"
    assert reason == ("The bank booked $79.00 under trace EFT0001, and the remittance says $80.00: $1.00 apart.")
    assert at_bank(office) == (0, PAID)
    office.let_pass(days=1)
    for _ in range(2):
        office.let_pass(days=30)
        looked(office)
    assert "remittance_missing" not in [kind for kind, _ in told(office)], "its remittance is there"
    with office.database.writing() as session:
        task = session.exec(select(Task).where(Task.type == "bank_differs")).one()
        shown = worklists.task(session, practice_id=office.practice_id, task_id=task.id)
        assert shown is not None
        answer = complete_office_task(
            session,
            practice_id=office.practice_id,
            task=task,
            resolution="payer_contacted",
            values={"reference": "call 17"},
            actor_id=office.worker_id,
            at=office.now,
        )
        assert answer.done, answer
    booked(office, PAID)
    assert at_bank(office) == (PAID, 0)


def test_money_that_does_not_come_is_asked_about_once_the_bank_is_read(office: Office) -> None:
    remitted(office, sent(office), trace="EFT0009")
    office.let_pass(days=30)
    looked(office)
    assert told(office) == [], "this office reads no bank"
    office.deliver(bai2_file().encode())
    looked(office)
    assert [kind for kind, _ in told(office)] == ["money_missing"]
    looked(office)
    assert len(told(office)) == 1


def test_a_transfer_whose_remittance_does_not_come_is_asked_about(office: Office) -> None:
    booked(office, 4711, trace="LOST01")
    office.let_pass(days=3)
    looked(office)
    assert told(office) == []
    office.let_pass(days=4)
    looked(office)
    [(kind, reason)] = told(office)
    assert kind == "remittance_missing"
    assert "$47.11" in reason
    assert "LOST01" in reason


def test_what_is_no_remittances_money_is_set_aside_with_a_reason(office: Office) -> None:
    booked(office, 4711, trace="LOST01")
    with office.database.writing() as session:
        [row] = session.exec(select(BankMovement)).all()
        bank_desk.set_aside(session, row, "rent of the upper floor", at=office.now, by=office.worker_id)
    office.let_pass(days=30)
    looked(office)
    assert told(office) == []
    with office.database.reading() as session:
        assert bank.open_traced(session, practice_id=office.practice_id) == []


def test_a_file_that_contradicts_itself_is_a_task_and_nothing_of_it_is_taken(office: Office) -> None:
    body = ach_file([entry(PAID, addenda=[trn()])]).replace("0000008000", "0000008001", 1)
    assert "nothing of it was" in office.deliver(body.encode())
    with office.database.reading() as session:
        assert session.exec(select(BankMovement)).all() == []
        assert session.exec(select(RemittanceFile)).all() == []
        [task] = session.exec(select(Task).where(Task.type == "intake_error")).all()
        assert "line 5" in task.reason


def unsaid(office: Office, cents: int) -> BankMovement:
    """A booking without a trace."""
    office.deliver(ach_file([entry(cents)]).encode())
    with office.database.reading() as session:
        [row] = session.exec(select(BankMovement)).all()
        return row


def test_a_person_pairs_what_the_payer_did_not_name(office: Office) -> None:
    remitted(office, sent(office))
    row = unsaid(office, PAID)
    with office.database.writing() as session:
        [advice] = bank.advised(session, practice_id=office.practice_id)
        locked = bank.lock(session, row.id, practice_id=office.practice_id)
        assert locked is not None
        bank_desk.pair_by_hand(session, locked, [advice.remittance_id], at=office.now, by=office.worker_id)
    assert at_bank(office) == (PAID, 0)
    with office.database.reading() as session:
        assert bank.advised(session, practice_id=office.practice_id) == []
        [shown] = bank.page(session, practice_id=office.practice_id, state=bank.MATCHED, limit=9)
        assert shown.remittance_ids == (advice.remittance_id,)


@pytest.mark.parametrize(("cents", "ids", "words"), [(PAID - 1, None, r"say \$80.00"), (PAID, ["nobody"], "not known")])
def test_what_does_not_fit_is_not_paired(office: Office, cents: int, ids: list[str] | None, words: str) -> None:
    remitted(office, sent(office))
    row = unsaid(office, cents)
    with office.database.writing() as session:
        [advice] = bank.advised(session, practice_id=office.practice_id)
        locked = bank.lock(session, row.id, practice_id=office.practice_id)
        assert locked is not None
        wanted = ids or [advice.remittance_id]
        with pytest.raises(bank_desk.DoesNotFit, match=words):
            bank_desk.pair_by_hand(session, locked, wanted, at=office.now, by=office.worker_id)
    assert at_bank(office) == (0, PAID)
