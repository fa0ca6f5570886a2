"""One encounter on the desk: taken under its row's lock, worked on, put back with a fresh standing.

Every step on an encounter is one transaction: `Desk.take`, a call or two into billing, `put_back`. What the
workflow may do next is decided here, from the database alone, and returned as a recorded verdict.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlmodel import Session

from activities import putting_right
from activities.denial_tasks import amounts_of, review, unsettled
from activities.messages import AgendaItem, Standing
from activities.seen import (
    BEFORE_SUBMISSION,
    BLOCKING,
    RECOMPUTED,
    Seen,
    is_kept,
    is_moot,
    open_task_of,
    waiting_deadlines,
    waits_for,
)
from billing.claim import Claim
from billing.code_tables import CodeTables
from billing.coding import codes_used
from billing.coordination import MEDICARE
from billing.deadlines import OWNERS, Deadline, Reason
from billing.filing_time import FilingTime, anchor_day
from billing.ledger import Account, Balances, Entry
from billing.policies import Policies
from billing.posting import BilledLine
from billing.stages import Stage, Step
from billing.submission import SubmissionState, deadlines, filing_clock
from billing.tasks import KINDS, NewTask, TaskType
from database import (
    amendments,
    codes,
    coverages,
    encounters,
    households,
    ledger,
    letters,
    office,
    remittances,
    status_inquiries,
    tasks,
    visit_groups,
)
from database.tables import Amendment, Encounter, OtherPolicy, Submission, Task


class Desk:
    """One encounter inside one transaction."""

    def __init__(self, session: Session, encounter: Encounter, at: datetime) -> None:
        self.session = session
        self.encounter = encounter
        self.at = max(at, encounter.touched_at)
        self.actor_id = "office"
        """Who has this step done; the office itself, unless a person gave a command"""
        self.said: list[str] = []
        self._patient_money_moved = False
        self._ordinal = 0
        self._stage_was = encounter.stage
        self._agenda_rows = encounters.agenda(session, encounter.id)
        self._agenda = {Reason(row.reason): row.due_at for row in self._agenda_rows}

    @classmethod
    def take(cls, session: Session, *, practice_id: str, encounter_id: str, at: datetime) -> "Desk":
        """Lock the encounter. Raises encounters.EncounterMissing."""
        return cls(session, encounters.lock(session, practice_id=practice_id, encounter_id=encounter_id), at)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What the block did is undone when it raises: in the database, and in what the desk remembers of it."""
        agenda, said = dict(self._agenda), len(self.said)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            self._agenda = agenda
            del self.said[said:]
            for name, one in vars(Desk).items():
                if isinstance(one, cached_property):
                    self.__dict__.pop(name, None)
            raise

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

    @property
    def today(self) -> date:
        """The practice's day at which the step is dated."""
        return self.policies.day(self.at)

    @property
    def local_time(self) -> datetime:
        """The step's instant by the practice's clock: for what files and papers say."""
        return self.at.astimezone(self.policies.zone)

    def policy(self, name: str) -> int:
        """The policy's number in force now."""
        return self.policies.value(name, as_of=self.today)

    @cached_property
    def line_ids(self) -> list[str]:
        """The ids of the claim's service lines in order."""
        rows = encounters.lines(self.session, self.encounter)
        return [line.id for line in rows[: len(self.claim.lines)]]

    @cached_property
    def code_tables(self) -> CodeTables:
        """What the loaded tables say of the claim's codes on their days."""
        return codes.tables_for(self.session, codes_used(self.claim))

    def suppose(self, claim: Claim) -> None:
        """Go on with another claim than the one that is kept: to ask what would be said of it. Nothing is stored."""
        self.__dict__["claim"] = claim
        self.__dict__.pop("code_tables", None)

    def keep(self, claim: Claim) -> None:
        """Put a changed claim on the encounter; what is put right about the patient reaches the patient's record."""
        before = self.claim
        encounters.keep_claim(self.session, self.encounter, claim)
        for words in putting_right.put_right(
            self.session, self.encounter, before, claim, at=self.at, actor_id=self.actor_id
        ):
            self.say(words)
        self.__dict__["claim"] = claim
        self.__dict__.pop("line_ids", None)
        self.__dict__.pop("code_tables", None)

    @property
    def is_answered(self) -> bool:
        """The payer where the claim is now has answered, or nobody is billed but the patient, or nobody at all."""
        if self.encounter.billed_with_id is not None:
            return visit_groups.owner_is_closed(self.session, self.encounter)
        if self.latest is None:
            return self.encounter.is_self_pay or self.encounter.is_void
        return encounters.progress(self.latest).state == SubmissionState.ADJUDICATED

    def move_to(self, stage: Stage) -> None:
        """The encounter has come to `stage`; it waits for the end of no month any more."""
        self._agenda.pop(Reason.MONTH_OVER, None)
        self.encounter.stage = stage

    def say(self, text: str, *, actor: str = "office", message_id: str | None = None) -> None:
        """Add to the encounter's story. No names, birth dates, member ids or diagnoses."""
        self.said.append(text)
        encounters.tell(self.session, self.encounter, text, at=self.at, actor=actor, message_id=message_id)

    def say_once(self, text: str) -> None:
        """Add to the story what it does not say yet."""
        if text not in self.said and not encounters.is_told(self.session, self.encounter, text):
            self.say(text)

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
            self.say(f"Task for the {new.owner.replace('_', ' ')}: {KINDS[new.type].title}")

    def open_tasks(self) -> list[Task]:
        """Tasks of this encounter that wait for a person."""
        return list(
            tasks.open_tasks(self.session, practice_id=self.encounter.practice_id, subject_id=self.encounter.id)
        )

    @cached_property
    def submissions(self) -> list[Submission]:
        """Every submission, oldest first."""
        return list(encounters.submissions(self.session, self.encounter.id))

    @property
    def latest(self) -> Submission | None:
        """The newest submission that the office did not let go."""
        return next((one for one in reversed(self.submissions) if one.withdrawn_at is None), None)

    @property
    def live(self) -> Submission:
        """The submission that clocks and answers without a number are about; only for an encounter that made one."""
        return self.latest or self.submissions[-1]

    @cached_property
    def other_policies(self) -> list[OtherPolicy]:
        """The policies beside the claim's own, and the claim's own once there are others; first to pay first."""
        return list(coverages.of_encounter(self.session, self.encounter.id))

    @property
    def responsibility(self) -> str:
        """As which payer of the patient's (SBR01) the claim's payer is asked now."""
        return self.claim.coverage.responsibility

    def payer_of(self, responsibility: str) -> str:
        """The id of the payer with this place (SBR01), whichever the claim is at now."""
        if responsibility == self.responsibility:
            return self.encounter.payer_id
        of_others = (row.payer_id for row in self.other_policies if row.responsibility == responsibility)
        return next(of_others, self.encounter.payer_id)

    @cached_property
    def amendments(self) -> list[Amendment]:
        """Changes that are neither done nor dropped, oldest first."""
        self.session.flush()
        return amendments.under_way(self.session, self.encounter.id)

    def forget_amendments(self) -> None:
        """One of them has ended."""
        self.__dict__.pop("amendments", None)

    def forget_policies(self) -> None:
        """The policies have changed: they are read anew."""
        for name in ("policies", "other_policies", "filing"):
            self.__dict__.pop(name, None)

    @cached_property
    def filing(self) -> FilingTime:
        """How long the claim is timely at the payer where it is now."""
        told = (one.filing_limit_on for one in self.submissions if one.payer_id == self.encounter.payer_id)
        is_medicare = self.claim.coverage.filing_indicator in MEDICARE
        anchor = anchor_day(
            self.policies.value("filing_anchor", as_of=self.encounter.service_date),
            first=self.encounter.service_date,
            last=self.claim.service_to or self.encounter.service_date,
            answered_on=remittances.earlier_answer(self.session, self.encounter.id, before=self.responsibility),
            is_medicare=is_medicare,
            is_institutional=self.claim.hospital is not None,
        )
        return FilingTime(anchor, self.policies, min((one for one in told if one), default=None), is_medicare)

    @property
    def billed_lines(self) -> tuple[BilledLine, ...]:
        """The claim's lines with their ids, as posting wants them."""
        return tuple(
            BilledLine(line_id, line.billed_code, line.modifiers, line.charge_cents, line.service_date)
            for line_id, line in zip(self.line_ids, self.claim.lines, strict=True)
        )

    def post(self, given: Iterable[Entry], *, remittance_id: str | None = None, actor: str = "office") -> None:
        """Append to the ledger."""
        entries = list(given)
        self._patient_money_moved |= any(
            side.account == Account.AR_PATIENT for entry in entries for side in entry.sides
        )
        ledger.post(
            self.session,
            entries,
            practice_id=self.encounter.practice_id,
            at=self.at,
            encounter_id=self.encounter.id,
            remittance_id=remittance_id,
            actor=actor,
        )
        self.__dict__.pop("balances", None)

    @cached_property
    def balances(self) -> Balances:
        """What the ledger says now."""
        return ledger.balances(self.session, practice_id=self.encounter.practice_id, encounter_id=self.encounter.id)

    def ordinal(self) -> int:
        """How often it was asked for in this step: parts the sources of entries that a step may post more than once."""
        self._ordinal += 1
        return self._ordinal

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
        """Read the standing off the rows, write stage, agenda and version, and return the verdict."""
        seen = self._look()
        if seen.submission is not None and seen.state is not None:
            seen.submission.state = seen.state
            self.session.add(seen.submission)
            if self.stage not in BEFORE_SUBMISSION:
                self.encounter.stage = self._stage_after_submission(seen.state, seen)
        if self.stage == Stage.CLOSED and self.encounter.billed_with_id is not None and not self.is_answered:
            self.move_to(Stage.BILLED_WITH)
        # a visit without a claim has no submission's state that would open it when a payment is taken back
        is_alone = self.encounter.is_self_pay and seen.submission is None
        if is_alone and self.stage == Stage.CLOSED and not seen.balances.is_zero:
            self.move_to(Stage.PATIENT_BALANCE)
        self._close_if_settled(seen)
        if self.stage != Stage.CLOSED:
            self.encounter.closed_at = None
        if (self._stage_was == Stage.CLOSED) != (self.stage == Stage.CLOSED):
            visit_groups.tell_members(self.session, self.encounter, at=self.at)
        self._tell_account(seen)
        self._ask_about_what_is_unsettled(seen)
        step = self._step(seen)
        inquiry_id = self._question() if step == Step.ASK_STATUS else inquiry_id
        agenda = self._deadlines(seen)
        encounters.keep_agenda(self.session, self.encounter, self._agenda_rows, agenda)
        self.encounter.version += 1
        self.encounter.touched_at = self.at
        self.session.add(self.encounter)
        self.session.flush()
        return self._standing(step, seen, agenda, inquiry_id)

    def _look(self) -> Seen:
        """Everything the verdict is read off, each asked for once."""
        submission = self.latest
        state = encounters.progress(submission).state if submission else None
        balances = self.balances
        still_open = []
        for task in self.open_tasks():
            if is_moot(task, state, balances, change_waits=bool(self.amendments)):
                tasks.close_task(self.session, task, resolution="answered", at=self.at, actor_id=None)
                self.say(f"{KINDS[TaskType(task.type)].title}: no longer needed")
            else:
                still_open.append(task)
        adjudicated = state == SubmissionState.ADJUDICATED
        changes = {one.state for one in self.amendments}
        turns = adjudicated and Reason.CROSSOVER_DUE not in self._agenda and amendments.VOIDING not in changes
        return Seen(
            submission=submission,
            state=state,
            balances=balances,
            open_tasks=still_open,
            facts_wait=bool(encounters.pending_facts(self.session, self.encounter.id)),
            is_denied=adjudicated and bool(encounters.open_denials(self.session, self.encounter.id)),
            next_policy_waits=turns and self._is_turn_of_another(balances),
            is_stale=not self.encounter.is_void and any(one.state == coverages.STALE for one in self.other_policies),
            is_voiding=amendments.VOIDING in changes,
            change_waits=bool(changes),
        )

    def _is_turn_of_another(self, balances: Balances) -> bool:
        """Whether another policy is to be asked for what is open, or told that the claim was changed."""
        states = {one.state for one in self.other_policies}
        is_open = balances.total(Account.AR_INSURANCE) > 0
        return not self.encounter.is_void and (coverages.STALE in states or (is_open and coverages.WAITING in states))

    def _stage_after_submission(self, state: SubmissionState, seen: Seen) -> Stage:
        match state:
            case SubmissionState.READY:
                return Stage.SUBMISSION
            case SubmissionState.TRANSMITTED if encounters.progress(self.live).goes_unacknowledged:
                return Stage.ADJUDICATION
            case SubmissionState.TRANSMITTED | SubmissionState.SYNTAX_ACCEPTED | SubmissionState.REJECTED:
                return Stage.ACKNOWLEDGMENT
            case SubmissionState.CLEARINGHOUSE_ACCEPTED if self.policy("sends_payer_acknowledgment"):
                return Stage.ACKNOWLEDGMENT
            case SubmissionState.CLEARINGHOUSE_ACCEPTED | SubmissionState.PAYER_ACCEPTED:
                return Stage.ADJUDICATION
        if self.stage == Stage.CLOSED and seen.balances.is_zero and not seen.open_tasks and not seen.facts_wait:
            return Stage.CLOSED
        unsettled = seen.balances.total(Account.AR_INSURANCE) != 0 or seen.balances.total(Account.AR_PATIENT) < 0
        goes_on = seen.next_policy_waits or seen.is_voiding or seen.is_stale
        return Stage.POSTING if unsettled or seen.is_denied or goes_on else Stage.PATIENT_BALANCE

    def _step(self, seen: Seen) -> Step:
        if self.encounter.on_hold:
            return Step.WAIT
        if {TaskType(task.type) for task in seen.open_tasks} & BLOCKING.get(self.stage, frozenset()):
            return Step.WAIT
        match self.stage:
            case Stage.REGISTRATION:
                return Step.REGISTER
            case Stage.VERIFICATION:
                return Step.WAIT if Reason.INQUIRY_RETRY in self._agenda else Step.VERIFY
            case Stage.CODING | Stage.CHARGE_REVIEW | Stage.SCRUBBING:
                return Step.WAIT if Reason.MONTH_OVER in self._agenda else Step.PREPARE_CLAIM
            case Stage.POSTING if seen.next_policy_waits and not seen.is_denied and not seen.facts_wait:
                return Step.BILL_NEXT_PAYER
            case Stage.ACKNOWLEDGMENT | Stage.ADJUDICATION if self._question() is not None:
                return Step.ASK_STATUS
        return Step.WAIT

    def _question(self) -> str | None:
        """The id of the 276 about the live claim that is to be put to its payer now."""
        due_at = self._agenda.get(Reason.STATUS_INQUIRY)
        is_due = due_at is not None and due_at <= self.at and self.latest is not None
        return status_inquiries.waiting_id(self.session, self.live.control_number) if is_due else None

    def _ask_about_what_is_unsettled(self, seen: Seen) -> None:
        """Nobody's case is nobody's: an adjudicated claim whose payer's part is not zero has a task or a follow-up."""
        if self.stage != Stage.POSTING or seen.open_tasks or seen.facts_wait or seen.is_voiding:
            return
        if Reason.FOLLOW_UP in self._agenda or Reason.CROSSOVER_DUE in self._agenda:
            return
        if seen.next_policy_waits and not seen.is_denied:
            return
        key = f"unsettled:{self.encounter.version}"
        denials = encounters.open_denials(self.session, self.encounter.id)
        if denials:
            limit = self._agenda.get(Reason.APPEAL_LIMIT)
            self.open_task(review(amounts_of(denials), line_ids=self.line_ids, key=key, not_after=limit))
        else:
            last = self.at + timedelta(days=self.policy("payer_refund_days"))
            self.open_task(unsettled(seen.balances.total(Account.AR_INSURANCE), key=key, pay_back_by=last))
        seen.open_tasks.extend(self.open_tasks())

    def _close_if_settled(self, seen: Seen) -> None:
        """Close when nobody owes anything and nothing waits, in the very transaction that saw it."""
        waiting = seen.open_tasks or seen.facts_wait or seen.is_denied or self.encounter.on_hold
        waiting = waiting or seen.next_policy_waits or seen.is_stale or seen.change_waits
        waiting = waiting or Reason.RECONSIDERATION_DUE in self._agenda
        if not self.is_answered or not seen.balances.is_zero or waiting:
            return
        if self.stage == Stage.CLOSED or self.stage in BEFORE_SUBMISSION:
            return
        self.move_to(Stage.CLOSED)
        self.encounter.closed_at = self.at
        because = "nobody owes anything on the visit any more"
        letters.withdraw_appeals(self.session, self.encounter.id, because=because, at=self.at)
        self.say("Closed: nobody owes anything on this visit")

    def _tell_account(self, seen: Seen) -> None:
        """The patient's account hears that its balance moved, or that the payer is done with this visit or is not."""
        is_theirs = seen.balances.total(Account.AR_PATIENT) != 0
        if self._patient_money_moved or (is_theirs and self._stage_was != self.encounter.stage):
            theirs = {"practice_id": self.encounter.practice_id, "patient_id": households.answering(self.encounter)}
            households.wake(self.session, **theirs, at=self.at)

    def _deadlines(self, seen: Seen) -> list[Deadline]:
        """What should be on the agenda: entries keep the instant they were given until they are done or moved."""
        if self.stage == Stage.CLOSED:
            return []
        wanted = {reason: due for reason, due in self._agenda.items() if is_kept(reason, self.stage)}
        fresh: list[Deadline] = []
        accepted = False
        if seen.submission is not None and self.stage not in BEFORE_SUBMISSION:
            fresh += deadlines(encounters.progress(seen.submission), self.policies, at=self.at)
            accepted = bool(seen.submission.payer_accepted_at or seen.submission.adjudicated_at)
        is_filed = self.encounter.billed_with_id is None and not self.encounter.is_self_pay
        if not accepted and is_filed and not self.encounter.is_void:
            due_at = self._agenda.get(Reason.TIMELY_FILING)
            is_due = due_at is not None and due_at <= self.at  # it is acted on, not passed over
            fresh += [Deadline(Reason.TIMELY_FILING, self.at)] if is_due else filing_clock(self.filing, at=self.at)
        fresh += waiting_deadlines(seen, self.stage, self.policies, at=self.at)
        if seen.open_tasks:
            fresh.append(Deadline(Reason.TASK_DUE, min(tasks.next_rung(task) for task in seen.open_tasks)))
        for deadline in fresh:
            kept = None if deadline.reason in RECOMPUTED else self._agenda.get(deadline.reason)
            wanted[deadline.reason] = kept or deadline.due_at
        return [Deadline(reason, due_at) for reason, due_at in wanted.items()]

    def _standing(self, step: Step, seen: Seen, agenda: list[Deadline], inquiry_id: str | None) -> Standing:
        return Standing(
            practice_id=self.encounter.practice_id,
            encounter_id=self.encounter.id,
            version=self.encounter.version,
            stage=self.stage,
            step=step,
            waiting_on=waits_for(seen, self.stage, is_disputed=Reason.RECONSIDERATION_DUE in self._agenda),
            agenda=tuple(
                AgendaItem(reason=one.reason, due_at=one.due_at, owner=OWNERS[one.reason])
                for one in sorted(agenda, key=lambda one: (one.due_at, one.reason))
            ),
            open_tasks=tuple(open_task_of(task) for task in seen.open_tasks),
            on_hold=self.encounter.on_hold,
            payer_id=self.encounter.payer_id,
            owed_cents=seen.balances.owed_cents,
            patient_owed_cents=seen.balances.total(Account.AR_PATIENT),
            inquiry_id=inquiry_id,
            has_facts=seen.facts_wait,
            at=self.at,
            said=tuple(self.said),
        )
