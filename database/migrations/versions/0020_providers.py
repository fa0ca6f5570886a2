"""Who sees a practice's patients"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider",
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("npi", sa.String(length=10), nullable=False),
        sa.Column("last_name", sa.String(length=60), nullable=False),
        sa.Column("first_name", sa.String(length=35), nullable=True),
        sa.Column("taxonomy", sa.String(length=10), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_provider_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "npi", name=op.f("pk_provider")),
    )


def downgrade() -> None:
    op.drop_table("provider")
