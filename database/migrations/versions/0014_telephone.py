"""Where patients call about a statement"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("billing_entity") as batch_op:
        batch_op.add_column(sa.Column("telephone", sa.String(length=10), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("billing_entity") as batch_op:
        batch_op.drop_column("telephone")
