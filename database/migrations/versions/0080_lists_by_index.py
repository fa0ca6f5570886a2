"""What people look for by a name, a birth date or a day of change is found by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

PLAIN = {
    "ix_patient_birth_date": ("patient", "birth_date"),
    "ix_encounter_closed": ("encounter", "closed_at"),
    "ix_task_opened": ("task", "opened_at"),
    "ix_task_closed": ("task", "closed_at"),
}
BEGINS = {"ix_patient_last_begins": "last_name", "ix_patient_first_begins": "first_name"}


def upgrade() -> None:
    for name, (table, column) in PLAIN.items():
        op.create_index(name, table, ["practice_id", column])
    op.create_index("ix_task_amount", "task", ["practice_id", "state", "amount_cents"])
    for name, column in BEGINS.items():
        folded = sa.func.lower(sa.column(column)).label("folded")
        op.create_index(name, "patient", ["practice_id", folded], postgresql_ops={"folded": "text_pattern_ops"})


def downgrade() -> None:
    for name in BEGINS:
        op.drop_index(name, "patient")
    op.drop_index("ix_task_amount", "task")
    for name, (table, _) in PLAIN.items():
        op.drop_index(name, table)
