"""The day of the visit that a payer was asked about: an appointment may move"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coverage_check", sa.Column("service_day", sa.Date(), nullable=True))
    booked = "(SELECT day FROM appointment WHERE appointment.id = coverage_check.appointment_id)"
    op.execute(f"UPDATE coverage_check SET service_day = {booked}")
    with op.batch_alter_table("coverage_check") as table:
        table.alter_column("service_day", existing_type=sa.Date(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("coverage_check") as table:
        table.drop_column("service_day")
