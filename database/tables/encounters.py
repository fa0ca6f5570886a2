"""The encounter and what hangs on it: lines, submissions, facts, agenda, tasks, timeline."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant
from database.folding import index_of_beginnings


class Patient(SQLModel, table=True):
    """A patient of one practice."""

    __table_args__ = (
        sa.UniqueConstraint("practice_id", "identity_key", name="uq_patient_identity"),
        sa.Index("ix_patient_guarantor", "practice_id", "guarantor_key"),
        sa.Index("ix_patient_telephone", "practice_id", "telephone"),
        sa.Index("ix_patient_birth_date", "practice_id", "birth_date"),
        sa.Index("ix_patient_merged_into", "practice_id", "merged_into"),
        index_of_beginnings("ix_patient_last_begins", "last_name"),
        index_of_beginnings("ix_patient_first_begins", "first_name"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    identity_key: str = Field(sa_type=sa.String(64))
    """Hash of payer, member id, name and birth date: the same person is found again without a scan. Of a patient who
    was registered without a visit: of their own id"""
    last_name: str = Field(sa_type=sa.String(60), index=True)
    first_name: str | None = Field(default=None, sa_type=sa.String(35))
    middle_name: str | None = Field(default=None, sa_type=sa.String(25))
    suffix: str | None = Field(default=None, sa_type=sa.String(10))
    birth_date: date | None = None
    sex: str | None = Field(default=None, sa_type=sa.String(1))
    address: str | None = Field(default=None, sa_type=sa.Text)
    """billing.claim.Address as JSON"""
    telephone: str | None = Field(default=None, sa_type=sa.String(10))
    email: str | None = Field(default=None, sa_type=sa.String(254))
    email_failed: str | None = Field(default=None, sa_type=sa.String(254))
    """The address that a mail server said no to: nothing is sent there while it is the patient's"""
    email_failed_why: str | None = Field(default=None, sa_type=sa.String(300))
    """In the mail server's words"""
    language: str | None = Field(default=None, sa_type=sa.String(2))
    """billing.statement_words.Language: what their papers are written in; None: English"""
    merged_into: str | None = Field(default=None, sa_type=Id, foreign_key="patient.id")
    """Who this patient turned out to be; everything is theirs now"""
    guarantor: str | None = Field(default=None, sa_type=sa.Text)
    """billing.consents.Guarantor as JSON; None: the patient"""
    guarantor_key: str | None = Field(default=None, sa_type=sa.String(64))
    """The same guarantor of several patients; None: the patient, or not looked at yet"""
    account_id: str | None = Field(default=None, sa_type=Id, foreign_key="patient.id", index=True)
    """Whose account the patient's shares stand on; None: the patient's own"""
    wish: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.consents.Wish; None: insurance is billed"""
    wish_reason: str = Field(default="", sa_type=sa.String(300))
    order_reason: str = Field(default="", sa_type=sa.String(300))
    """Why the held policies pay in the order in which somebody put them; empty: the rules say it"""
    version: int = Field(default=0)
    """Rises with every change of what is known of the patient; a form that names an old one is refused"""
    created_at: datetime = Field(sa_type=Instant)


class PatientAlias(SQLModel, table=True):
    """A further key under which the same patient comes in: under another plan, or by a name that was mended since."""

    __tablename__ = "patient_alias"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    identity_key: str = Field(sa_type=sa.String(64), primary_key=True)
    """As in `patient`"""
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)


class Encounter(SQLModel, table=True):
    """One visit to be paid for. Its claim as the office knows it now is `record`."""

    __table_args__ = (
        sa.UniqueConstraint("practice_id", "intake_key", name="uq_encounter_intake"),
        sa.Index("ix_encounter_stage", "practice_id", "stage", "id"),
        sa.Index("ix_encounter_newest", "practice_id", "created_at", "id"),
        sa.Index("ix_encounter_charge", "practice_id", "charge_cents"),
        sa.Index("ix_encounter_closed", "practice_id", "closed_at"),
        sa.Index("ix_encounter_answering", sa.text("coalesce(responsible_id, patient_id)")),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    responsible_id: str | None = Field(default=None, sa_type=Id, index=True)
    """Who answers for this visit, where it is not who answers for the patient now: a patient (or a guarantor who is
    kept as one) on whose account its share stands"""
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    intake_key: str = Field(sa_type=sa.String(64))
    """Hash of what was taken in: the same claim taken in twice is one encounter"""
    external_id: str = Field(sa_type=sa.String(80), index=True)
    """The sender's own number (CLM01 of an imported 837)"""
    service_date: date
    stage: str = Field(sa_type=sa.String(20))
    version: int = Field(default=0)
    """Rises with every transaction that changes the standing; a stale click names an old one"""
    record: str = Field(sa_type=sa.Text)
    """billing.claim.Claim as JSON"""
    charge_cents: int = Field(sa_type=sa.BigInteger)
    on_hold: bool = False
    hold_reason: str | None = Field(default=None, sa_type=sa.String(500))
    verified_at: datetime | None = Field(default=None, sa_type=Instant)
    inquiry_count: int = Field(default=0)
    """Tries of the eligibility inquiry since the last answer: the rung of the retry ladder"""
    note_unsigned: bool = False
    """The provider has yet to sign the note: nothing is coded before"""
    edits_overridden: str = Field(default="", sa_type=sa.String(400))
    """Codes of claim edits that a supervisor overrode, comma separated"""
    is_self_pay: bool = False
    """Nobody but the patient is billed"""
    is_void: bool = False
    """The visit is billed to nobody: it did not happen, or not to this patient"""
    parted_from_id: str | None = Field(default=None, sa_type=Id, index=True)
    """The first of the visit's claims, where it was parted into several; None: this one, or the only one"""
    parted_because: str = Field(default="", sa_type=sa.String(300))
    """Why this claim was parted from the first"""
    billed_with_id: str | None = Field(default=None, sa_type=Id, index=True)
    """The encounter whose claim bills this visit's lines; None: its own"""
    created_at: datetime = Field(sa_type=Instant)
    touched_at: datetime = Field(sa_type=Instant)
    """The instant of the last step: nothing about the encounter is dated before it"""
    closed_at: datetime | None = Field(default=None, sa_type=Instant)


class Line(SQLModel, table=True):
    """A service line, for the ledger and for matching: REF*6R leads here without a search."""

    __tablename__ = "service_line"

    id: str = Field(sa_type=Id, primary_key=True)
    """Sent as REF*6R, upper case"""
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    ordinal: int
    """1-based place in the record's lines; beyond them once the claim has the line no more"""
    visit_id: str | None = Field(default=None, sa_type=Id)
    """The encounter whose service this is, where it is billed with this one; None: this one's own"""


class Submission(SQLModel, table=True):
    """One claim sent (or ready to be sent) to one payer. Each has a control number of its own."""

    __table_args__ = (
        sa.Index("ix_submission_ready", "partner_id", "state", "ready_at"),
        sa.UniqueConstraint("encounter_id", "ordinal", name="uq_submission_ordinal"),
    )

    control_number: str = Field(sa_type=sa.String(20), primary_key=True)
    """CLM01, echoed in CLP01 and in TRN02 of the 277CA"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    ordinal: int
    state: str = Field(sa_type=sa.String(30))
    """billing.submission.SubmissionState"""
    batch_id: str | None = Field(default=None, sa_type=Id, foreign_key="batch.id", index=True)
    set_number: str | None = Field(default=None, sa_type=sa.String(9))
    """ST02 of the transaction set it went out in"""
    claim: str = Field(sa_type=sa.Text)
    """The claim exactly as it goes out, as JSON"""
    ready_at: datetime = Field(sa_type=Instant)
    transmitted_at: datetime | None = Field(default=None, sa_type=Instant)
    syntax_accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    clearinghouse_accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    payer_accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    rejected_at: datetime | None = Field(default=None, sa_type=Instant)
    adjudicated_at: datetime | None = Field(default=None, sa_type=Instant)
    is_paper: bool = False
    """Printed and mailed, not sent by wire"""
    is_institutional: bool = False
    """An 837I or UB-04; False: an 837P or CMS-1500"""
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    """The office let go of it: replaced before it was sent, or its policy turned out not to cover the visit"""
    responsibility: str = Field(default="P", sa_type=sa.String(1))
    """SBR01: as which payer of the patient's it was sent to this one"""
    payer_claim_number: str | None = Field(default=None, sa_type=sa.String(50), index=True)
    """CLP07, or REF*1K of the 277CA"""
    first_submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    """When another system sent it first, before the office moved here; None: it leaves from here"""
    filing_limit_on: date | None = None
    """The payer's last day to file, where the office was told it; None: by the policies"""


class Fact(SQLModel, table=True):
    """Something that arrived for an encounter: kept from its arrival, absorbed once it fits."""

    __table_args__ = (
        sa.UniqueConstraint("practice_id", "source_key", name="uq_fact_source"),
        sa.Index("ix_fact_pending", "encounter_id", "absorbed_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id")
    kind: str = Field(sa_type=sa.String(30))
    source_key: str = Field(sa_type=sa.String(120))
    """What makes it the same fact when it comes twice"""
    subject_id: str = Field(sa_type=sa.String(64))
    """The remittance, patient payment or inbound message that it is about"""
    body: str = Field(default="", sa_type=sa.Text)
    """The noun as JSON, where no other table holds it"""
    received_at: datetime = Field(sa_type=Instant)
    absorbed_at: datetime | None = Field(default=None, sa_type=Instant)
    verdict: str | None = Field(default=None, sa_type=sa.String(200))
    """What became of it, in words; while it waits, why it does not fit yet"""


class AgendaEntry(SQLModel, table=True):
    """An instant with a meaning: what is done next if nothing arrives."""

    __tablename__ = "agenda_entry"
    __table_args__ = (sa.Index("ix_agenda_due", "due_at"),)

    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", primary_key=True)
    reason: str = Field(sa_type=sa.String(40), primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    owner: str = Field(sa_type=sa.String(30))
    due_at: datetime = Field(sa_type=Instant)


class Task(SQLModel, table=True):
    """Work for a person."""

    __table_args__ = (
        sa.Index("ix_task_queue", "practice_id", "state", "role", "due_at"),
        sa.Index("ix_task_holder", "practice_id", "state", "assignee_id", "due_at"),
        sa.Index("ix_task_amount", "practice_id", "state", "amount_cents"),
        sa.Index("ix_task_opened", "practice_id", "opened_at"),
        sa.Index("ix_task_closed", "practice_id", "closed_at"),
        sa.UniqueConstraint("practice_id", "opening_key", name="uq_task_opening"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    type: str = Field(sa_type=sa.String(40))
    role: str = Field(sa_type=sa.String(30))
    assignee_id: str | None = Field(default=None, sa_type=Id)
    """The user who holds it; None: nobody does"""
    subject: str = Field(sa_type=sa.String(20))
    """encounter, remittance, batch or message"""
    subject_id: str = Field(sa_type=Id, index=True)
    opening_key: str = Field(sa_type=sa.String(160))
    """What opened it: the same cause opens one task"""
    amount_cents: int = Field(default=0, sa_type=sa.BigInteger)
    opened_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    escalation: int = Field(default=0)
    """0 owner, 1 reminded, 2 lead, 3 supervisor"""
    reason: str = Field(sa_type=sa.Text)
    """Every fault at once, in plain words"""
    detail: str = Field(default="", sa_type=sa.Text)
    """JSON for the form: which lines, codes, amounts"""
    state: str = Field(default="open", sa_type=sa.String(10))
    """open or done"""
    resolution: str | None = Field(default=None, sa_type=sa.String(40))
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = Field(default=None, sa_type=Id)


class Benefits(SQLModel, table=True):
    """One stored eligibility answer. Kept, never overwritten: the newest counts."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    appointment_id: str | None = Field(default=None, sa_type=Id, foreign_key="appointment.id", index=True)
    """One of the two, or both: the answer of the day's morning counts for the visit"""
    message_id: str | None = Field(default=None, sa_type=Id, foreign_key="inbound_message.id")
    """None when a person verified by telephone"""
    answered_at: datetime = Field(sa_type=Instant)
    verdict: str = Field(sa_type=sa.String(20))
    copay_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    deductible_remaining_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    coinsurance: str | None = Field(default=None, sa_type=sa.String(10))
    """Decimal text, patient's share: 0.2"""
    is_qmb: bool = False
    response: str = Field(sa_type=sa.Text)
    """billing.eligibility.EligibilityResponse as JSON, or the telephone reference"""


class PatientPayment(SQLModel, table=True):
    """Money a patient paid towards an encounter, or (below zero) a payment that was taken back."""

    __tablename__ = "patient_payment"
    __table_args__ = (
        sa.UniqueConstraint("takes_back", name="uq_patient_payment_takes_back"),
        sa.Index("ix_patient_payment_till", "practice_id", "received_on"),
        sa.Index("ix_patient_payment_reference", "practice_id", "reference"),
        sa.Index("ix_patient_payment_amount", "practice_id", "amount_cents"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    amount_cents: int = Field(sa_type=sa.BigInteger)
    method: str = Field(sa_type=sa.String(20))
    """cash, cheque, card, eft, lockbox, agency"""
    fee_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """What a collection agency keeps of it"""
    reference: str | None = Field(default=None, sa_type=sa.String(100))
    received_on: date
    """The till's day, by the calendar of who took it"""
    till: int = 1
    """Which till of that person and day, as in TillClose; what is never in a till stands with the first"""
    received_at: datetime = Field(sa_type=Instant)
    recorded_by: str = Field(sa_type=Id)
    takes_back: str | None = Field(default=None, sa_type=Id)
    """The payment that this row undoes: returned by the bank, or entered by mistake"""
    checkout_id: str | None = Field(default=None, sa_type=Id, foreign_key="checkout.id", index=True)
    """The checkout on the card processor's page that brought it, or took it back"""
    receipt_id: str | None = Field(default=None, sa_type=Id, foreign_key="account_receipt.id", index=True)
    """The money for the whole account that this is a part of, or what took that back"""
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The bank's booking of what it gave back"""


class Amendment(SQLModel, table=True):
    """A change of what was billed, made after the fact; it waits where the claim can not be changed yet."""

    __table_args__ = (sa.Index("ix_amendment_encounter", "encounter_id", "state"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id")
    kind: str = Field(sa_type=sa.String(20))
    """billing.amendments.Change"""
    body: str = Field(sa_type=sa.Text)
    """What was typed, as JSON; or the claim that came in with frequency 7"""
    state: str = Field(default="waiting", sa_type=sa.String(10))
    """waiting (for the payer's claim number or its answer), voiding (the void is under way), done, dropped"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str | None = Field(default=None, sa_type=Id)
    """None: it came in as a file"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class TimelineEvent(SQLModel, table=True):
    """One line of the encounter's story, in the office's words."""

    __tablename__ = "timeline_event"

    id: int | None = Field(default=None, sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    at: datetime = Field(sa_type=Instant)
    stage: str = Field(sa_type=sa.String(20))
    text: str = Field(sa_type=sa.Text)
    actor: str = Field(default="office", sa_type=sa.String(30))
    message_id: str | None = Field(default=None, sa_type=Id)
