"""Payers of a practice: what each still owes, and the policies that hold for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, or_, select

from billing.ledger import Account
from billing.policies import ABOUT_PAYERS, DEFAULTS
from database import office
from database.tables import Encounter, Partner, Payer, Policy, Posting

SCOPES = ("every practice", "this practice", "this payer")
"""By narrowness"""


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
class PolicyView:
    """One row of a policy."""

    name: str
    value: int
    effective_from: date
    scope: str
    source: str


@dataclass(frozen=True, slots=True)
class PayerView:
    """Everything the payer's page shows."""

    payer: PayerRow
    in_force: list[PolicyView]
    """What holds today, one per policy"""
    own: list[PolicyView]
    """Rows of this payer alone, the newest first; those of days to come stand at the top"""


def page(session: Session, *, practice_id: str) -> list[PayerRow]:
    """The practice's payers by name, with what each owes."""
    rows = session.exec(
        select(Payer, Partner.name)
        .join(Partner, col(Partner.id) == col(Payer.partner_id))
        .where(Payer.practice_id == practice_id)
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
    rows = _policies(session, practice_id, payer_id)
    return PayerView(
        payer=row,
        in_force=[_in_force(name, rows, today) for name in ABOUT_PAYERS],
        own=[_view(one) for one in reversed(rows) if one.payer_id == payer_id],
    )


def policy_from(session: Session, *, payer: Payer, name: str, day: date) -> Policy | None:
    """The payer's row of this policy from that very day."""
    return session.exec(
        select(Policy).where(
            Policy.practice_id == payer.practice_id,
            Policy.payer_id == payer.id,
            Policy.name == name,
            Policy.effective_from == day,
        )
    ).first()


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


def _policies(session: Session, practice_id: str, payer_id: str) -> Sequence[Policy]:
    return session.exec(
        select(Policy)
        .where(
            or_(col(Policy.practice_id).is_(None), Policy.practice_id == practice_id),
            or_(col(Policy.payer_id).is_(None), Policy.payer_id == payer_id),
        )
        .order_by(col(Policy.effective_from), Policy.name)
    ).all()


def _in_force(name: str, rows: Sequence[Policy], today: date) -> PolicyView:
    """The row that billing.policies would take today: the narrowest, then the newest."""
    fitting = [one for one in rows if one.name == name and one.effective_from <= today]
    if not fitting:
        default = DEFAULTS[name]
        return PolicyView(name, default.value, office.ALWAYS, SCOPES[0], default.source)
    return _view(max(fitting, key=lambda one: (_narrowness(one), one.effective_from)))


def _narrowness(row: Policy) -> int:
    return 2 if row.payer_id else 1 if row.practice_id else 0


def _view(row: Policy) -> PolicyView:
    return PolicyView(row.name, row.value, row.effective_from, SCOPES[_narrowness(row)], row.source)
