"""What practices pay a billing company: agreements, and an invoice a month. Append-only: triggers refuse changes."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class FeeAgreement(SQLModel, table=True):
    """Terms from a month on; the newest row of the latest month that is not after the invoiced one counts."""

    __tablename__ = "fee_agreement"
    __table_args__ = (sa.Index("ix_fee_agreement_practice", "practice_id", "effective_from"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    effective_from: date
    """The first day of a month"""
    ordinal: int
    """Of the practice's rows, from 1"""
    is_end: bool = False
    """From this month on nothing is asked"""
    basis_points: int
    of_payers: bool
    of_patients: bool
    minimum_cents: int = Field(sa_type=sa.BigInteger)
    excluded_payers: str = Field(default="[]", sa_type=sa.Text)
    """Ids of payers, as JSON"""
    biller: str = Field(sa_type=sa.String(100))
    """The billing company"""
    biller_address: str = Field(sa_type=sa.String(200))
    pay_within_days: int
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class FeeInvoice(SQLModel, table=True):
    """What is asked for one month, made of the entries of the ledger with numbers above `after_entry` up to
    `through_entry`: each entry is in one invoice, also one that came late into a month that was opened again."""

    __tablename__ = "fee_invoice"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "number", name="uq_fee_invoice_number"),
        sa.UniqueConstraint("practice_id", "month", name="uq_fee_invoice_month"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    number: int
    """1, 2, 3 ... of the practice, without a gap"""
    month: str = Field(sa_type=sa.String(7))
    """2026-10"""
    agreement_id: str = Field(sa_type=Id, foreign_key="fee_agreement.id")
    close_id: str = Field(sa_type=Id, foreign_key="period_close.id")
    """The closing of the month that it stands on"""
    after_entry: int = Field(sa_type=sa.BigInteger)
    through_entry: int = Field(sa_type=sa.BigInteger)
    receipts_cents: int = Field(sa_type=sa.BigInteger)
    """The sum of its lines"""
    carried_in_cents: int = Field(sa_type=sa.BigInteger)
    """Zero or less: what the invoice before carried out"""
    base_cents: int = Field(sa_type=sa.BigInteger)
    share_cents: int = Field(sa_type=sa.BigInteger)
    fee_cents: int = Field(sa_type=sa.BigInteger)
    carried_out_cents: int = Field(sa_type=sa.BigInteger)
    pay_by: date
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class FeeInvoiceLine(SQLModel, table=True):
    """One kind of receipt of one payer and class, or of patients."""

    __tablename__ = "fee_invoice_line"

    invoice_id: str = Field(sa_type=Id, foreign_key="fee_invoice.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    receipt: str = Field(sa_type=sa.String(30))
    """billing.fees.Receipt"""
    payer_id: str = Field(default="", sa_type=sa.String(20))
    """Empty: patients, or a payer that no entry names"""
    payer_name: str = Field(default="", sa_type=sa.String(200))
    payer_class: str = Field(default="", sa_type=sa.String(40))
    """By SBR09 of the visit's claim, when the invoice was made"""
    entries: int
    """Of the ledger"""
    cents: int = Field(sa_type=sa.BigInteger)
