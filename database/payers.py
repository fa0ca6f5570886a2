"""Payers of a practice: what each still owes, and the policies that hold for it."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.amendments import SELF_PAY
from billing.ledger import Account
from billing.policies import ABOUT_PAYERS
from database import policies
from database.policies import PolicyView
from database.tables import Encounter, Partner, Payer, Policy, Posting


@dataclass(frozen=True, slots=True)
class PayerRow:
    """One payer."""

    id: str
    name: str
    number: str
    partner: str
    open_claims: int
    """Visits on which it owes something"""
    open_cents: int
    own_policies: int


@dataclass(frozen=True, slots=True)
class PayerView:
    """Everything the payer's page shows."""

    payer: PayerRow
    in_force: list[PolicyView]
    """What holds today, one per policy"""
    own: list[PolicyView]
    """Rows of this payer alone, the newest first; those of days to come stand at the top"""


def page(session: Session, *, practice_id: str) -> list[PayerRow]:
    """The practice's payers by name, with what each owes; who pays alone is none."""
    rows = session.exec(
        select(Payer, Partner.name)
        .join(Partner, col(Partner.id) == col(Payer.partner_id))
        .where(Payer.practice_id == practice_id, Payer.payer_number != SELF_PAY.payer.id)
        .order_by(func.lower(Payer.name), Payer.payer_number, Payer.id)
    ).all()
    owed = _owed(session, practice_id)
    counted = session.exec(
        select(Policy.payer_id, func.count())
        .where(Policy.practice_id == practice_id, col(Policy.payer_id).is_not(None))
        .group_by(col(Policy.payer_id))
    )
    own = {payer_id: int(count) for payer_id, count in counted}
    return [
        PayerRow(
            id=row.id,
            name=row.name,
            number=row.payer_number,
            partner=partner,
            open_claims=owed.get(row.id, (0, 0))[0],
            open_cents=owed.get(row.id, (0, 0))[1],
            own_policies=own.get(row.id, 0),
        )
        for row, partner in rows
    ]


def find(session: Session, *, practice_id: str, payer_id: str) -> Payer | None:
    """One payer of the practice, or None."""
    return session.exec(select(Payer).where(Payer.practice_id == practice_id, Payer.id == payer_id)).first()


def payer(session: Session, *, practice_id: str, payer_id: str, today: date) -> PayerView | None:
    """One payer with its policies; None when the practice has no such payer."""
    row = next((one for one in page(session, practice_id=practice_id) if one.id == payer_id), None)
    if row is None:
        return None
    found = policies.view(session, ABOUT_PAYERS, practice_id=practice_id, payer_id=payer_id, today=today)
    return PayerView(payer=row, in_force=found.in_force, own=found.own)


def _owed(session: Session, practice_id: str) -> dict[str, tuple[int, int]]:
    """Open claims and cents by payer: of encounters that are not closed."""
    balance = func.sum(Posting.amount_cents)
    each = (
        select(col(Encounter.payer_id).label("payer_id"), balance.label("cents"))
        .join(Posting, col(Posting.encounter_id) == col(Encounter.id))
        .where(
            Encounter.practice_id == practice_id,
            col(Encounter.closed_at).is_(None),
            Posting.account == Account.AR_INSURANCE,
        )
        .group_by(Encounter.id, Encounter.payer_id)
        .having(balance != 0)
        .subquery()
    )
    rows = session.exec(select(each.c.payer_id, func.count(), func.sum(each.c.cents)).group_by(each.c.payer_id))
    return {payer_id: (int(count), int(cents)) for payer_id, count, cents in rows}
