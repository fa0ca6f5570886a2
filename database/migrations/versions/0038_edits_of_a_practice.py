"""Claim edits that a practice writes itself"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice_edit",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_practice_edit_practice_id_practice")),
        sa.ForeignKeyConstraint(["changed_by"], ["app_user.id"], name=op.f("fk_practice_edit_changed_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_edit")),
        sa.UniqueConstraint("practice_id", "number", name="uq_practice_edit_number"),
    )


def downgrade() -> None:
    op.drop_table("practice_edit")
