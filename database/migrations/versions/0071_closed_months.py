"""Months that were closed, with what stood in the ledger"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

ID = sa.String(length=20)
PEOPLE = ("closed_by", "reopen_asked_by", "reopened_by")


def upgrade() -> None:
    op.create_table(
        "period_close",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("standing_key", sa.String(length=7), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=False),
        sa.Column("closed_by", ID, nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("checklist", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reopen_asked_at", Instant(), nullable=True),
        sa.Column("reopen_asked_by", ID, nullable=True),
        sa.Column("reopen_reason", sa.String(length=300), nullable=False),
        sa.Column("reopened_at", Instant(), nullable=True),
        sa.Column("reopened_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_period_close_practice_id")),
        *(sa.ForeignKeyConstraint([one], ["app_user.id"], name=op.f(f"fk_period_close_{one}")) for one in PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_close")),
        sa.UniqueConstraint("practice_id", "standing_key", name="uq_period_close_standing"),
    )
    op.create_index(op.f("ix_period_close_practice_id"), "period_close", ["practice_id"])


def downgrade() -> None:
    op.drop_table("period_close")
