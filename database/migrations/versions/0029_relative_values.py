"""Medicare's prices: relative values and localities"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relative_value",
        _text("edition", 20),
        _text("procedure", 5),
        _text("modifier", 2),
        _text("status", 2),
        _text("work", 10),
        _text("practice_elsewhere", 10),
        _text("practice_in_facility", 10),
        _text("malpractice", 10),
        _text("multiple", 2),
        _text("bilateral", 2),
        _text("assistant", 2),
        _text("co_surgeon", 2),
        _text("endoscopic_base", 5),
        _text("conversion_factor", 10),
        sa.PrimaryKeyConstraint("edition", "procedure", "modifier", name=op.f("pk_relative_value")),
    )
    op.create_table(
        "medicare_locality",
        _text("edition", 20),
        _text("carrier", 5),
        _text("number", 2),
        _text("state", 2),
        _text("name", 80),
        _text("work", 10),
        _text("practice", 10),
        _text("malpractice", 10),
        sa.PrimaryKeyConstraint("edition", "carrier", "number", name=op.f("pk_medicare_locality")),
    )


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def downgrade() -> None:
    op.drop_table("medicare_locality")
    op.drop_table("relative_value")
