"""Money of patients, and what takes it back: kept as a row, and told the visit that posts it."""

from datetime import datetime

from sqlmodel import Session

from billing.stages import FactKind
from database import encounters
from database.tables import PatientPayment


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
