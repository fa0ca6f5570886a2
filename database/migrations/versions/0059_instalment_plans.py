"""Agreements to pay in parts"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "instalment_plan",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("encounters", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("instalments", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("disclosure", sa.String(length=500), nullable=False),
        sa.Column("agreed_at", Instant(), nullable=False),
        sa.Column("agreed_by", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("forgiven", sa.Integer(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("why", sa.String(length=500), nullable=False),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_instalment_plan_{column}_{table}"))
            for column, table in (("practice_id", "practice"), ("patient_id", "patient"), ("agreed_by", "app_user"))
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalment_plan")),
    )
    op.create_index(op.f("ix_instalment_plan_patient_id"), "instalment_plan", ["patient_id"])


def downgrade() -> None:
    op.drop_table("instalment_plan")
