"""Runs of statements, payments that cross a paper, and e-mail addresses that do not work"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def _keys(table: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    to = {
        "practice_id": "practice.id",
        "run_id": "statement_run.id",
        "letter_id": "letter.id",
        "payment_id": "patient_payment.id",
    }
    return [sa.ForeignKeyConstraint([one], [to[one]], name=op.f(f"fk_{table}_{one}")) for one in names]


def upgrade() -> None:
    op.create_table(
        "statement_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("kinds", sa.String(length=60), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("begun_by", ID, nullable=False),
        sa.Column("both_sides", sa.Boolean(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=True),
        sa.Column("made_at", Instant(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        *_keys("statement_run", "practice_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_run")),
    )
    op.create_index("ix_statement_run_newest", "statement_run", ["practice_id", "begun_at"])
    op.create_table(
        "statement_run_item",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("letter_id", ID, nullable=False),
        sa.Column("live_letter_id", ID, nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        *_keys("statement_run_item", "run_id", "practice_id", "letter_id"),
        sa.PrimaryKeyConstraint("run_id", "ordinal", name=op.f("pk_statement_run_item")),
        sa.UniqueConstraint("live_letter_id", name="uq_statement_run_item_live"),
        sa.UniqueConstraint("message_id", name=op.f("uq_statement_run_item_message_id")),
    )
    op.create_index(op.f("ix_statement_run_item_letter_id"), "statement_run_item", ["letter_id"])
    op.create_table(
        "statement_run_part",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *_keys("statement_run_part", "run_id", "practice_id"),
        sa.PrimaryKeyConstraint("run_id", "ordinal", name=op.f("pk_statement_run_part")),
    )
    op.create_table(
        "statement_run_file",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        *_keys("statement_run_file", "run_id", "practice_id"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_statement_run_file")),
    )
    op.create_table(
        "crossed_payment",
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("letter_id", ID, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        *_keys("crossed_payment", "payment_id", "practice_id", "letter_id"),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_crossed_payment")),
    )
    op.create_index(op.f("ix_crossed_payment_letter_id"), "crossed_payment", ["letter_id"])
    with op.batch_alter_table("consent") as table:
        table.alter_column("said_by", existing_type=ID, nullable=True)
    op.add_column("patient", sa.Column("email_failed", sa.String(length=254), nullable=True))
    op.add_column("patient", sa.Column("email_failed_why", sa.String(length=300), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM consent WHERE said_by IS NULL")
    with op.batch_alter_table("consent") as table:
        table.alter_column("said_by", existing_type=ID, nullable=False)
    with op.batch_alter_table("patient") as table:
        table.drop_column("email_failed_why")
        table.drop_column("email_failed")
    op.drop_table("crossed_payment")
    op.drop_table("statement_run_file")
    op.drop_table("statement_run_part")
    op.drop_table("statement_run_item")
    op.drop_table("statement_run")
