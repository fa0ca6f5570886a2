"""Who holds a task is found by an index"""

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_task_holder", "task", ["practice_id", "state", "assignee_id", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_task_holder", "task")
