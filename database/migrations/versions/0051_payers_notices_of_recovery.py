"""Payers' notices that they want money back"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recovery_notice",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=50), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("dispute_by", sa.Date(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by", sa.String(length=20), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_recovery_notice_{column}_{table}"))
            for column, table in (
                ("practice_id", "practice"),
                ("encounter_id", "encounter"),
                ("payer_id", "payer"),
                ("letter_id", "letter"),
                ("recorded_by", "app_user"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_notice")),
        sa.UniqueConstraint("encounter_id", "reference", name="uq_recovery_notice_reference"),
    )
    op.create_index(op.f("ix_recovery_notice_encounter_id"), "recovery_notice", ["encounter_id"])


def downgrade() -> None:
    op.drop_table("recovery_notice")
