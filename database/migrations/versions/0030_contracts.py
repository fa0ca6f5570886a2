"""Contracts with payers, and what they made the office expect of each claim"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_contract_practice_id_practice")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_contract_payer_id_payer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("practice_id", "payer_id", "begins", name="uq_contract_begins"),
    )
    op.create_table(
        "contract_rate",
        sa.Column("contract_id", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=48), nullable=False),
        sa.Column("modifier", sa.String(length=2), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("percent", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_rate_contract_id_contract")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_contract_rate_practice_id_practice")),
        sa.PrimaryKeyConstraint(
            "contract_id", "procedure", "modifier", "place", "effective_from", name=op.f("pk_contract_rate")
        ),
    )
    op.create_table(
        "expected_line",
        sa.Column("control_number", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("line_id", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=48), nullable=False),
        sa.Column("units", sa.String(length=20), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("expected_cents", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.String(length=20), nullable=True),
        sa.Column("edition", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["control_number"], ["submission.control_number"], name=op.f("fk_expected_line_control_number_submission")
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_expected_line_practice_id_practice")),
        sa.ForeignKeyConstraint(["line_id"], ["service_line.id"], name=op.f("fk_expected_line_line_id_service_line")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_expected_line_contract_id_contract")),
        sa.PrimaryKeyConstraint("control_number", "ordinal", name=op.f("pk_expected_line")),
    )


def downgrade() -> None:
    for table in ("expected_line", "contract_rate", "contract"):
        op.drop_table(table)
