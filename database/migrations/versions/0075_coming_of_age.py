"""Patients who came of age, and who answers for a visit where it is not who answers for its patient now"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    with op.batch_alter_table("encounter") as table:
        table.add_column(sa.Column("responsible_id", ID, nullable=True))
    op.create_index(op.f("ix_encounter_responsible_id"), "encounter", ["responsible_id"])
    op.create_table(
        "came_of_age",
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("majority_on", sa.Date(), nullable=False),
        sa.Column("guarantor", sa.Text(), nullable=True),
        sa.Column("parted_at", Instant(), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("later_guarantor", sa.Text(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_came_of_age_{one}_id_{one}"))
            for one in ("patient", "practice")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_came_of_age")),
    )
    op.create_index(op.f("ix_came_of_age_practice_id"), "came_of_age", ["practice_id"])


def downgrade() -> None:
    op.drop_table("came_of_age")
    op.drop_index(op.f("ix_encounter_responsible_id"), table_name="encounter")
    with op.batch_alter_table("encounter") as table:
        table.drop_column("responsible_id")
