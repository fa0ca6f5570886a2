"""Agreements about a billing company's fee, and its invoices, never changed"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

ID = sa.String(length=20)
CENTS = sa.BigInteger()
APPEND_ONLY = ("fee_agreement", "fee_invoice", "fee_invoice_line")


def upgrade() -> None:
    _make_agreements()
    _make_invoices()
    _make_lines()
    for table in APPEND_ONLY:
        _forbid_changes(table)


def _make_agreements() -> None:
    op.create_table(
        "fee_agreement",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_end", sa.Boolean(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("of_payers", sa.Boolean(), nullable=False),
        sa.Column("of_patients", sa.Boolean(), nullable=False),
        sa.Column("minimum_cents", CENTS, nullable=False),
        sa.Column("excluded_payers", sa.Text(), nullable=False),
        sa.Column("biller", sa.String(length=100), nullable=False),
        sa.Column("biller_address", sa.String(length=200), nullable=False),
        sa.Column("pay_within_days", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        *_keys("fee_agreement", practice_id="practice", made_by="app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_agreement")),
    )
    op.create_index("ix_fee_agreement_practice", "fee_agreement", ["practice_id", "effective_from"])


def _make_invoices() -> None:
    op.create_table(
        "fee_invoice",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("agreement_id", ID, nullable=False),
        sa.Column("close_id", ID, nullable=False),
        *(
            sa.Column(name, CENTS, nullable=False)
            for name in (
                "after_entry",
                "through_entry",
                "receipts_cents",
                "carried_in_cents",
                "base_cents",
                "share_cents",
                "fee_cents",
                "carried_out_cents",
            )
        ),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        *_keys(
            "fee_invoice",
            practice_id="practice",
            agreement_id="fee_agreement",
            close_id="period_close",
            made_by="app_user",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_invoice")),
        sa.UniqueConstraint("practice_id", "month", name="uq_fee_invoice_month"),
        sa.UniqueConstraint("practice_id", "number", name="uq_fee_invoice_number"),
    )


def _make_lines() -> None:
    op.create_table(
        "fee_invoice_line",
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("receipt", sa.String(length=30), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("payer_name", sa.String(length=200), nullable=False),
        sa.Column("payer_class", sa.String(length=40), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("cents", CENTS, nullable=False),
        *_keys("fee_invoice_line", invoice_id="fee_invoice", practice_id="practice"),
        sa.PrimaryKeyConstraint("invoice_id", "ordinal", name=op.f("pk_fee_invoice_line")),
    )


def downgrade() -> None:
    for table in reversed(APPEND_ONLY):
        op.drop_table(table)


def _keys(table: str, **others: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in others.items()
    ]


def _forbid_changes(table: str) -> None:
    """The database refuses to change what was agreed and asked, as it does for ledger and audit (0001)."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
