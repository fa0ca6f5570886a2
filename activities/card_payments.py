"""What the card processor says becomes money on visits, once: paid, failed, refunded or charged back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from activities import card_refunds, instalment_charges, kept_cards
from billing.account_payments import Share, oldest_first
from billing.money import Cents, format_dollars
from billing.tasks import NewTask, TaskType
from database import accounts, audit, households, instalments, office, papers, patient_payments, paying, tasks
from database import card_refunds as refund_rows
from database import kept_cards as card_rows
from database.columns import new_id
from database.tables import Checkout, InstalmentPlan, Letter, PatientPayment, ProcessorEvent

PROCESSOR = "card_processor"
"""Who recorded a payment that no person took"""
CARD = "card"


@dataclass(frozen=True, slots=True)
class Told:
    """One notice of the processor."""

    event_id: str
    kind: str
    """payment.succeeded, payment.failed, payment.refunded, payment.disputed, refund.succeeded, refund.failed,
    card.kept"""
    reference: str
    """Our checkout, our refund, or the card that was asked for"""
    payment: str
    """The processor's number of the payment"""
    amount_cents: int
    body: str
    reason: str = ""
    """Why a payment failed"""
    card: str = ""
    """What the processor calls a card that it keeps"""
    label: str = ""
    expires: str = ""
    """Its last month, as 2029-11"""


def take(session: Session, told: Told, *, at: datetime) -> str:
    """Fold one notice; the same one again, and one that says what is known, change nothing. In words, what it did."""
    known = session.get(ProcessorEvent, told.event_id)
    if known is not None:
        return known.verdict
    if told.kind in {card_refunds.SUCCEEDED, card_refunds.FAILED}:
        return _about_refund(session, told, at=at)
    if told.kind == kept_cards.KEPT:
        return _about_card(session, told, at=at)
    checkout = session.get(Checkout, told.reference)
    if checkout is None:
        return _keep(session, told, None, "names no checkout of ours", at=at)
    accounts.lock(session, practice_id=checkout.practice_id, patient_id=checkout.patient_id, at=at)
    session.refresh(checkout, with_for_update=True)
    known = session.get(ProcessorEvent, told.event_id, populate_existing=True)
    if known is not None:
        return known.verdict
    match told.kind:
        case "payment.succeeded":
            verdict = _paid(session, checkout, told.payment, told.amount_cents, at=at)
        case "payment.failed":
            verdict = _failed(session, checkout, told.reason, at=at)
        case "payment.refunded" | "payment.disputed":
            verdict = _reversed(session, checkout, told, at=at)
        case _:
            verdict = "a kind of notice that changes nothing"
    return _keep(session, told, checkout, verdict, at=at)


def _about_refund(session: Session, told: Told, *, at: datetime) -> str:
    row = refund_rows.lock(session, told.reference)
    known = session.get(ProcessorEvent, told.event_id, populate_existing=True)
    if known is not None:
        return known.verdict
    if row is None:
        return _keep(session, told, None, "names no refund of ours", at=at)
    verdict = card_refunds.fold(session, row, told.kind, told.amount_cents, at=at)
    return _keep(session, told, session.get_one(Checkout, row.checkout_id), verdict, at=at)


def settle(session: Session, checkout: Checkout, *, is_paid: bool, payment: str, reason: str, at: datetime) -> str:
    """What the processor answered to a charge; the same that its notice says, whichever comes first. The account and
    the checkout are held."""
    if is_paid:
        return _paid(session, checkout, payment, checkout.amount_cents, at=at)
    return _failed(session, checkout, reason, at=at)


def _about_card(session: Session, told: Told, *, at: datetime) -> str:
    row, verdict = kept_cards.keep(
        session, told.reference, reference=told.card, label=told.label, expires=told.expires, at=at
    )
    known = session.get(ProcessorEvent, told.event_id, populate_existing=True)
    if known is not None:
        return known.verdict
    return _keep(session, told, None, verdict, at=at, practice_id=row.practice_id if row else None)


def _keep(
    session: Session,
    told: Told,
    checkout: Checkout | None,
    verdict: str,
    *,
    at: datetime,
    practice_id: str | None = None,
) -> str:
    session.add(
        ProcessorEvent(
            id=told.event_id,
            practice_id=checkout.practice_id if checkout else practice_id,
            kind=told.kind[:40],
            body=told.body,
            received_at=at,
            checkout_id=checkout.id if checkout else None,
            verdict=verdict[:200],
        )
    )
    session.flush()
    return verdict


def _paid(session: Session, checkout: Checkout, payment: str, cents: int, *, at: datetime) -> str:
    if checkout.state in {paying.PAID, paying.REVERSED}:
        return "it was paid already"
    if cents <= 0:
        return "it names no money"
    today = office.policies_for(session, practice_id=checkout.practice_id, payer_id=None).day(at)
    owed, before = _shares(session, checkout, today)
    spread = oldest_first(owed, Cents(cents), before=before)
    for one in spread:
        patient_payments.keep(
            session,
            PatientPayment(
                id=new_id(),
                practice_id=checkout.practice_id,
                encounter_id=one.encounter_id,
                amount_cents=one.cents,
                method=CARD,
                reference=payment[:100],
                received_on=today,
                received_at=at,
                recorded_by=PROCESSOR,
                checkout_id=checkout.id,
            ),
            at=at,
        )
    checkout.state, checkout.paid_cents, checkout.settled_at = paying.PAID, cents, at
    checkout.payment_reference = payment[:100]
    session.add(checkout)
    _audit(session, checkout, "paid", at=at)
    _close_question(session, checkout, at=at)
    return f"{cents} cents on {len(spread)} visits"


def _shares(session: Session, checkout: Checkout, today: date) -> tuple[list[Share], Collection[str]]:
    """(what money of a checkout pays, on the account that holds those shares now; the visits before any other: those
    of an instalment's plan, or of the paper whose link was followed)."""
    holder = households.holder_of(session, checkout.patient_id)
    found = paying.shares(session, practice_id=checkout.practice_id, holder_id=holder, on=today)
    charge = card_rows.charge_of(session, checkout.id)
    if charge is not None:
        return found, instalments.visits_of(session.get_one(InstalmentPlan, charge.plan_id))
    if checkout.letter_id is None:
        return found, ()
    return found, papers.visits_on(session, [session.get_one(Letter, checkout.letter_id)], holder_id=holder)


def _failed(session: Session, checkout: Checkout, reason: str, *, at: datetime) -> str:
    if checkout.state != paying.OPEN:
        return f"it is {checkout.state} already"
    checkout.state, checkout.settled_at = paying.FAILED, at
    session.add(checkout)
    session.flush()
    charge = card_rows.charge_of(session, checkout.id)
    if charge is not None:
        instalment_charges.refused(session, charge, checkout, reason, at=at)
        _close_question(session, checkout, at=at)
        return "not paid; the account says what comes next"
    return "not paid; the patient may try again"


def _close_question(session: Session, checkout: Checkout, *, at: datetime) -> None:
    """Nobody has to ask any more what became of it."""
    for task in tasks.open_tasks(session, practice_id=checkout.practice_id, subject_id=checkout.id):
        tasks.close_task(session, task, resolution=checkout.state, at=at, actor_id=None)


def _reversed(session: Session, checkout: Checkout, told: Told, *, at: datetime) -> str:
    """All of it came back: every visit owes again what it had paid. A part is a person's to place."""
    if checkout.state != paying.PAID:
        return f"it is {checkout.state}"
    if told.amount_cents != checkout.paid_cents:
        _ask(session, checkout, told, done="", at=at)
        return "a part came back; a person places it"
    today = office.policies_for(session, practice_id=checkout.practice_id, payer_id=None).day(at)
    for paid in paying.payments_of(session, checkout.id):
        if paid.takes_back is None:
            undoing = PatientPayment(
                id=new_id(),
                practice_id=paid.practice_id,
                encounter_id=paid.encounter_id,
                amount_cents=-paid.amount_cents,
                method=CARD,
                reference=told.payment[:100],
                received_on=today,
                received_at=at,
                recorded_by=PROCESSOR,
                takes_back=paid.id,
                checkout_id=checkout.id,
            )
            patient_payments.keep(session, undoing, at=at)
    checkout.state, checkout.settled_at = paying.REVERSED, at
    session.add(checkout)
    charge = card_rows.charge_of(session, checkout.id)
    if charge is not None:
        why = "a charge came back: agree anew before anything is charged again"
        card_rows.end_all(session, charge.plan_id, by=PROCESSOR, why=why, at=at)
    _audit(session, checkout, told.kind, at=at)
    _ask(session, checkout, told, done=" What it had paid is owed again.", at=at)
    return "taken back; what it had paid is owed again"


def _ask(session: Session, checkout: Checkout, told: Told, *, done: str, at: datetime) -> None:
    why = "was charged back by the cardholder" if told.kind == "payment.disputed" else "was refunded at the processor"
    reason = f"{format_dollars(told.amount_cents)} paid by card ({told.payment}) {why}.{done}"
    new = NewTask(TaskType.CARD_PAYMENT_REVERSED, key=told.event_id, reason=reason, amount_cents=told.amount_cents)
    tasks.open_task(
        session, new, practice_id=checkout.practice_id, subject="account", subject_id=checkout.patient_id, at=at
    )


def _audit(session: Session, checkout: Checkout, reason: str, *, at: datetime) -> None:
    audit.record(
        session,
        practice_id=checkout.practice_id,
        at=at,
        actor_id=PROCESSOR,
        action="update",
        subject="checkout",
        subject_id=checkout.id,
        reason=reason,
    )
