"""Sensitive records, who may see them, and broken glasses"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "sensitive_record",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("marked_at", Instant(), nullable=False),
        sa.Column("marked_by", ID, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("ended_why", sa.String(length=300), nullable=True),
        _key("sensitive_record", "practice_id", "practice"),
        _key("sensitive_record", "patient_id", "patient"),
        _key("sensitive_record", "marked_by", "app_user"),
        _key("sensitive_record", "ended_by", "app_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_record")),
    )
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_sensitive_record_standing",
        "sensitive_record",
        ["patient_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("ix_sensitive_record_practice", "sensitive_record", ["practice_id", "ended_at"])
    op.create_index(op.f("ix_sensitive_record_patient_id"), "sensitive_record", ["patient_id"])
    op.create_table(
        "sensitive_viewer",
        sa.Column("record_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        _key("sensitive_viewer", "record_id", "sensitive_record"),
        _key("sensitive_viewer", "user_id", "app_user"),
        _key("sensitive_viewer", "practice_id", "practice"),
        sa.PrimaryKeyConstraint("record_id", "user_id", name=op.f("pk_sensitive_viewer")),
    )
    op.create_index(op.f("ix_sensitive_viewer_practice_id"), "sensitive_viewer", ["practice_id"])
    op.create_table(
        "broken_glass",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("broken_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("task_id", ID, nullable=False),
        _key("broken_glass", "practice_id", "practice"),
        _key("broken_glass", "patient_id", "patient"),
        _key("broken_glass", "user_id", "app_user"),
        _key("broken_glass", "task_id", "task"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_glass")),
    )
    op.create_index("ix_broken_glass_newest", "broken_glass", ["practice_id", "broken_at"])
    op.create_index("ix_broken_glass_user", "broken_glass", ["practice_id", "user_id", "until"])
    op.create_index(op.f("ix_broken_glass_patient_id"), "broken_glass", ["patient_id"])


def downgrade() -> None:
    for table in ("broken_glass", "sensitive_viewer", "sensitive_record"):
        op.drop_table(table)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
