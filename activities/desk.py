"""One encounter on the desk: taken under its row's lock, worked on, put back with a fresh standing.

Every step on an encounter is one transaction: `Desk.take`, a call or two into billing, `put_back`. What the
workflow may do next is decided here, from the database alone, and returned as a recorded verdict.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

from sqlmodel import Session

from activities.messages import AgendaItem, OpenTask, Standing
from billing.claim import Claim
from billing.deadlines import OWNERS, Deadline, Reason
from billing.ledger import Account, Balances, Entry
from billing.policies import Policies
from billing.stages import WAITING_ON, Stage, Step
from billing.submission import SubmissionState, deadlines, filing_clock
from billing.tasks import KINDS, NewTask, TaskType
from database import encounters, ledger, office, tasks
from database.tables import Encounter, Submission, Task

BEFORE_SUBMISSION = (Stage.REGISTRATION, Stage.VERIFICATION, Stage.CODING, Stage.CHARGE_REVIEW, Stage.SCRUBBING)

BLOCKING: dict[Stage, frozenset[TaskType]] = {
    Stage.REGISTRATION: frozenset({TaskType.REGISTRATION_INCOMPLETE}),
    Stage.VERIFICATION: frozenset({TaskType.ELIG_NOT_FOUND, TaskType.ELIG_INACTIVE, TaskType.PAYER_UNAVAILABLE}),
    Stage.CODING: frozenset({TaskType.CODE_REVIEW}),
    Stage.CHARGE_REVIEW: frozenset({TaskType.CHARGE_REVIEW}),
    Stage.SCRUBBING: frozenset({TaskType.CLAIM_EDIT_FAILED}),
}
"""Tasks that keep the office from going on by itself at a stage."""

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

RECOMPUTED = frozenset({Reason.TASK_DUE, Reason.TIMELY_FILING, Reason.HOLD_ENDS})
KEPT_UNTIL_DONE = frozenset({Reason.INQUIRY_RETRY, Reason.FOLLOW_UP, Reason.HOLD_ENDS})
"""Agenda entries that a step puts there and the same step's end takes away"""


class Desk:
    """One encounter inside one transaction."""

    def __init__(self, session: Session, encounter: Encounter, at: datetime) -> None:
        self.session = session
        self.encounter = encounter
        self.at = at
        self.said: list[str] = []
        self._agenda = {Reason(row.reason): row.due_at for row in encounters.agenda(session, encounter.id)}

    @classmethod
    def take(cls, session: Session, *, practice_id: str, encounter_id: str, at: datetime) -> "Desk":
        """Lock the encounter. Raises encounters.EncounterMissing."""
        return cls(session, encounters.lock(session, practice_id=practice_id, encounter_id=encounter_id), at)

    @property
    def stage(self) -> Stage:
        return Stage(self.encounter.stage)

    @cached_property
    def claim(self) -> Claim:
        return encounters.claim_of(self.encounter)

    @cached_property
    def policies(self) -> Policies:
        return office.policies_for(
            self.session, practice_id=self.encounter.practice_id, payer_id=self.encounter.payer_id
        )

    def policy(self, name: str) -> int:
        """The policy's number in force now."""
        return self.policies.value(name, as_of=self.at.date())

    @cached_property
    def line_ids(self) -> list[str]:
        """The ids of the service lines in order."""
        return [line.id for line in encounters.lines(self.session, self.encounter)]

    def keep(self, claim: Claim) -> None:
        """Put a changed claim on the encounter."""
        encounters.keep_claim(self.session, self.encounter, claim)
        self.__dict__["claim"] = claim

    def move_to(self, stage: Stage) -> None:
        """The encounter has come to `stage`."""
        self.encounter.stage = stage

    def say(self, text: str, *, actor: str = "office", message_id: str | None = None) -> None:
        """Add to the encounter's story. No names, birth dates, member ids or diagnoses."""
        self.said.append(text)
        encounters.tell(self.session, self.encounter, text, at=self.at, actor=actor, message_id=message_id)

    def open_task(self, new: NewTask) -> None:
        """Ask a person. The same cause asks once."""
        task = tasks.open_task(
            self.session,
            new,
            practice_id=self.encounter.practice_id,
            subject="encounter",
            subject_id=self.encounter.id,
            at=self.at,
        )
        if task is not None:
            self.say(f"Task for the {KINDS[new.type].role.replace('_', ' ')}: {KINDS[new.type].title}")

    def open_tasks(self) -> list[Task]:
        """Tasks of this encounter that wait for a person."""
        return list(
            tasks.open_tasks(self.session, practice_id=self.encounter.practice_id, subject_id=self.encounter.id)
        )

    def submissions(self) -> list[Submission]:
        """Every submission, oldest first."""
        return list(encounters.submissions(self.session, self.encounter.id))

    def post(self, entries: Iterable[Entry], *, remittance_id: str | None = None, actor: str = "office") -> None:
        """Append to the ledger."""
        ledger.post(
            self.session,
            entries,
            practice_id=self.encounter.practice_id,
            at=self.at,
            encounter_id=self.encounter.id,
            remittance_id=remittance_id,
            actor=actor,
        )

    def balances(self) -> Balances:
        """What the ledger says now."""
        return ledger.balances(self.session, practice_id=self.encounter.practice_id, encounter_id=self.encounter.id)

    def schedule(self, reason: Reason, due_at: datetime) -> None:
        """Look again at `due_at`."""
        self._agenda[reason] = due_at

    def unschedule(self, *reasons: Reason) -> None:
        """Strike entries off the agenda."""
        for reason in reasons:
            self._agenda.pop(reason, None)

    def due(self) -> list[Reason]:
        """Agenda entries whose instant has come."""
        return sorted(reason for reason, due_at in self._agenda.items() if due_at <= self.at)

    def due_at(self, reason: Reason) -> datetime | None:
        """When an entry is due, if it is on the agenda."""
        return self._agenda.get(reason)

    def put_back(self, *, inquiry_id: str | None = None) -> Standing:
        """Read the standing off the database, write stage, agenda and version, and return the verdict."""
        self.session.flush()
        submission = next(iter(reversed(self.submissions())), None)
        state = encounters.progress(submission).state if submission else None
        balances = self.balances()
        self._close_moot_tasks(state, balances)
        open_tasks = self.open_tasks()
        facts_wait = bool(encounters.pending_facts(self.session, self.encounter.id))
        if submission is not None:
            submission.state = state or submission.state
            self.session.add(submission)
        if self.stage not in BEFORE_SUBMISSION and state is not None:
            self.encounter.stage = self._stage_after_submission(state, balances, open_tasks, facts_wait)
        step = self._step(state, balances, open_tasks, facts_wait)
        encounters.keep_agenda(self.session, self.encounter, self._deadlines(submission, open_tasks, balances))
        self.encounter.version += 1
        self.session.add(self.encounter)
        self.session.flush()
        return self._standing(step, open_tasks, balances, inquiry_id)

    def _close_moot_tasks(self, state: SubmissionState | None, balances: Balances) -> None:
        for task in self.open_tasks():
            if _is_moot(task, state, balances):
                tasks.close_task(self.session, task, resolution="answered", at=self.at, actor_id=None)
                self.say(f"{KINDS[TaskType(task.type)].title}: no longer needed")
        self.session.flush()

    def _stage_after_submission(
        self, state: SubmissionState, balances: Balances, open_tasks: list[Task], facts_wait: bool
    ) -> Stage:
        match state:
            case SubmissionState.READY:
                return Stage.SUBMISSION
            case SubmissionState.TRANSMITTED | SubmissionState.SYNTAX_ACCEPTED | SubmissionState.REJECTED:
                return Stage.ACKNOWLEDGMENT
            case SubmissionState.CLEARINGHOUSE_ACCEPTED if self.policy("sends_payer_acknowledgment"):
                return Stage.ACKNOWLEDGMENT
            case SubmissionState.CLEARINGHOUSE_ACCEPTED | SubmissionState.PAYER_ACCEPTED:
                return Stage.ADJUDICATION
        if self.stage == Stage.CLOSED and balances.is_zero and not open_tasks and not facts_wait:
            return Stage.CLOSED
        unsettled = balances.total(Account.AR_INSURANCE) != 0 or balances.total(Account.AR_PATIENT) < 0
        if unsettled or encounters.open_denials(self.session, self.encounter.id):
            return Stage.POSTING
        return Stage.PATIENT_BALANCE

    def _step(
        self, state: SubmissionState | None, balances: Balances, open_tasks: list[Task], facts_wait: bool
    ) -> Step:
        if self.encounter.on_hold:
            return Step.WAIT
        if {TaskType(task.type) for task in open_tasks} & BLOCKING.get(self.stage, frozenset()):
            return Step.WAIT
        match self.stage:
            case Stage.REGISTRATION:
                return Step.REGISTER
            case Stage.VERIFICATION:
                return Step.WAIT if Reason.INQUIRY_RETRY in self._agenda else Step.VERIFY
            case Stage.CODING | Stage.CHARGE_REVIEW | Stage.SCRUBBING:
                return Step.PREPARE_CLAIM
            case Stage.CLOSED:
                return Step.WAIT
        settled = state == SubmissionState.ADJUDICATED and balances.is_zero and not open_tasks and not facts_wait
        denied = encounters.open_denials(self.session, self.encounter.id)
        return Step.CLOSE if settled and not denied else Step.WAIT

    def _deadlines(self, submission: Submission | None, open_tasks: list[Task], balances: Balances) -> list[Deadline]:
        """What should be on the agenda: entries keep the instant they were given until they are done or moved."""
        if self.stage == Stage.CLOSED:
            return []
        wanted = {reason: due for reason, due in self._agenda.items() if reason in KEPT_UNTIL_DONE}
        under_way = self.stage not in BEFORE_SUBMISSION and submission is not None
        fresh: list[Deadline] = []
        if under_way and submission is not None:
            fresh += deadlines(encounters.progress(submission), self.policies, at=self.at)
        accepted = under_way and submission is not None and (submission.payer_accepted_at or submission.adjudicated_at)
        if not accepted:
            fresh += filing_clock(self.policies, at=self.at, service_date=self.encounter.service_date)
        fresh += self._waiting_deadlines(balances)
        if open_tasks:
            fresh.append(Deadline(Reason.TASK_DUE, min(tasks.next_rung(task) for task in open_tasks)))
        for deadline in fresh:
            kept = None if deadline.reason in RECOMPUTED else self._agenda.get(deadline.reason)
            wanted[deadline.reason] = kept or deadline.due_at
        return [Deadline(reason, due_at) for reason, due_at in wanted.items()]

    def _waiting_deadlines(self, balances: Balances) -> list[Deadline]:
        found: list[Deadline] = []
        if encounters.pending_facts(self.session, self.encounter.id):
            days = self.policy("unpaired_reversal_days")
            found.append(Deadline(Reason.REVERSAL_UNPAIRED, self.at + timedelta(days=days)))
        if self.stage == Stage.PATIENT_BALANCE and balances.total(Account.AR_PATIENT) > 0:
            days = self.policy("patient_balance_days")
            found.append(Deadline(Reason.PATIENT_BALANCE_DUE, self.at + timedelta(days=days)))
        return found

    def _standing(self, step: Step, open_tasks: list[Task], balances: Balances, inquiry_id: str | None) -> Standing:
        agenda = encounters.agenda(self.session, self.encounter.id)
        waiting_on = WAITING_ON[self.stage]
        if open_tasks:
            waiting_on = min(open_tasks, key=lambda task: task.due_at).role.replace("_", " ")
        return Standing(
            practice_id=self.encounter.practice_id,
            encounter_id=self.encounter.id,
            version=self.encounter.version,
            stage=self.stage,
            step=step,
            waiting_on=waiting_on,
            agenda=tuple(
                AgendaItem(reason=Reason(row.reason), due_at=row.due_at, owner=OWNERS[Reason(row.reason)])
                for row in agenda
            ),
            open_tasks=tuple(
                OpenTask(
                    task_id=task.id,
                    type=TaskType(task.type),
                    role=KINDS[TaskType(task.type)].role,
                    due_at=task.due_at,
                    escalation=task.escalation,
                )
                for task in open_tasks
            ),
            on_hold=self.encounter.on_hold,
            payer_id=self.encounter.payer_id,
            owed_cents=balances.owed_cents,
            patient_owed_cents=balances.total(Account.AR_PATIENT),
            inquiry_id=inquiry_id,
            has_facts=bool(encounters.pending_facts(self.session, self.encounter.id)),
            said=tuple(self.said),
        )


def _is_moot(task: Task, state: SubmissionState | None, balances: Balances) -> bool:
    """What the task waited for has come, or what it asked about is gone."""
    match TaskType(task.type):
        case TaskType.CREDIT_BALANCE:
            return balances.total(Account.PATIENT_UNAPPLIED) >= 0
        case TaskType.PATIENT_BALANCE_DUE:
            return balances.total(Account.AR_PATIENT) <= 0
        case TaskType.NO_RESPONSE if Reason.PAYER_ACKNOWLEDGMENT_DUE in task.opening_key:
            return state in {SubmissionState.PAYER_ACCEPTED, SubmissionState.ADJUDICATED}
        case task_type:
            return state in MOOT_ONCE.get(task_type, frozenset())
