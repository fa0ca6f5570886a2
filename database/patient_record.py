"""What the book holds about one patient, table by table: what a copy of the record is made of (45 CFR 164.524).

Every table that names a patient or a visit stands in KINDS or, with the reason, in NOT_COPIED; a test holds that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from database import tables as book
from database.patient_scope import Scope

Which = Callable[[Scope], sa.ColumnElement[bool]]
"""Which rows of a table are in the copy"""
BATCH = 200
"""Rows that are held in memory at once"""


@dataclass(frozen=True, slots=True)
class Kind:
    """The rows of one table in the copy."""

    name: str
    """Of its file, without the ending"""
    table: type[SQLModel]
    which: Which
    withheld: frozenset[str] = frozenset()
    """Columns that are not in it: secrets, and keys by which only the office's programs find something"""
    is_money: bool = False
    """It is written as CSV, too"""

    @property
    def columns(self) -> list[sa.Column[Any]]:
        """Those in the copy, without bytes: a file stands beside as a file."""
        every = SQLModel.metadata.tables[str(self.table.__tablename__)].columns
        left = self.withheld | {"practice_id"}
        return [one for one in every if one.name not in left and not isinstance(one.type, sa.LargeBinary)]


def _column(table: type[SQLModel], name: str) -> sa.Column[Any]:
    return SQLModel.metadata.tables[str(table.__tablename__)].c[name]


def _here(table: type[SQLModel], scope: Scope) -> sa.ColumnElement[bool]:
    return _column(table, "practice_id") == scope.practice_id


def _patients(table: type[SQLModel], column: str = "patient_id") -> Which:
    return lambda scope: _column(table, column).in_(scope.patients)


def _visits(table: type[SQLModel]) -> Which:
    return lambda scope: _column(table, "encounter_id").in_(scope.visits)


def _within(table: type[SQLModel], column: str, ids: Callable[[Scope], Any]) -> Which:
    return lambda scope: _column(table, column).in_(ids(scope))


def _alone(which: Which) -> Which:
    """Of the whole account: only where it is this patient's alone."""
    return lambda scope: sa.false() if scope.is_shared else which(scope)


def _ids(table: type[SQLModel], which: Which) -> Callable[[Scope], sa.Select[Any]]:
    return lambda scope: sa.select(_column(table, "id")).where(_here(table, scope), which(scope))


def _letters(scope: Scope) -> sa.ColumnElement[bool]:
    return col(book.Letter.encounter_id).in_(scope.visits) | col(book.Letter.id).in_(scope.papers)


def _holds(scope: Scope) -> sa.ColumnElement[bool]:
    whole = _alone(_patients(book.AccountHold))(scope) & col(book.AccountHold.encounter_id).is_(None)
    return _visits(book.AccountHold)(scope) | whole


def _benefits(scope: Scope) -> sa.ColumnElement[bool]:
    booked = _ids(book.Appointment, _patients(book.Appointment))(scope)
    return _visits(book.Benefits)(scope) | col(book.Benefits.appointment_id).in_(booked)


def _inquiries(scope: Scope) -> sa.ColumnElement[bool]:
    booked = _ids(book.Appointment, _patients(book.Appointment))(scope)
    return _visits(book.Inquiry)(scope) | col(book.Inquiry.appointment_id).in_(booked)


def _on(table: type[SQLModel], scope: Scope) -> sa.ColumnElement[bool]:
    """What stands on something of the patient's by its kind and id."""
    subject, on = _column(table, "subject"), _column(table, "subject_id")
    found = [
        (subject == "patient") & on.in_(scope.patients),
        (subject == "encounter") & on.in_(scope.visits),
        (subject == "claim") & on.in_(scope.claims),
        (subject == "letter") & on.in_(sa.select(col(book.Letter.id)).where(_letters(scope))),
        (subject == "appointment") & on.in_(_ids(book.Appointment, _patients(book.Appointment))(scope)),
        (subject == "assistance") & on.in_(scope.applications),
    ]
    if not scope.is_shared:
        found.append((subject == "account") & on.in_(scope.patients))
    return sa.or_(*found)


def _files(scope: Scope) -> sa.ColumnElement[bool]:
    return _on(book.Attachment, scope)


def _tasks(scope: Scope) -> sa.ColumnElement[bool]:
    return _on(book.Task, scope)


def _notes(scope: Scope) -> sa.ColumnElement[bool]:
    first = sa.select(col(book.Note.id)).where(_here(book.Note, scope), _on(book.Note, scope))
    return _on(book.Note, scope) | ((col(book.Note.subject) == "note") & col(book.Note.subject_id).in_(first))


def _merges(scope: Scope) -> sa.ColumnElement[bool]:
    return col(book.PatientMerge.kept_id).in_(scope.patients) & col(book.PatientMerge.gone_id).in_(scope.patients)


def _claim_aliases(scope: Scope) -> sa.ColumnElement[bool]:
    return col(book.ControlNumberAlias.control_number).in_(scope.claims)


KINDS: tuple[Kind, ...] = (
    Kind(
        "registration",
        book.Patient,
        lambda scope: col(book.Patient.id).in_(scope.patients),
        frozenset({"identity_key", "guarantor_key"}),
    ),
    Kind("numbers-elsewhere", book.PatientNumber, _patients(book.PatientNumber)),
    Kind("merges", book.PatientMerge, _merges, frozenset({"moved"})),
    Kind("coming-of-age", book.CameOfAge, _patients(book.CameOfAge)),
    Kind("coverages", book.HeldPolicyRow, _patients(book.HeldPolicyRow)),
    Kind("medicare-answers", book.MedicareAnswersRow, _patients(book.MedicareAnswersRow)),
    Kind("consents", book.ConsentRow, _patients(book.ConsentRow)),
    Kind("authorizations", book.AuthorizationRow, _patients(book.AuthorizationRow)),
    Kind("noncoverage-notices", book.NoticeRow, _patients(book.NoticeRow)),
    Kind("appointments", book.Appointment, _patients(book.Appointment)),
    Kind(
        "coverage-checks",
        book.CoverageCheck,
        _within(book.CoverageCheck, "appointment_id", _ids(book.Appointment, _patients(book.Appointment))),
    ),
    Kind("eligibility-inquiries", book.Inquiry, _inquiries),
    Kind("eligibility-answers", book.Benefits, _benefits),
    Kind("estimates", book.EstimateRow, _patients(book.EstimateRow)),
    Kind("visits", book.Encounter, _patients(book.Encounter), frozenset({"intake_key"}), is_money=True),
    Kind("visit-numbers-elsewhere", book.VisitNumber, _visits(book.VisitNumber)),
    Kind("visits-of-an-old-system", book.MovedVisitRow, _visits(book.MovedVisitRow)),
    Kind("moves-from-an-old-system", book.MovedPatientRow, _patients(book.MovedPatientRow)),
    Kind("lines", book.Line, _visits(book.Line)),
    Kind("visit-notes", book.VisitNote, _visits(book.VisitNote)),
    Kind("visit-coverages", book.OtherPolicy, _visits(book.OtherPolicy)),
    Kind("timeline", book.TimelineEvent, _visits(book.TimelineEvent)),
    Kind("next-steps", book.AgendaEntry, _visits(book.AgendaEntry)),
    Kind("facts", book.Fact, _visits(book.Fact)),
    Kind("edit-runs", book.EditRun, _visits(book.EditRun)),
    Kind("amendments", book.Amendment, _visits(book.Amendment)),
    Kind("claims", book.Submission, _visits(book.Submission)),
    Kind("old-claim-numbers", book.ControlNumberAlias, _claim_aliases),
    Kind("resubmissions", book.ResubmissionItem, _visits(book.ResubmissionItem)),
    Kind("claim-status-inquiries", book.StatusInquiry, _visits(book.StatusInquiry)),
    Kind("information-requests", book.InformationRequest, _visits(book.InformationRequest)),
    Kind("payers-answers", book.RemittanceClaim, _visits(book.RemittanceClaim), is_money=True),
    Kind("payers-adjustments", book.ProviderAdjustmentRow, _visits(book.ProviderAdjustmentRow), is_money=True),
    Kind("denials", book.Denial, _visits(book.Denial), is_money=True),
    Kind("appeals", book.Appeal, _visits(book.Appeal)),
    Kind("recovery-notices", book.RecoveryNotice, _visits(book.RecoveryNotice)),
    Kind("expected-payments", book.ExpectedLine, _within(book.ExpectedLine, "control_number", lambda one: one.claims)),
    Kind("payment-variances", book.PaymentVariance, _visits(book.PaymentVariance)),
    Kind("patient-payments", book.PatientPayment, _visits(book.PatientPayment), is_money=True),
    Kind(
        "receipts",
        book.AccountReceipt,
        _within(book.AccountReceipt, "id", lambda scope: scope.receipts),
        is_money=True,
    ),
    Kind(
        "card-payments",
        book.Checkout,
        _within(book.Checkout, "id", lambda scope: scope.checkouts),
        frozenset({"processor_id", "address", "payment_reference"}),
        is_money=True,
    ),
    Kind("card-refunds", book.CardRefund, _visits(book.CardRefund), frozenset({"processor_id"}), is_money=True),
    Kind("account", book.PatientAccount, _alone(_patients(book.PatientAccount))),
    Kind("open-shares", book.BalanceItem, _visits(book.BalanceItem)),
    Kind("account-holds", book.AccountHold, _holds),
    Kind("plans", book.InstalmentPlan, _within(book.InstalmentPlan, "id", lambda scope: scope.plans), is_money=True),
    Kind(
        "plan-cards",
        book.KeptCard,
        _within(book.KeptCard, "plan_id", lambda scope: scope.plans),
        frozenset({"reference", "address"}),
    ),
    Kind("plan-charges", book.InstalmentCharge, _within(book.InstalmentCharge, "plan_id", lambda scope: scope.plans)),
    Kind("plans-of-an-old-system", book.PaymentPlan, _alone(_patients(book.PaymentPlan))),
    Kind("prompt-pay-offers", book.PromptPayOffer, _visits(book.PromptPayOffer)),
    Kind("placements", book.Placement, _visits(book.Placement), is_money=True),
    Kind(
        "placement-events",
        book.PlacementEvent,
        _within(book.PlacementEvent, "placement_id", _ids(book.Placement, _visits(book.Placement))),
    ),
    Kind(
        "help-with-the-bill",
        book.AssistanceApplication,
        _within(book.AssistanceApplication, "id", lambda scope: scope.applications),
    ),
    Kind("letters", book.Letter, _letters),
    Kind("packets", book.Packet, _within(book.Packet, "letter_id", _ids(book.Letter, _letters))),
    Kind("calls", book.CallRow, _visits(book.CallRow)),
    Kind("notes", book.Note, _notes),
    Kind("questions", book.Question, _within(book.Question, "note_id", _ids(book.Note, _notes))),
    Kind("files", book.Attachment, _files),
    Kind("tasks", book.Task, _tasks),
    Kind("task-forms", book.TaskForm, _within(book.TaskForm, "task_id", _ids(book.Task, _tasks))),
)
"""What is in the copy, in the order in which its files stand"""

NOT_COPIED: dict[str, str] = {
    "pay_link": "a way in to the pay page: a secret",
    "patient_alias": "hashes by which the office finds the same person again: they say nothing to a reader",
    "sent_word": "the words of claims a second time, for the search",
    "visit_member_id": "member ids of claims a second time, for the search",
    "journal": "in ledger.json and ledger.csv, beside each posting",
    "posting": "in ledger.json and ledger.csv",
    "statement_run_item": "a sending of many papers at once: each letter says how and when it left",
    "crossed_payment": "what was paid after a paper had left: the payment and the letter are both here",
    "lockbox_cheque": "what the bank read from a cheque: the receipt that it became is here",
    "processor_event": "notices of the card processor, with its own keys: the card payment is here",
    "audit_event": "in looks.json and looks.csv",
    "broken_glass": "in looks.json: breaking the glass is an entry of the audit",
    "sensitive_record": "from whom among its own people the office keeps the record",
    "command": "answers that are kept so that a second click changes nothing: what was done is here",
    "outbox": "errands of the office's programs to each other",
}
"""Tables that name a patient, a visit, or something of theirs, and are not in the copy as they are: why"""


def rows_of(session: Session, kind: Kind, scope: Scope) -> Iterator[dict[str, Any]]:
    """The rows of one kind in the order of their keys: column -> value."""
    table = SQLModel.metadata.tables[str(kind.table.__tablename__)]
    wanted = sa.select(*kind.columns).where(_here(kind.table, scope), kind.which(scope)).order_by(*table.primary_key)
    for row in session.execute(wanted, execution_options={"yield_per": BATCH}).mappings():
        yield dict(row)


def postings(session: Session, scope: Scope) -> Iterator[tuple[book.Journal, book.Posting]]:
    """Every posting on the patient's visits with its entry, in order of posting."""
    found = session.exec(
        select(book.Journal, book.Posting)
        .join(book.Posting, col(book.Posting.journal_number) == col(book.Journal.number))
        .where(_here(book.Posting, scope), col(book.Posting.encounter_id).in_(scope.visits))
        .order_by(col(book.Journal.number), col(book.Posting.id)),
        execution_options={"yield_per": BATCH},
    )
    yield from found


def looks(session: Session, scope: Scope) -> Iterator[book.AuditEvent]:
    """Who saw, changed and took what of the patient: the chain's events on them, oldest first."""
    event = book.AuditEvent
    by_subject = {
        ("patient", "account"): col(event.subject_id).in_(scope.patients),
        ("encounter",): col(event.subject_id).in_(scope.visits),
        ("claim",): col(event.subject_id).in_(scope.claims),
        ("letter",): col(event.subject_id).in_(_ids(book.Letter, _letters)(scope)),
        ("file",): col(event.subject_id).in_(_ids(book.Attachment, _files)(scope)),
        ("task",): col(event.subject_id).in_(_ids(book.Task, _tasks)(scope)),
    }
    theirs = (sa.and_(col(event.subject).in_(kinds), held) for kinds, held in by_subject.items())
    wanted = select(event).where(_here(event, scope), sa.or_(*theirs)).order_by(col(event.id))
    yield from session.exec(wanted, execution_options={"yield_per": BATCH})
