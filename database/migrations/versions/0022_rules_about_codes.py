"""Published rules about codes: NCCI, the fee schedule, Excludes1 and NPPES"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES: dict[str, tuple[list[sa.Column[Any]], list[str]]] = {
    "code_pair": (
        [
            sa.Column("first", sa.String(length=5), nullable=False),
            sa.Column("second", sa.String(length=5), nullable=False),
            sa.Column("valid_from", sa.Date(), nullable=False),
            sa.Column("valid_to", sa.Date(), nullable=True),
            sa.Column("indicator", sa.String(length=1), nullable=False),
        ],
        ["first", "second", "valid_from"],
    ),
    "unit_limit": (
        [
            sa.Column("procedure", sa.String(length=5), nullable=False),
            sa.Column("units", sa.Integer(), nullable=False),
            sa.Column("counted_by", sa.String(length=1), nullable=False),
        ],
        ["procedure"],
    ),
    "add_on": (
        [
            sa.Column("procedure", sa.String(length=5), nullable=False),
            sa.Column("primary_code", sa.String(length=5), nullable=False),
            sa.Column("valid_from", sa.Date(), nullable=False),
            sa.Column("valid_to", sa.Date(), nullable=True),
            sa.Column("kind", sa.String(length=1), nullable=False),
        ],
        ["procedure", "primary_code", "valid_from"],
    ),
    "fee_schedule": (
        [
            sa.Column("procedure", sa.String(length=5), nullable=False),
            sa.Column("status", sa.String(length=2), nullable=False),
            sa.Column("components", sa.String(length=2), nullable=False),
            sa.Column("global_days", sa.String(length=3), nullable=False),
            sa.Column("multiple", sa.String(length=2), nullable=False),
            sa.Column("bilateral", sa.String(length=2), nullable=False),
        ],
        ["procedure"],
    ),
    "exclusion": (
        [
            sa.Column("first", sa.String(length=7), nullable=False),
            sa.Column("last", sa.String(length=7), nullable=False),
            sa.Column("excluded_first", sa.String(length=7), nullable=False),
            sa.Column("excluded_last", sa.String(length=7), nullable=False),
        ],
        ["first", "last", "excluded_first", "excluded_last"],
    ),
    "provider_fact": (
        [
            sa.Column("npi", sa.String(length=10), nullable=False),
            sa.Column("is_person", sa.Boolean(), nullable=True),
            sa.Column("deactivated_on", sa.Date(), nullable=True),
            sa.Column("reactivated_on", sa.Date(), nullable=True),
        ],
        ["npi"],
    ),
}
"""Columns and key of each table, beside the edition"""


def upgrade() -> None:
    op.create_table(
        "rule_edition",
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_rule_edition")),
    )
    for table, (columns, key) in TABLES.items():
        constraint = sa.PrimaryKeyConstraint("edition", *key, name=op.f(f"pk_{table}"))
        op.create_table(table, sa.Column("edition", sa.String(length=20), nullable=False), *columns, constraint)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_table("rule_edition")
