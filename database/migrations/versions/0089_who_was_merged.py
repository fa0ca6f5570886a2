"""Who was merged into a patient, found by an index: every request asks it where records are kept"""

from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_patient_merged_into", "patient", ["practice_id", "merged_into"])


def downgrade() -> None:
    op.drop_index("ix_patient_merged_into", table_name="patient")
