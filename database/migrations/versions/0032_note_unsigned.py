"""A visit whose note is not signed yet waits before coding"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("encounter") as batch:
        batch.add_column(sa.Column("note_unsigned", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("encounter") as batch:
        batch.alter_column("note_unsigned", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("encounter") as batch:
        batch.drop_column("note_unsigned")
