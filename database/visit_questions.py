"""What a new visit would be asked about later: facts of the patient's coverage that somebody can find out now."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from billing.held_policies import Basis
from billing.msp import QUESTIONS, questions_due
from database import held_policies, office
from database.tables import Patient


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One fact that is missing; the patient's insurance page takes it."""

    field: str
    """Of the visit's form"""
    words: str


def open_questions(session: Session, patient: Patient, day: date, *, today: date) -> list[OpenQuestion]:
    """What is not known about who pays for a visit on a day; nothing where no plan is told of it."""
    if patient.wish is not None:
        return []
    order = held_policies.order_on(session, patient, day)
    found = [OpenQuestion("payer", words) for words in order.unknown]
    has_medicare = any(one.covers_through == Basis.MEDICARE for one in order.policies)
    if not has_medicare or any(QUESTIONS in one.words for one in found):
        return found
    answered = held_policies.latest_answers(session, patient.id)
    policies = office.policies_for(session, practice_id=patient.practice_id, payer_id=None)
    good_for = policies.value("medicare_questions_days", as_of=today)
    words = questions_due(answered.on if answered else None, day=day, good_for_days=good_for)
    return [*found, OpenQuestion("coverage.filing_indicator", words)] if words else found
