"""Other policies and amendments"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "other_policy",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("responsibility", sa.String(length=1), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_other_policy_encounter_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_other_policy_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_other_policy_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_policy")),
    )
    with op.batch_alter_table("other_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_other_policy_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "amendment",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_amendment_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_amendment_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
    )
    with op.batch_alter_table("amendment", schema=None) as batch_op:
        batch_op.create_index("ix_amendment_encounter", ["encounter_id", "state"], unique=False)

    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_self_pay", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("is_void", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_paper", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("responsibility", sa.String(length=1), nullable=False, server_default="P"))
    with op.batch_alter_table("remittance_claim", schema=None) as batch_op:
        batch_op.add_column(sa.Column("responsibility", sa.String(length=1), nullable=False, server_default="P"))


def downgrade() -> None:
    with op.batch_alter_table("remittance_claim", schema=None) as batch_op:
        batch_op.drop_column("responsibility")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_column("responsibility")
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("is_paper")
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.drop_column("is_void")
        batch_op.drop_column("is_self_pay")
    op.drop_table("amendment")
    op.drop_table("other_policy")
