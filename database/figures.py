"""How well the office works, as ratios with numerator and denominator: counted from rows, never from workflows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.adjustment_codes import PATIENT_SHARE
from billing.coordination import PRIMARY
from billing.stages import Stage
from billing.tasks import TaskType
from database.tables import Denial, Encounter, Submission, Task

EDITS = frozenset({TaskType.CODE_REVIEW, TaskType.CHARGE_REVIEW, TaskType.CLAIM_EDIT_FAILED})
"""Tasks by which a person changed a claim before it could leave"""
OF_THE_PATIENT = frozenset({TaskType.CREDIT_BALANCE, TaskType.PATIENT_REFUND_APPROVAL, TaskType.PATIENT_BALANCE_DUE})
"""Tasks about the patient's own money: the payer's part may have been touchless all the same"""


IS_SHARE = (col(Denial.adjustment_group) == "PR") & col(Denial.reason).in_(PATIENT_SHARE)
"""A share that waits for the next payer, or that may not be billed: nothing was refused"""


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
    is_again = (Submission.ordinal > 1, Submission.responsibility == PRIMARY)
    again = set(session.exec(select(Submission.encounter_id).where(*is_again)))
    is_rejected = (Submission.ordinal == 1, col(Submission.rejected_at).is_not(None))
    rejected = set(session.exec(select(Submission.encounter_id).where(*is_rejected)))
    adjudicated = select(Submission.encounter_id).where(col(Submission.adjudicated_at).is_not(None))
    denied = set(session.exec(select(Denial.encounter_id).where(~IS_SHARE)))
    answered = set(session.exec(adjudicated)) | denied
    edited = set(session.exec(select(Task.subject_id).where(col(Task.type).in_(EDITS))))
    touched = _touched(session)
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


def untouched(session: Session, external_ids: Collection[str]) -> Ratio:
    """Of the visits that their sender numbered so, how many closed without a person."""
    rows = session.exec(select(Encounter.id, Encounter.external_id, Encounter.stage)).all()
    visits = {one for one, number, _ in rows if number in external_ids}
    closed = {one for one, _, stage in rows if stage == Stage.CLOSED}
    done = visits & closed - _touched(session)
    formula = "closed without a human task but about the patient's own money / visits without an injected fault"
    return Ratio("untouched where nothing was wrong", len(done), len(visits), formula)


def tasks_left(session: Session, *, now: datetime) -> list[Ratio]:
    """What people have not finished, and what of it is late."""
    tasks = session.exec(select(Task.state, Task.due_at)).all()
    waiting = [due_at for state, due_at in tasks if state == "open"]
    late = [due_at for due_at in waiting if due_at < now]
    return [
        Ratio("tasks left open", len(waiting), len(tasks), "open now / ever opened"),
        Ratio("tasks overdue", len(late), len(tasks), "open and past their day / ever opened"),
    ]


def _touched(session: Session) -> set[str]:
    return set(session.exec(select(Task.subject_id).where(col(Task.type).not_in(OF_THE_PATIENT))))
