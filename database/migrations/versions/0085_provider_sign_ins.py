"""Sign-ins by the organisation's provider"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("by_provider", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("half_sign_in", sa.Column("by_provider", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "provider_sign_in",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("browser_sha256", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_provider_sign_in")),
    )


def downgrade() -> None:
    op.drop_table("provider_sign_in")
    for name in ("half_sign_in", "web_session"):
        with op.batch_alter_table(name) as table:
            table.drop_column("by_provider")
