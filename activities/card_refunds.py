"""Refunds to cards: asked of the processor until it takes or refuses them, and settled by its signed word alone."""

from datetime import datetime

from sqlmodel import Session
from temporalio import activity

from activities.card_messages import CardRefundAnswer, CardRefundStep
from activities.card_processor import PaymentGateway, ProcessorRefused
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import card_refunds, encounters, ledger, tasks
from database.engine import Database
from database.tables import CardRefund, Checkout, Encounter

SUCCEEDED, FAILED = "refund.succeeded", "refund.failed"
WAS = {card_refunds.PAID: "was paid", card_refunds.FAILED: "had failed, and is a credit again"}
NO_PROCESSOR = "no card processor is set up here"


class CardRefundActivities:
    """What a refund's workflow asks of the processor and of the book of record."""

    def __init__(self, database: Database, gateway: PaymentGateway | None) -> None:
        self._database = database
        self._gateway = gateway

    @activity.defn
    def ask_processor(self, step: CardRefundStep) -> CardRefundAnswer:
        """One call, no transaction open. Silence is raised, and asked again under the same reference."""
        with self._database.reading() as session:
            row = session.get_one(CardRefund, step.refund_id)
            payment = session.get_one(Checkout, row.checkout_id).payment_reference or ""
            cents, is_open, known = row.amount_cents, row.state == card_refunds.UNDER_WAY, row.processor_id
        if not is_open or known:
            return CardRefundAnswer(processor_id=known or "")
        if self._gateway is None:
            return CardRefundAnswer(refused=NO_PROCESSOR)
        try:
            return CardRefundAnswer(
                processor_id=self._gateway.refund(reference=step.refund_id, payment=payment, cents=cents)[:100]
            )
        except ProcessorRefused as error:
            return CardRefundAnswer(refused=str(error))

    @activity.defn
    def note_answer(self, step: CardRefundStep) -> None:
        """What the processor said at once: its number, or a refusal."""
        with self._database.writing() as session:
            row = card_refunds.lock(session, step.refund_id)
            assert row is not None, "the refund was kept before it was asked for"
            if step.answer.refused:
                _fail(session, row, step.answer.refused, at=step.at)
            elif step.answer.processor_id:
                row.processor_id = step.answer.processor_id
                session.add(row)

    @activity.defn
    def note_silence(self, step: CardRefundStep) -> None:
        """Ask a person where the processor has not said what became of it."""
        with self._database.writing() as session:
            row = card_refunds.lock(session, step.refund_id)
            if row is None or row.state != card_refunds.UNDER_WAY:
                return
            number = f" (its number {row.processor_id})" if row.processor_id else ", and did not answer"
            reason = (
                f"The card processor was asked on {row.asked_at:%Y-%m-%d} to pay {format_dollars(row.amount_cents)} "
                f"back{number}; it has not said what became of it."
            )
            _ask(session, row, reason, key=f"silent:{step.at:%Y-%m-%d}", at=step.at)


def fold(session: Session, row: CardRefund, kind: str, cents: int, *, at: datetime) -> str:
    """One notice about a refund, in words. The row is held."""
    said = "went back to the card" if kind == SUCCEEDED else "did not go back to the card"
    if row.state != card_refunds.UNDER_WAY:
        if (kind == SUCCEEDED) != (row.state == card_refunds.PAID):
            reason = (
                f"The card processor says that {format_dollars(cents)} {said}, but here the refund {WAS[row.state]}. "
                "Look at the visit's credit before anything more is paid back."
            )
            _ask(session, row, reason, key=f"contradicted:{kind}", at=at)
        return f"it is {row.state} already"
    if kind == FAILED:
        _fail(session, row, "the card processor says that it failed", at=at)
        return "failed; the patient's credit again"
    if cents != row.amount_cents:
        reason = (
            f"The card processor says that {format_dollars(cents)} {said}; {format_dollars(row.amount_cents)} were "
            "asked for."
        )
        _ask(session, row, reason, key="amount", at=at)
        return f"it names {cents} cents, and {row.amount_cents} were asked for"
    sides = (
        Side(Account.PATIENT_REFUND_DUE, Cents(cents), None),
        Side(Account.CARD_CLEARING, Cents(-cents), None, "refund"),
    )
    entry = Entry(EntryKind.REFUND, f"card_refund_paid:{row.id}", sides)
    ledger.post(session, [entry], practice_id=row.practice_id, at=at, encounter_id=row.encounter_id)
    _settle(session, row, card_refunds.PAID, "", at=at)
    visit = session.get_one(Encounter, row.encounter_id)
    encounters.tell(session, visit, f"{format_dollars(cents)} went back to the patient's card", at=at)
    return f"{cents} cents went back"


def _ask(session: Session, row: CardRefund, reason: str, *, key: str, at: datetime) -> None:
    new = NewTask(TaskType.CARD_REFUND_SILENT, key=key, reason=reason, amount_cents=row.amount_cents)
    tasks.open_task(session, new, practice_id=row.practice_id, subject="card_refund", subject_id=row.id, at=at)


def _fail(session: Session, row: CardRefund, why: str, *, at: datetime) -> None:
    if row.state != card_refunds.UNDER_WAY:
        return
    _settle(session, row, card_refunds.FAILED, why, at=at)
    encounters.add_fact(
        session,
        practice_id=row.practice_id,
        encounter_id=row.encounter_id,
        kind=FactKind.CARD_REFUND_FAILED,
        source_key=f"card_refund_failed:{row.id}",
        subject_id=row.id,
        received_at=at,
    )


def _settle(session: Session, row: CardRefund, state: str, why: str, *, at: datetime) -> None:
    row.state, row.settled_at, row.why = state, at, why[:200]
    session.add(row)
    session.flush()
    for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=row.id):
        tasks.close_task(session, task, resolution=state, at=at, actor_id=None)
