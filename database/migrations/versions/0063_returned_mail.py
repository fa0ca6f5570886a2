"""Papers that came back"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("returned_at", Instant(), nullable=True))
    op.add_column("letter", sa.Column("returned_by", sa.String(length=20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as table:
        table.drop_column("returned_by")
        table.drop_column("returned_at")
