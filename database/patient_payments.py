"""Money of patients, and what takes it back: kept as a row, and told the visit that posts it."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.stages import FactKind
from database import encounters
from database.tables import Fact, PatientPayment


def keep(session: Session, payment: PatientPayment, *, at: datetime) -> None:
    """The row, and the fact that the encounter's workflow posts."""
    session.add(payment)
    session.flush()
    encounters.add_fact(
        session,
        practice_id=payment.practice_id,
        encounter_id=payment.encounter_id,
        kind=FactKind.PATIENT_PAID,
        source_key=f"payment:{payment.id}",
        subject_id=payment.id,
        received_at=at,
    )


def unposted(session: Session, encounter_ids: Collection[str]) -> dict[str, int]:
    """Cents that were paid towards these visits, or taken back, and that no workflow has posted yet."""
    rows = session.exec(
        select(PatientPayment.encounter_id, func.sum(PatientPayment.amount_cents))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(
            col(Fact.encounter_id).in_(encounter_ids),
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
        )
        .group_by(PatientPayment.encounter_id)
    )
    return {encounter_id: int(cents) for encounter_id, cents in rows}
