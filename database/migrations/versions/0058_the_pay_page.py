"""The pay page: links, checkouts and the card processor's notices"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

ID = sa.String(length=20)
HASH = sa.String(length=64)


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{to}.{key}"], name=op.f(f"fk_{table}_{name}_{to}"))
        for name, to, key in ((name, *target.split(".")) for name, target in columns.items())
    ]


def upgrade() -> None:
    op.create_table(
        "pay_link",
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", ID, nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("wrong_facts", sa.Integer(), nullable=False),
        sa.Column("locked_until", Instant(), nullable=True),
        *_foreign("pay_link", practice_id="practice.id", patient_id="patient.id"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pay_link")),
    )
    op.create_index(op.f("ix_pay_link_patient_id"), "pay_link", ["patient_id"])
    op.create_table(
        "pay_session",
        sa.Column("sha256", HASH, nullable=False),
        sa.Column("link_sha256", HASH, nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        *_foreign("pay_session", link_sha256="pay_link.sha256"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pay_session")),
    )
    op.create_index(op.f("ix_pay_session_link_sha256"), "pay_session", ["link_sha256"])
    op.create_table(
        "checkout",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("patient_id", ID, nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.String(length=100), nullable=True),
        sa.Column("paid_cents", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        *_foreign("checkout", practice_id="practice.id", patient_id="patient.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
    )
    for name in ("patient_id", "processor_id"):
        op.create_index(op.f(f"ix_checkout_{name}"), "checkout", [name])
    op.create_table(
        "processor_event",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("practice_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("checkout_id", ID, nullable=True),
        sa.Column("verdict", sa.String(length=200), nullable=False),
        *_foreign("processor_event", practice_id="practice.id", checkout_id="checkout.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processor_event")),
    )
    op.create_index(op.f("ix_processor_event_checkout_id"), "processor_event", ["checkout_id"])
    with op.batch_alter_table("patient_payment") as table:
        table.add_column(sa.Column("checkout_id", ID, nullable=True))
        table.create_foreign_key(op.f("fk_patient_payment_checkout_id_checkout"), "checkout", ["checkout_id"], ["id"])
    op.create_index(op.f("ix_patient_payment_checkout_id"), "patient_payment", ["checkout_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_patient_payment_checkout_id"), table_name="patient_payment")
    with op.batch_alter_table("patient_payment") as table:
        table.drop_column("checkout_id")
    for name in ("processor_event", "checkout", "pay_session", "pay_link"):
        op.drop_table(name)
