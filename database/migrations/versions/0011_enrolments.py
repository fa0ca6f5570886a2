"""Enrolments, and the practice as a legal entity"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("recheck_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_enrolment_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_enrolment_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("practice_id", "payer_id", "npi", "kind", name="uq_enrolment_cell"),
    )

    op.create_table(
        "location",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("place_of_service", sa.String(length=2), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_location_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("practice_id", "name", name="uq_location_name"),
    )

    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("legal_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("tax_id", sa.String(length=20), nullable=True))
    with op.batch_alter_table("billing_entity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taxonomy", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("pay_to_address", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("billing_entity", schema=None) as batch_op:
        batch_op.drop_column("pay_to_address")
        batch_op.drop_column("address")
        batch_op.drop_column("taxonomy")
    with op.batch_alter_table("practice", schema=None) as batch_op:
        batch_op.drop_column("tax_id")
        batch_op.drop_column("legal_name")
    op.drop_table("location")
    op.drop_table("enrolment")
