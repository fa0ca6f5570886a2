"""An office for stories: the real books and the real activities, with a partner that answers at once.

Stories on the books call the activities themselves, in the order a workflow would; stories on the engine run the
same office under a real worker (`tests/stories/conftest.py`).
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx
from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities.batch import BatchActivities
from activities.claim_status import ClaimStatusActivities
from activities.eligibility import EligibilityActivities
from activities.encounter import EncounterActivities
from activities.filing import file_message
from activities.intake import import_file
from activities.mailbox import MailboxActivities
from activities.messages import (
    Answer,
    BatchStep,
    CommandResult,
    CommandStep,
    CompleteTask,
    EncounterStep,
    FileStep,
    InquiryStep,
    MailFetched,
    MailStep,
    ReceiptStep,
    RemittanceStep,
    Standing,
)
from activities.office_tasks import complete_office_task
from activities.partner_lines import PartnerLines
from activities.remittance import RemittanceActivities
from activities.taking_in import ImportReport
from billing.amendments import Change
from billing.claim import ServiceLine
from billing.claim_status import ClaimStatus, ClaimStatusInquiry
from billing.days import USUAL_ZONE, day_of, zone_named
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse
from billing.stages import FactKind, Step
from database import amendments, encounters, ledger, messages, office, patient_payments, remittances, tasks
from database.columns import new_id
from database.engine import Database
from database.tables import Batch, Encounter, Partner, PatientPayment, Submission, Task, TaskForm, User
from interchange.x12 import claim_status_276, eligibility_270, eligibility_271, writing
from interchange.x12.detect import identify
from tests.builders import NOON, RECEIVER, SENDER, a_277

Answerer = Callable[[EligibilityInquiry], EligibilityResponse]
StatusAnswerer = Callable[[ClaimStatusInquiry], ClaimStatus]
PUBLIC_URL = "https://office.test"
"""Where patients find the pay page"""


def active(inquiry: EligibilityInquiry) -> EligibilityResponse:
    """The payer says: covered."""
    return EligibilityResponse(
        reference=inquiry.reference,
        payer=inquiry.payer,
        member_id=inquiry.member_id,
        subscriber_name=inquiry.subscriber.name,
        birth_date=inquiry.subscriber.birth_date,
        benefits=(Benefit("1", service_types=("30",), coverage_level="IND"),),
    )


@dataclass
class Wire:
    """The partner's side of the wire, in memory: answers every inquiry, gives every interchange a receipt."""

    answer: Answerer = active
    status: StatusAnswerer | None = None
    """What is said of a claim that is asked about; None: the partner takes no such questions"""
    asked: list[ClaimStatusInquiry] = field(default_factory=list)
    """Every claim that was asked about"""
    claims: dict[str, bytes] = field(default_factory=dict)
    failing: int = 0
    """How many of the next calls fail with 503"""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.failing:
            self.failing -= 1
            return httpx.Response(503)
        if request.url.path == "/v1/eligibility":
            inquiry = next(one.inquiry for one in eligibility_270.read(request.content) if one.inquiry)
            return httpx.Response(200, content=_answer(self.answer(inquiry), inquiry))
        if request.url.path == "/v1/claim-status" and self.status is not None:
            [request_276] = [one.request for one in claim_status_276.read(request.content) if one.request]
            self.asked += request_276.inquiries
            return httpx.Response(200, content=a_277(*map(self.status, request_276.inquiries)))
        if request.url.path == "/v1/claims":
            key = request.headers["Idempotency-Key"]
            self.claims.setdefault(key, request.content)
            return httpx.Response(202, json={"receipt_id": f"R-{key}", "received_at": NOON.isoformat()})
        if request.url.path == "/v1/mailbox":
            return httpx.Response(200, json={"messages": [], "last_id": 0})
        return httpx.Response(404)


def _answer(response: EligibilityResponse, inquiry: EligibilityInquiry) -> bytes:
    text = writing.write_interchange(
        [writing.Group(1, eligibility_271.VERSION, [("0001", eligibility_271.write(response, inquiry))], "271")],
        sender=SENDER,
        receiver=RECEIVER,
        control_number=1,
        instant=NOON,
    )
    return text.encode("ascii")


class Office:
    """One practice, one partner, two people, and the books."""

    def __init__(self, database: Database, wire: Wire | None = None) -> None:
        self.database = database
        self.wire = wire or Wire()
        self.http = httpx.Client(transport=httpx.MockTransport(self.wire))
        self.now = NOON
        self.secret = "token"
        self._mail = count(1)
        with database.writing() as session:
            self.practice_id = office.add_practice(session, name=f"Clinic {new_id()}", at=NOON, time_zone=USUAL_ZONE).id
            partner = Partner(
                id=new_id(),
                name=f"Clearinghouse {new_id()}",
                base_url="http://partner.test",
                secret_name="clearinghouse",
                sender_id="ZEROBALANCE",
                receiver_id="CLEARHOUSE",
                submitter_name="ZERO BALANCE",
                submitter_contact="EDI DESK",
                submitter_telephone="5555550100",
            )
            session.add(partner)
            self.partner_id = partner.id
            self.worker_id = self._person(
                session,
                "worker",
                "biller,denial_specialist,payment_poster,front_desk,"
                "eligibility_specialist,coder,charge_reviewer,edi_analyst,"
                "account_representative,credentialing,provider",
            )
            self.supervisor_id = self._person(session, "supervisor", "supervisor")
        self.policy("batch_wait_seconds", 0)
        self._bind()

    def _bind(self) -> None:
        self.encounter = EncounterActivities(self.database)
        self.lines = PartnerLines(self.http, lambda name: self.secret, settling_seconds=0)
        self.batch = BatchActivities(self.database, self.lines)
        self.eligibility = EligibilityActivities(self.database, self.http, lambda name: self.secret)
        self.claim_status = ClaimStatusActivities(self.database, self.http, lambda name: self.secret, self.lines)

    def reach(self, secret: str = "", **facts: Any) -> None:
        """The partner is reached in another way from now on; `secret` is its token, password or key."""
        with self.database.writing() as session:
            partner = session.get_one(Partner, self.partner_id)
            for name, value in facts.items():
                setattr(partner, name, value)
            session.add(partner)
        self.secret = secret
        self._bind()

    def look_into_mailbox(self) -> MailFetched:
        """What the mailbox's workflow does in one run."""
        environment = ActivityEnvironment()
        mailbox = MailboxActivities(self.database, self.lines)
        fetched: MailFetched = environment.run(mailbox.fetch_mail, MailStep(partner_id=self.partner_id))
        environment.run(mailbox.file_messages, FileStep(partner_id=self.partner_id))
        return fetched

    def over(self, database: Database) -> "Office":
        """The same office over other books."""
        other = copy.copy(self)
        other.database = database
        other._bind()
        return other

    @property
    def path(self) -> str:
        """The SQLite file of the books."""
        return self.database.url.removeprefix("sqlite:///")

    def _person(self, session: object, name: str, roles: str) -> str:
        user = User(
            id=new_id(), practice_id=self.practice_id, login=f"{name}-{new_id()}", display_name=name, roles=roles
        )
        session.add(user)  # type: ignore[attr-defined]
        return user.id

    def policy(self, name: str, value: int) -> None:
        """Set a policy of this practice from the beginning."""
        with self.database.writing() as session:
            office.set_policy(
                session, practice_id=self.practice_id, name=name, value=value, effective_from=date(2000, 1, 1)
            )

    def take_in(self, body: bytes) -> ImportReport:
        """Drop a file."""
        return import_file(self.database, body, practice_id=self.practice_id, partner_id=self.partner_id, at=self.now)

    def encounter_ids(self) -> list[str]:
        with self.database.reading() as session:
            return [one.id for one in encounters.page(session, practice_id=self.practice_id, limit=10_000)]

    def step(self, encounter_id: str, message_id: str | None = None) -> EncounterStep:
        return EncounterStep(
            practice_id=self.practice_id, encounter_id=encounter_id, at=self.now, message_id=message_id
        )

    def go_on(self, encounter_id: str) -> Standing:
        """Take machine steps as the workflow would, until it would wait."""
        standing = self.encounter.open_encounter(self.step(encounter_id))
        if standing.has_facts:
            standing = self.encounter.absorb_facts(self.step(encounter_id))
        while True:
            if standing.next_item is not None and standing.next_item.due_at <= self.now:
                standing = self.encounter.do_what_is_due(self.step(encounter_id))
            match standing.step:
                case Step.REGISTER:
                    standing = self.encounter.register_encounter(self.step(encounter_id))
                case Step.VERIFY:
                    standing = self._verify(encounter_id, standing)
                case Step.PREPARE_CLAIM:
                    standing = self.encounter.prepare_claim(self.step(encounter_id))
                case Step.BILL_NEXT_PAYER:
                    standing = self.encounter.bill_next_payer(self.step(encounter_id))
                case Step.ASK_STATUS:
                    standing = self._ask_status(encounter_id, standing)
                case Step.WAIT:
                    if standing.next_item is None or standing.next_item.due_at > self.now:
                        return standing

    def _verify(self, encounter_id: str, standing: Standing) -> Standing:
        assert standing.inquiry_id is not None
        step = InquiryStep(practice_id=self.practice_id, inquiry_id=standing.inquiry_id, at=self.now)
        answer = self.eligibility.inquire_eligibility(step)
        if answer.message_id is None:
            return self.encounter.note_silent_payer(self.step(encounter_id))
        return self.encounter.prepare_claim(self.step(encounter_id, answer.message_id))

    def _ask_status(self, encounter_id: str, standing: Standing) -> Standing:
        assert standing.inquiry_id is not None
        step = InquiryStep(practice_id=self.practice_id, inquiry_id=standing.inquiry_id, at=self.now)
        answer = self.claim_status.inquire_claim_status(step)
        told = {"reason": answer.reason, "is_refused": answer.is_refused}
        return self.encounter.read_status_answer(self.step(encounter_id, answer.message_id).model_copy(update=told))

    def send_claims(self) -> Batch:
        """One batch of all that is ready, transmitted and receipted."""
        step = BatchStep(practice_id=self.practice_id, partner_id=self.partner_id, batch_id=new_id(), at=self.now)
        self.batch.prepare_interchange(step)
        said = self.batch.transmit(step)
        self.batch.record_receipt(ReceiptStep(**step.model_dump(), transmission=said))
        with self.database.reading() as session:
            batch = session.get(Batch, step.batch_id)
            assert batch is not None
            return batch

    def deliver(self, body: bytes) -> str:
        """A message comes into the mailbox and is filed; returns what became of it."""
        with self.database.writing() as session:
            message, _ = messages.store_inbound(
                session,
                partner_id=self.partner_id,
                kind=str(identify(body)),
                body=body,
                received_at=self.now,
                mail_id=next(self._mail),
            )
        with self.database.writing() as session:
            return file_message(session, message.id)

    def deliver_835(self, body: bytes) -> str:
        """A remittance comes, its rows are stored and matched, its cash is posted; the encounters are not told."""
        note = self.deliver(body)
        with self.database.reading() as session:
            files = remittances.waiting(session, practice_id=self.practice_id)
        environment = ActivityEnvironment()
        activities = RemittanceActivities(self.database, None, "billing")  # type: ignore[arg-type]
        for one in files:
            step = RemittanceStep(practice_id=self.practice_id, remittance_id=one.id, at=self.now)
            environment.run(activities.store_rows, step)
        return note

    def pay(self, encounter_id: str, cents: int, *, payment_id: str | None = None, method: str = "card") -> None:
        """The patient pays; the same payment id is the same payment."""
        payment_id = payment_id or new_id()
        with self.database.writing() as session:
            if session.get(PatientPayment, payment_id) is None:
                payment = PatientPayment(
                    id=payment_id,
                    practice_id=self.practice_id,
                    encounter_id=encounter_id,
                    amount_cents=cents,
                    method=method,
                    received_on=self.today,
                    received_at=self.now,
                    recorded_by=self.worker_id,
                )
                patient_payments.keep(session, payment, at=self.now)
                return
            self._tell_of_payment(session, encounter_id, payment_id)

    def take_back(self, encounter_id: str, payment_id: str) -> None:
        """The bank returns the patient's payment."""
        with self.database.writing() as session:
            paid = session.get_one(PatientPayment, payment_id)
            undoing = PatientPayment(
                id=new_id(),
                practice_id=self.practice_id,
                encounter_id=encounter_id,
                amount_cents=-paid.amount_cents,
                fee_cents=-paid.fee_cents,
                method=paid.method,
                received_on=self.today,
                received_at=self.now,
                recorded_by=self.worker_id,
                takes_back=paid.id,
            )
            session.add(undoing)
            session.flush()
            self._tell_of_payment(session, encounter_id, undoing.id)

    def _tell_of_payment(self, session: Session, encounter_id: str, payment_id: str) -> None:
        encounters.add_fact(
            session,
            practice_id=self.practice_id,
            encounter_id=encounter_id,
            kind=FactKind.PATIENT_PAID,
            source_key=f"payment:{payment_id}",
            subject_id=payment_id,
            received_at=self.now,
        )

    def amend(self, encounter_id: str, change: Change, values: dict[str, str]) -> None:
        """A supervisor says that what was billed is otherwise; the encounter is not told yet."""
        with self.database.writing() as session:
            amendments.make(
                session,
                session.get_one(Encounter, encounter_id),
                change,
                body=json.dumps(values),
                at=self.now,
                source_key=new_id(),
                made_by=self.supervisor_id,
            )

    def complete(
        self, encounter_id: str, task_type: str, resolution: str, values: dict[str, str], *, by: str | None = None
    ) -> CommandResult:
        """A person completes the open task of this type."""
        actor = by or self.worker_id
        with self.database.writing() as session:
            task = next(
                one
                for one in tasks.open_tasks(session, practice_id=self.practice_id, subject_id=encounter_id)
                if one.type == task_type
            )
        form_id = self.form(values, resolution=resolution, task_id=task.id, actor_id=actor)
        command = CompleteTask(
            command_key=new_id(), body_sha256="0" * 64, actor_id=actor, task_id=task.id, form_id=form_id
        )
        return self.encounter.execute_command(
            CommandStep(practice_id=self.practice_id, encounter_id=encounter_id, at=self.now, complete_task=command)
        )

    def form(
        self, values: dict[str, str], *, resolution: str = "", task_id: str = "", actor_id: str | None = None
    ) -> str:
        """What was typed, stored; only its id travels."""
        form = TaskForm(
            id=new_id(),
            practice_id=self.practice_id,
            task_id=task_id,
            actor_id=actor_id or self.worker_id,
            resolution=resolution,
            values=json.dumps(values),
            saved_at=self.now,
        )
        with self.database.writing() as session:
            session.add(form)
        return form.id

    def submission(self, encounter_id: str) -> Submission:
        """The newest submission of the encounter."""
        with self.database.reading() as session:
            return encounters.submissions(session, encounter_id)[-1]

    def patient_of(self, encounter_id: str) -> str:
        """Whose account the visit's share stands on."""
        with self.database.reading() as session:
            return session.get_one(Encounter, encounter_id).patient_id

    def asked_about_account(self, encounter_id: str) -> bool:
        """Whether a person is asked about the account of the visit's patient."""
        patient = self.patient_of(encounter_id)
        with self.database.reading() as session:
            return bool(tasks.open_tasks(session, practice_id=self.practice_id, subject_id=patient))

    def decide_account(self, encounter_id: str, resolution: str, **values: str) -> Answer:
        """A supervisor answers the only question about the account of the visit's patient."""
        with self.database.writing() as session:
            [task] = tasks.open_tasks(
                session, practice_id=self.practice_id, subject_id=session.get_one(Encounter, encounter_id).patient_id
            )
            return complete_office_task(
                session,
                practice_id=self.practice_id,
                task=task,
                resolution=resolution,
                values=values,
                actor_id=self.supervisor_id,
                at=self.now,
            )

    def billing_npi(self, encounter_id: str) -> str | None:
        """Under whose number the encounter is billed."""
        with self.database.reading() as session:
            return encounters.claim_of(session.get_one(Encounter, encounter_id)).billing_provider.npi

    def encounter_line(self, encounter_id: str) -> ServiceLine:
        """The first service line of the encounter's claim."""
        with self.database.reading() as session:
            return encounters.claim_of(session.get_one(Encounter, encounter_id)).lines[0]

    def stage(self, encounter_id: str) -> str:
        with self.database.reading() as session:
            return session.exec(select(Encounter.stage).where(Encounter.id == encounter_id)).one()

    def accounts(self, encounter_id: str) -> dict[tuple[str, int | None], int]:
        """Cents by (account, line ordinal) of one encounter, without zeros."""
        with self.database.reading() as session:
            encounter = encounters.find(session, practice_id=self.practice_id, encounter_id=encounter_id)
            assert encounter is not None
            ordinals = {line.id: line.ordinal for line in encounters.lines(session, encounter)}
            balances = ledger.balances(session, practice_id=self.practice_id, encounter_id=encounter_id)
        return {
            (account, ordinals.get(line_id or "")): cents
            for (account, line_id), cents in sorted(
                balances.by_account_and_line.items(), key=lambda item: (item[0][0], item[0][1] or "")
            )
            if cents
        }

    def line_ids(self, encounter_id: str) -> list[str]:
        """The encounter's service lines in their order."""
        with self.database.reading() as session:
            encounter = session.get_one(Encounter, encounter_id)
            return [line.id for line in sorted(encounters.lines(session, encounter), key=lambda line: line.ordinal)]

    def complete_office_task(self, task_type: str, resolution: str, values: dict[str, str], *, by: str) -> Answer:
        """A person completes the only open task of this type that is no encounter's."""
        with self.database.writing() as session:
            [task] = session.exec(
                select(Task).where(Task.practice_id == self.practice_id, Task.type == task_type, Task.state == "open")
            ).all()
            return complete_office_task(
                session,
                practice_id=self.practice_id,
                task=task,
                resolution=resolution,
                values=values,
                actor_id=by,
                at=self.now,
            )

    def open_task_types(self, encounter_id: str) -> list[str]:
        with self.database.reading() as session:
            found = tasks.open_tasks(session, practice_id=self.practice_id, subject_id=encounter_id)
            return [one.type for one in found]

    def story(self, encounter_id: str) -> list[str]:
        with self.database.reading() as session:
            return list(encounters.timeline_texts(session, encounter_id))

    @property
    def today(self) -> date:
        """The practice's day, as its people write it"""
        return day_of(self.now, zone_named(USUAL_ZONE))

    def let_pass(self, **duration: float) -> None:
        """Time goes by."""
        self.now += timedelta(**duration)
