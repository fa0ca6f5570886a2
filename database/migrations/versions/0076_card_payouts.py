"""Payouts of the card processor, what each line pays out, and the bank's booking of what an agency passes on"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def _keys(table: str, **to: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([one], [f"{other}.id"], name=op.f(f"fk_{table}_{one}")) for one, other in to.items()
    ]


def upgrade() -> None:
    op.create_table(
        "card_payout",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("fees_cents", sa.BigInteger(), nullable=False),
        sa.Column("net_cents", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("bank_movement_id", ID, nullable=True),
        *_keys("card_payout", practice_id="practice", bank_movement_id="bank_movement"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_payout")),
        sa.UniqueConstraint("practice_id", "processor_id", name="uq_card_payout_processor"),
    )
    op.create_index(op.f("ix_card_payout_bank_movement_id"), "card_payout", ["bank_movement_id"])
    op.create_table(
        "card_payout_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("payout_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("payment", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        *_keys("card_payout_line", practice_id="practice", payout_id="card_payout"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_payout_line")),
        sa.UniqueConstraint("payout_id", "ordinal", name="uq_card_payout_line_ordinal"),
        sa.UniqueConstraint("practice_id", "item", name="uq_card_payout_line_item"),
    )
    op.create_index("ix_card_payout_line_open", "card_payout_line", ["practice_id", "settled_at"])
    with op.batch_alter_table("agency_file") as table:
        table.add_column(sa.Column("bank_movement_id", ID, nullable=True))
        table.create_foreign_key(op.f("fk_agency_file_bank_movement_id"), "bank_movement", ["bank_movement_id"], ["id"])
    op.create_index(op.f("ix_agency_file_bank_movement_id"), "agency_file", ["bank_movement_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_agency_file_bank_movement_id"), table_name="agency_file")
    with op.batch_alter_table("agency_file") as table:
        table.drop_constraint(op.f("fk_agency_file_bank_movement_id"), type_="foreignkey")
        table.drop_column("bank_movement_id")
    op.drop_table("card_payout_line")
    op.drop_table("card_payout")
