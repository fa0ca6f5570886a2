"""What an account asks of the card processor for payment plans: each errand is sent, and then written down."""

from sqlmodel import Session
from temporalio import activity

from activities import card_payments, instalment_charges
from activities.card_messages import CardErrandAnswer, CardErrandStep, ErrandNoted
from activities.card_processor import ChargeSaid, PaymentGateway, ProcessorRefused, ProcessorUnreachable
from billing.kept_cards import Errand, Outcome
from database import accounts, kept_cards, paying
from database.engine import Database
from database.tables import Checkout, KeptCard

SAID = {"succeeded": Outcome.PAID, "failed": Outcome.DECLINED, "canceled": Outcome.CANCELLED}
"""Its words for what became of a charge; any other says that the end is still to come"""


class CardErrandActivities:
    """Charges, what is taken back before it was charged, and cards that are kept no longer."""

    def __init__(self, database: Database, gateway: PaymentGateway | None) -> None:
        self._database = database
        self._gateway = gateway

    @activity.defn
    def run_card_errand(self, step: CardErrandStep) -> CardErrandAnswer:
        """One call, no transaction open, under a key of its own: asked again it does nothing twice. Silence is a value:
        the account asks again within the hour, if it still wants to."""
        if self._gateway is None:
            return CardErrandAnswer()
        try:
            if step.errand.kind == Errand.FORGET:
                return self._forget(self._gateway, step.errand.subject_id)
            said = self._charge(self._gateway, step.errand.subject_id)
        except ProcessorRefused as error:
            return CardErrandAnswer(outcome=Outcome.DECLINED, reason=str(error))
        except ProcessorUnreachable as error:
            activity.logger.warning("the card processor was not reached", extra={"reason": str(error)})
            return CardErrandAnswer()
        if said is None:
            return CardErrandAnswer()
        return CardErrandAnswer(outcome=SAID.get(said.state, Outcome.SILENT), payment=said.payment, reason=said.reason)

    @activity.defn
    def note_card_errand(self, step: CardErrandStep) -> ErrandNoted:
        """What the processor answered, under the account's lock; its signed notice may have said it before."""
        with self._database.writing() as session:
            accounts.lock_own(session, practice_id=step.practice_id, patient_id=step.patient_id, at=step.at)
            if step.errand.kind == Errand.FORGET:
                row = session.get_one(KeptCard, step.errand.subject_id, with_for_update=True)
                if step.answer.outcome == Outcome.FORGOTTEN:
                    row.forgotten_at = row.forgotten_at or step.at
                    session.add(row)
            elif step.answer.outcome != Outcome.SILENT:
                checkout = session.get_one(Checkout, step.errand.subject_id, with_for_update=True)
                _note_withdrawal(session, checkout, step.answer.outcome)
                card_payments.settle(
                    session,
                    checkout,
                    is_paid=step.answer.outcome == Outcome.PAID,
                    payment=step.answer.payment,
                    reason=step.answer.reason,
                    at=step.at,
                )
        return ErrandNoted(is_answered=step.answer.outcome != Outcome.SILENT)

    def _charge(self, gateway: PaymentGateway, checkout_id: str) -> ChargeSaid | None:
        """Charge it, or take it back where it was stopped since it was prepared; None: it is settled already."""
        with self._database.reading() as session:
            checkout, charge = session.get_one(Checkout, checkout_id), kept_cards.charge_of(session, checkout_id)
            assert charge is not None, "the charge was kept before it was asked for"
            row = session.get_one(KeptCard, charge.card_id)
            is_wanted = instalment_charges.may_go(session, charge, checkout)
            card, cents, is_open = row.reference or "", checkout.amount_cents, checkout.state == paying.OPEN
        if not is_open:
            return None
        if is_wanted:
            return gateway.charge(reference=checkout_id, card=card, cents=cents)
        return _cancel(gateway, checkout_id)

    def _forget(self, gateway: PaymentGateway, card_id: str) -> CardErrandAnswer:
        with self._database.reading() as session:
            card = session.get_one(KeptCard, card_id).reference or ""
        gateway.forget(reference=card_id, card=card)
        return CardErrandAnswer(outcome=Outcome.FORGOTTEN)


def _cancel(gateway: PaymentGateway, checkout_id: str) -> ChargeSaid | None:
    """Take it back; None: the processor would not hear of it, and is asked again."""
    try:
        return gateway.cancel(reference=checkout_id)
    except ProcessorRefused as error:
        activity.logger.warning("the card processor refused to take a charge back", extra={"reason": str(error)})
        return None


def _note_withdrawal(session: Session, checkout: Checkout, outcome: str) -> None:
    """It was stopped after the account had prepared it, and never reached the card: that is no refusal."""
    charge = kept_cards.charge_of(session, checkout.id)
    if charge is not None and outcome == Outcome.CANCELLED:
        charge.is_withdrawn = True
        session.add(charge)
        session.flush()
