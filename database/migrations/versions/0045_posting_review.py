"""Answers that a person looks at before they are posted, and codes that are never posted unseen"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stop_code",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=True),
        sa.Column("adjustment_group", sa.String(length=2), nullable=False),
        sa.Column("reason", sa.String(length=5), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_stop_code_practice_id_practice")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_stop_code_payer_id_payer")),
        sa.ForeignKeyConstraint(["added_by"], ["app_user.id"], name=op.f("fk_stop_code_added_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_code")),
    )
    op.create_index(op.f("ix_stop_code_practice_id"), "stop_code", ["practice_id"])
    with op.batch_alter_table("remittance_claim") as table:
        table.add_column(sa.Column("reviewed_by", sa.String(length=30), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("remittance_claim") as table:
        table.drop_column("reviewed_by")
    op.drop_table("stop_code")
