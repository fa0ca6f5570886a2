"""The calendar of a practice, and the day of a till"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("practice") as batch_op:
        batch_op.add_column(sa.Column("time_zone", sa.String(length=50), nullable=False, server_default="UTC"))
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.add_column(sa.Column("received_on", sa.Date(), nullable=True))
    payment = sa.table("patient_payment", sa.column("received_on", sa.Date), sa.column("received_at", sa.DateTime))
    day: sa.ColumnElement[Any] = sa.func.date(payment.c.received_at)
    if op.get_bind().dialect.name == "postgresql":
        day = sa.cast(sa.func.timezone("UTC", payment.c.received_at), sa.Date)
    op.execute(payment.update().values(received_on=day))
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.alter_column("received_on", nullable=False, existing_type=sa.Date())
        batch_op.create_index("ix_patient_payment_till", ["practice_id", "received_on"])
    with op.batch_alter_table("practice") as batch_op:
        batch_op.alter_column("time_zone", server_default=None, existing_type=sa.String(50))


def downgrade() -> None:
    with op.batch_alter_table("patient_payment") as batch_op:
        batch_op.drop_index("ix_patient_payment_till")
        batch_op.drop_column("received_on")
    with op.batch_alter_table("practice") as batch_op:
        batch_op.drop_column("time_zone")
