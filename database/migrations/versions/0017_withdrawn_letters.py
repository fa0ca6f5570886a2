"""Letters that were let go of before anybody printed them"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("letter") as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_because", sa.String(length=200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch_op:
        batch_op.drop_column("withdrawn_because")
        batch_op.drop_column("withdrawn_by")
        batch_op.drop_column("withdrawn_at")
