"""Questions that a note asks of a colleague or of a role"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("note_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("role", sa.String(length=30), nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_question_{one}_id"))
            for one in ("note", "practice")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_question_user_id")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_state", "question", ["practice_id", "state"])


def downgrade() -> None:
    op.drop_table("question")
