"""What the claim edits found, each time they ran"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edit_run",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("mended", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_edit_run_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_edit_run_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edit_run")),
    )
    op.create_index(op.f("ix_edit_run_encounter_id"), "edit_run", ["encounter_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_edit_run_encounter_id"), table_name="edit_run")
    op.drop_table("edit_run")
