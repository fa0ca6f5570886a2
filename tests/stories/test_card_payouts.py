"""The card processor pays out: each line fits what was booked or is asked about, fees are booked, the bank confirms."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter
from sqlmodel import select

from activities import bank_desk, card_payouts
from activities.card_payouts import CardPayoutActivities
from activities.card_processor import HttpGateway, ProcessorUnreachable
from activities.messages import Answer, ReconcileStep
from billing.card_payouts import Payout
from billing.ledger import Account
from database import card_payouts as rows
from database import ledger, paying
from database.columns import new_id
from database.proof import prove_rows
from database.tables import BankMovement, CardPayout, CardPayoutLine, Checkout, Encounter, PatientPayment, Task
from simulator.card_pages import create_gateway
from simulator.gateway import CheckoutWish, Kept, Processor, payout_report
from tests.bank_files import ach_file, entry
from tests.card_notices import into_the_books
from tests.office import Office
from tests.servers import free_port, served
from tests.stories.test_households import child

BOTH_DATABASES = True
TOKEN = SecretStr("card-token")
FEE = 2000 * 29 // 1000 + 30
NET = 2000 - FEE


@dataclass
class Till:
    """An office whose patient owes 20.00, and the processor over a real socket."""

    office: Office
    processor: Processor
    gateway: HttpGateway
    visit: str

    def pays(self, cents: int = 2000, *, tell: bool = True) -> Kept:
        """On the pay page; where nobody is told, the notice is lost."""
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
        kept = self.processor.open(
            CheckoutWish(reference=reference, amount_cents=cents, currency="USD", return_url="/")
        )
        if tell:
            self.processor.charge(kept, "4242424242424242")
        else:
            kept.state, kept.payment = "paid", "pay_lost"
        self.office.go_on(self.visit)
        return kept

    def reports(self, *lines: dict[str, Any], number: str = "po_1") -> str:
        """A payout of these lines alone; what became of it."""
        report = payout_report(number, self.office.today, lines)
        return self.processor.send("payout.paid", report, None).text

    def bank_books(self, cents: int, *, sender: str = "CARD PROCESSOR", text: str = "") -> None:
        day = f"{self.office.today:%y%m%d}"
        one = entry(abs(cents), code="22" if cents > 0 else "27", sender=sender, addenda=[text] if text else [])
        self.office.deliver(ach_file([one], day=day).encode())

    def stands(self) -> tuple[int, int, int]:
        """(CARD_CLEARING, CARD_FEE, CASH_BANK); the books are proven."""
        with self.office.database.reading() as session:
            assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []
            sums = ledger.account_totals(session, practice_id=self.office.practice_id)
        return tuple(sums.get(one, 0) for one in (Account.CARD_CLEARING, Account.CARD_FEE, Account.CASH_BANK))  # type: ignore[return-value]

    def asked(self, kind: str) -> list[str]:
        with self.office.database.reading() as session:
            query = select(Task.reason).where(Task.type == kind, Task.state == "open")
            return list(session.exec(query.order_by(Task.id)))

    def look(self) -> None:
        with self.office.database.writing() as session:
            bank_desk.look(session, at=self.office.now)

    def complete(self, resolution: str, **values: str) -> Answer:
        by = self.office.supervisor_id
        return self.office.complete_office_task("card_payout_line", resolution, values, by=by)

    def not_paid_out(self) -> list[int]:
        with self.office.database.reading() as session:
            return [one.cents for one in rows.items(session, practice_id=self.office.practice_id)]

    def visit_number(self) -> str:
        with self.office.database.reading() as session:
            return session.get_one(Encounter, self.visit).external_id


def line(kind: str, reference: str, cents: int, payment: str = "") -> dict[str, Any]:
    return {"kind": kind, "reference": reference, "payment": payment, "amount_cents": cents}


@pytest.fixture
def till(office: Office) -> Iterator[Till]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    notices = into_the_books(office)
    processor = Processor("http://office.test", "secret", lambda: office.now, notices)
    card_page = create_gateway(processor, token=TOKEN.get_secret_value(), public_url=address)
    with notices, served(card_page, port=port):
        yield Till(office, processor, HttpGateway(address, TOKEN), child(office, "ANN", 1))


def test_a_payout_is_recorded_its_fee_booked_and_its_net_paired(till: Till) -> None:
    till.pays()
    assert (till.stands(), till.not_paid_out()) == ((2000, 0, 0), [2000])
    till.processor.pay_out()
    assert (till.stands(), till.not_paid_out()) == ((NET, FEE, 0), [])
    till.bank_books(NET)
    assert till.stands() == (0, FEE, NET)
    with till.office.database.reading() as session:
        [booking] = session.exec(select(BankMovement))
        [payout] = session.exec(select(CardPayout))
        assert (booking.state, payout.bank_movement_id) == ("matched", booking.id)
    assert till.asked("card_payout_line") == []


def test_the_bank_may_book_it_before_it_is_told_of(till: Till) -> None:
    till.pays()
    till.bank_books(NET)
    assert till.stands() == (2000, 0, 0)
    till.processor.pay_out()
    assert till.stands() == (0, FEE, NET)


def test_the_same_payout_by_notice_again_and_by_asking_is_one(till: Till) -> None:
    till.pays()
    report = till.processor.pay_out()
    again = till.processor.send("payout.paid", report, "evt_again").text
    assert again == till.processor.send("payout.paid", report, "evt_again").text == "it was recorded already"
    assert card_payouts.fetch(till.office.database, till.gateway, at=till.office.now) == ["it was recorded already"]
    assert till.stands() == (NET, FEE, 0)


def test_a_payout_whose_notice_was_lost_is_asked_for(till: Till) -> None:
    till.pays()
    till.processor.pay_out(tell=False)
    till.processor.is_away = True
    with pytest.raises(ProcessorUnreachable):
        till.gateway.payouts(since=till.office.today)
    activities = CardPayoutActivities(till.office.database, till.gateway)
    activities.take_card_payouts(ReconcileStep(at=till.office.now))
    assert till.stands() == (2000, 0, 0)
    till.processor.is_away = False
    activities.take_card_payouts(ReconcileStep(at=till.office.now))
    assert till.stands() == (NET, FEE, 0)
    CardPayoutActivities(till.office.database, None).take_card_payouts(ReconcileStep(at=till.office.now))


def test_a_chargeback_and_a_net_below_zero(till: Till) -> None:
    kept = till.pays()
    till.processor.pay_out()
    till.bank_books(NET)
    till.processor.tell("payment.disputed", kept)
    till.office.go_on(till.visit)
    assert (till.stands(), till.not_paid_out()) == ((-2000, FEE, NET), [-2000])
    assert till.reports(line("chargeback", kept.wish.reference, 2000), number="po_2").endswith("0 of them fit nothing")
    till.bank_books(-2000)
    assert till.stands() == (0, FEE, NET - 2000)


def test_a_line_that_fits_nothing_is_settled_by_the_notice_that_was_lost(till: Till) -> None:
    kept = till.pays(tell=False)
    till.processor.pay_out()
    [reason] = till.asked("card_payout_line")
    assert f"has a charge of $20.00 (payment pay_lost, reference {kept.wish.reference}) that fits nothing" in reason
    assert "no notice said yet that it was done" in reason
    assert till.stands() == (NET - 2000, FEE, 0)
    till.processor.tell("payment.succeeded", kept)
    till.office.go_on(till.visit)
    for _ in range(2):
        till.look()
    assert (till.stands(), till.asked("card_payout_line")) == ((NET, FEE, 0), [])


def test_another_amount_and_a_second_payout_of_one_payment_are_asked_about(till: Till) -> None:
    reference = till.pays().wish.reference
    till.reports(line("charge", reference, 1900))
    assert "$20.00 were booked for it." in till.asked("card_payout_line")[0]
    till.reports(line("charge", reference, 2000), number="po_2")
    till.reports(line("charge", reference, 2000), number="po_3")
    assert sum("the payout po_2 has paid it out already." in one for one in till.asked("card_payout_line")) == 1
    till.stands()


def test_a_person_names_the_visit_of_a_payment_at_the_desk(till: Till) -> None:
    till.office.pay(till.visit, 2000)
    till.office.go_on(till.visit)
    till.reports(line("charge", "", 2000, "term_17"))
    assert "nothing is booked under these numbers" in till.asked("card_payout_line")[0]
    refused = till.complete("named", visit="NOBODY")
    assert (refused.done, refused.faults[0][0]) == (False, "visit")
    assert till.complete("named", visit=till.visit_number()).done
    assert (till.stands(), till.not_paid_out()) == ((NET, FEE, 0), [])
    with till.office.database.reading() as session:
        assert session.exec(select(CardPayoutLine.settled_by)).one() == till.office.supervisor_id


def test_a_payment_at_the_desk_is_known_by_the_number_that_was_typed(till: Till) -> None:
    till.office.pay(till.visit, 2000, payment_id="desk1")
    with till.office.database.writing() as session:
        session.get_one(PatientPayment, "desk1").reference = "term_17"
    till.office.go_on(till.visit)
    till.reports(line("charge", "", 2000, "term_17"))
    assert (till.stands(), till.not_paid_out()) == ((NET, FEE, 0), [])
    till.office.take_back(till.visit, "desk1")
    till.office.go_on(till.visit)
    assert till.not_paid_out() == [-2000]
    till.reports(line("refund", "", 2000, "term_17"), number="po_2")
    assert (till.stands(), till.not_paid_out()) == ((NET - 2000, FEE, 0), [])


def test_what_nobody_can_explain_is_counted_as_a_cost(till: Till) -> None:
    till.reports(line("refund", "nobody", 700, "pay_x"))
    till.bank_books(-700)
    assert till.stands() == (700, 0, -700)
    assert till.complete("counted", reason="of another office; too little to ask for").done
    assert till.stands() == (0, 700, -700)


def test_a_report_that_contradicts_itself_brings_nothing_until_a_right_one_comes(till: Till) -> None:
    reference = till.pays().wish.reference
    right = payout_report("po_1", till.office.today, [line("charge", reference, 2000)])
    for _ in range(2):
        said = till.processor.send("payout.paid", right | {"net_cents": NET + 1}, None).text
    assert said == f"nothing of it was taken: it says ${(NET + 1) / 100} for its net, and its parts sum to ${NET / 100}"
    [reason] = till.asked("card_payout_refused")
    assert "Ask the processor for a right report" in reason
    assert till.stands() == (2000, 0, 0)
    till.processor.send("payout.paid", right, None)
    assert (till.stands(), till.asked("card_payout_refused")) == ((NET, FEE, 0), [])
    other = payout_report("po_1", till.office.today, [line("charge", reference, 1000)])
    assert "another report of this number was recorded before" in till.processor.send("payout.paid", other, None).text
    assert (till.stands(), len(till.asked("card_payout_refused"))) == ((NET, FEE, 0), 1)


def test_what_the_bank_does_not_book_is_asked_about_until_it_does(till: Till) -> None:
    till.bank_books(4711)
    till.pays()
    till.processor.pay_out()
    till.office.let_pass(days=12)
    for _ in range(2):
        till.look()
    [reason] = till.asked("deposit_missing")
    assert reason.startswith(f"The card processor says that it paid out ${NET / 100} on")
    till.office.let_pass(days=12)
    till.bank_books(NET, sender=till.processor.payouts[0]["id"].upper()[:16])
    assert (till.stands(), till.asked("deposit_missing")) == ((0, FEE, NET), [])


def test_two_payouts_of_one_amount_are_told_apart_by_their_number(till: Till) -> None:
    first, second = till.pays(1000), till.pays(1000)
    for number, kept in (("PO1", first), ("PO2", second)):
        till.reports(line("charge", kept.wish.reference, 1000), number=number)
    till.bank_books(941, sender="PAYOUT PO2")
    with till.office.database.reading() as session:
        waiting = [one.processor_id for one in rows.unbooked(session, practice_id=till.office.practice_id)]
    assert waiting == ["PO1"]


def test_an_item_is_paid_out_by_one_line_alone(till: Till) -> None:
    """Whatever a payout says twice, the second line is asked about."""
    reference = till.pays().wish.reference
    till.reports(line("charge", reference, 2000), line("charge", reference, 2000))
    assert len(till.asked("card_payout_line")) == 1
    till.stands()


def test_a_report_survives_the_way_to_json_and_back(till: Till) -> None:
    till.pays()
    report = till.processor.pay_out()
    told = TypeAdapter(Payout).validate_python(report)
    with till.office.database.reading() as session:
        kept = rows.payout_of(session.exec(select(CardPayout)).one())
    assert kept == told
    assert replace(kept, day=kept.day + timedelta(days=1)) != told
