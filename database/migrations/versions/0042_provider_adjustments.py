"""Provider adjustments one by one: each can meet its counterpart, or be put on the claim that it is for"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from database.columns import Instant, new_id

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    adjustment = op.create_table(
        "provider_adjustment",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("remittance_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("payer_number", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=2), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=30), nullable=False),
        sa.Column("open_cents", sa.BigInteger(), nullable=False),
        sa.Column("linked_cents", sa.BigInteger(), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_provider_adjustment_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance_file.id"], name=op.f("fk_provider_adjustment_remittance_id_remittance_file")
        ),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name=op.f("fk_provider_adjustment_encounter_id_encounter")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_adjustment")),
        sa.UniqueConstraint("remittance_id", "ordinal", name="uq_provider_adjustment"),
    )
    op.create_index(
        "ix_provider_adjustment_reference", "provider_adjustment", ["practice_id", "payer_number", "reference"]
    )
    op.create_index(op.f("ix_provider_adjustment_encounter_id"), "provider_adjustment", ["encounter_id"])
    _keep_booked(adjustment)


def _keep_booked(adjustment: sa.Table) -> None:
    """What was booked before stands as it was booked; what stands on PLB_CLEARING is open from now on, less what met
    its counterpart there."""
    booked = sa.text(
        "SELECT f.id, f.practice_id, f.payer_number, f.received_at, j.source_key, p.account, p.detail, p.amount_cents"
        " FROM journal j JOIN posting p ON p.journal_number = j.number JOIN remittance_file f ON f.id = j.remittance_id"
        " WHERE j.kind = 'provider_adjustment' AND p.account <> 'CASH_UNAPPLIED' ORDER BY j.number, p.id"
    ).columns(received_at=Instant())
    rows = []
    for remittance, practice, payer, received_at, source, account, detail, cents in op.get_bind().execute(booked):
        reason, _, reference = detail.partition(":")
        rows.append(
            {
                "id": new_id(),
                "practice_id": practice,
                "remittance_id": remittance,
                "ordinal": int(source.rpartition(":")[2]),
                "payer_number": payer,
                "reason": reason,
                "reference": reference.upper(),
                "amount_cents": cents,
                "account": account,
                "open_cents": cents if account == "PLB_CLEARING" else 0,
                "linked_cents": 0,
                "encounter_id": None,
                "received_at": received_at,
            }
        )
    _meet(rows)
    if rows:
        op.bulk_insert(adjustment, rows)


def _meet(rows: list[dict[str, Any]]) -> None:
    """What was taken and given under one reason and reference has ended each other on its sub-account, oldest first."""
    open_rows: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        earlier = open_rows.setdefault(tuple(row[name] for name in ("practice_id", *_ALIKE)), [])
        for one in earlier:
            if one["open_cents"] * row["open_cents"] < 0:
                part = min(abs(one["open_cents"]), abs(row["open_cents"]))
                signed = part if row["open_cents"] > 0 else -part
                row["open_cents"] -= signed
                one["open_cents"] += signed
        earlier.append(row)


_ALIKE = ("payer_number", "reason", "reference")


def downgrade() -> None:
    op.drop_table("provider_adjustment")
