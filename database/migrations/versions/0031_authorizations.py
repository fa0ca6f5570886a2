"""What payers want authorized, and what they authorized; services that are planned for an appointment"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authorization_rule",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("payer_number", sa.String(length=80), nullable=False),
        sa.Column("first", sa.String(length=10), nullable=False),
        sa.Column("last", sa.String(length=10), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_authorization_rule_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_rule")),
    )
    op.create_table(
        "payer_authorization",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("payer_number", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("procedures", sa.String(length=200), nullable=False),
        sa.Column("units", sa.String(length=12), nullable=True),
        sa.Column("provider_npi", sa.String(length=10), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("said_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_payer_authorization_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_payer_authorization_practice_id")),
        sa.ForeignKeyConstraint(["said_by"], ["app_user.id"], name=op.f("fk_payer_authorization_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_authorization")),
    )
    for table, column in (("authorization_rule", "practice_id"), ("payer_authorization", "patient_id")):
        with op.batch_alter_table(table) as batch:
            batch.create_index(batch.f(f"ix_{table}_{column}"), [column], unique=False)
    with op.batch_alter_table("appointment") as batch:
        batch.add_column(sa.Column("procedures", sa.String(length=200), nullable=False, server_default=""))
    with op.batch_alter_table("appointment") as batch:
        batch.alter_column("procedures", existing_type=sa.String(length=200), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("appointment") as batch:
        batch.drop_column("procedures")
    op.drop_table("payer_authorization")
    op.drop_table("authorization_rule")
