"""A patient's own record: found again by coverage and person, kept by people, followed by what visits say."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.claim import Address, Claim, Sex
from billing.intake import identity_text
from billing.patients import WHO, Registration, changed, followed, registration_of
from billing.statement_words import Language
from database import records
from database.columns import Id, new_id
from database.engine import insert
from database.tables import Patient, PatientAlias

_NEWLY_KNOWN = "newly known patients"
"""Of a session"""
_KEY = sa.bindparam("key", type_=sa.String)
_OF_PRACTICE = sa.bindparam("practice_id", type_=Id)
_BY_FIRST_KEY = select(Patient).where(Patient.practice_id == _OF_PRACTICE, Patient.identity_key == _KEY)
_BY_FURTHER_KEY = (
    select(Patient)
    .join(PatientAlias, col(PatientAlias.patient_id) == col(Patient.id))
    .where(PatientAlias.practice_id == _OF_PRACTICE, PatientAlias.identity_key == _KEY)
)


class PatientMissing(LookupError):
    """No such patient in this practice."""


class PatientMerged(PatientMissing):
    """The patient turned out to be another one."""

    def __init__(self, patient_id: str, kept_id: str) -> None:
        super().__init__(f"patient {patient_id} was merged into {kept_id}")
        self.kept_id = kept_id


class PatientChanged(RuntimeError):
    """Somebody changed the patient since the form was shown."""


def of_row(row: Patient) -> Registration:
    """The record as billing's noun."""
    return Registration(
        last_name=row.last_name,
        first_name=row.first_name,
        middle_name=row.middle_name,
        suffix=row.suffix,
        birth_date=row.birth_date,
        sex=Sex(row.sex) if row.sex else None,
        address=records.load(Address, row.address) if row.address else None,
        telephone=row.telephone,
        email=row.email,
        language=Language(row.language) if row.language else None,
    )


def read_by(patient: Patient) -> Language:
    """What the patient's papers are written in: English where nobody said otherwise."""
    return Language(patient.language or Language.ENGLISH)


def find(session: Session, *, practice_id: str, patient_id: str) -> Patient | None:
    """One patient of the practice, or None."""
    return session.exec(select(Patient).where(Patient.practice_id == practice_id, Patient.id == patient_id)).first()


def kept(session: Session, row: Patient) -> Patient:
    """Who a patient turned out to be, through every merge; themselves where there was none."""
    while row.merged_into is not None:
        row = session.get_one(Patient, row.merged_into)
    return row


def of_claim(session: Session, claim: Claim, *, practice_id: str, at: datetime) -> tuple[Patient, bool]:
    """Whom a claim is about, found by one of their keys or added: (the row, whether it is new)."""
    key = _key(identity_text(claim))
    found = _known_as(session, practice_id, key)
    if found is not None:
        return found, False
    return _add(session, registration_of(claim.patient), practice_id=practice_id, key=key, at=at), True


def known_by(session: Session, claim: Claim, *, practice_id: str) -> Patient | None:
    """Whom a claim is about, found by one of their keys, or None."""
    return _known_as(session, practice_id, _key(identity_text(claim)))


def register(session: Session, told: Registration, *, practice_id: str, at: datetime) -> Patient:
    """A patient without a visit."""
    return _add(session, told, practice_id=practice_id, key=None, at=at)


def newly_known(session: Session) -> list[Patient]:
    """Patients whose name or birth date was written down in this transaction since somebody asked; each once."""
    return [session.get_one(Patient, one) for one in session.info.pop(_NEWLY_KNOWN, {})]


def lock(session: Session, *, practice_id: str, patient_id: str, version: int | None = None) -> Patient:
    """The row, held until the transaction ends. Raises PatientMissing, PatientMerged, and
    PatientChanged where it is not `version`.
    """
    query = select(Patient).where(Patient.practice_id == practice_id, Patient.id == patient_id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = session.exec(query).first()
    if row is None:
        raise PatientMissing(f"no patient {patient_id} in practice {practice_id}")
    if row.merged_into is not None:
        raise PatientMerged(patient_id, kept(session, row).id)
    if version is not None and row.version != version:
        raise PatientChanged(f"patient {patient_id} is at version {row.version}, not {version}")
    return row


def keep(session: Session, row: Patient, told: Registration) -> tuple[str, ...]:
    """Write what is new on a locked row: the names of the changed fields. Nothing new, and the version stays."""
    names = changed(of_row(row), told)
    if names:
        for name, value in _columns(told).items():
            setattr(row, name, value)
        row.version += 1
        session.add(row)
        session.flush()
        if not set(WHO).isdisjoint(names):
            _note_known(session, row)
    return names


def follow(session: Session, row: Patient, *, before: Registration | None, now: Registration) -> tuple[str, ...]:
    """Take over what a visit says anew, as `followed` decides: the names of the changed fields."""
    known = of_row(row)
    if followed(known, before=before, now=now) == known:
        return ()
    held = lock(session, practice_id=row.practice_id, patient_id=row.id)
    return keep(session, held, followed(of_row(held), before=before, now=now))


def note_email_failed(session: Session, row: Patient, address: str, why: str) -> None:
    """A mail server said for good that the address does not work: nothing is sent there while it is the patient's."""
    session.refresh(row, with_for_update={"key_share": True})
    row.email_failed, row.email_failed_why = address, why[:300]
    session.add(row)
    session.flush()


def put_right(
    session: Session, patient_id: str, claim: Claim, *, before: Registration, now: Registration
) -> tuple[str, ...]:
    """Take over a correction of a visit's claim, and be found by it from now on: the names of the changed fields."""
    row = session.get_one(Patient, patient_id)
    names = follow(session, row, before=before, now=now)
    if names:
        know_as(session, row, claim)
    return names


def know_as(session: Session, row: Patient, claim: Claim) -> None:
    """Let the patient be found by this claim's coverage, name and birth date too; whose key it is already keeps it."""
    key = _key(identity_text(claim))
    if _known_as(session, row.practice_id, key) is None:
        alias = insert(session, "patient_alias").values(
            practice_id=row.practice_id, identity_key=key, patient_id=row.id
        )
        session.execute(alias.on_conflict_do_nothing())


def alike(session: Session, told: Registration, *, practice_id: str, limit: int = 10) -> Sequence[Patient]:
    """Patients with the same last name and birth date: likely the same person."""
    if told.birth_date is None:
        return []
    query = select(Patient).where(
        Patient.practice_id == practice_id,
        Patient.birth_date == told.birth_date,
        col(Patient.merged_into).is_(None),
        func.lower(Patient.last_name) == func.lower(told.last_name),
    )
    return session.exec(query.order_by(col(Patient.first_name), Patient.id).limit(limit)).all()


def _known_as(session: Session, practice_id: str, key: str) -> Patient | None:
    params = {"practice_id": practice_id, "key": key}
    first = session.exec(_BY_FIRST_KEY, params=params).first()
    found = first or session.exec(_BY_FURTHER_KEY, params=params).first()
    return None if found is None else kept(session, found)


def _add(session: Session, told: Registration, *, practice_id: str, key: str | None, at: datetime) -> Patient:
    patient_id = new_id()
    row = Patient(
        id=patient_id,
        practice_id=practice_id,
        identity_key=key or _key(patient_id),
        created_at=at,
        **_columns(told),
    )
    session.add(row)
    session.flush()
    _note_known(session, row)
    return row


def _note_known(session: Session, row: Patient) -> None:
    session.info.setdefault(_NEWLY_KNOWN, {})[row.id] = None


def _columns(told: Registration) -> dict[str, Any]:
    address = None if told.address is None else records.dump(told.address)
    return {
        "last_name": told.last_name,
        "first_name": told.first_name,
        "middle_name": told.middle_name,
        "suffix": told.suffix,
        "birth_date": told.birth_date,
        "sex": told.sex,
        "address": address,
        "telephone": told.telephone,
        "email": told.email,
        "language": told.language,
    }


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
