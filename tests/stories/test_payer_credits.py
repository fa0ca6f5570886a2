"""Credits of payers: proposed by one person, paid by another, once; the letter says what for."""

import threading

import pytest
from sqlmodel import select

from activities import payer_credits, provider_money
from activities.desk import Desk
from activities.messages import Answer
from activities.office_tasks import complete_office_task
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.letters import Letter as Content
from billing.money import Cents
from billing.tasks import NewTask, TaskType
from database import ledger, letters, records
from database.tables import Letter, Payer, Posting, ProviderAdjustmentRow, Task
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, read

BOTH_DATABASES = True


@pytest.fixture
def overpaid(office: Office) -> str:
    """A visit whose payer has given 20.00 too much, put there by a person."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    payment = a_payment(office.submission(encounter).control_number, adjustments=(("CO", "45", 7000),))
    office.deliver_835(an_835(payment))
    office.go_on(encounter)
    office.deliver_835(an_835(trace="EFT0002", number=2, plb=(("CS", "ICN001", -2000),)))
    where = {"control_number": "ICN001"}
    assert office.complete_office_task("plb_review", "linked", where, by=office.worker_id).done
    office.go_on(encounter)
    return encounter


def test_the_second_person_is_another_one(office: Office, overpaid: str) -> None:
    reason = {"reason": "paid twice"}
    assert office.complete(overpaid, "payer_credit", "refund_payer", reason, by=office.supervisor_id).answer.done
    office.go_on(overpaid)
    cheque = {"reference": "cheque 1007"}
    refused = office.complete_office_task("refund_approval", "paid", cheque, by=office.supervisor_id)
    assert (refused.done, refused.code) == (False, "needs_second_person")
    assert office.complete_office_task("refund_approval", "paid", cheque, by=office.worker_id).done
    assert office.stage(overpaid) == "closed"
    assert office.story(overpaid)[-1] == "$20.00 paid back to the payer (cheque 1007)"


def test_the_letter_goes_with_the_cheque(office: Office, overpaid: str) -> None:
    office.complete(overpaid, "payer_credit", "refund_payer", {"reason": "paid twice"})
    with office.database.reading() as session:
        [letter] = letters.of_encounter(session, overpaid)
        content = letters.content_of(letters.find(session, practice_id=office.practice_id, letter_id=letter.id))  # type: ignore[arg-type]
    facts = {one.label: one.value for one in content.facts}  # type: ignore[union-attr]
    assert (facts["Refund"], facts["Claim"]) == ("$20.00", "ICN001")


def test_the_letter_of_a_refund_that_is_cancelled_is_not_sent(office: Office, overpaid: str) -> None:
    office.complete(overpaid, "payer_credit", "refund_payer", {"reason": "paid twice"})
    office.complete_office_task("refund_approval", "cancelled", {"reason": "it is recouped"}, by=office.worker_id)
    office.go_on(overpaid)
    with office.database.reading() as session:
        assert not letters.waiting_of_visit(session, overpaid, kind=letters.REFUND)


def test_a_credit_that_goes_away_asks_nobody(office: Office, overpaid: str) -> None:
    assert office.open_task_types(overpaid) == ["payer_credit"]
    office.deliver_835(an_835(trace="EFT0003", number=3, paid=None, plb=(("WO", "ICN001", 2000), ("L6", "X", -2000))))
    office.go_on(overpaid)
    assert office.open_task_types(overpaid) == []
    assert office.stage(overpaid) == "closed"


def test_a_person_and_a_posting_that_ends_the_same_task_wait_for_each_other(office: Office) -> None:
    """The posting holds the book and then closes the task; a person who held the task first would wait for the book."""
    office.take_in(an_837p(a_claim()))
    office.deliver_835(an_835(plb=(("CS", "ICN001", -2000),)))
    with office.database.reading() as session:
        task_id = session.exec(select(Task.id).where(Task.type == "plb_review")).one()
    answers: list[Answer] = []

    def place() -> None:
        with office.database.writing() as session:
            answers.append(
                complete_office_task(
                    session,
                    practice_id=office.practice_id,
                    task=session.get_one(Task, task_id),
                    resolution="incentive",
                    values={"reason": "a bonus"},
                    actor_id=office.worker_id,
                    at=office.now,
                )
            )

    person = threading.Thread(target=place)
    with office.database.writing() as session:
        ledger.hold_book(session, office.practice_id)
        person.start()
        person.join(0.4)
        assert person.is_alive()
        row = session.exec(select(ProviderAdjustmentRow)).one()
        row.open_cents = 0
        provider_money.close_task_of(session, row, at=office.now)
        session.flush()
    person.join(30)
    assert [one.code for one in answers] == ["task_not_open"]


def test_the_payer_that_paid_is_paid_back_though_the_visit_has_gone_on(office: Office) -> None:
    playing = Playing(office)
    playing.play(read(FOLDER / "70-a-duplicate-is-refused-before-the-second-payer-is-asked.txt"))
    encounter = playing.visits["A"]
    with office.database.writing() as session:
        desk = Desk.take(session, practice_id=office.practice_id, encounter_id=encounter, at=office.now)
        first = desk.payer_of("P")
        assert (desk.responsibility, desk.encounter.payer_id == first) == ("S", False)
        for line_id in desk.line_ids:
            cents = Cents(desk.balances.line(Account.AR_INSURANCE, line_id) + 500)
            sides = transfer(Account.PLB_CLEARING, Account.AR_INSURANCE, cents, line_id=line_id)
            desk.post([Entry(EntryKind.TAKEN_BACK, f"given:{line_id}", sides)])
        words = NewTask(TaskType.PAYER_CREDIT, key="more", reason="paid twice", amount_cents=1000)
        desk.open_task(words)
        [task] = [one for one in desk.open_tasks() if one.type == TaskType.PAYER_CREDIT]
        payer_credits.refund_payer(desk, task, {"reason": "paid twice"}, office.worker_id)
        session.flush()
        letter = session.exec(select(Letter).where(Letter.kind == "refund")).one()
        assert records.load(Content, letter.content).addressee[0] == session.get_one(Payer, first).name
        owed = session.exec(select(Posting.detail).where(Posting.account == Account.PAYER_REFUND_DUE)).all()
        assert set(owed) == {first}
