"""The coverage of coming visits: asked about for an appointment, before there is an encounter"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_OUTBOX = sa.table(
    "outbox",
    sa.column("kind", sa.String),
    sa.column("practice_id", sa.String),
    sa.column("subject_id", sa.String),
    sa.column("dedup_key", sa.String),
    sa.column("at", Instant),
    sa.column("queued_at", Instant),
    sa.column("send_after", Instant),
    sa.column("attempts", sa.Integer),
    sa.column("revision", sa.Integer),
)


def upgrade() -> None:
    op.create_table(
        "coverage_check",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("appointment_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=False),
        sa.Column("payer", sa.String(length=60), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("said", sa.String(length=300), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_coverage_check_appointment_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_coverage_check_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_check")),
    )
    with op.batch_alter_table("coverage_check") as batch:
        batch.create_index(batch.f("ix_coverage_check_appointment_id"), ["appointment_id"], unique=False)
    for table in ("inquiry", "benefits"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("encounter_id", existing_type=sa.String(length=20), nullable=True)
            batch.add_column(sa.Column("appointment_id", sa.String(length=20), nullable=True))
            batch.create_foreign_key(batch.f(f"fk_{table}_appointment_id"), "appointment", ["appointment_id"], ["id"])
            batch.create_index(batch.f(f"ix_{table}_appointment_id"), ["appointment_id"], unique=False)
    _wake_booked()


def _wake_booked() -> None:
    """Visits that are booked already are looked after from now on."""
    now = datetime.now(UTC)
    booked = op.get_bind().execute(sa.text("SELECT id, practice_id FROM appointment WHERE state = 'booked'"))
    rows = [
        {
            "kind": "wake_appointment",
            "practice_id": row.practice_id,
            "subject_id": row.id,
            "dedup_key": f"wake_appointment:{row.practice_id}:{row.id}:",
            "at": now,
            "queued_at": now,
            "send_after": now,
            "attempts": 0,
            "revision": 0,
        }
        for row in booked
    ]
    if rows:
        op.bulk_insert(_OUTBOX, rows)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM outbox WHERE kind = 'wake_appointment'"))
    for table in ("inquiry", "benefits"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE encounter_id IS NULL"))
        with op.batch_alter_table(table) as batch:
            batch.drop_index(batch.f(f"ix_{table}_appointment_id"))
            batch.drop_constraint(batch.f(f"fk_{table}_appointment_id"), type_="foreignkey")
            batch.drop_column("appointment_id")
            batch.alter_column("encounter_id", existing_type=sa.String(length=20), nullable=False)
    op.drop_table("coverage_check")
