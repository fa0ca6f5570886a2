"""What came in and what goes out: raw bytes first, then everything else."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class InboundMessage(SQLModel, table=True):
    """Raw inbound bytes, stored before anything looks at them."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "sha256", name="uq_inbound_content"),
        sa.Index("ix_inbound_state", "state", "received_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    partner_id: str | None = Field(default=None, sa_type=Id, foreign_key="partner.id")
    practice_id: str | None = Field(default=None, sa_type=Id, foreign_key="practice.id")
    """Known for files dropped by hand and for real-time answers; a mailbox message may concern several"""
    kind: str = Field(sa_type=sa.String(10))
    """837P, 999, TA1, 277CA, 835, 271, ... or unknown"""
    sha256: str = Field(sa_type=sa.String(64))
    body: bytes = Field(sa_type=sa.LargeBinary)
    received_at: datetime = Field(sa_type=Instant)
    mail_id: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Its number in the partner's mailbox; the office's own count for files"""
    state: str = Field(default="stored", sa_type=sa.String(10))
    """stored, filed, or failed (then a task says why)"""
    note: str = Field(default="", sa_type=sa.Text)


class PartnerFile(SQLModel, table=True):
    """A file that was seen in a partner's inbox and is not read again while it looks the same.

    A hint that spares reading, no more: what a file is, is known by the bytes of its message.
    """

    __tablename__ = "partner_file"

    partner_id: str = Field(sa_type=Id, foreign_key="partner.id", primary_key=True)
    name: str = Field(sa_type=sa.String(1020), primary_key=True)
    size: int = Field(sa_type=sa.BigInteger)
    modified: int = Field(sa_type=sa.BigInteger)
    """When it was last written, as the listing says it: seconds (SFTP) or microseconds (folder)"""
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id")
    """The message with its bytes"""
    seen_at: datetime = Field(sa_type=Instant)
    note: str = Field(default="", sa_type=sa.String(200))
    """Why it made no message of its own, if so"""


class Inquiry(SQLModel, table=True):
    """One outbound 270: a retry sends the same bytes."""

    id: str = Field(sa_type=Id, primary_key=True)
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    appointment_id: str | None = Field(default=None, sa_type=Id, foreign_key="appointment.id", index=True)
    """One of the two: what it asks for"""
    interchange_number: int
    """ISA13"""
    body: bytes = Field(sa_type=sa.LargeBinary)
    prepared_at: datetime = Field(sa_type=Instant)
    answer_id: str | None = Field(default=None, sa_type=Id, foreign_key="inbound_message.id")


class Batch(SQLModel, table=True):
    """One outbound interchange: its numbers, its bytes, its receipt."""

    __table_args__ = (
        sa.UniqueConstraint("partner_id", "interchange_number", name="uq_batch_interchange"),
        sa.Index("ix_batch_sent", "practice_id", "prepared_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    interchange_number: int
    """ISA13"""
    group_number: int
    """GS06"""
    claim_count: int
    body: bytes = Field(sa_type=sa.LargeBinary)
    sha256: str = Field(sa_type=sa.String(64))
    state: str = Field(default="prepared", sa_type=sa.String(20))
    """prepared, transmitted, accepted, rejected, failed"""
    prepared_at: datetime = Field(sa_type=Instant)
    transmitted_at: datetime | None = Field(default=None, sa_type=Instant)
    receipt_id: str | None = Field(default=None, sa_type=sa.String(100))
    envelope_accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    """TA1"""
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)
    resends: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often a person had the stored bytes transmitted once more"""
    failed_because: str | None = Field(default=None, sa_type=sa.String(300))
    """What was said when it was last given up"""
    was_refused: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """The partner said no; False with state failed: it never answered, and may have the interchange"""


class ControlSequence(SQLModel, table=True):
    """Control numbers per partner, allocated once and stored with the bytes they went into."""

    __tablename__ = "control_sequence"

    partner_id: str = Field(sa_type=Id, foreign_key="partner.id", primary_key=True)
    name: str = Field(sa_type=sa.String(20), primary_key=True)
    """interchange (ISA13) or group (GS06)"""
    last: int


class Outbox(SQLModel, table=True):
    """A message to a workflow, written in the transaction of its cause and sent afterwards, once or more."""

    __table_args__ = (sa.UniqueConstraint("dedup_key", name="uq_outbox_dedup"),)

    id: int | None = Field(default=None, sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    kind: str = Field(sa_type=sa.String(30))
    practice_id: str = Field(sa_type=Id)
    subject_id: str = Field(sa_type=Id)
    """The encounter, remittance, partner or batch"""
    fact_id: str | None = Field(default=None, sa_type=Id)
    dedup_key: str = Field(sa_type=sa.String(120))
    at: datetime = Field(sa_type=Instant)
    """The business instant of the cause"""
    queued_at: datetime = Field(sa_type=Instant)
    """Wall clock: an unsent row older than five minutes is a fault"""
    send_after: datetime = Field(sa_type=Instant)
    """Wall clock: not sent before; lets claims gather for a batch"""
    attempts: int = Field(default=0)
    revision: int = Field(default=0)
    """Rises when the same wish comes again before it was sent"""
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
