"""Remittances: one file row per 835 transaction and payee, one claim row per CLP."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class RemittanceFile(SQLModel, table=True):
    """One ST*835 for one payee, identified by what it says and not by its envelope."""

    __tablename__ = "remittance_file"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "content_hash", name="uq_remittance_content"),
        sa.Index("ix_remittance_trace", "practice_id", "payer_number", "trace"),
        sa.Index("ix_remittance_said_trace", "practice_id", "trace"),
        sa.Index("ix_remittance_paid", "practice_id", "paid_cents"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id")
    set_ordinal: int
    """Which ST of the message, from 1"""
    trace: str = Field(sa_type=sa.String(50))
    """TRN02"""
    payer_number: str = Field(sa_type=sa.String(10))
    """TRN03"""
    payment_date: date
    """BPR16"""
    payee_npi: str = Field(sa_type=sa.String(80))
    content_hash: str = Field(sa_type=sa.String(64))
    """sha256 of BPR..PLB, delimiters normalised"""
    paid_cents: int = Field(sa_type=sa.BigInteger)
    """BPR02"""
    provider_adjustment_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """Sum of PLB"""
    header: str = Field(sa_type=sa.Text)
    """billing.remittance.Remittance as JSON"""
    claim_count: int
    state: str = Field(sa_type=sa.String(12))
    """stored, posting, closed, excepted"""
    received_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking that brought its money; None: the bank has not confirmed it"""
    taken_back_by: str | None = Field(default=None, sa_type=Id)
    """Typed from paper and mistyped: the remittance that undoes it"""


class RemittanceClaim(SQLModel, table=True):
    """One CLP of a remittance: matched, then posted or excepted."""

    __tablename__ = "remittance_claim"
    __table_args__ = (
        sa.UniqueConstraint("remittance_id", "ordinal", name="uq_remittance_claim"),
        sa.Index("ix_remittance_claim_state", "remittance_id", "state"),
        sa.Index("ix_remittance_claim_number", "practice_id", "payer_claim_number"),
        sa.Index("ix_remittance_claim_paid", "practice_id", "paid_cents"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    remittance_id: str = Field(sa_type=Id, foreign_key="remittance_file.id")
    ordinal: int
    """Place of the CLP in the transaction, from 1"""
    control_number: str = Field(sa_type=sa.String(38), index=True)
    payer_claim_number: str | None = Field(default=None, sa_type=sa.String(50))
    status: str = Field(sa_type=sa.String(3))
    """CLP02"""
    charge_cents: int = Field(sa_type=sa.BigInteger)
    paid_cents: int = Field(sa_type=sa.BigInteger)
    payment: str = Field(sa_type=sa.Text)
    """billing.remittance.ClaimPayment as JSON"""
    state: str = Field(sa_type=sa.String(12))
    """open, unmatched, held (a person looks first), posted, noted (it decides nothing), excepted"""
    matched_by: str | None = Field(default=None, sa_type=sa.String(20))
    """The rung of the ladder: control_number, mangled_number, old_control_number, payer_claim_number, senders_number,
    service, person"""
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    responsibility: str = Field(default="P", sa_type=sa.String(1))
    """SBR01 of the policy whose payer answers here; known once posted"""
    reviewed_by: str | None = Field(default=None, sa_type=sa.String(30))
    """Who let it be posted after it was held: a user's id, or the office once it was held long enough"""
    reversed_by: str | None = Field(default=None, sa_type=Id)
    """The remittance claim that took this posting back, or answered the claim anew; the submission or the amendment
    that voided it"""


class Denial(SQLModel, table=True):
    """An amount a payer refused: open until it is paid, written off with approval, or reversed."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    line_id: str = Field(sa_type=Id, foreign_key="service_line.id")
    remittance_claim_id: str = Field(sa_type=Id, foreign_key="remittance_claim.id")
    adjustment_group: str = Field(sa_type=sa.String(2))
    reason: str = Field(sa_type=sa.String(5))
    """CARC"""
    remarks: str = Field(default="", sa_type=sa.String(60))
    """RARCs, comma separated"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    blocked_reason: str | None = Field(default=None, sa_type=sa.String(200))
    """Set when it is a patient share that may not be billed: which rule forbids it"""
    state: str = Field(default="open", sa_type=sa.String(12))
    """open, appealed; passed_on (the next payer is asked first); ended: answered (by that payer), resubmitted, moved
    (to another payer), billed (to the patient), written_off, voided, superseded (answered anew), reversed"""
