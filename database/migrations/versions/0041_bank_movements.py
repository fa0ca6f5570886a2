"""What banks booked, and which remittances it paid for"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_movement",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.String(length=50), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_bank_movement_practice_id_practice")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbound_message.id"], name=op.f("fk_bank_movement_message_id_inbound_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_movement")),
        sa.UniqueConstraint("practice_id", "content_key", name="uq_bank_movement_content"),
    )
    op.create_index("ix_bank_movement_state", "bank_movement", ["practice_id", "state", "booked_on"])
    with op.batch_alter_table("remittance_file") as table:
        table.add_column(sa.Column("bank_movement_id", sa.String(length=20), nullable=True))
        table.create_foreign_key(
            op.f("fk_remittance_file_bank_movement_id_bank_movement"), "bank_movement", ["bank_movement_id"], ["id"]
        )
    op.create_index(op.f("ix_remittance_file_bank_movement_id"), "remittance_file", ["bank_movement_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_remittance_file_bank_movement_id"), table_name="remittance_file")
    with op.batch_alter_table("remittance_file") as table:
        table.drop_column("bank_movement_id")
    op.drop_table("bank_movement")
