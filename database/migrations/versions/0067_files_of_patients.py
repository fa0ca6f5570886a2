"""Files that patients send themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    with op.batch_alter_table("attachment") as table:
        table.alter_column("added_by", existing_type=ID, nullable=True)


def downgrade() -> None:
    op.execute("UPDATE attachment SET added_by = (SELECT min(id) FROM app_user) WHERE added_by IS NULL")
    with op.batch_alter_table("attachment") as table:
        table.alter_column("added_by", existing_type=ID, nullable=False)
