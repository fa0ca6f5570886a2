"""The paper whose link was followed to pay by card"""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

ALONE = {"resolve_fks": False}
"""The tables that it names are not read: one of them has an index that no reflection knows"""


def upgrade() -> None:
    with op.batch_alter_table("checkout", reflect_kwargs=ALONE) as table:
        table.add_column(sa.Column("letter_id", sa.String(length=20), nullable=True))
        table.create_foreign_key(op.f("fk_checkout_letter_id"), "letter", ["letter_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("checkout", reflect_kwargs=ALONE) as table:
        table.drop_constraint(op.f("fk_checkout_letter_id"), type_="foreignkey")
        table.drop_column("letter_id")
