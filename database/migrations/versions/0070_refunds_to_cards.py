"""Refunds to patients' cards"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "card_refund",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("encounter_id", ID, nullable=False),
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_card_refund_{one}_id"))
            for one in ("practice", "encounter", "checkout")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_refund")),
    )
    op.create_index("ix_card_refund_state", "card_refund", ["practice_id", "state"])
    for column in ("encounter_id", "checkout_id"):
        op.create_index(op.f(f"ix_card_refund_{column}"), "card_refund", [column])


def downgrade() -> None:
    op.drop_table("card_refund")
