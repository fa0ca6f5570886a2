"""Spreadsheets of visits: a mapping for each sender, what became of each sheet, rows that were not taken"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_ID = sa.String(length=20)
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sheet_mapping",
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("fixed", sa.Text(), nullable=False),
        sa.Column("date_order", sa.String(length=3), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_sheet_mapping_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "source", name=op.f("pk_sheet_mapping")),
    )
    op.create_table(
        "sheet_taken",
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("amended", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("taken_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_sheet_taken_practice_id")),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_sheet_taken_message_id")),
        sa.PrimaryKeyConstraint("practice_id", "message_id", name=op.f("pk_sheet_taken")),
    )
    op.create_table(
        "refused_row",
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_refused_row_practice_id")),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_refused_row_message_id")),
        sa.PrimaryKeyConstraint("practice_id", "message_id", "row", name=op.f("pk_refused_row")),
    )


def downgrade() -> None:
    for table in ("refused_row", "sheet_taken", "sheet_mapping"):
        op.drop_table(table)
