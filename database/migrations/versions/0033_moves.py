"""Offices that move here: moves, what came with them, old control numbers, instalments, when a claim was first sent"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_ID = sa.String(length=20)
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "move",
        sa.Column("id", _ID, nullable=False),
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("insurance_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_count", sa.Integer(), nullable=False),
        sa.Column("visit_count", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("tie", sa.Text(), nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("begun_by", sa.String(length=30), nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("signed_off_at", _INSTANT, nullable=True),
        sa.Column("signed_off_by", _ID, nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_move_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
        sa.UniqueConstraint("practice_id", "digest", name="uq_move_digest"),
    )
    op.create_table(
        "moved_patient",
        sa.Column("move_id", _ID, nullable=False),
        sa.Column("patient_id", _ID, nullable=False),
        sa.Column("practice_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["move_id"], ["move.id"], name=op.f("fk_moved_patient_move_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_moved_patient_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_moved_patient_practice_id")),
        sa.PrimaryKeyConstraint("move_id", "patient_id", name=op.f("pk_moved_patient")),
    )
    op.create_index(op.f("ix_moved_patient_patient_id"), "moved_patient", ["patient_id"])
    op.create_table(
        "moved_visit",
        sa.Column("encounter_id", _ID, nullable=False),
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("move_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=38), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_moved_visit_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_moved_visit_practice_id")),
        sa.ForeignKeyConstraint(["move_id"], ["move.id"], name=op.f("fk_moved_visit_move_id")),
        sa.PrimaryKeyConstraint("encounter_id", name=op.f("pk_moved_visit")),
        sa.UniqueConstraint("practice_id", "number", name="uq_moved_visit_number"),
    )
    op.create_index(op.f("ix_moved_visit_move_id"), "moved_visit", ["move_id"])
    op.create_table(
        "control_number_alias",
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=38), nullable=False),
        sa.Column("control_number", _ID, nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_control_number_alias_practice_id")),
        sa.ForeignKeyConstraint(
            ["control_number"], ["submission.control_number"], name=op.f("fk_control_number_alias_control_number")
        ),
        sa.PrimaryKeyConstraint("practice_id", "number", name=op.f("pk_control_number_alias")),
    )
    op.create_index(op.f("ix_control_number_alias_control_number"), "control_number_alias", ["control_number"])
    op.create_table(
        "payment_plan",
        sa.Column("patient_id", _ID, nullable=False),
        sa.Column("practice_id", _ID, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("day_of_month", sa.Integer(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_payment_plan_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_payment_plan_practice_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_payment_plan")),
    )
    with op.batch_alter_table("submission") as batch:
        batch.add_column(sa.Column("first_submitted_at", _INSTANT, nullable=True))
        batch.add_column(sa.Column("filing_limit_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("submission") as batch:
        batch.drop_column("filing_limit_on")
        batch.drop_column("first_submitted_at")
    for table in ("payment_plan", "control_number_alias", "moved_visit", "moved_patient", "move"):
        op.drop_table(table)
