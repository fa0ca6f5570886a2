"""Lines that payers allowed another amount for than their contracts say"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_FOREIGN = {
    "practice_id": "practice",
    "encounter_id": "encounter",
    "payer_id": "payer",
    "line_id": "service_line",
    "remittance_claim_id": "remittance_claim",
    "contract_id": "contract",
    "letter_id": "letter",
}
_INDEXED = ("encounter_id", "remittance_claim_id", "letter_id")


def upgrade() -> None:
    op.create_table(
        "payment_variance",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("line_id", sa.String(length=20), nullable=False),
        sa.Column("remittance_claim_id", sa.String(length=20), nullable=False),
        sa.Column("control_number", sa.String(length=38), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("procedure", sa.String(length=48), nullable=False),
        sa.Column("modifiers", sa.String(length=20), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("recode", sa.String(length=200), nullable=False),
        sa.Column("contract_id", sa.String(length=20), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("expected_cents", sa.BigInteger(), nullable=True),
        sa.Column("allowed_cents", sa.BigInteger(), nullable=True),
        sa.Column("lowest_cents", sa.BigInteger(), nullable=True),
        sa.Column("recovered_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_before", sa.String(length=12), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_payment_variance_{name}_{table}"))
            for name, table in _FOREIGN.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_variance")),
        sa.UniqueConstraint("control_number", "line_id", name="uq_payment_variance_line"),
    )
    op.create_index("ix_payment_variance_state", "payment_variance", ["practice_id", "state", "answered_on"])
    for name in _INDEXED:
        op.create_index(op.f(f"ix_payment_variance_{name}"), "payment_variance", [name])


def downgrade() -> None:
    op.drop_table("payment_variance")
