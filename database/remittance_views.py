"""Remittances as people see them: the list, and one with its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.coordination import PRIMARY
from billing.money import Cents
from billing.provider_adjustments import kind_of
from billing.remittance import REVERSAL, ClaimPayment
from billing.variances import NOTHING, claim_compared
from database import contracts, ledger, messages, provider_adjustments, records, remittances
from database.paging import older
from database.tables import ProviderAdjustmentRow, RemittanceClaim, RemittanceFile


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """One 835 for one payee."""

    id: str
    trace: str
    payer_number: str
    """TRN03"""
    payer: str
    """1000A N102: what the number is called"""
    payment_date: date
    paid_cents: int
    provider_adjustment_cents: int
    claim_count: int
    state: str
    received_at: datetime
    closed_at: datetime | None
    is_taken_back: bool
    """Mistyped from paper, and undone"""


@dataclass(frozen=True, slots=True)
class RemittancePage:
    """A page of remittances."""

    items: list[RemittanceRow]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class RemittanceClaimRow:
    """One CLP and what became of it."""

    id: str
    ordinal: int
    control_number: str
    payer_claim_number: str | None
    status: str
    charge_cents: int
    paid_cents: int
    state: str
    matched_by: str | None
    encounter_id: str | None
    verdict: str
    """What was allowed beside what the contract let expect, such as underpaid by $12.00; empty: nothing to compare"""
    difference_cents: int | None


@dataclass(frozen=True, slots=True)
class OutsideClaims:
    """One provider adjustment (PLB) and what became of it, in cents; positive was taken, negative was given."""

    reason: str
    """PLB03-1"""
    words: str
    reference: str
    amount_cents: int
    account: str
    """Where it was booked"""
    open_cents: int
    """What of it stands on PLB_CLEARING and waits for its counterpart"""
    linked_cents: int
    """What of it was put on a claim"""
    encounter_id: str | None
    """The visit of that claim"""


@dataclass(frozen=True, slots=True)
class RemittanceView:
    """One remittance with its rows."""

    remittance: RemittanceRow
    claims: list[RemittanceClaimRow]
    outside_claims: list[OutsideClaims]
    unapplied_cents: int
    """What no claim and no provider adjustment has taken"""
    is_typed: bool
    """By a person, from paper"""
    taken_back_by: str | None
    """The remittance that undoes it, when it was mistyped"""

    @property
    def may_be_taken_back(self) -> bool:
        """Typed, standing and posted; whether its claims were answered anew since is seen when it is tried."""
        is_posted = bool(self.claims) and all(one.state == "posted" and one.status != REVERSAL for one in self.claims)
        return self.is_typed and self.taken_back_by is None and is_posted and self.remittance.state != "excepted"


def remittance_page(session: Session, *, practice_id: str, after: str | None, limit: int) -> RemittancePage:
    """A page of remittances by id."""
    query = select(RemittanceFile).where(RemittanceFile.practice_id == practice_id)
    if after is not None:
        query = query.where(col(RemittanceFile.id) > after)
    rows = session.exec(query.order_by(RemittanceFile.id).limit(limit + 1)).all()
    shown = rows[:limit]
    return RemittancePage([_remittance(row) for row in shown], shown[-1].id if len(rows) > limit else None)


def newest_remittances(
    session: Session, *, practice_id: str, trace: str, before: str | None, limit: int
) -> list[RemittanceRow]:
    """Remittances, the newest first, from behind the one with the id `before` on; `trace`: TRN02 begins so."""
    query = select(RemittanceFile).where(RemittanceFile.practice_id == practice_id)
    if trace:
        query = query.where(col(RemittanceFile.trace).startswith(trace, autoescape=True))
    last = remittances.find(session, practice_id=practice_id, remittance_id=before) if before else None
    if last is not None:
        at, received_at = col(RemittanceFile.id), col(RemittanceFile.received_at)
        query = query.where(older(received_at, at, than_at=last.received_at, than_id=last.id))
    newest = query.order_by(col(RemittanceFile.received_at).desc(), col(RemittanceFile.id).desc())
    return [_remittance(row) for row in session.exec(newest.limit(limit))]


def remittance(session: Session, *, practice_id: str, remittance_id: str) -> RemittanceView | None:
    """One remittance with its claims in file order, or None."""
    row = session.exec(
        select(RemittanceFile).where(RemittanceFile.practice_id == practice_id, RemittanceFile.id == remittance_id)
    ).first()
    if row is None:
        return None
    rows = session.exec(
        select(RemittanceClaim)
        .where(RemittanceClaim.practice_id == practice_id, RemittanceClaim.remittance_id == row.id)
        .order_by(col(RemittanceClaim.ordinal))
    ).all()
    numbers = [one.control_number for one in rows if one.responsibility == PRIMARY]
    expected = contracts.expected_of_claims(session, practice_id=practice_id, control_numbers=numbers)
    claims = [_remittance_claim(one, expected.get(one.control_number, [])) for one in rows]
    unapplied = ledger.unapplied_cents(session, practice_id=practice_id, remittance_id=row.id)
    is_typed = messages.is_typed(session, row.message_id)
    outside = [_outside(one) for one in provider_adjustments.of_remittance(session, row.id)]
    return RemittanceView(_remittance(row), claims, outside, unapplied, is_typed, row.taken_back_by)


def _outside(row: ProviderAdjustmentRow) -> OutsideClaims:
    return OutsideClaims(
        reason=row.reason,
        words=kind_of(row.reason).words,
        reference=row.reference,
        amount_cents=row.amount_cents,
        account=row.account,
        open_cents=row.open_cents,
        linked_cents=row.linked_cents,
        encounter_id=row.encounter_id,
    )


def _remittance(row: RemittanceFile) -> RemittanceRow:
    return RemittanceRow(
        id=row.id,
        trace=row.trace,
        payer_number=row.payer_number,
        payer=remittances.header(row).payer.name.last,
        payment_date=row.payment_date,
        paid_cents=row.paid_cents,
        provider_adjustment_cents=row.provider_adjustment_cents,
        claim_count=row.claim_count,
        state=row.state,
        received_at=row.received_at,
        closed_at=row.closed_at,
        is_taken_back=row.taken_back_by is not None,
    )


def _remittance_claim(row: RemittanceClaim, expected: Sequence[Cents | None]) -> RemittanceClaimRow:
    compared = claim_compared(records.load(ClaimPayment, row.payment), expected) if expected else NOTHING
    return RemittanceClaimRow(
        id=row.id,
        ordinal=row.ordinal,
        control_number=row.control_number,
        payer_claim_number=row.payer_claim_number,
        status=row.status,
        charge_cents=row.charge_cents,
        paid_cents=row.paid_cents,
        state=row.state,
        matched_by=row.matched_by,
        encounter_id=row.encounter_id,
        verdict=compared.words,
        difference_cents=compared.difference_cents,
    )
