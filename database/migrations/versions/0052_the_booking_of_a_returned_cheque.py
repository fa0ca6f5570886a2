"""The bank's booking of a returned cheque"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient_payment") as table:
        table.add_column(sa.Column("bank_movement_id", sa.String(length=20), nullable=True))
        table.create_foreign_key(
            op.f("fk_patient_payment_bank_movement_id_bank_movement"), "bank_movement", ["bank_movement_id"], ["id"]
        )
    op.create_index(op.f("ix_patient_payment_bank_movement_id"), "patient_payment", ["bank_movement_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_patient_payment_bank_movement_id"), table_name="patient_payment")
    with op.batch_alter_table("patient_payment") as table:
        table.drop_column("bank_movement_id")
