"""Patients' cheques that a bank's lockbox brought"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def _keys(table: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    to = {
        "practice_id": "practice.id",
        "message_id": "inbound_message.id",
        "batch_id": "lockbox_batch.id",
        "receipt_id": "account_receipt.id",
        "bank_movement_id": "bank_movement.id",
    }
    return [sa.ForeignKeyConstraint([one], [to[one]], name=op.f(f"fk_{table}_{one}")) for one in names]


def upgrade() -> None:
    op.create_table(
        "lockbox_batch",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("lockbox", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("deposited_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("bank_movement_id", ID, nullable=True),
        *_keys("lockbox_batch", "practice_id", "message_id", "bank_movement_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lockbox_batch")),
    )
    op.create_index("ix_lockbox_batch_day", "lockbox_batch", ["practice_id", "deposited_on"])
    op.create_index(op.f("ix_lockbox_batch_bank_movement_id"), "lockbox_batch", ["bank_movement_id"])
    op.create_table(
        "lockbox_cheque",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("receipt_id", ID, nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("bank_movement_id", ID, nullable=True),
        *_keys("lockbox_cheque", "practice_id", "batch_id", "receipt_id", "bank_movement_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lockbox_cheque")),
        sa.UniqueConstraint("practice_id", "content_key", name="uq_lockbox_cheque_content"),
    )
    op.create_index("ix_lockbox_cheque_state", "lockbox_cheque", ["practice_id", "state"])
    for column in ("batch_id", "receipt_id", "bank_movement_id"):
        op.create_index(op.f(f"ix_lockbox_cheque_{column}"), "lockbox_cheque", [column])


def downgrade() -> None:
    op.drop_table("lockbox_cheque")
    op.drop_table("lockbox_batch")
