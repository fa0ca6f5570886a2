"""Whose account a patient's share stands on: one account for everybody whom the same person answers for.

An account carries the id of its holder, a patient. The guarantor holds it who is a patient too; else the first patient
of the practice whom the guarantor answers for. Who answers for himself holds his own.

A visit is answered for by its patient's account, or by who answered when it was: visits from before a patient came of
age stay with the guardian (`database/majority.py`).
"""

import hashlib
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.claim import Person
from database import outbox
from database.outbox import OutboxKind
from database.tables import Encounter, Patient

ANSWERING = func.coalesce(col(Encounter.responsible_id), col(Encounter.patient_id))
"""Who answers for a visit, in a query: a patient on whose account its share stands"""


def answering(encounter: Encounter) -> str:
    """Who answers for a visit: a patient, on whose account its share stands."""
    return encounter.responsible_id or encounter.patient_id


def holder_of(session: Session, patient_id: str) -> str:
    """The patient whose account it is; the patient's own id where nobody else's is known."""
    held = session.exec(select(Patient.account_id).where(Patient.id == patient_id)).first()
    return held or patient_id


def members(session: Session, holder_id: str) -> list[str]:
    """Every patient whose shares stand on the holder's account, the holder first; nobody where the holder's own stand
    on another."""
    if holder_of(session, holder_id) != holder_id:
        return []
    others = select(Patient.id).where(Patient.account_id == holder_id).order_by(col(Patient.created_at), Patient.id)
    return [holder_id, *session.exec(others)]


def patients(session: Session, holder_id: str) -> list[str]:
    """The members, and everybody else of whose visits one stands on the holder's account."""
    everybody = members(session, holder_id)
    visits = select(Encounter.patient_id).where(col(Encounter.responsible_id).in_(everybody)).distinct()
    return [*everybody, *sorted(set(session.exec(visits)) - set(everybody))]


def key_of(person: Person) -> str:
    """The same person under every patient: name and birth date, or name and address where no birth date is known."""
    name = f"{person.name.last}|{person.name.first or ''}".casefold()
    if person.birth_date is not None:
        said = person.birth_date.isoformat()
    else:
        home = person.address
        said = f"{home.street}|{(home.postal_code or '')[:5]}".casefold() if home else ""
    return hashlib.sha256(f"{name}|{said}".encode()).hexdigest()


def wake(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> None:
    """The account that this patient's shares stand on looks at itself soon."""
    holder = holder_of(session, patient_id)
    outbox.enqueue(session, OutboxKind.WAKE_ACCOUNT, practice_id=practice_id, subject_id=holder, at=at)
