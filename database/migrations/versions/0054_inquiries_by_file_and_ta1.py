"""Status inquiries that left as files, and interchanges that a TA1 accepted"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("claim_status_inquiry") as table:
        table.add_column(sa.Column("sent_at", Instant(), nullable=True))
    with op.batch_alter_table("batch") as table:
        table.add_column(sa.Column("envelope_accepted_at", Instant(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("batch") as table:
        table.drop_column("envelope_accepted_at")
    with op.batch_alter_table("claim_status_inquiry") as table:
        table.drop_column("sent_at")
