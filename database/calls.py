"""The call log: added, searched, and its promises followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, or_, select

from billing.calls import Promise, PromiseState, Since, With
from billing.money import Cents
from database import patient_names
from database.tables import CallRow, Encounter, Patient, PatientPayment, RemittanceClaim, RemittanceFile, User


@dataclass(frozen=True, slots=True)
class CallView:
    """One call as pages and programs see it."""

    id: str
    encounter_id: str
    patient: str
    control_number: str | None
    whom: str
    channel: str
    spoken_to: str
    number: str
    reference: str
    said: str
    promise: str
    promised_on: date | None
    promised_cents: int | None
    promise_state: str | None
    """open, kept or broken; None: nothing was promised"""
    called_at: datetime
    logged_by: str


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search asks for."""

    practice_id: str
    encounter_id: str | None = None
    control_number: str | None = None
    text: str = ""
    """In the reference, the name, the number, what was said or promised"""
    whom: With | None = None
    promises: PromiseState | None = None


def found(session: Session, sought: Sought, *, limit: int) -> list[CallView]:
    """The newest first."""
    query = (
        select(CallRow, Patient, User.display_name)
        .join(Encounter, col(Encounter.id) == col(CallRow.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(User, col(User.id) == col(CallRow.logged_by))
        .where(CallRow.practice_id == sought.practice_id)
    )
    if sought.encounter_id:
        query = query.where(CallRow.encounter_id == sought.encounter_id)
    if sought.control_number:
        query = query.where(CallRow.control_number == sought.control_number)
    if sought.whom:
        query = query.where(CallRow.whom == sought.whom)
    if sought.promises:
        query = query.where(CallRow.promise_state == sought.promises)
    if sought.text:
        texts = (CallRow.reference, CallRow.spoken_to, CallRow.number, CallRow.said, CallRow.promise)
        query = query.where(or_(*(col(one).icontains(sought.text, autoescape=True) for one in texts)))
    rows = session.exec(query.order_by(col(CallRow.called_at).desc(), CallRow.id).limit(limit))
    return [_view(row, patient, by) for row, patient, by in rows]


def _view(row: CallRow, patient: Patient, by: str) -> CallView:
    return CallView(
        id=row.id,
        encounter_id=row.encounter_id,
        patient=patient_names.name_of(patient),
        control_number=row.control_number,
        whom=row.whom,
        channel=row.channel,
        spoken_to=row.spoken_to,
        number=row.number,
        reference=row.reference,
        said=patient_names.words(patient.id, row.said),
        promise=patient_names.words(patient.id, row.promise),
        promised_on=row.promised_on,
        promised_cents=row.promised_cents,
        promise_state=row.promise_state,
        called_at=row.called_at,
        logged_by=by,
    )


def open_promises(session: Session, encounter_id: str) -> Sequence[CallRow]:
    """Promises about the visit of which nobody knows what became, the earliest day first."""
    query = select(CallRow).where(CallRow.encounter_id == encounter_id, CallRow.promise_state == PromiseState.OPEN)
    return session.exec(query.order_by(col(CallRow.promised_on), CallRow.id)).all()


def promise_of(row: CallRow) -> Promise:
    """The row's promise as billing's noun."""
    assert row.promised_on is not None, "a promise has a day"
    return Promise(row.promise, row.promised_on, None if row.promised_cents is None else Cents(row.promised_cents))


def since(session: Session, row: CallRow) -> Since:
    """What has come in for the visit since the call."""
    answers = session.exec(
        select(func.count())
        .select_from(RemittanceClaim)
        .join(RemittanceFile, col(RemittanceFile.id) == col(RemittanceClaim.remittance_id))
        .where(
            RemittanceClaim.encounter_id == row.encounter_id,
            RemittanceClaim.state == "posted",
            RemittanceFile.received_at > row.called_at,
        )
    ).one()
    paid = session.exec(
        select(func.coalesce(func.sum(PatientPayment.amount_cents), 0)).where(
            PatientPayment.encounter_id == row.encounter_id, PatientPayment.received_at >= row.called_at
        )
    ).one()
    return Since(int(answers), int(paid))
