"""One account for everybody whom the same person answers for"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient") as table:
        table.add_column(sa.Column("account_id", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("guarantor_key", sa.String(length=64), nullable=True))
        table.create_foreign_key(op.f("fk_patient_account_id_patient"), "patient", ["account_id"], ["id"])
    op.create_index(op.f("ix_patient_account_id"), "patient", ["account_id"])
    op.create_index("ix_patient_guarantor", "patient", ["practice_id", "guarantor_key"])


def downgrade() -> None:
    op.drop_index("ix_patient_guarantor", table_name="patient")
    op.drop_index(op.f("ix_patient_account_id"), table_name="patient")
    with op.batch_alter_table("patient") as table:
        table.drop_column("guarantor_key")
        table.drop_column("account_id")
