"""A paper remittance that was mistyped and taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("remittance_file") as batch_op:
        batch_op.add_column(sa.Column("taken_back_by", sa.String(length=20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("remittance_file") as batch_op:
        batch_op.drop_column("taken_back_by")
