"""A patient's credit goes back by cheque or to the card, above a limit with a second person, and never twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlmodel import select

from activities.card_messages import CardRefundStep
from activities.card_processor import HttpGateway, ProcessorUnreachable
from activities.card_refunds import CardRefundActivities
from activities.messages import Answer
from billing.ledger import Account
from database import card_payouts, ledger, paying
from database.columns import new_id
from database.proof import prove_rows
from database.tables import CardRefund, Checkout, Outbox, Task, User
from simulator.card_pages import create_gateway
from simulator.gateway import CheckoutWish, Processor, RefundWish
from tests.card_notices import into_the_books
from tests.office import Office
from tests.servers import free_port, served
from tests.stories.test_households import child

BOTH_DATABASES = True
CREDIT = 500
TOKEN = SecretStr("card-token")


@dataclass
class House:
    """An office whose patient paid 25.00 by card, 5.00 more than was owed, and the processor over a real socket."""

    office: Office
    processor: Processor
    refunds: CardRefundActivities
    address: str
    """Of the processor"""
    visit: str = ""

    def paid(self) -> None:
        self.visit = child(self.office, "ANN", 1)
        self.pay_by_card(2000 + CREDIT)
        self.go_on()

    def pay_by_card(self, cents: int) -> None:
        checkout = Checkout(
            id=new_id(),
            practice_id=self.office.practice_id,
            patient_id=self.office.patient_of(self.visit),
            amount_cents=cents,
            made_at=self.office.now,
            state=paying.OPEN,
        )
        with self.office.database.writing() as session:
            session.add(checkout)
            session.flush()
            reference = checkout.id
        wish = CheckoutWish(reference=reference, amount_cents=cents, currency="USD", return_url="/")
        self.processor.charge(self.processor.open(wish), "4242424242424242")

    def go_on(self) -> None:
        self.office.go_on(self.visit)
        with self.office.database.reading() as session:
            assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []

    def complete(self, task: str, resolution: str, *, by: str | None = None, **values: str) -> Answer:
        return self.office.complete(self.visit, task, resolution, values, by=by).answer

    def refund(self) -> CardRefund:
        with self.office.database.reading() as session:
            return session.exec(select(CardRefund)).one()

    def ask_processor(self) -> None:
        """What the refund's workflow does."""
        step = CardRefundStep(practice_id=self.office.practice_id, refund_id=self.refund().id, at=self.office.now)
        answer = self.refunds.ask_processor(step)
        self.refunds.note_answer(step.model_copy(update={"answer": answer}))

    def look_for_silence(self) -> list[str]:
        self.refunds.note_silence(
            CardRefundStep(practice_id=self.office.practice_id, refund_id=self.refund().id, at=self.office.now)
        )
        with self.office.database.reading() as session:
            query = select(Task.reason).where(Task.type == "card_refund_silent", Task.state == "open")
            return list(session.exec(query))

    def stands(self) -> tuple[int, int, int]:
        """(CARD_CLEARING, PAT_REFUND_DUE, credit)"""
        with self.office.database.reading() as session:
            sums = ledger.account_totals(session, practice_id=self.office.practice_id)
        return (
            sums.get(Account.CARD_CLEARING, 0),
            -sums.get(Account.PATIENT_REFUND_DUE, 0),
            -sums.get(Account.PATIENT_UNAPPLIED, 0),
        )


@pytest.fixture
def house(office: Office) -> Iterator[House]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    notices = into_the_books(office)
    processor = Processor("http://office.test", "secret", lambda: office.now, notices)
    gateway = HttpGateway(address, TOKEN)
    made = House(office, processor, CardRefundActivities(office.database, gateway), address)
    card_page = create_gateway(processor, token=TOKEN.get_secret_value(), public_url=address)
    with notices, served(card_page, port=port):
        made.paid()
        yield made


def test_a_credit_goes_back_to_the_card_and_the_processors_word_settles_it(house: House) -> None:
    assert house.stands() == (2500, 0, CREDIT)
    assert house.complete("credit_balance", "refund_card").done
    house.go_on()
    assert house.stands() == (2500, CREDIT, 0)
    with house.office.database.reading() as session:
        assert "start_card_refund" in set(session.exec(select(Outbox.kind)))
    for _ in range(2):
        house.ask_processor()
    house.go_on()
    assert house.stands() == (2000, 0, 0)
    assert (house.refund().state, list(house.processor.refunds)) == ("paid", [house.refund().id])
    assert "$5.00 went back to the patient's card" in house.office.story(house.visit)
    assert house.office.stage(house.visit) == "closed"
    assert house.look_for_silence() == []


def test_a_payout_pays_a_payment_and_its_refund_out_together(house: House) -> None:
    house.complete("credit_balance", "refund_card")
    house.go_on()
    early = house.processor.pay_out()
    house.ask_processor()
    house.go_on()
    late = house.processor.pay_out()
    assert [[one["kind"] for one in report["lines"]] for report in (early, late)] == [["charge"], ["refund"]]
    assert house.stands() == (early["net_cents"] + late["net_cents"], 0, 0)
    with house.office.database.reading() as session:
        assert card_payouts.items(session, practice_id=house.office.practice_id) == []
        assert card_payouts.open_lines(session, practice_id=house.office.practice_id) == []


def test_a_refund_that_fails_is_the_patients_credit_again_and_asked_about(house: House) -> None:
    house.processor.fails_refunds = True
    house.complete("credit_balance", "refund_card")
    house.go_on()
    house.ask_processor()
    house.go_on()
    assert house.stands() == (2500, 0, CREDIT)
    assert house.office.open_task_types(house.visit) == ["credit_balance"]
    refund = house.refund()
    assert (refund.state, refund.why) == ("failed", "the card processor says that it failed")
    wish = RefundWish(reference=refund.id, payment="", amount_cents=CREDIT, currency="USD")
    late = house.processor.tell_of_refund("refund.succeeded", wish)
    assert late.text == "it is failed already"
    with house.office.database.reading() as session:
        [told] = session.exec(select(Task.reason).where(Task.type == "card_refund_silent", Task.state == "open"))
    assert told.startswith("The card processor says that $5.00 went back to the card, but here the refund had failed")
    assert house.stands() == (2500, 0, CREDIT)
    assert house.complete("credit_balance", "refund_patient", reference="CHEQUE 7").done
    house.go_on()
    assert house.stands() == (2500, 0, 0)


def test_a_refusal_is_final_and_silence_is_asked_again(house: House) -> None:
    house.complete("credit_balance", "refund_card")
    house.processor.is_away = True
    with pytest.raises(ProcessorUnreachable):
        house.ask_processor()
    assert house.stands() == (2500, CREDIT, 0)
    house.processor.is_away = False
    house.processor.kept.clear()
    house.ask_processor()
    house.go_on()
    assert house.refund().why == "the card processor refused it (422)"
    assert house.stands() == (2500, 0, CREDIT)


def test_without_a_processor_it_fails_at_once(house: House) -> None:
    house.complete("credit_balance", "refund_card")
    house.refunds = CardRefundActivities(house.office.database, None)
    house.ask_processor()
    house.go_on()
    assert house.refund().why == "no card processor is set up here"
    assert house.stands() == (2500, 0, CREDIT)


def test_a_processor_that_says_nothing_more_is_asked_about_until_it_does(house: House) -> None:
    house.complete("credit_balance", "refund_card")
    told = house.processor.tell_of_refund
    house.processor.tell_of_refund = lambda kind, wish, event_id=None: httpx.Response(202)  # type: ignore[method-assign,misc]
    house.ask_processor()
    house.office.let_pass(days=5)
    [reason] = house.look_for_silence()
    assert reason.startswith("The card processor was asked on")
    [wish] = house.processor.refunds.values()
    other = told("refund.succeeded", wish.model_copy(update={"amount_cents": 499}))
    assert other.text == "it names 499 cents, and 500 were asked for"
    assert any("$4.99 went back to the card; $5.00 were asked for" in one for one in house.look_for_silence())
    first, again = (told("refund.succeeded", wish, event_id="evt_one") for _ in range(2))
    assert first.text == again.text == "500 cents went back"
    assert house.look_for_silence() == []
    house.go_on()
    assert house.stands() == (2000, 0, 0)


def test_above_the_limit_a_second_person_agrees(house: House) -> None:
    house.office.policy("patient_refund_limit_cents", CREDIT - 1)
    assert house.complete("credit_balance", "refund_card", by=house.office.supervisor_id).done
    house.go_on()
    assert house.office.open_task_types(house.visit) == ["patient_refund_approval"]
    with house.office.database.writing() as session:
        other = session.get_one(User, house.office.worker_id)
        other.roles = "supervisor"
    refused = house.complete("patient_refund_approval", "approved", by=house.office.supervisor_id)
    assert (refused.done, refused.code) == (False, "needs_second_person")
    assert house.stands() == (2500, 0, CREDIT)
    assert house.complete("patient_refund_approval", "approved", by=house.office.worker_id).done
    house.go_on()
    assert house.stands() == (2500, CREDIT, 0)


def test_who_is_the_only_one_to_approve_does_it_alone(house: House) -> None:
    house.office.policy("patient_refund_limit_cents", 0)
    supervisor = house.office.supervisor_id
    house.complete("credit_balance", "refund_patient", by=supervisor, reference="CHEQUE 7")
    assert house.complete("patient_refund_approval", "approved", by=supervisor).done
    house.go_on()
    assert house.stands() == (2500, 0, 0)


def test_what_is_not_agreed_to_is_looked_at_again(house: House) -> None:
    house.office.policy("patient_refund_limit_cents", 0)
    house.complete("credit_balance", "refund_patient", reference="CHEQUE 7")
    house.complete("patient_refund_approval", "rejected", by=house.office.supervisor_id, reason="ask first")
    house.go_on()
    assert house.office.open_task_types(house.visit) == ["credit_balance"]
    assert house.stands() == (2500, 0, CREDIT)


def test_a_credit_that_no_card_brought_does_not_go_to_one(house: House) -> None:
    house.complete("credit_balance", "refund_card")
    house.go_on()
    house.ask_processor()
    house.go_on()
    house.office.pay(house.visit, 2400, method="cheque")
    house.office.let_pass(days=10)
    house.go_on()
    refused = house.complete("credit_balance", "refund_card")
    assert (refused.done, refused.code) == (False, "not_possible")


@pytest.mark.parametrize(("resolution", "values"), [("refund_card", {}), ("refund_patient", {"reference": "CHEQUE 7"})])
def test_a_credit_waits_until_the_cheque_towards_its_visit_cannot_come_back(
    house: House, resolution: str, values: dict[str, str]
) -> None:
    house.office.pay(house.visit, 300, method="cheque")
    house.go_on()
    cleared = house.office.today + timedelta(days=10)
    house.office.let_pass(days=9)
    refused = house.complete("credit_balance", resolution, **values)
    assert (refused.done, refused.code) == (False, "cheque_not_cleared")
    assert str(cleared) in refused.message
    house.office.let_pass(days=1)
    assert house.complete("credit_balance", resolution, **values).done


def test_a_cheque_that_came_back_holds_no_credit(house: House) -> None:
    house.office.pay(house.visit, 300, payment_id="bounced", method="cheque")
    house.go_on()
    house.office.take_back(house.visit, "bounced")
    house.go_on()
    assert house.stands() == (2500, 0, CREDIT)
    assert house.complete("credit_balance", "refund_card").done


def test_who_agrees_waits_for_a_cheque_that_came_meanwhile(house: House) -> None:
    house.office.policy("patient_refund_limit_cents", 0)
    house.complete("credit_balance", "refund_patient", reference="CHEQUE 7")
    house.go_on()
    house.office.pay(house.visit, 300, payment_id="late", method="cheque")
    supervisor = house.office.supervisor_id
    refused = house.complete("patient_refund_approval", "approved", by=supervisor)
    assert (refused.done, refused.code) == (False, "cheque_not_cleared")
    house.office.policy("cheque_clears_days", 0)
    assert house.complete("patient_refund_approval", "approved", by=supervisor).done


def test_the_policy_says_until_when_it_goes_back(house: House) -> None:
    with house.office.database.reading() as session:
        task = session.exec(select(Task).where(Task.type == "credit_balance")).one()
        assert task.due_at - task.opened_at == timedelta(days=30)
    house.complete("credit_balance", "refund_patient", reference="CHEQUE 7")
    house.go_on()
    house.office.policy("patient_refund_days", 7)
    house.office.pay(house.visit, 300)
    house.go_on()
    with house.office.database.reading() as session:
        task = session.exec(select(Task).where(Task.type == "credit_balance", Task.state == "open")).one()
        assert task.due_at - task.opened_at == timedelta(days=7)
