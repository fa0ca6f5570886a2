"""The step on one appointment: is its coverage to be asked about, and what does the answer mean? One transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from sqlmodel import Session
from temporalio import activity

from activities import good_faith, inquiries
from activities.messages import ComingVisitStanding, ComingVisitStep
from billing import noncoverage as noncoverage_rules
from billing.authorizations import why_not_planned
from billing.coordination import OtherPayer
from billing.days import in_words
from billing.deadlines import INQUIRY_LADDER
from billing.partners import Reach
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from billing.verification import VerificationOutcome, read_answer, told_to_authorize
from billing.verification_times import NOTHING_TO_DO, Asked, CheckKind, Plan, plan, starts_at
from database import (
    appointments,
    authorizations,
    coverage_checks,
    favourites,
    held_policies,
    messages,
    noncoverage,
    office,
    registrations,
    tasks,
)
from database.appointments import Coming
from database.columns import new_id
from database.coverage_checks import policy_text
from database.engine import Database
from database.tables import CoverageCheck, InboundMessage, Inquiry, Partner, Patient, Task
from interchange.x12 import writing

OVER_AFTER = timedelta(days=1)
"""After the hour of the appointment: nobody said who came"""


class ComingVisitActivities:
    """What a coming visit's workflow asks of the book of record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    def look_ahead(self, step: ComingVisitStep) -> ComingVisitStanding:
        """Read the answer that came, or ask what is due; and say when to look again."""
        with self._database.writing() as session:
            return VisitDesk(session, step).look_ahead()


class VisitDesk:
    """One appointment on the desk, locked."""

    def __init__(self, session: Session, step: ComingVisitStep) -> None:
        self.session, self.step, self.at = session, step, step.at
        row = appointments.find(session, practice_id=step.practice_id, appointment_id=step.appointment_id)
        assert row is not None, "appointments are never deleted"
        self.row = row
        self.patient = session.get_one(Patient, row.patient_id)
        self.said: list[str] = []

    @cached_property
    def policies(self) -> Policies:
        """The practice's policies and calendar."""
        return office.policies_for(self.session, practice_id=self.row.practice_id, payer_id=None)

    @cached_property
    def start(self) -> datetime:
        """The hour of the appointment."""
        return starts_at(self.row.day, self.row.at_time, self.policies.zone)

    @cached_property
    def insured(self) -> OtherPayer | None:
        """The policy that pays first on the day, as it is known now."""
        found = held_policies.insured_on(self.session, self.patient, self.row.day)
        return found[0] if found else None

    def look_ahead(self) -> ComingVisitStanding:
        """Take the step."""
        good_faith.keep_asking(self.session, self.row, pays_alone=self.insured is None, at=self.at)
        if self.row.state != Coming.BOOKED or self.at > self.start + OVER_AFTER:
            self._close_tasks(TaskType.VISIT_COVERAGE)
            self._close_tasks(TaskType.AUTHORIZATION_MISSING)
            self._close_tasks(TaskType.NOTICE_WANTED)
            return self._standing(is_over=True)
        self._look_for_authorization()
        self._look_for_notice()
        self._look_for_moved_coverage()
        checks = coverage_checks.of_appointment(self.session, self.row.id)
        check = checks[-1] if checks and checks[-1].outcome is None else None
        if check is not None and self.step.message_id is not None:
            self._read(check, self.step.message_id)
        elif check is not None and (self.step.was_silent or not self._is_current(check)):
            self._note_silence(check, "the payer was not reached")
        elif check is not None and (check.again_at is None or check.again_at <= self.at):
            return self._standing(inquiry_id=self._prepare(check))
        if check is not None and check.outcome is None:
            return self._standing(next_at=check.again_at)
        return self._what_is_due()

    def _what_is_due(self) -> ComingVisitStanding:
        checks = coverage_checks.of_appointment(self.session, self.row.id)
        coming = self._plan(checks)
        if coming.due is None:
            return self._standing(next_at=coming.next_at or self.start + OVER_AFTER)
        check = self._begin(coming.due, len(checks) + 1)
        if check.outcome is None:
            return self._standing(inquiry_id=self._prepare(check))
        return self._standing(next_at=coming.next_at or self.start + OVER_AFTER)

    def _plan(self, checks: Sequence[CoverageCheck]) -> Plan:
        hours = self.policies.value("verification_lead_hours", as_of=self.policies.day(self.at))
        asked = [Asked(CheckKind(one.kind), one.policy, one.service_day) for one in checks]
        return plan(
            self.row.booked_at,
            self.row.day,
            self.row.at_time,
            self.at,
            zone=self.policies.zone,
            hours_before=hours,
            asked=asked,
            policy=self._policy,
        )

    def _is_current(self, check: CoverageCheck) -> bool:
        return (check.policy, check.service_day) == (self._policy, self.row.day)

    @property
    def _policy(self) -> str:
        if self.insured is None:
            return self.patient.wish or "none"
        return policy_text(self.insured.coverage.payer.id, self.insured.coverage.member_id)

    def _begin(self, kind: CheckKind, ordinal: int) -> CoverageCheck:
        payer = self.insured.coverage.payer.name.last if self.insured else ""
        check = coverage_checks.begin(
            self.session, self.row, kind, ordinal=ordinal, policy=self._policy, payer=payer, at=self.at
        )
        if self.insured is None and self.patient.wish is not None:
            self._end(check, "patient_pays", "the patient pays alone")
        elif self.insured is None:
            self._end(check, "no_policy", "no insurance is known for the day: ask the patient, or say that they pay")
        elif self._partner(self.insured) is None:
            self._end(check, "not_asked", "this payer answers no inquiries: the visit is verified when it is opened")
        return check

    def _partner(self, policy: OtherPayer) -> Partner | None:
        number = policy.coverage.payer.id or ""
        found = office.partners_to(self.session, practice_id=self.row.practice_id, number=number)
        return next((one for one in found if Reach(one.reached_by).answers_at_once), None)

    def _prepare(self, check: CoverageCheck) -> str | None:
        """The id of the 270 to be sent; None where it cannot be written: then a person was asked."""
        waiting = coverage_checks.waiting_inquiry(self.session, self.row.id)
        if waiting is not None:
            return waiting.id
        policy = self.insured
        partner = self._partner(policy) if policy else None
        billing = next(iter(favourites.billing_entities(self.session, practice_id=self.row.practice_id).values()), None)
        if policy is None or partner is None or billing is None:
            self._end(
                check,
                "not_asked",
                "nobody can be asked: set up who bills, with NPI, tax id and address (Set-up, Practice)",
            )
            return None
        number = messages.next_number(self.session, partner_id=partner.id, name="interchange")
        inquiry_id, local = new_id(), self.at.astimezone(self.policies.zone)
        today = self.policies.day(self.at)
        asked = inquiries.inquiry(
            policy,
            registrations.of_row(self.patient).person,
            billing,
            reference=inquiry_id.upper(),
            today=today,
            local_time=local,
            service_date=self.row.day,
        )
        try:
            body = inquiries.written(asked, partner, number, local_time=local)
        except writing.UnwritableData as error:
            self._end(check, VerificationOutcome.NOT_FOUND, f"the inquiry cannot be written: {error}")
            return None
        self.session.add(
            Inquiry(
                id=inquiry_id,
                partner_id=partner.id,
                practice_id=self.row.practice_id,
                appointment_id=self.row.id,
                interchange_number=number,
                body=body,
                prepared_at=self.at,
            )
        )
        self.session.flush()
        return inquiry_id

    def _read(self, check: CoverageCheck, message_id: str) -> None:
        message = self.session.get_one(InboundMessage, message_id)
        message.state = "filed"
        self.session.add(message)
        waiting = coverage_checks.waiting_inquiry(self.session, self.row.id)
        if waiting is not None:
            waiting.answer_id = message_id
            self.session.add(waiting)
        response = inquiries.response_in(message.body)
        if response is None:
            self._end(check, VerificationOutcome.NOT_FOUND, "the inquiry was refused as faulty; compare with the card")
            return
        verification = read_answer(response, service_date=check.service_day)
        if verification.outcome == VerificationOutcome.UNAVAILABLE:
            self._note_silence(check, verification.reason)
            return
        coverage_checks.keep_answer(self.session, self.row, verification, response, at=self.at, message_id=message_id)
        others = [name for name in verification.other_payers if not self._holds(name)]
        if verification.outcome == VerificationOutcome.ACTIVE and others:
            self._end(check, "other_payer", f"active, and the payer knows of another: {', '.join(others)}")
        else:
            self._end(check, verification.outcome, verification.reason)
        self._look_for_authorization()

    def _holds(self, name: str) -> bool:
        held = held_policies.insured_on(self.session, self.patient, self.row.day)
        return len(held) > 1 and (name == "not named" or any(one.coverage.payer.name.last == name for one in held))

    def _note_silence(self, check: CoverageCheck, why: str) -> None:
        """The next rung of the ladder; after the last one a person is told. What is out of date waits for nothing."""
        if not self._is_current(check):
            self._end(check, "replaced", "the policy or the day of the visit changed before the payer answered")
            return
        if check.again_at is not None and check.again_at > self.at:
            return  # this very silence was noted: the step runs once more
        rung = check.tries
        check.tries = rung + 1
        if rung < len(INQUIRY_LADDER):
            check.again_at = self.at + INQUIRY_LADDER[rung]
            self.session.add(check)
            self.said.append(f"No answer ({why}); asked again at {in_words(check.again_at, self.policies.zone)}")
            return
        self._end(check, VerificationOutcome.UNAVAILABLE, f"no answer after {check.tries} tries: {why}")

    def _end(self, check: CoverageCheck, outcome: str, words: str) -> None:
        check.outcome, check.said, check.ended_at = outcome, words[:300], self.at
        check.again_at = None
        self.session.add(check)
        self.session.flush()
        self.said.append(f"{check.kind.capitalize()}: {words}")
        if not self._is_current(check):
            return
        if outcome in NOTHING_TO_DO:
            self._close_tasks(TaskType.VISIT_COVERAGE)
            return
        self._ask_about(check, words)

    def _ask_about(self, check: CoverageCheck, words: str) -> None:
        with_whom = f" with {check.payer}" if check.payer else ""
        self._ask_person(TaskType.VISIT_COVERAGE, f"{with_whom}: {words}.", key=check.id)

    def _look_for_moved_coverage(self) -> None:
        """What was asked about another day or hour is due no longer. On another day the payer is asked again; the
        answer of the same day is asked about anew."""
        stale = [one for one in self._open(TaskType.VISIT_COVERAGE) if not one.reason.startswith(self._visit)]
        for task in stale:
            self._close_as_out_of_date(task)
        last = coverage_checks.of_appointment(self.session, self.row.id)[-1] if stale else None
        if last is not None and last.outcome not in {None, *NOTHING_TO_DO} and self._is_current(last):
            self._ask_about(last, last.said)

    def _look_for_authorization(self) -> None:
        """Planned services that the payer wants authorized, and nothing covers on the day: a task in time, until there
        is nothing to authorize any more."""
        words = self._what_is_not_authorized()
        if self.insured is None or not words:
            self._close_tasks(TaskType.AUTHORIZATION_MISSING)
            return
        key = hashlib.sha256(words.encode()).hexdigest()[:20]
        self._ask_person(
            TaskType.AUTHORIZATION_MISSING, f" with {self.insured.coverage.payer.name.last}: {words}.", key=key
        )

    def _what_is_not_authorized(self) -> str:
        planned = self.row.procedures.split()
        if not planned or self.insured is None:
            return ""
        number = self.insured.coverage.payer.id
        rules = [one.rule for one in authorizations.rules_of(self.session, practice_id=self.row.practice_id)]
        answer = coverage_checks.last_answer(self.session, self.row, self._policy)
        rules += told_to_authorize(answer) if answer else []
        held = authorizations.approved(self.session, self.patient.id, payer_number=number)
        return why_not_planned(planned, number, self.row.day, rules, held)

    def _look_for_notice(self) -> None:
        """Planned services that Original Medicare is expected to refuse, without a notice: a task before the visit."""
        is_medicare = self.insured is not None and self.insured.coverage.filing_indicator == noncoverage_rules.MEDICARE
        planned = self.row.procedures.split() if is_medicare else []
        rules = [one.rule for one in noncoverage.rules_of(self.session, practice_id=self.row.practice_id)]
        given = noncoverage.chosen(self.session, self.patient.id)
        wanted = noncoverage_rules.not_noticed(planned, self.row.day, rules, given)
        if not wanted:
            self._close_tasks(TaskType.NOTICE_WANTED)
            return
        words = "; ".join(f"{procedure}: {reason}" for procedure, reason in wanted)
        key = hashlib.sha256(words.encode()).hexdigest()[:20]
        self._ask_person(
            TaskType.NOTICE_WANTED, f" wants a notice of non-coverage first (form CMS-R-131): {words}.", key=key
        )

    def _ask_person(self, kind: TaskType, words: str, *, key: str) -> None:
        """Have one task of its kind open, with these words: one that says otherwise is due no longer. A cause that a
        person has dealt with opens none again; one that went away by itself and is back opens another."""
        new = NewTask(kind, key=key, reason=f"{self._visit}{words}")
        for task in self._open(kind):
            if task.reason == new.reason:
                return
            self._close_as_out_of_date(task)
        whose = {"practice_id": self.row.practice_id, "subject_id": self.row.id}
        earlier = tasks.opened_for(self.session, new, **whose)
        if any(one.closed_by for one in earlier):
            return
        if earlier:
            new = replace(new, key=f"{key}:{len(earlier)}")
        tasks.open_task(self.session, new, subject="appointment", at=self.at, **whose)
        self.said.append(f"Task: {kind.replace('_', ' ')}")

    @property
    def _visit(self) -> str:
        return f"The visit of {self.row.day} {self.row.at_time}"

    def _close_as_out_of_date(self, task: Task) -> None:
        tasks.close_task(self.session, task, resolution="no_longer_due", at=self.at, actor_id=None)

    def _open(self, kind: TaskType) -> list[Task]:
        return [one for one in self._open_tasks() if one.type == kind]

    def _open_tasks(self) -> Sequence[Task]:
        return tasks.open_tasks(self.session, practice_id=self.row.practice_id, subject_id=self.row.id)

    def _close_tasks(self, kind: TaskType) -> None:
        for one in self._open(kind):
            tasks.close_task(self.session, one, resolution="answered", at=self.at, actor_id=None)

    def _standing(
        self, *, is_over: bool = False, inquiry_id: str | None = None, next_at: datetime | None = None
    ) -> ComingVisitStanding:
        checks = coverage_checks.of_appointment(self.session, self.row.id)
        if inquiry_id is None and next_at is None and not is_over:
            next_at = self._plan(checks).next_at or self.start + OVER_AFTER
        return ComingVisitStanding(
            day=str(self.row.day),
            is_over=is_over,
            coverage=checks[-1].said if checks else "",
            inquiry_id=inquiry_id,
            next_at=next_at,
            open_tasks=len(self._open_tasks()),
            at=self.at,
            said=tuple(self.said),
        )
