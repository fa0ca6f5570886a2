"""A second factor beside the password, and sign-ins between the two"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.add_column("web_session", sa.Column("lacks_factor", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "second_factor",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("wrong_since", Instant(), nullable=True),
        sa.Column("recovery", sa.Text(), nullable=False),
        *_keys("second_factor"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_index(op.f("ix_second_factor_practice_id"), "second_factor", ["practice_id"])
    op.create_table(
        "half_sign_in",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        *_keys("half_sign_in"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_half_sign_in")),
    )


def downgrade() -> None:
    op.drop_table("half_sign_in")
    op.drop_table("second_factor")
    with op.batch_alter_table("web_session") as table:
        table.drop_column("lacks_factor")


def _keys(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in (("user_id", "app_user"), ("practice_id", "practice"))
    ]
