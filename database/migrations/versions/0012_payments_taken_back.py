"""Payments taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.add_column(sa.Column("takes_back", sa.String(length=20), nullable=True))
        batch_op.create_unique_constraint("uq_patient_payment_takes_back", ["takes_back"])


def downgrade() -> None:
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.drop_constraint("uq_patient_payment_takes_back", type_="unique")
        batch_op.drop_column("takes_back")
