"""What patients were told that they would owe"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "estimate",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("appointment_id", sa.String(length=20), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_self_pay", sa.Boolean(), nullable=False),
        sa.Column("low_cents", sa.BigInteger(), nullable=False),
        sa.Column("high_cents", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=True),
        sa.Column("disputed_on", sa.Date(), nullable=True),
        sa.Column("dispute_note", sa.String(length=500), nullable=True),
        sa.Column("disputed_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_estimate_practice_id_practice")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_estimate_patient_id_patient")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_estimate_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_estimate_made_by_app_user")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_estimate_letter_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate")),
    )
    op.create_index("ix_estimate_patient", "estimate", ["practice_id", "patient_id", "day"])
    op.create_index(op.f("ix_estimate_appointment_id"), "estimate", ["appointment_id"])
    op.create_index(op.f("ix_estimate_letter_id"), "estimate", ["letter_id"])


def downgrade() -> None:
    op.drop_table("estimate")
