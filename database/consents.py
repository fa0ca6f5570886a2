"""What patients agreed to, who answers for their balance, and whose envelope a paper goes into."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.claim import Person
from billing.consents import Consent, ConsentKind, Guarantor, standing
from billing.statements import addressee_of
from database import records, registrations
from database.columns import new_id
from database.tables import ConsentRow, Patient


def of_patient(session: Session, patient_id: str) -> Sequence[Consent]:
    """Every answer in the order in which it was kept."""
    query = select(ConsentRow).where(ConsentRow.patient_id == patient_id)
    rows = session.exec(query.order_by(col(ConsentRow.said_at), ConsentRow.id))
    return [Consent(ConsentKind(one.kind), one.is_given, one.signed_on, one.signed_by) for one in rows]


def keep(session: Session, patient: Patient, said: Consent, *, at: datetime, by: str | None) -> None:
    """One answer more. `by`: a user; None: the patient, by a link."""
    session.add(
        ConsentRow(
            id=new_id(),
            practice_id=patient.practice_id,
            patient_id=patient.id,
            kind=said.kind,
            is_given=said.is_given,
            signed_on=said.signed_on,
            signed_by=said.signed_by,
            said_at=at,
            said_by=by,
        )
    )
    session.flush()


def end_email(session: Session, patient_id: str, *, on: date, at: datetime) -> bool:
    """The patient wants statements on paper again; False when nothing else held."""
    patient = session.get_one(Patient, patient_id, with_for_update={"key_share": True})
    answer = standing(of_patient(session, patient_id)).get(ConsentKind.ELECTRONIC)
    if answer is None or not answer.is_given:
        return False
    said = Consent(ConsentKind.ELECTRONIC, False, max(on, answer.signed_on), "the patient, by the link in an e-mail")
    keep(session, patient, said, at=at, by=None)
    return True


def guarantor_of(patient: Patient) -> Guarantor | None:
    """Who answers for the patient's balance; None: the patient."""
    return records.load(Guarantor, patient.guarantor) if patient.guarantor else None


def keep_guarantor(session: Session, patient: Patient, guarantor: Guarantor | None) -> bool:
    """Write it on the locked row: whether it is new."""
    text = None if guarantor is None else records.dump(guarantor)
    if text == patient.guarantor:
        return False
    patient.guarantor = text
    patient.guarantor_key = None  # the accounts are grouped anew by the new one's
    patient.version += 1
    session.add(patient)
    session.flush()
    return True


def addressee(patient: Patient, *, on: date) -> tuple[str, ...]:
    """Whose envelope a paper about the patient's balance goes into on a day."""
    guarantor = guarantor_of(patient)
    person: Person = registrations.of_row(patient).person
    language = registrations.read_by(patient)
    return addressee_of(person, guarantor.person if guarantor else None, on=on, language=language)
