"""Cards that the processor keeps for payment plans, and what is charged to them"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}_{to}"))
        for name, to in columns.items()
    ]


def upgrade() -> None:
    op.create_table(
        "kept_card",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_by", sa.String(length=200), nullable=False),
        sa.Column("agreed_at", Instant(), nullable=False),
        sa.Column("agreed_by", ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("kept_at", Instant(), nullable=True),
        sa.Column("told_of", sa.Date(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("forgotten_at", Instant(), nullable=True),
        *_foreign("kept_card", practice_id="practice", plan_id="instalment_plan"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_card")),
    )
    op.create_index(op.f("ix_kept_card_plan_id"), "kept_card", ["plan_id"])
    op.create_table(
        "instalment_charge",
        sa.Column("checkout_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("plan_id", ID, nullable=False),
        sa.Column("card_id", ID, nullable=False),
        sa.Column("part_day", sa.Date(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        *_foreign(
            "instalment_charge",
            checkout_id="checkout",
            practice_id="practice",
            plan_id="instalment_plan",
            card_id="kept_card",
        ),
        sa.PrimaryKeyConstraint("checkout_id", name=op.f("pk_instalment_charge")),
        sa.UniqueConstraint("plan_id", "part_day", "attempt", name="uq_instalment_charge_plan_id"),
    )
    op.create_index(op.f("ix_instalment_charge_card_id"), "instalment_charge", ["card_id"])
    with op.batch_alter_table("instalment_plan") as table:
        table.alter_column("agreed_by", existing_type=ID, nullable=True)


def downgrade() -> None:
    op.drop_table("instalment_charge")
    op.drop_table("kept_card")
    op.execute("DELETE FROM instalment_plan WHERE agreed_by IS NULL")
    with op.batch_alter_table("instalment_plan") as table:
        table.alter_column("agreed_by", existing_type=ID, nullable=False)
