"""Sending: plans, holds and bulk resubmissions"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    with op.batch_alter_table("batch") as table:
        table.add_column(sa.Column("resends", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("failed_because", sa.String(length=300), nullable=True))
        table.add_column(sa.Column("was_refused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_batch_sent", "batch", ["practice_id", "prepared_at"])
    _sending()
    _resubmissions()


def _sending() -> None:
    op.create_table(
        "sending_plan",
        sa.Column("id", ID, nullable=False),
        _id("practice_id"),
        _id("partner_id"),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("times", sa.String(length=120), nullable=False),
        sa.Column("at_count", sa.Integer(), nullable=True),
        sa.Column("wait_seconds", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        _id("set_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_plan")),
        sa.UniqueConstraint("practice_id", "partner_id", "effective_from", name="uq_sending_plan_day"),
        *_keys("sending_plan", practice_id="practice", partner_id="partner", set_by="app_user"),
    )
    op.create_table(
        "sending_request",
        _id("practice_id"),
        _id("partner_id"),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "partner_id", name=op.f("pk_sending_request")),
        *_keys("sending_request", practice_id="practice", partner_id="partner"),
    )
    op.create_table(
        "sending_hold",
        sa.Column("id", ID, nullable=False),
        _id("practice_id"),
        _id("partner_id"),
        sa.Column("payer_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("placed_at", Instant(), nullable=False),
        _id("placed_by"),
        sa.Column("ends_at", Instant(), nullable=True),
        sa.Column("released_at", Instant(), nullable=True),
        sa.Column("released_by", ID, nullable=True),
        sa.Column("last_batch_at", Instant(), nullable=True),
        sa.Column("caught_up_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_hold")),
        *_keys(
            "sending_hold",
            practice_id="practice",
            partner_id="partner",
            payer_id="payer",
            placed_by="app_user",
            released_by="app_user",
        ),
    )
    op.create_index("ix_sending_hold_waiting", "sending_hold", ["practice_id", "partner_id", "caught_up_at"])


def _resubmissions() -> None:
    op.create_table(
        "resubmission",
        sa.Column("id", ID, nullable=False),
        _id("practice_id"),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sought", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        _id("made_by"),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("confirmed_by", ID, nullable=True),
        sa.Column("last_sent_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("stopped_by", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resubmission")),
        *_keys(
            "resubmission",
            practice_id="practice",
            made_by="app_user",
            confirmed_by="app_user",
            stopped_by="app_user",
        ),
    )
    op.create_index(op.f("ix_resubmission_practice_id"), "resubmission", ["practice_id"])
    op.create_table(
        "resubmission_item",
        _id("resubmission_id"),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        _id("practice_id"),
        _id("encounter_id"),
        sa.Column("control_number", sa.String(length=20), nullable=False),
        sa.Column("batch_id", ID, nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=True),
        sa.Column("refusal", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("new_control_number", sa.String(length=20), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("resubmission_id", "ordinal", name=op.f("pk_resubmission_item")),
        sa.ForeignKeyConstraint(
            ["control_number"],
            ["submission.control_number"],
            name=op.f("fk_resubmission_item_control_number_submission"),
        ),
        *_keys(
            "resubmission_item",
            resubmission_id="resubmission",
            practice_id="practice",
            encounter_id="encounter",
            batch_id="batch",
        ),
    )
    op.create_index("ix_resubmission_item_claim", "resubmission_item", ["control_number", "state"])


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, ID, nullable=False)


def _keys(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
        for name, other in columns.items()
    ]


def downgrade() -> None:
    op.drop_index("ix_resubmission_item_claim", table_name="resubmission_item")
    op.drop_table("resubmission_item")
    op.drop_index(op.f("ix_resubmission_practice_id"), table_name="resubmission")
    op.drop_table("resubmission")
    op.drop_index("ix_sending_hold_waiting", table_name="sending_hold")
    op.drop_table("sending_hold")
    op.drop_table("sending_request")
    op.drop_table("sending_plan")
    op.drop_index("ix_batch_sent", table_name="batch")
    with op.batch_alter_table("batch") as table:
        table.drop_column("was_refused")
        table.drop_column("failed_because")
        table.drop_column("resends")
