"""What first statements offered to who pays soon"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "prompt_pay_offer",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("encounter_id", ID, nullable=False),
        sa.Column("letter_id", ID, nullable=False),
        sa.Column("share_cents", sa.BigInteger(), nullable=False),
        sa.Column("applied_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("of_plans", sa.Boolean(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{to}_id"], [f"{to}.id"], name=op.f(f"fk_prompt_pay_offer_{to}_id_{to}"))
            for to in ("practice", "encounter", "letter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_pay_offer")),
        sa.UniqueConstraint("encounter_id", "letter_id", name="uq_prompt_pay_offer_encounter_id"),
    )


def downgrade() -> None:
    op.drop_table("prompt_pay_offer")
