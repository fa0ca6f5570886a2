"""What patients read for a procedure"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("charge") as batch_op:
        batch_op.add_column(sa.Column("description", sa.String(length=80), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("charge") as batch_op:
        batch_op.drop_column("description")
