"""Policy rows as people see them: what holds today and where it comes from, for a practice or one of its payers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, or_, select

from billing.policies import DEFAULTS
from database import office
from database.tables import Policy

SCOPES = ("every practice", "this practice", "this payer")
"""By narrowness"""


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One row of a policy."""

    name: str
    value: int
    effective_from: date
    scope: str
    source: str


@dataclass(frozen=True, slots=True)
class PoliciesView:
    """Policies of a practice, or of one of its payers."""

    in_force: list[PolicyView]
    """What holds today, one per policy"""
    own: list[PolicyView]
    """Rows of this practice or this payer alone, the newest first; those of days to come stand at the top"""


def view(
    session: Session, names: Iterable[str], *, practice_id: str, today: date, payer_id: str | None = None
) -> PoliciesView:
    """The policies `names`; `payer_id` None: of the practice, whichever the payer."""
    rows = _rows(session, practice_id, payer_id)
    own = [one for one in reversed(rows) if one.practice_id == practice_id and one.payer_id == payer_id]
    return PoliciesView([_in_force(name, rows, today) for name in names], [_view(one) for one in own])


def row_from(session: Session, *, practice_id: str, payer_id: str | None, name: str, day: date) -> Policy | None:
    """The row of a policy from that very day."""
    whose = col(Policy.payer_id).is_(None) if payer_id is None else Policy.payer_id == payer_id
    return session.exec(
        select(Policy).where(
            Policy.practice_id == practice_id, whose, Policy.name == name, Policy.effective_from == day
        )
    ).first()


def _rows(session: Session, practice_id: str, payer_id: str | None) -> Sequence[Policy]:
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
