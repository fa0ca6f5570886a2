"""Patients who are known twice are made one, and taken apart again"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("kept_id", sa.String(length=20), nullable=False),
        sa.Column("gone_id", sa.String(length=20), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("merged_at", Instant(), nullable=False),
        sa.Column("merged_by", sa.String(length=20), nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_merge_practice_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["patient.id"], name=op.f("fk_patient_merge_kept_id")),
        sa.ForeignKeyConstraint(["gone_id"], ["patient.id"], name=op.f("fk_patient_merge_gone_id")),
        sa.ForeignKeyConstraint(["merged_by"], ["app_user.id"], name=op.f("fk_patient_merge_merged_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["app_user.id"], name=op.f("fk_patient_merge_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    with op.batch_alter_table("patient_merge") as batch:
        batch.create_index(batch.f("ix_patient_merge_kept_id"), ["kept_id"], unique=False)
    with op.batch_alter_table("patient") as batch:
        batch.add_column(sa.Column("merged_into", sa.String(length=20), nullable=True))
        batch.create_foreign_key(batch.f("fk_patient_merged_into"), "patient", ["merged_into"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("patient") as batch:
        batch.drop_constraint(batch.f("fk_patient_merged_into"), type_="foreignkey")
        batch.drop_column("merged_into")
    op.drop_table("patient_merge")
