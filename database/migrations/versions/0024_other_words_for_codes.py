"""Other words for codes, from the ICD-10-CM tabular list"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code_term",
        sa.Column("system", sa.String(length=10), nullable=False),
        sa.Column("edition", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["system", "edition"], ["code_edition.system", "code_edition.name"], name="fk_code_term_edition"
        ),
        sa.PrimaryKeyConstraint("system", "edition", "number", name=op.f("pk_code_term")),
    )


def downgrade() -> None:
    op.drop_table("code_term")
