"""Figures of each day, never changed, and who of another practice may read them"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "day_figure",
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("numerator", sa.BigInteger(), nullable=False),
        sa.Column("denominator", sa.BigInteger(), nullable=True),
        sa.Column("over", sa.Integer(), nullable=False),
        sa.Column("taken_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_day_figure_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "day", "name", name=op.f("pk_day_figure")),
    )
    _forbid_changes()
    op.create_table(
        "figure_reader",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("standing_key", ID, nullable=True),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("given_by", ID, nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_figure_reader_{column}"))
            for column, other in (
                ("practice_id", "practice"),
                ("user_id", "app_user"),
                ("given_by", "app_user"),
                ("ended_by", "app_user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_reader")),
        sa.UniqueConstraint("practice_id", "standing_key", name="uq_figure_reader_standing"),
    )
    op.create_index("ix_figure_reader_user", "figure_reader", ["user_id"])


def downgrade() -> None:
    op.drop_table("figure_reader")
    op.drop_table("day_figure")


def _forbid_changes() -> None:
    """The database refuses to change what a day was, as it does for ledger and audit (0001)."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER day_figure_no_{verb.lower()} BEFORE {verb} ON day_figure "
                "BEGIN SELECT RAISE(ABORT, 'day_figure is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER day_figure_append_only BEFORE UPDATE OR DELETE ON day_figure "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
