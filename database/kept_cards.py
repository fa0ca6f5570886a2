"""Cards that the processor keeps for plans: found, ended, and what was charged to them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlmodel import Session, col, func, select

from billing.days import day_of
from billing.instalments import Instalment
from billing.kept_cards import CardState, Tried
from billing.money import Cents
from database import account_holds, paying, users
from database.tables import Checkout, InstalmentCharge, InstalmentPlan, KeptCard

OFFICE = "office"
"""Who ends what the patient's agreement no longer covers"""


@dataclass(frozen=True, slots=True)
class ChargeView:
    """One try to charge an instalment."""

    part_day: date
    attempt: int
    amount_cents: int
    state: str
    """database.paying; `withdrawn`: it was not charged"""
    made_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class CardView:
    """What was agreed to about one card, and where it stands."""

    id: str
    state: str
    label: str
    expires_on: date | None
    words: str
    said_by: str
    agreed_at: datetime
    agreed_by: str
    """A person's name, or `the patient, on the pay page`"""
    kept_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    why: str
    charges: Sequence[ChargeView]


def of_plan(session: Session, plan_id: str) -> Sequence[KeptCard]:
    """Every card that was to be kept for a plan, the newest first."""
    query = select(KeptCard).where(KeptCard.plan_id == plan_id)
    return session.exec(query.order_by(col(KeptCard.agreed_at).desc(), KeptCard.id)).all()


def kept_for(session: Session, plan_id: str) -> KeptCard | None:
    """The card that a plan is charged to; None: there is none."""
    return next((one for one in of_plan(session, plan_id) if one.state == CardState.KEPT), None)


def of_account(session: Session, patient_id: str) -> Sequence[tuple[KeptCard, InstalmentPlan]]:
    """Cards of every plan of the account that this patient holds, with their plans."""
    query = (
        select(KeptCard, InstalmentPlan)
        .join(InstalmentPlan, col(InstalmentPlan.id) == col(KeptCard.plan_id))
        .where(InstalmentPlan.patient_id == patient_id)
    )
    return session.exec(query.order_by(col(KeptCard.agreed_at), KeptCard.id)).all()


def end(
    session: Session, row: KeptCard, *, by: str, why: str, at: datetime, state: CardState = CardState.STOPPED
) -> None:
    """Nothing more is charged to it. One that has ended stays as it ended."""
    if row.state in {CardState.STOPPED, CardState.EXPIRED}:
        return
    row.state, row.ended_at, row.ended_by, row.why = state, at, by, why[:200]
    session.add(row)
    session.flush()


def written(parts: Iterable[Instalment]) -> str:
    """Parts as `agreed_parts` keeps them."""
    return json.dumps([[one.day.isoformat(), one.cents] for one in parts])


def agreed_parts(row: KeptCard) -> dict[date, Cents]:
    """What was agreed to be charged at most for each part."""
    return {date.fromisoformat(day): Cents(cents) for day, cents in json.loads(row.agreed_parts)}


def end_all(session: Session, plan_id: str, *, by: str, why: str, at: datetime) -> None:
    """No card is kept for the plan any more."""
    for row in of_plan(session, plan_id):
        end(session, row, by=by, why=why, at=at)


def charge_of(session: Session, checkout_id: str) -> InstalmentCharge | None:
    """The instalment that a checkout charges; None: a patient stood before the processor's page."""
    return session.get(InstalmentCharge, checkout_id)


def charges_of(session: Session, plan_id: str) -> Sequence[tuple[InstalmentCharge, Checkout]]:
    """Every try of a plan, the oldest first."""
    query = (
        select(InstalmentCharge, Checkout)
        .join(Checkout, col(Checkout.id) == col(InstalmentCharge.checkout_id))
        .where(InstalmentCharge.plan_id == plan_id)
    )
    return session.exec(query.order_by(col(Checkout.made_at), Checkout.id)).all()


def on_its_way(session: Session, holder_id: str) -> Cents:
    """What was prepared to be charged, or sent, for plans of the account that this patient holds, and is not answered.
    What is being taken back counts too: it may have been charged before."""
    query = (
        select(func.coalesce(func.sum(col(Checkout.amount_cents)), 0))
        .join(InstalmentCharge, col(InstalmentCharge.checkout_id) == col(Checkout.id))
        .join(InstalmentPlan, col(InstalmentPlan.id) == col(InstalmentCharge.plan_id))
        .where(InstalmentPlan.patient_id == holder_id, Checkout.state == paying.OPEN)
    )
    return Cents(int(session.exec(query).one()))


def tries_of(session: Session, plan_id: str, zone: tzinfo) -> list[Tried]:
    """The same as rules see them."""
    found = []
    for charge, checkout in charges_of(session, plan_id):
        is_refused = checkout.state == paying.FAILED and not charge.is_withdrawn
        refused_on = day_of(checkout.settled_at, zone) if is_refused and checkout.settled_at else None
        is_withdrawn = charge.is_withdrawn and checkout.state == paying.FAILED
        found.append(Tried(charge.part_day, refused_on, is_withdrawn))
    return found


def views(session: Session, plan_id: str) -> list[CardView]:
    """The cards of one plan, the newest first, each with what was charged to it."""
    charges = charges_of(session, plan_id)
    return [
        CardView(
            row.id,
            row.state,
            row.label,
            row.expires_on,
            row.words,
            row.said_by,
            row.agreed_at,
            _who(session, row.agreed_by),
            row.kept_at,
            row.ended_at,
            _who(session, row.ended_by),
            row.why,
            [_view(charge, checkout) for charge, checkout in charges if charge.card_id == row.id],
        )
        for row in of_plan(session, plan_id)
    ]


def _view(charge: InstalmentCharge, checkout: Checkout) -> ChargeView:
    is_withdrawn = charge.is_withdrawn and checkout.state == paying.FAILED
    state = "withdrawn" if is_withdrawn else checkout.state
    return ChargeView(charge.part_day, charge.attempt, checkout.amount_cents, state, checkout.made_at, charge.why)


def _who(session: Session, who: str) -> str:
    if who == account_holds.PATIENT:
        return "the patient, on the pay page"
    return users.names_of(session, [who]).get(who, who) if who else ""


def charged_wrongly(session: Session) -> tuple[int, list[str]]:
    """(charges, what does not hold): no instalment was charged twice, nor more than was agreed for all of a plan."""
    looked_at = session.exec(select(func.count()).select_from(InstalmentCharge)).one()
    paid = (
        select(InstalmentCharge.plan_id, col(InstalmentCharge.part_day), func.count())
        .join(Checkout, col(Checkout.id) == col(InstalmentCharge.checkout_id))
        .where(Checkout.state == paying.PAID)
        .group_by(InstalmentCharge.plan_id, col(InstalmentCharge.part_day))
        .having(func.count() > 1)
    )
    twice = [
        f"plan {plan}: the instalment of {day} was charged {count} times" for plan, day, count in session.exec(paid)
    ]
    totals = (
        select(InstalmentPlan.id, InstalmentPlan.total_cents, func.sum(col(Checkout.paid_cents)))
        .join(InstalmentCharge, col(InstalmentCharge.plan_id) == col(InstalmentPlan.id))
        .join(Checkout, col(Checkout.id) == col(InstalmentCharge.checkout_id))
        .where(Checkout.state == paying.PAID)
        .group_by(col(InstalmentPlan.id), col(InstalmentPlan.total_cents))
        .having(func.sum(col(Checkout.paid_cents)) > InstalmentPlan.total_cents)
    )
    more = [f"plan {plan}: {paid} of {agreed} cents" for plan, agreed, paid in session.exec(totals)]
    return looked_at, twice + more
