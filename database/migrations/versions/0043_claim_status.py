"""What payers were asked about claims, and what they said"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claim_status_inquiry",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("control_number", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("interchange_number", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("asked_by", sa.String(length=20), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("message_id", sa.String(length=20), nullable=True),
        sa.Column("meaning", sa.String(length=20), nullable=True),
        sa.Column("category", sa.String(length=10), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=True),
        sa.Column("entity", sa.String(length=10), nullable=True),
        sa.Column("payer_claim_number", sa.String(length=50), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("doing", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_claim_status_inquiry_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name=op.f("fk_claim_status_inquiry_encounter_id_encounter")
        ),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["submission.control_number"],
            name=op.f("fk_claim_status_inquiry_control_number_submission"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_claim_status_inquiry_partner_id_partner")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbound_message.id"], name=op.f("fk_claim_status_inquiry_message_id_inbound_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_status_inquiry")),
    )
    op.create_index(op.f("ix_claim_status_inquiry_encounter_id"), "claim_status_inquiry", ["encounter_id"])
    op.create_index("ix_claim_status_inquiry_claim", "claim_status_inquiry", ["control_number", "state"])


def downgrade() -> None:
    op.drop_table("claim_status_inquiry")
