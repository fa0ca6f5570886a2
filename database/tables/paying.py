"""Patients pay by themselves: links to the pay page, checkouts with the card processor, and what it told of them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class PayLink(SQLModel, table=True):
    """A secret address under which one account can be looked at and paid, once a second fact is known."""

    __tablename__ = "pay_link"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who holds the account"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id", index=True)
    """The paper that it stands on; None: a person made it"""
    wrong_facts: int = Field(default=0)
    """In a row"""
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class PaySession(SQLModel, table=True):
    """A browser that knew the second fact. The cookie carries only a random id."""

    __tablename__ = "pay_session"

    sha256: str = Field(sa_type=sa.String(64), primary_key=True)
    link_sha256: str = Field(sa_type=sa.String(64), foreign_key="pay_link.sha256", index=True)
    opened_at: datetime = Field(sa_type=Instant)
    last_seen_at: datetime = Field(sa_type=Instant)


class AccountReceipt(SQLModel, table=True):
    """Money that came at once for a whole account and was spread over its visits: a cheque for a statement."""

    __tablename__ = "account_receipt"
    __table_args__ = (
        sa.Index("ix_account_receipt_cheque", "practice_id", "amount_cents", "received_on"),
        sa.Index("ix_account_receipt_reference", "practice_id", "reference"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who held the account on that day"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """What its payments sum to"""
    method: str = Field(sa_type=sa.String(20))
    reference: str | None = Field(default=None, sa_type=sa.String(100))
    received_on: date
    taken_at: datetime = Field(sa_type=Instant)
    taken_by: str = Field(sa_type=Id)
    taken_back_at: datetime | None = Field(default=None, sa_type=Instant)
    """Every payment of it was undone"""


class Checkout(SQLModel, table=True):
    """One wish to pay by card: the processor's page takes the card, and its word alone makes it a payment."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who holds the account"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    made_at: datetime = Field(sa_type=Instant)
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id")
    """The paper whose link was followed: its visits are paid first; None: a link of a person, or a plan's instalment"""
    state: str = Field(sa_type=sa.String(10))
    """database.paying: open, paid, failed, reversed"""
    processor_id: str | None = Field(default=None, sa_type=sa.String(100), index=True)
    """The processor's number for it; None: it was not reached"""
    address: str = Field(default="", sa_type=sa.Text)
    """The processor's page"""
    payment_reference: str | None = Field(default=None, sa_type=sa.String(100))
    """The processor's number of the payment"""
    paid_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    """What was really paid"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)


class CardRefund(SQLModel, table=True):
    """Money that goes back to the card that paid it: asked of the processor, whose word alone settles it."""

    __tablename__ = "card_refund"
    __table_args__ = (sa.Index("ix_card_refund_state", "practice_id", "state"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    """On which the credit stood"""
    checkout_id: str = Field(sa_type=Id, foreign_key="checkout.id", index=True)
    """The payment that it goes back from"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    state: str = Field(sa_type=sa.String(10))
    """database.card_refunds: under_way, paid, failed"""
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: str = Field(sa_type=Id)
    processor_id: str | None = Field(default=None, sa_type=sa.String(100))
    """The processor's number for it; None: it was not reached yet"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str = Field(default="", sa_type=sa.String(200))
    """Why it failed"""


class ProcessorEvent(SQLModel, table=True):
    """One signed notice of the card processor, kept once."""

    __tablename__ = "processor_event"

    id: str = Field(sa_type=sa.String(100), primary_key=True)
    """webhook-id"""
    practice_id: str | None = Field(default=None, sa_type=Id, foreign_key="practice.id")
    kind: str = Field(sa_type=sa.String(40))
    body: str = Field(sa_type=sa.Text)
    received_at: datetime = Field(sa_type=Instant)
    checkout_id: str | None = Field(default=None, sa_type=Id, foreign_key="checkout.id", index=True)
    verdict: str = Field(sa_type=sa.String(200))
    """What became of it, in words"""


class CardPayout(SQLModel, table=True):
    """What the card processor sent to the bank account in one sum, recorded once."""

    __tablename__ = "card_payout"
    __table_args__ = (sa.UniqueConstraint("practice_id", "processor_id", name="uq_card_payout_processor"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    processor_id: str = Field(sa_type=sa.String(100))
    """The processor's number for it"""
    sent_on: date
    fees_cents: int = Field(sa_type=sa.BigInteger)
    net_cents: int = Field(sa_type=sa.BigInteger)
    """What comes to the bank; below zero: the bank is debited"""
    record: str = Field(sa_type=sa.Text)
    """billing.card_payouts.Payout as JSON"""
    received_at: datetime = Field(sa_type=Instant)
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking of its net"""


class CardPayoutLine(SQLModel, table=True):
    """One line of a payout, and what of the books it pays out."""

    __tablename__ = "card_payout_line"
    __table_args__ = (
        sa.UniqueConstraint("payout_id", "ordinal", name="uq_card_payout_line_ordinal"),
        sa.UniqueConstraint("practice_id", "item", name="uq_card_payout_line_item"),
        sa.Index("ix_card_payout_line_open", "practice_id", "settled_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    payout_id: str = Field(sa_type=Id, foreign_key="card_payout.id")
    ordinal: int
    """Of the report's lines, from 1"""
    kind: str = Field(sa_type=sa.String(12))
    """billing.card_payouts.LineKind"""
    reference: str = Field(sa_type=sa.String(100))
    payment: str = Field(sa_type=sa.String(100))
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """Above zero: it came to the office"""
    item: str | None = Field(default=None, sa_type=sa.String(40))
    """database.card_payouts: what it pays out, once; None: it fits nothing"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when it has its item, or was counted as a cost"""
    settled_by: str | None = Field(default=None, sa_type=Id)
    """The person; None: the office by itself"""
    reason: str = Field(default="", sa_type=sa.String(300))
    """Why it was counted as a cost"""
