"""The audit is read: by person, by record and by day"""

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_audit_event_newest": ["practice_id", "id"],
    "ix_audit_event_actor": ["practice_id", "actor_id", "id"],
    "ix_audit_event_subject": ["practice_id", "subject_id", "id"],
    "ix_audit_event_at": ["practice_id", "at"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "audit_event", columns)
    op.drop_index("ix_audit_event_practice_id", "audit_event")


def downgrade() -> None:
    op.create_index("ix_audit_event_practice_id", "audit_event", ["practice_id"])
    for name in INDEXES:
        op.drop_index(name, "audit_event")
