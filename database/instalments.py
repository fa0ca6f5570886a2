"""Agreements to pay in parts: kept on their account, and held against what came in since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from billing.instalments import Instalment, PlanStanding, PlanState, schedule, standing, still_open
from billing.money import Cents
from billing.policies import Policies
from database import kept_cards
from database.kept_cards import CardView
from database.tables import InstalmentPlan, PatientPayment


@dataclass(frozen=True, slots=True)
class PlanView:
    """One agreement as pages and programs see it."""

    id: str
    total_cents: int
    parts: list[Instalment]
    paid_cents: int
    missed: int
    state: str
    agreed_at: datetime
    disclosure: str
    why: str
    agreed_alone: bool
    """By the patient, on the pay page"""
    cards: list[CardView]
    """What was agreed to about cards that are charged for it, the newest first"""


def active(session: Session, patient_id: str) -> InstalmentPlan | None:
    """The agreement on the account that this patient holds; there is at most one."""
    query = select(InstalmentPlan).where(
        InstalmentPlan.patient_id == patient_id, InstalmentPlan.state == PlanState.ACTIVE
    )
    return session.exec(query).first()


def move(session: Session, patient_id: str, *, to: str) -> None:
    """Every agreement on the account is on another one, of the same person."""
    for row in session.exec(select(InstalmentPlan).where(InstalmentPlan.patient_id == patient_id)).all():
        row.patient_id = to
        session.add(row)


def broken(session: Session, patient_id: str) -> InstalmentPlan | None:
    """The newest agreement that was not kept and that nobody has decided on."""
    query = select(InstalmentPlan).where(
        InstalmentPlan.patient_id == patient_id, InstalmentPlan.state == PlanState.BROKEN
    )
    return session.exec(query.order_by(col(InstalmentPlan.agreed_at).desc(), InstalmentPlan.id)).first()


def of_account(session: Session, patient_id: str) -> Sequence[InstalmentPlan]:
    """Every agreement of the account, the newest first."""
    query = select(InstalmentPlan).where(InstalmentPlan.patient_id == patient_id)
    return session.exec(query.order_by(col(InstalmentPlan.agreed_at).desc(), InstalmentPlan.id)).all()


def visits_of(row: InstalmentPlan) -> list[str]:
    """The visits that it is about."""
    return row.encounters.split(",")


def parts_of(row: InstalmentPlan) -> list[Instalment]:
    """What is due when."""
    return schedule(Cents(row.total_cents), row.instalments, row.first_day)


def open_parts(session: Session, row: InstalmentPlan, policies: Policies, *, today: date) -> list[Instalment]:
    """What is to come of each part."""
    return still_open(parts_of(row), paid=standing_of(session, row, policies, today=today).paid_cents)


def standing_of(session: Session, row: InstalmentPlan, policies: Policies, *, today: date) -> PlanStanding:
    """How it is kept today: everything that was paid on its visits since it was agreed counts."""
    paid = session.exec(
        select(func.coalesce(func.sum(PatientPayment.amount_cents), 0)).where(
            col(PatientPayment.encounter_id).in_(visits_of(row)), col(PatientPayment.received_at) >= row.agreed_at
        )
    ).one()
    return standing(
        parts_of(row),
        paid=int(paid),
        today=today,
        grace_days=policies.value("plan_grace_days", as_of=today),
        misses_allowed=policies.value("plan_misses_allowed", as_of=today) + row.forgiven,
    )


def views(session: Session, *, patient_id: str, policies: Policies, today: date) -> Sequence[PlanView]:
    """Every agreement of the account, the newest first."""
    found = []
    for row in of_account(session, patient_id):
        now = standing_of(session, row, policies, today=today)
        found.append(
            PlanView(
                row.id,
                row.total_cents,
                parts_of(row),
                now.paid_cents,
                now.missed,
                row.state,
                row.agreed_at,
                row.disclosure,
                row.why,
                row.agreed_by is None,
                kept_cards.views(session, row.id),
            )
        )
    return found
