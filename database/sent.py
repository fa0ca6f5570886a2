"""What other systems told of patients and visits: numbers and words. Each is kept once."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from billing.sent_visits import SentNumber, SentWord, WordKind
from database.tables import Encounter, Patient, PatientNumber, SentWordRow, VisitNumber


def patient_numbered(session: Session, numbers: Iterable[SentNumber], *, practice_id: str) -> Patient | None:
    """Whom one of these numbers names, or None."""
    for one in numbers:
        query = (
            select(Patient)
            .join(PatientNumber, col(PatientNumber.patient_id) == col(Patient.id))
            .where(
                PatientNumber.practice_id == practice_id,
                PatientNumber.system == one.system,
                PatientNumber.number == one.number,
            )
        )
        if (found := session.exec(query).first()) is not None:
            return found
    return None


def number_patient(session: Session, patient: Patient, numbers: Iterable[SentNumber], *, were_free: bool) -> None:
    """Let these numbers name the patient too; whose number it is already keeps it.

    `were_free`: nobody had any of them when the patient was looked for. Raises IntegrityError where somebody has been
    given one since: look again, it may be the same patient.
    """
    for one in numbers:
        if were_free or patient_numbered(session, [one], practice_id=patient.practice_id) is None:
            row = PatientNumber(
                practice_id=patient.practice_id, system=one.system, number=one.number, patient_id=patient.id
            )
            session.add(row)
            session.flush()


def numbers_of(session: Session, *, practice_id: str, patient_id: str) -> list[SentNumber]:
    """Every number that other systems give a patient."""
    query = select(PatientNumber).where(
        PatientNumber.practice_id == practice_id, PatientNumber.patient_id == patient_id
    )
    rows = session.exec(query.order_by(PatientNumber.system, PatientNumber.number))
    return [SentNumber(one.system, one.number) for one in rows]


def visit_numbered(session: Session, number: SentNumber, *, practice_id: str) -> Encounter | None:
    """The visit that a sender's number names, or None."""
    query = (
        select(Encounter)
        .join(VisitNumber, col(VisitNumber.encounter_id) == col(Encounter.id))
        .where(
            VisitNumber.practice_id == practice_id,
            VisitNumber.system == number.system,
            VisitNumber.number == number.number,
        )
    )
    return session.exec(query).first()


def numbers_of_visit(session: Session, encounter_id: str) -> Sequence[VisitNumber]:
    """What senders call the visit."""
    query = select(VisitNumber).where(VisitNumber.encounter_id == encounter_id)
    return session.exec(query.order_by(VisitNumber.system, VisitNumber.number)).all()


def keep_words(session: Session, encounter: Encounter, words: Sequence[SentWord]) -> None:
    """Add words to those that are kept of the visit."""
    known = len(words_of(session, encounter.id))
    for ordinal, one in enumerate(words, start=known + 1):
        session.add(
            SentWordRow(
                encounter_id=encounter.id,
                ordinal=ordinal,
                practice_id=encounter.practice_id,
                kind=one.kind,
                number=one.number,
                system=one.system,
                code=one.code,
                text=one.text,
            )
        )


def words_of(session: Session, encounter_id: str) -> list[SentWord]:
    """What was sent of the visit in words, in the order of the message."""
    query = select(SentWordRow).where(SentWordRow.encounter_id == encounter_id).order_by(col(SentWordRow.ordinal))
    return [SentWord(WordKind(one.kind), one.number, one.system, one.code, one.text) for one in session.exec(query)]
