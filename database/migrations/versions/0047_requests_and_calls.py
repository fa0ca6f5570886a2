"""What payers asked for, and the call log"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "information_request",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("control_number", sa.String(length=38), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("codes", sa.String(length=200), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attachment_number", sa.String(length=50), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        *_foreign(
            "information_request",
            practice_id="practice",
            encounter_id="encounter",
            payer_id="payer",
            letter_id="letter",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_request")),
        sa.UniqueConstraint("practice_id", "source_key", name="uq_information_request_source"),
    )
    for name in ("encounter_id", "letter_id"):
        op.create_index(op.f(f"ix_information_request_{name}"), "information_request", [name])
    op.create_table(
        "call_log",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("control_number", sa.String(length=20), nullable=True),
        sa.Column("whom", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("spoken_to", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=500), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("promised_cents", sa.BigInteger(), nullable=True),
        sa.Column("promise_state", sa.String(length=10), nullable=True),
        sa.Column("task_id", sa.String(length=20), nullable=True),
        sa.Column("called_at", Instant(), nullable=False),
        sa.Column("logged_by", sa.String(length=20), nullable=False),
        *_foreign("call_log", practice_id="practice", encounter_id="encounter", task_id="task", logged_by="app_user"),
        sa.ForeignKeyConstraint(
            ["control_number"], ["submission.control_number"], name=op.f("fk_call_log_control_number_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_log")),
    )
    op.create_index(op.f("ix_call_log_encounter_id"), "call_log", ["encounter_id"])
    op.create_index("ix_call_log_called", "call_log", ["practice_id", "called_at"])


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
        for name, other in columns.items()
    ]


def downgrade() -> None:
    op.drop_table("call_log")
    op.drop_table("information_request")
