"""Appointments that other systems tell of: nobody here booked them, and their sender's number names them"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("appointment") as batch:
        batch.add_column(sa.Column("sender", sa.String(length=100), nullable=True))
        batch.add_column(sa.Column("number", sa.String(length=80), nullable=True))
        batch.add_column(sa.Column("told_at", sa.String(length=14), nullable=False, server_default=""))
        batch.alter_column("booked_by", existing_type=sa.String(length=20), nullable=True)
        batch.create_unique_constraint("uq_appointment_number", ["practice_id", "sender", "number"])
    with op.batch_alter_table("appointment") as batch:
        batch.alter_column("told_at", existing_type=sa.String(length=14), server_default=None)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM appointment WHERE booked_by IS NULL"))
    with op.batch_alter_table("appointment") as batch:
        batch.drop_constraint("uq_appointment_number", type_="unique")
        batch.alter_column("booked_by", existing_type=sa.String(length=20), nullable=False)
        batch.drop_column("told_at")
        batch.drop_column("number")
        batch.drop_column("sender")
