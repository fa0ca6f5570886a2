"""Visits parted into several claims, and visits billed with another one"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("encounter", sa.Column("parted_from_id", sa.String(length=20), nullable=True))
    op.add_column("encounter", sa.Column("parted_because", sa.String(length=300), nullable=False, server_default=""))
    op.add_column("encounter", sa.Column("billed_with_id", sa.String(length=20), nullable=True))
    op.create_index(op.f("ix_encounter_parted_from_id"), "encounter", ["parted_from_id"])
    op.create_index(op.f("ix_encounter_billed_with_id"), "encounter", ["billed_with_id"])
    op.add_column("service_line", sa.Column("visit_id", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("service_line", "visit_id")
    op.drop_index(op.f("ix_encounter_billed_with_id"), table_name="encounter")
    op.drop_index(op.f("ix_encounter_parted_from_id"), table_name="encounter")
    with op.batch_alter_table("encounter") as table:
        table.drop_column("billed_with_id")
        table.drop_column("parted_because")
        table.drop_column("parted_from_id")
