"""What one look at an encounter's rows shows, and which of its tasks have become needless by it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.messages import OpenTask
from billing.deadlines import Deadline, Reason
from billing.ledger import Account, Balances
from billing.policies import Policies
from billing.roles import Role
from billing.stages import CHANGING, DISPUTING, WAITING_ON, Stage
from billing.submission import SubmissionState
from billing.tasks import TaskType
from database.tables import Submission, Task

BEFORE_SUBMISSION = (Stage.REGISTRATION, Stage.VERIFICATION, Stage.CODING, Stage.CHARGE_REVIEW, Stage.SCRUBBING)

RECOMPUTED = frozenset({Reason.TASK_DUE, Reason.TIMELY_FILING})
"""Agenda entries whose instant is worked out anew at the end of each step; any other keeps the one it was given"""
_KEPT_UNTIL_DONE = frozenset(
    {
        Reason.INQUIRY_RETRY,
        Reason.FOLLOW_UP,
        Reason.APPEAL_LIMIT,
        Reason.HOLD_ENDS,
        Reason.CROSSOVER_DUE,
        Reason.POSTING_REVIEW_OVER,
        Reason.RECONSIDERATION_DUE,
        Reason.PROMISE_DUE,
        Reason.MONTH_OVER,
    }
)
_ASKED_ABOUT = frozenset({Stage.ACKNOWLEDGMENT, Stage.ADJUDICATION})
"""Stages in which a payer may be asked what has become of the claim"""


def is_kept(reason: Reason, stage: Stage) -> bool:
    """Whether an agenda entry stays until a step strikes it off; any other goes once the rows ask for it no more."""
    return reason in _KEPT_UNTIL_DONE or (reason == Reason.STATUS_INQUIRY and stage in _ASKED_ABOUT)


BLOCKING: dict[Stage, frozenset[TaskType]] = {
    Stage.REGISTRATION: frozenset({TaskType.REGISTRATION_INCOMPLETE}),
    Stage.VERIFICATION: frozenset(
        {TaskType.ELIG_NOT_FOUND, TaskType.ELIG_INACTIVE, TaskType.COB_CONFLICT, TaskType.PAYER_UNAVAILABLE}
    ),
    Stage.CODING: frozenset({TaskType.CODE_REVIEW, TaskType.CODING_QUERY, TaskType.NOTE_UNSIGNED}),
    Stage.CHARGE_REVIEW: frozenset({TaskType.CHARGE_REVIEW}),
    Stage.SCRUBBING: frozenset({TaskType.CLAIM_EDIT_FAILED, TaskType.OVERRIDE_APPROVAL, TaskType.ENROLMENT_MISSING}),
}
"""Tasks that keep the office from going on by itself at a stage."""

BY_STATUS = ":status:"
"""In the key of a task that a 277 opened: the remittance makes it needless"""
MOOT_ONCE: dict[TaskType, frozenset[SubmissionState]] = {
    TaskType.TRANSMISSION_FAILED: frozenset(
        {
            SubmissionState.CLEARINGHOUSE_ACCEPTED,
            SubmissionState.PAYER_ACCEPTED,
            SubmissionState.ADJUDICATED,
        }
    ),
    TaskType.CLAIM_REJECTED: frozenset({SubmissionState.ADJUDICATED}),
    TaskType.NO_RESPONSE: frozenset({SubmissionState.ADJUDICATED}),
}
"""Tasks that close themselves when what they waited for has come after all."""


@dataclass(frozen=True)
class Seen:
    """One look at the encounter's rows."""

    submission: Submission | None
    """The newest"""
    state: SubmissionState | None
    balances: Balances
    open_tasks: list[Task]
    facts_wait: bool
    """Facts are stored that did not fit yet"""
    is_denied: bool
    """A denied amount is undecided"""
    next_policy_waits: bool
    """The payer left something open, and another policy of the patient is to be asked; or another payer is to be told
    that the claim was changed"""
    is_stale: bool
    """Another payer has an older claim, and is yet to be told"""
    is_voiding: bool
    """A payer was sent a void, and has not let go of the claim"""
    change_waits: bool
    """An amendment is neither done nor dropped"""


def waiting_deadlines(seen: Seen, stage: Stage, policies: Policies, *, at: datetime) -> list[Deadline]:
    """When to look again at what waits for no submission."""
    waits = {
        Reason.REVERSAL_UNPAIRED: ("unpaired_reversal_days", seen.facts_wait),
        Reason.AMENDMENT_DUE: ("amendment_wait_days", seen.change_waits),
        Reason.PATIENT_BALANCE_DUE: (
            "patient_balance_days",
            stage == Stage.PATIENT_BALANCE and seen.balances.total(Account.AR_PATIENT) > 0,
        ),
        Reason.OWNER_DUE: ("joined_wait_days", stage == Stage.BILLED_WITH),
    }
    today = policies.day(at)
    return [
        Deadline(reason, at + timedelta(days=policies.value(name, as_of=today)))
        for reason, (name, is_waiting) in waits.items()
        if is_waiting
    ]


def open_task_of(task: Task) -> OpenTask:
    kind = TaskType(task.type)
    return OpenTask(task_id=task.id, type=kind, role=Role(task.role), due_at=task.due_at, escalation=task.escalation)


def waits_for(seen: Seen, stage: Stage, *, is_disputed: bool) -> str:
    """Whom the encounter waits for: the role of the most urgent task, or who is to act when none is open."""
    if seen.open_tasks:
        return min(seen.open_tasks, key=lambda task: task.due_at).role.replace("_", " ")
    if seen.change_waits:
        return CHANGING
    return DISPUTING if is_disputed and seen.balances.is_zero else WAITING_ON[stage]


def is_moot(task: Task, state: SubmissionState | None, balances: Balances, *, change_waits: bool) -> bool:
    """What the task waited for has come, or what it asked about is gone."""
    match TaskType(task.type):
        case TaskType.PAYER_CREDIT:
            return balances.total(Account.AR_INSURANCE) >= 0
        case TaskType.CREDIT_BALANCE | TaskType.PATIENT_REFUND_APPROVAL:
            return balances.total(Account.PATIENT_UNAPPLIED) >= 0
        case TaskType.PATIENT_BALANCE_DUE:
            return balances.total(Account.AR_PATIENT) <= 0
        case TaskType.NO_RESPONSE if Reason.AMENDMENT_DUE in task.opening_key:
            return not change_waits
        case TaskType.NO_RESPONSE if Reason.PAYER_ACKNOWLEDGMENT_DUE in task.opening_key:
            return state in {SubmissionState.PAYER_ACCEPTED, SubmissionState.ADJUDICATED}
        case TaskType.INFO_REQUEST if BY_STATUS in task.opening_key:
            return state == SubmissionState.ADJUDICATED
        case task_type:
            return state in MOOT_ONCE.get(task_type, frozenset())
