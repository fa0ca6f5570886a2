"""Visits that are likely the same: typed once more, under another number."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.claim import Claim
from database import encounters
from database.tables import Encounter, Patient


@dataclass(frozen=True, slots=True)
class VisitAlike:
    """A visit of the same person on the same day with a procedure in common."""

    id: str
    number: str
    """The practice's own"""
    service_date: date
    procedures: tuple[str, ...]
    """In common, in the older visit's order"""


def visits_alike(session: Session, claim: Claim, *, practice_id: str, patient_id: str | None) -> list[VisitAlike]:
    """Other visits that the claim likely repeats; void ones are none. `patient_id` None: by name and birth date."""
    patient = claim.patient
    if patient_id is not None:
        is_theirs = col(Encounter.patient_id) == patient_id
    else:
        people = select(Patient.id).where(
            Patient.practice_id == practice_id,
            Patient.birth_date == patient.birth_date,
            func.lower(Patient.last_name) == func.lower(patient.name.last),
            func.lower(func.coalesce(Patient.first_name, "")) == func.lower(patient.name.first or ""),
        )
        is_theirs = col(Encounter.patient_id).in_(people)
    found = session.exec(
        select(Encounter)
        .where(
            Encounter.practice_id == practice_id,
            is_theirs,
            Encounter.service_date == claim.service_from,
            col(Encounter.is_void).is_(False),
            Encounter.external_id != claim.control_number,
        )
        .order_by(Encounter.external_id)
    )
    wanted = {line.billed_code for line in claim.lines}
    alike = []
    for row in found:
        billed = encounters.claim_of(row).lines
        common = tuple(dict.fromkeys(line.called for line in billed if line.billed_code in wanted))
        if common:
            alike.append(VisitAlike(row.id, row.external_id, row.service_date, common))
    return alike
