"""What Medicare is expected to refuse, and the notices that patients were given before it"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice_rule",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_notice_rule_practice_id_practice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_rule")),
    )
    op.create_index(op.f("ix_notice_rule_practice_id"), "notice_rule", ["practice_id"])
    op.create_table(
        "noncoverage_notice",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("procedures", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("cost_cents", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("said_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_noncoverage_notice_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_noncoverage_notice_patient_id_patient")),
        sa.ForeignKeyConstraint(["said_by"], ["app_user.id"], name=op.f("fk_noncoverage_notice_said_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_noncoverage_notice")),
    )
    op.create_index(op.f("ix_noncoverage_notice_patient_id"), "noncoverage_notice", ["patient_id"])


def downgrade() -> None:
    op.drop_table("noncoverage_notice")
    op.drop_table("notice_rule")
