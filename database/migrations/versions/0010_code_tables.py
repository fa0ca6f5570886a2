"""Code tables"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_edition",
        sa.Column("system", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "name", name=op.f("pk_code_edition")),
    )
    op.create_table(
        "code",
        sa.Column("system", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("short", sa.String(length=60), nullable=False),
        sa.Column("long", sa.Text(), nullable=False),
        sa.Column("is_billable", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("see", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["system", "edition"], ["code_edition.system", "code_edition.name"], name="fk_code_edition"
        ),
        sa.PrimaryKeyConstraint("system", "edition", "code", name=op.f("pk_code")),
    )


def downgrade() -> None:
    op.drop_table("code")
    op.drop_table("code_edition")
