"""Provider adjustments: kept one by one, found by payer and reference."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from billing.ledger import Account
from billing.provider_adjustments import claims_named
from database import ledger, submissions
from database.tables import Posting, ProviderAdjustmentRow, RemittanceClaim, Submission


def of_remittance(session: Session, remittance_id: str) -> Sequence[ProviderAdjustmentRow]:
    """All of one remittance, in file order."""
    return session.exec(
        select(ProviderAdjustmentRow)
        .where(ProviderAdjustmentRow.remittance_id == remittance_id)
        .order_by(col(ProviderAdjustmentRow.ordinal))
    ).all()


def find(session: Session, *, practice_id: str, adjustment_id: str) -> ProviderAdjustmentRow | None:
    """One adjustment of the practice, or None."""
    return session.exec(
        select(ProviderAdjustmentRow).where(
            ProviderAdjustmentRow.practice_id == practice_id, ProviderAdjustmentRow.id == adjustment_id
        )
    ).first()


def unsettled(session: Session, row: ProviderAdjustmentRow) -> Sequence[ProviderAdjustmentRow]:
    """Earlier adjustments of the same payer and reference that stand on PLB_CLEARING or on a claim, oldest first."""
    return session.exec(
        select(ProviderAdjustmentRow)
        .where(
            ProviderAdjustmentRow.practice_id == row.practice_id,
            ProviderAdjustmentRow.payer_number == row.payer_number,
            ProviderAdjustmentRow.reference == row.reference,
            ProviderAdjustmentRow.id != row.id,
            or_(col(ProviderAdjustmentRow.open_cents) != 0, col(ProviderAdjustmentRow.linked_cents) != 0),
        )
        .order_by(
            col(ProviderAdjustmentRow.received_at),
            ProviderAdjustmentRow.remittance_id,
            col(ProviderAdjustmentRow.ordinal),
        )
    ).all()


def unnamed(session: Session, *, practice_id: str, payer_number: str) -> Sequence[ProviderAdjustmentRow]:
    """What a payer took that stands on PLB_CLEARING and on no visit, oldest first."""
    return session.exec(
        select(ProviderAdjustmentRow)
        .where(
            ProviderAdjustmentRow.practice_id == practice_id,
            ProviderAdjustmentRow.payer_number == payer_number,
            ProviderAdjustmentRow.open_cents > 0,
            col(ProviderAdjustmentRow.encounter_id).is_(None),
        )
        .order_by(col(ProviderAdjustmentRow.received_at), ProviderAdjustmentRow.id)
    ).all()


def open_since(session: Session, *, practice_id: str, before: datetime) -> Sequence[ProviderAdjustmentRow]:
    """What has stood on PLB_CLEARING since before an instant."""
    return session.exec(
        select(ProviderAdjustmentRow)
        .where(
            ProviderAdjustmentRow.practice_id == practice_id,
            col(ProviderAdjustmentRow.open_cents) != 0,
            col(ProviderAdjustmentRow.received_at) < before,
        )
        .order_by(col(ProviderAdjustmentRow.received_at), ProviderAdjustmentRow.id)
    ).all()


def encounter_named(session: Session, *, practice_id: str, reference: str) -> str | None:
    """The only visit whose claim a reference names, by the payer's number or ours; None: no one, or several."""
    for name in claims_named(reference):
        own = submissions.named(session, name, practice_id=practice_id)
        if own is not None:
            return own.encounter_id
        answered = select(RemittanceClaim.encounter_id).where(
            RemittanceClaim.practice_id == practice_id, func.upper(RemittanceClaim.payer_claim_number) == name
        )
        told = select(Submission.encounter_id).where(
            Submission.practice_id == practice_id, func.upper(Submission.payer_claim_number) == name
        )
        found = {one for one in (*session.exec(answered), *session.exec(told)) if one is not None}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def paid_by_line(session: Session, *, practice_id: str, encounter_id: str) -> dict[str, int]:
    """What payers have paid on each line and not taken back, in cents: remittances less take-backs."""
    paid: dict[str, int] = {}
    for _, posting in ledger.journal_of_encounter(session, practice_id=practice_id, encounter_id=encounter_id):
        if posting.line_id and posting.account in {Account.CASH_UNAPPLIED, Account.PLB_CLEARING}:
            paid[posting.line_id] = paid.get(posting.line_id, 0) + posting.amount_cents
    return paid


def on_clearing(session: Session, *, practice_id: str) -> int:
    """What stands on PLB_CLEARING, in cents: positive was taken."""
    query = select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(
        Posting.practice_id == practice_id, Posting.account == Account.PLB_CLEARING
    )
    return int(session.exec(query).one())
