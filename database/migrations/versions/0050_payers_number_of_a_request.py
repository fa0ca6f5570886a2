"""The payer's number of its request for documents"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("information_request") as table:
        table.add_column(sa.Column("payer_reference", sa.String(length=50), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("information_request") as table:
        table.drop_column("payer_reference")
