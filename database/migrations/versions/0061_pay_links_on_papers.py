"""A pay link knows the paper that it stands on"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    with op.batch_alter_table("pay_link") as table:
        table.add_column(sa.Column("letter_id", ID, nullable=True))
        table.create_foreign_key(op.f("fk_pay_link_letter_id_letter"), "letter", ["letter_id"], ["id"])
    op.create_index(op.f("ix_pay_link_letter_id"), "pay_link", ["letter_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_pay_link_letter_id"), table_name="pay_link")
    with op.batch_alter_table("pay_link") as table:
        table.drop_column("letter_id")
