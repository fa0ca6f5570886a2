"""How well the office works, as ratios with numerator and denominator: counted from rows, never from workflows."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from billing.stages import Stage
from billing.tasks import TaskType
from database.tables import Denial, Encounter, Submission, Task

EDITS = frozenset({TaskType.CODE_REVIEW, TaskType.CHARGE_REVIEW, TaskType.CLAIM_EDIT_FAILED})
"""Tasks by which a person changed a claim before it could leave"""
OF_THE_PATIENT = frozenset({TaskType.CREDIT_BALANCE, TaskType.PATIENT_BALANCE_DUE})
"""Tasks about the patient's own money: the payer's part may have been touchless all the same"""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure with what it is made of."""

    name: str
    count: int
    of: int
    formula: str

    @property
    def percent(self) -> float | None:
        """None: nothing to count yet, which is not zero."""
        return round(100 * self.count / self.of, 1) if self.of else None


def ratios(session: Session) -> list[Ratio]:
    """Clean claims, first-pass resolution, initial denials and touchless visits of the whole installation."""
    first = set(session.exec(select(Submission.encounter_id).where(Submission.ordinal == 1)))
    again = set(session.exec(select(Submission.encounter_id).where(Submission.ordinal > 1)))
    is_rejected = (Submission.ordinal == 1, col(Submission.rejected_at).is_not(None))
    rejected = set(session.exec(select(Submission.encounter_id).where(*is_rejected)))
    adjudicated = select(Submission.encounter_id).where(col(Submission.adjudicated_at).is_not(None))
    denied = set(session.exec(select(Denial.encounter_id)))
    answered = set(session.exec(adjudicated)) | denied
    edited = set(session.exec(select(Task.subject_id).where(col(Task.type).in_(EDITS))))
    touched = set(session.exec(select(Task.subject_id).where(col(Task.type).not_in(OF_THE_PATIENT))))
    closed = set(session.exec(select(Encounter.id).where(Encounter.stage == Stage.CLOSED)))
    return [
        Ratio(
            "clean claims",
            len(first - edited - rejected),
            len(first),
            "no edit held it and nobody rejected it / first claims made",
        ),
        Ratio(
            "first-pass resolution",
            len(answered - again - denied),
            len(answered),
            "settled by the first claim, nothing denied / visits answered",
        ),
        Ratio("initial denials", len(denied), len(answered), "some amount denied / visits answered"),
        Ratio(
            "touchless",
            len(closed - touched),
            len(closed),
            "no human task but about the patient's own money / visits closed",
        ),
    ]
