"""Why help with the bill was decided so, in parts: letters word them in the patient's language"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assistance_application", sa.Column("reasons", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("assistance_application", "reasons")
