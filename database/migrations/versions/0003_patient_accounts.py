"""Patient accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_account",
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_paper_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(length=500), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owed_cents", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_account_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_account_practice_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_account")),
    )
    with op.batch_alter_table("patient_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_account_practice_id"), ["practice_id"], unique=False)

    op.create_table(
        "balance_item",
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("due_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("first_statement_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_notice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_balance_item_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_balance_item_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_balance_item_practice_id")),
        sa.PrimaryKeyConstraint("encounter_id", name=op.f("pk_balance_item")),
    )
    with op.batch_alter_table("balance_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_balance_item_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "placement",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("agency", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=20), nullable=False),
        sa.Column("first_statement_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_placement_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_placement_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_placement_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_placement_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_placement_patient_id"), ["patient_id"], unique=False)

    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("patient_id", sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f("ix_letter_patient_id"), ["patient_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_letter_patient_id"), "patient", ["patient_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_letter_patient_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_letter_patient_id"))
        batch_op.drop_column("patient_id")
    op.drop_table("placement")
    op.drop_table("balance_item")
    op.drop_table("patient_account")
