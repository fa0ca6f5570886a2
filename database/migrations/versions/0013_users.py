"""Passwords that were made up for somebody; visits, the newest first"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("app_user") as batch_op:
        batch_op.add_column(sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("encounter") as batch_op:
        batch_op.create_index("ix_encounter_newest", ["practice_id", "created_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("encounter") as batch_op:
        batch_op.drop_index("ix_encounter_newest")
    with op.batch_alter_table("app_user") as batch_op:
        batch_op.drop_column("must_change_password")
