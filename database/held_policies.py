"""The policies that a patient holds, the answers to Medicare's questions, and how a patient is insured on a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.coordination import OtherPayer
from billing.held_policies import HeldPolicy, placed, policy_key, renumbered
from billing.msp import Answers, MedicarePlace, medicare_place
from billing.payer_order import PayerOrder, payer_order
from database import appointments, coverages, encounters, records, registrations
from database.columns import new_id
from database.tables import HeldPolicyRow, MedicareAnswersRow, Patient

LOOK_BACK = 10
"""Visits that are looked at for one that names a whole policy"""


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest answers to Medicare's questions."""

    answers: Answers
    on: date

    def place(self, day: date) -> MedicarePlace:
        """Where Medicare stands on a day."""
        return medicare_place(self.answers, day=day)


def of_patient(session: Session, patient_id: str) -> list[HeldPolicy]:
    """What the office goes by, as it was said last; ended policies too."""
    return [records.load(HeldPolicy, one.record) for one in _rows(session, patient_id)]


def said_at(session: Session, patient_id: str) -> datetime | None:
    """When the policies were said last; None: never."""
    return next((one.said_at for one in _rows(session, patient_id)), None)


def keep(session: Session, patient: Patient, said: Sequence[HeldPolicy], *, at: datetime, by: str | None) -> bool:
    """These policies stand in the place of those said before: whether anything is new. The patient is locked."""
    rows = _rows(session, patient.id)
    told = [records.dump(one) for one in placed(said)]
    if [one.record for one in rows] == told:
        return False
    for row in rows:
        row.replaced_at = at
        session.add(row)
    for place, record in enumerate(told):
        session.add(
            HeldPolicyRow(
                id=new_id(),
                practice_id=patient.practice_id,
                patient_id=patient.id,
                place=place,
                record=record,
                said_at=at,
                said_by=by,
            )
        )
    patient.version += 1
    session.add(patient)
    session.flush()
    appointments.wake_all(session, patient, at=at)
    return True


def put_right(session: Session, patient_id: str, before: OtherPayer, now: OtherPayer, *, at: datetime) -> bool:
    """A visit's coverage was corrected: the same policy is held with the corrected numbers. Whether one is."""
    if policy_key(before) == policy_key(now) and before.subscriber == now.subscriber:
        return False
    held = of_patient(session, patient_id)
    corrected = [renumbered(one, before, now) for one in held]
    if corrected == held:
        return False
    found = session.get_one(Patient, patient_id)
    row = registrations.lock(session, practice_id=found.practice_id, patient_id=patient_id)
    return keep(session, row, corrected, at=at, by=None)


def keep_answers(session: Session, patient: Patient, said: Answers, *, on: date, at: datetime, by: str) -> None:
    """Medicare's questions were answered."""
    session.add(
        MedicareAnswersRow(
            id=new_id(),
            practice_id=patient.practice_id,
            patient_id=patient.id,
            answered_on=on,
            record=records.dump(said),
            asked_by=by,
            said_at=at,
        )
    )
    patient.version += 1
    session.add(patient)
    session.flush()


def latest_answers(session: Session, patient_id: str) -> Answered | None:
    """The newest answers to Medicare's questions."""
    query = select(MedicareAnswersRow).where(MedicareAnswersRow.patient_id == patient_id)
    query = query.order_by(col(MedicareAnswersRow.answered_on).desc(), col(MedicareAnswersRow.said_at).desc())
    row = session.exec(query.limit(1)).first()
    return None if row is None else Answered(records.load(Answers, row.record), row.answered_on)


def order_on(session: Session, patient: Patient, day: date) -> PayerOrder:
    """The held policies in force on a day in the order in which they pay; as a person put them where one did."""
    held = of_patient(session, patient.id)
    answered = latest_answers(session, patient.id)
    by_rules = payer_order(
        held,
        patient=registrations.of_row(patient).person,
        day=day,
        medicare=answered.place(day) if answered else None,
    )
    if not patient.order_reason:
        return by_rules
    in_force = [one for one in held if one.is_in_force(day)]
    said = {one.name: one.policy.coverage.insurance_type for one in by_rules.policies}
    return PayerOrder(placed(_why_second(one, said) for one in in_force), [patient.order_reason], [])


def insured_on(session: Session, patient: Patient, day: date) -> Sequence[OtherPayer]:
    """How a patient is insured, first to pay first: as it was said last, at the desk, by a message or by a visit.

    A visit that names a held policy first, or none that could be billed, says nothing new. Nothing is known of who
    paid alone, and no payer is told of who wishes so.
    """
    if patient.wish is not None:
        return []
    held = [one.policy for one in order_on(session, patient, day).policies]
    at = said_at(session, patient.id)
    for visit in encounters.newest_first(
        session, practice_id=patient.practice_id, patient_id=patient.id, limit=LOOK_BACK
    ):
        if at is not None and at >= visit.created_at:
            return held
        if visit.is_self_pay:
            return []
        found = coverages.in_order(session, visit, encounters.claim_of(visit))
        named = [one for one in found if one.coverage.member_id and one.coverage.payer.id]
        if named and policy_key(named[0]) in {policy_key(one) for one in held}:
            return held
        if named:
            return [replace(one, decision=None) for one in named]
    return held


def _why_second(held: HeldPolicy, said: dict[str, str | None]) -> HeldPolicy:
    coverage = replace(held.policy.coverage, insurance_type=held.policy.coverage.insurance_type or said.get(held.name))
    return replace(held, policy=replace(held.policy, coverage=coverage))


def _rows(session: Session, patient_id: str) -> Sequence[HeldPolicyRow]:
    query = select(HeldPolicyRow).where(
        HeldPolicyRow.patient_id == patient_id, col(HeldPolicyRow.replaced_at).is_(None)
    )
    return session.exec(query.order_by(col(HeldPolicyRow.place))).all()
