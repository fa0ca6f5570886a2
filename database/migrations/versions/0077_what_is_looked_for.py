"""What people look for, kept for a day; who answers for a visit is found by an index; what a card was agreed for"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "search_text",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_search_text_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_search_text_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
    )
    op.create_index("ix_search_text_user", "search_text", ["user_id", "at"])
    op.create_index("ix_encounter_answering", "encounter", [sa.text("coalesce(responsible_id, patient_id)")])
    op.add_column("kept_card", sa.Column("agreed_parts", sa.Text(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("kept_card", "agreed_parts")
    op.drop_index("ix_encounter_answering", "encounter")
    op.drop_table("search_text")
