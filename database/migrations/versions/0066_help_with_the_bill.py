"""Help with the bill: scale, poverty guidelines, applications"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def _keys(table: str, *columns: tuple[str, str]) -> list[sa.Constraint]:
    found: list[sa.Constraint] = [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in columns
    ]
    return [*found, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def upgrade() -> None:
    op.create_table(
        "assistance_scale",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        *_keys("assistance_scale", ("practice_id", "practice"), ("made_by", "app_user")),
    )
    op.create_index(op.f("ix_assistance_scale_practice_id"), "assistance_scale", ["practice_id"])
    op.create_table(
        "poverty_guideline",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("first_cents", sa.BigInteger(), nullable=False),
        sa.Column("each_more_cents", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        *_keys("poverty_guideline", ("practice_id", "practice"), ("made_by", "app_user")),
    )
    op.create_index(op.f("ix_poverty_guideline_practice_id"), "poverty_guideline", ["practice_id"])
    _create_applications()


def _create_applications() -> None:
    op.create_table(
        "assistance_application",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("received_by", ID, nullable=False),
        sa.Column("way", sa.String(length=5), nullable=False),
        sa.Column("applicant", sa.String(length=200), nullable=False),
        sa.Column("household_size", sa.Integer(), nullable=True),
        sa.Column("income_cents", sa.BigInteger(), nullable=True),
        sa.Column("income_per", sa.String(length=5), nullable=False),
        sa.Column("insurance", sa.String(length=200), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("percent_of_level", sa.Integer(), nullable=True),
        sa.Column("takes", sa.String(length=7), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("is_hospital", sa.Boolean(), nullable=False),
        sa.Column("days_back", sa.Integer(), nullable=False),
        sa.Column("agb_basis_points", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        *_keys("assistance_application", ("practice_id", "practice"), ("patient_id", "patient")),
    )
    for column in ("practice_id", "patient_id"):
        op.create_index(op.f(f"ix_assistance_application_{column}"), "assistance_application", [column])


def downgrade() -> None:
    op.drop_table("assistance_application")
    op.drop_table("poverty_guideline")
    op.drop_table("assistance_scale")
