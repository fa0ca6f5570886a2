"""Deposits that the bank has confirmed"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deposit") as table:
        table.add_column(sa.Column("bank_movement_id", sa.String(length=20), nullable=True))
        table.create_foreign_key(
            op.f("fk_deposit_bank_movement_id_bank_movement"), "bank_movement", ["bank_movement_id"], ["id"]
        )
    op.create_index(op.f("ix_deposit_bank_movement_id"), "deposit", ["bank_movement_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_deposit_bank_movement_id"), table_name="deposit")
    with op.batch_alter_table("deposit") as table:
        table.drop_column("bank_movement_id")
