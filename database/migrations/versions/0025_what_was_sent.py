"""What other systems told: numbers of patients and visits, words without codes, policies"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_word",
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_sent_word_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_sent_word_practice_id")),
        sa.PrimaryKeyConstraint("encounter_id", "ordinal", name=op.f("pk_sent_word")),
    )
    _numbers("patient", ())
    _numbers("visit", (sa.Column("message_number", sa.String(length=80), nullable=False),))
    op.create_table(
        "told_policy",
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_told_policy_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_told_policy_practice_id")),
        sa.PrimaryKeyConstraint("patient_id", "place", name=op.f("pk_told_policy")),
    )


def _numbers(of_what: str, more: tuple[sa.Column[str], ...]) -> None:
    """Numbers that senders give: `of_what` is whom or what they name."""
    table, named = f"{of_what}_number", "encounter" if of_what == "visit" else of_what
    op.create_table(
        table,
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column(f"{named}_id", sa.String(length=20), nullable=False),
        *more,
        sa.ForeignKeyConstraint([f"{named}_id"], [f"{named}.id"], name=op.f(f"fk_{table}_{named}_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{table}_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "system", "number", name=op.f(f"pk_{table}")),
    )
    with op.batch_alter_table(table) as batch:
        batch.create_index(batch.f(f"ix_{table}_{named}_id"), [f"{named}_id"], unique=False)


def downgrade() -> None:
    for table in ("told_policy", "visit_number", "patient_number", "sent_word"):
        op.drop_table(table)
