"""Why nothing is asked of an account"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "account_hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("encounter_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("begun_by", ID, nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_account_hold_{column}_{table}"))
            for column, table in (("practice_id", "practice"), ("patient_id", "patient"), ("encounter_id", "encounter"))
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_hold")),
    )
    op.create_index(op.f("ix_account_hold_patient_id"), "account_hold", ["patient_id"])


def downgrade() -> None:
    op.drop_table("account_hold")
