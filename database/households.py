"""Whose account a patient's share stands on: one account for everybody whom the same person answers for.

An account carries the id of its holder, a patient. The guarantor holds it who is a patient too; else the first patient
of the practice whom the guarantor answers for. Who answers for himself holds his own.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.claim import Person
from billing.consents import Guarantor
from database import outbox, records
from database.outbox import OutboxKind
from database.tables import BalanceItem, Encounter, Patient, PatientAccount, PayLink


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


def key_of(person: Person) -> str:
    """The same person under every patient: name and birth date, or name and address where no birth date is known."""
    name = f"{person.name.last}|{person.name.first or ''}".casefold()
    if person.birth_date is not None:
        said = person.birth_date.isoformat()
    else:
        home = person.address
        said = f"{home.street}|{(home.postal_code or '')[:5]}".casefold() if home else ""
    return hashlib.sha256(f"{name}|{said}".encode()).hexdigest()


def regroup(session: Session, patient: Patient, *, at: datetime) -> str | None:
    """Put the patient's shares on the account of who answers for them now; gives the holder's id when it is another.

    Whoever stood on the patient's own account is looked at too. Papers of the old account are withdrawn by its next
    look, which this asks for.
    """
    guarantor = records.load(Guarantor, patient.guarantor) if patient.guarantor else None
    patient.guarantor_key = key_of(guarantor.person) if guarantor else None
    before, now = patient.account_id or patient.id, _holder(session, patient, guarantor)
    session.add(patient)
    session.flush()
    leaving = [one for one in _dependents(session, patient) if now != patient.id or not _belongs(session, one, patient)]
    if before == now and not leaving:
        return None
    _hold(session, patient.practice_id, before, now, *(one.id for one in leaving))
    _put_on(session, patient, now)
    for one in leaving:
        _put_on(session, one, one.id)
    _end_links(session, before if before != now else patient.id, at=at)
    for one in leaving:
        regroup(session, one, at=at)
    for holder in dict.fromkeys((before, now, *(holder_of(session, one.id) for one in leaving))):
        wake(session, practice_id=patient.practice_id, patient_id=holder, at=at)
    return now if before != now else None


def _dependents(session: Session, patient: Patient) -> Sequence[Patient]:
    query = select(Patient).where(Patient.account_id == patient.id)
    return session.exec(query.order_by(col(Patient.created_at), Patient.id)).all()


def _belongs(session: Session, dependent: Patient, holder: Patient) -> bool:
    """Whether the holder answers for the dependent, or the same person answers for both."""
    guarantor = records.load(Guarantor, dependent.guarantor) if dependent.guarantor else None
    if guarantor is None:
        return False
    himself = _patient_like(session, dependent, guarantor.person)
    return holder is himself or dependent.guarantor_key == holder.guarantor_key


def _put_on(session: Session, patient: Patient, holder_id: str) -> None:
    """The patient's balance items keep their age; they stand on this account from now on."""
    patient.account_id = None if holder_id == patient.id else holder_id
    session.add(patient)
    visits = select(Encounter.id).where(Encounter.patient_id == patient.id)
    for item in session.exec(select(BalanceItem).where(col(BalanceItem.encounter_id).in_(visits))).all():
        item.patient_id = holder_id
        session.add(item)
    session.flush()


def _holder(session: Session, patient: Patient, guarantor: Guarantor | None) -> str:
    if guarantor is None:
        return patient.id
    himself = _patient_like(session, patient, guarantor.person)
    if himself is not None:
        return himself.account_id or himself.id
    return _first_of(session, patient) or patient.id


def _patient_like(session: Session, patient: Patient, person: Person) -> Patient | None:
    """The guarantor, where the practice knows exactly one patient of this name and birth date."""
    if person.birth_date is None:
        return None
    query = select(Patient).where(
        Patient.practice_id == patient.practice_id,
        Patient.id != patient.id,
        Patient.birth_date == person.birth_date,
        func.lower(Patient.last_name) == person.name.last.lower(),
        func.lower(func.coalesce(Patient.first_name, "")) == (person.name.first or "").lower(),
        col(Patient.merged_into).is_(None),
    )
    rows = session.exec(query.limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def _first_of(session: Session, patient: Patient) -> str | None:
    """The holder among the other patients whom the same guarantor answers for."""
    query = (
        select(Patient)
        .where(
            Patient.practice_id == patient.practice_id,
            Patient.guarantor_key == patient.guarantor_key,
            Patient.id != patient.id,
            col(Patient.merged_into).is_(None),
        )
        .order_by(col(Patient.created_at), Patient.id)
    )
    others = session.exec(query).all()
    if not others:
        return None
    elder = next((one for one in others if one.account_id is None), others[0])
    return elder.account_id or elder.id


def _hold(session: Session, practice_id: str, *holder_ids: str) -> None:
    """Nothing happens on these accounts meanwhile; locked in one order, so that two moves never wait for another."""
    query = select(PatientAccount).where(
        PatientAccount.practice_id == practice_id, col(PatientAccount.patient_id).in_(holder_ids)
    )
    session.exec(query.order_by(PatientAccount.patient_id).with_for_update()).all()


def _end_links(session: Session, holder_id: str, *, at: datetime) -> None:
    """Who had a link to an account that is another one now does not see what came to it, or went."""
    query = select(PayLink).where(PayLink.patient_id == holder_id, col(PayLink.revoked_at).is_(None))
    for link in session.exec(query):
        link.revoked_at = at
        session.add(link)


def wake(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> None:
    """The account that this patient's shares stand on looks at itself soon."""
    holder = holder_of(session, patient_id)
    outbox.enqueue(session, OutboxKind.WAKE_ACCOUNT, practice_id=practice_id, subject_id=holder, at=at)


def ungrouped(session: Session, *, limit: int) -> Sequence[Patient]:
    """Patients whose guarantor is known from before accounts were shared."""
    query = select(Patient).where(col(Patient.guarantor).is_not(None), col(Patient.guarantor_key).is_(None))
    return session.exec(query.order_by(col(Patient.created_at), Patient.id).limit(limit).with_for_update()).all()
