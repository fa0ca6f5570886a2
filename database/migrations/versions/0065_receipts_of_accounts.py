"""Money for a whole account, and accounts by what they owe"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "account_receipt",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.Column("taken_by", ID, nullable=False),
        sa.Column("taken_back_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_account_receipt_practice_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_account_receipt_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_receipt")),
    )
    op.create_index(op.f("ix_account_receipt_patient_id"), "account_receipt", ["patient_id"])
    op.create_index("ix_account_receipt_cheque", "account_receipt", ["practice_id", "amount_cents", "received_on"])
    op.create_index("ix_patient_account_owed", "patient_account", ["practice_id", "owed_cents", "patient_id"])
    with op.batch_alter_table("patient_payment") as table:
        table.add_column(sa.Column("receipt_id", ID, nullable=True))
        table.create_foreign_key(op.f("fk_patient_payment_receipt_id"), "account_receipt", ["receipt_id"], ["id"])
        table.create_index(op.f("ix_patient_payment_receipt_id"), ["receipt_id"])


def downgrade() -> None:
    with op.batch_alter_table("patient_payment") as table:
        table.drop_index(op.f("ix_patient_payment_receipt_id"))
        table.drop_constraint(op.f("fk_patient_payment_receipt_id"), type_="foreignkey")
        table.drop_column("receipt_id")
    op.drop_index("ix_patient_account_owed", "patient_account")
    op.drop_table("account_receipt")
