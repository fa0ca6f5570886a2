"""The lock on aged cash, opened for a day"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aged_cash_opening",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("opened_by", sa.String(length=20), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_aged_cash_opening_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["app_user.id"], name=op.f("fk_aged_cash_opening_opened_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aged_cash_opening")),
        sa.UniqueConstraint("practice_id", "day", name="uq_aged_cash_opening_day"),
    )


def downgrade() -> None:
    op.drop_table("aged_cash_opening")
