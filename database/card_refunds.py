"""Refunds to patients' cards: what a card payment can still give back, and what is under way."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.ledger import Account
from billing.stages import FactKind
from billing.tasks import TaskType
from database import outbox, paying
from database.outbox import OutboxKind
from database.tables import CardRefund, Checkout, Fact, PatientPayment, Posting, Task

UNDER_WAY, PAID, FAILED = "under_way", "paid", "failed"


def card_for(session: Session, encounter_id: str, cents: int) -> Checkout | None:
    """The newest card payment towards the visit of which so much has not gone back, held; None: there is none."""
    towards = select(PatientPayment.checkout_id).where(PatientPayment.encounter_id == encounter_id)
    query = (
        select(Checkout)
        .where(
            col(Checkout.id).in_(towards),
            Checkout.state == paying.PAID,
            col(Checkout.payment_reference).is_not(None),
        )
        .order_by(col(Checkout.settled_at).desc(), Checkout.id)
    )
    for one in session.exec(query).all():
        session.refresh(one, with_for_update=True)
        gone = select(func.coalesce(func.sum(CardRefund.amount_cents), 0)).where(
            CardRefund.checkout_id == one.id, CardRefund.state != FAILED
        )
        if one.state == paying.PAID and (one.paid_cents or 0) - int(session.exec(gone).one()) >= cents:
            return one
    return None


def lock(session: Session, refund_id: str) -> CardRefund | None:
    """One refund, held until the transaction ends."""
    query = select(CardRefund).where(CardRefund.id == refund_id)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def unsettled(session: Session, *, before: datetime) -> Sequence[CardRefund]:
    """Refunds of any practice that were asked for before an instant, and of which the processor has not said the end,
    nor a person been told so."""
    asked = select(Task.subject_id).where(Task.type == TaskType.CARD_REFUND_SILENT, Task.state == "open")
    query = select(CardRefund).where(
        CardRefund.state == UNDER_WAY, col(CardRefund.asked_at) < before, col(CardRefund.id).not_in(asked)
    )
    return session.exec(query.order_by(col(CardRefund.asked_at), CardRefund.id)).all()


def wish(session: Session, *, practice_id: str, refund_id: str, at: datetime) -> None:
    """Ask for the refund's workflow; one that runs already is left alone."""
    outbox.enqueue(session, OutboxKind.START_CARD_REFUND, practice_id=practice_id, subject_id=refund_id, at=at)


def _untold() -> SelectOfScalar[str]:
    """Those whose visit has not read yet that they failed."""
    return select(Fact.subject_id).where(Fact.kind == FactKind.CARD_REFUND_FAILED, col(Fact.absorbed_at).is_(None))


def unexplained(session: Session) -> tuple[int, list[str]]:
    """(refunds, what does not add up): what stands on PAT_REFUND_DUE is what is under way."""
    rest: dict[str, int] = defaultdict(int)
    waiting = (
        select(CardRefund.practice_id, func.sum(CardRefund.amount_cents))
        .where(CardRefund.state == UNDER_WAY)
        .group_by(CardRefund.practice_id)
    )
    failed = (
        select(CardRefund.practice_id, func.sum(CardRefund.amount_cents))
        .where(CardRefund.state == FAILED, col(CardRefund.id).in_(_untold()))
        .group_by(CardRefund.practice_id)
    )
    books = (
        select(Posting.practice_id, func.sum(Posting.amount_cents))
        .where(Posting.account == Account.PATIENT_REFUND_DUE)
        .group_by(Posting.practice_id)
    )
    for query in (waiting, failed, books):
        for practice_id, cents in session.exec(query):
            rest[practice_id] += int(cents)
    looked_at = session.exec(select(func.count()).select_from(CardRefund)).one()
    return looked_at, [f"practice {one}: {cents} cents" for one, cents in rest.items() if cents]
