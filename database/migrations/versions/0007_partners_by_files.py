"""Partners by files"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OF_FILES: dict[str, sa.types.TypeEngine[Any]] = {
    "host": sa.String(length=255),
    "port": sa.Integer(),
    "login": sa.String(length=100),
    "host_key": sa.Text(),
    "outbox": sa.String(length=500),
    "inbox": sa.String(length=500),
    "archive": sa.String(length=500),
    "upload_name": sa.String(length=100),
}


def upgrade() -> None:
    op.add_column("partner", sa.Column("reached_by", sa.String(length=10), server_default="http", nullable=False))
    for name, kind in OF_FILES.items():
        op.add_column("partner", sa.Column(name, kind, nullable=True))
    op.create_table(
        "partner_file",
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=1020), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_partner_file_message_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_file_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "name", name=op.f("pk_partner_file")),
    )


def downgrade() -> None:
    op.drop_table("partner_file")
    for name in ("reached_by", *OF_FILES):
        op.drop_column("partner", name)
