"""Another till of the same person and day, once the earlier one is at the bank

Going back is refused by the old constraint where a second till was counted: its money cannot be told as the first's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DAY = ["practice_id", "user_id", "day"]


def upgrade() -> None:
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.add_column(sa.Column("till", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("till_close") as batch_op:
        batch_op.add_column(sa.Column("till", sa.Integer(), nullable=False, server_default="1"))
        batch_op.drop_constraint("uq_till_day", type_="unique")
        batch_op.create_unique_constraint("uq_till_day", [*DAY, "till"])
    for table in ("patient_payment", "till_close"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("till", server_default=None, existing_type=sa.Integer())


def downgrade() -> None:
    with op.batch_alter_table("till_close") as batch_op:
        batch_op.drop_constraint("uq_till_day", type_="unique")
        batch_op.create_unique_constraint("uq_till_day", DAY)
        batch_op.drop_column("till")
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.drop_column("till")
