"""One search for everything: member ids of visits, and an index under each number and amount that is looked for"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

ID = sa.String(length=20)
LONGEST = 80
AT_ONCE = 500
VISIT = sa.table("encounter", *(sa.column(name) for name in ("id", "practice_id", "record")))
POLICY = sa.table("other_policy", *(sa.column(name) for name in ("encounter_id", "practice_id", "record")))
MEMBER = sa.table("visit_member_id", *(sa.column(name) for name in ("practice_id", "member_id", "encounter_id")))
INDEXES = {
    "ix_remittance_said_trace": ("remittance_file", "trace"),
    "ix_remittance_paid": ("remittance_file", "paid_cents"),
    "ix_remittance_claim_number": ("remittance_claim", "payer_claim_number"),
    "ix_remittance_claim_paid": ("remittance_claim", "paid_cents"),
    "ix_bank_movement_trace": ("bank_movement", "trace"),
    "ix_bank_movement_amount": ("bank_movement", "amount_cents"),
    "ix_patient_payment_reference": ("patient_payment", "reference"),
    "ix_patient_payment_amount": ("patient_payment", "amount_cents"),
    "ix_account_receipt_reference": ("account_receipt", "reference"),
    "ix_lockbox_cheque_amount": ("lockbox_cheque", "amount_cents"),
    "ix_encounter_charge": ("encounter", "charge_cents"),
}
"""Each behind the practice"""


def upgrade() -> None:
    op.create_table(
        "visit_member_id",
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("member_id", sa.String(length=LONGEST), nullable=False),
        sa.Column("encounter_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_visit_member_id_practice_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_visit_member_id_encounter_id")),
        sa.PrimaryKeyConstraint("practice_id", "member_id", "encounter_id", name=op.f("pk_visit_member_id")),
    )
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, ["practice_id", column])
    _know_those_of_today()


def _know_those_of_today() -> None:
    connection = op.get_bind()
    known: set[tuple[str, str, str]] = set()
    for practice_id, encounter_id, record in _policies():
        coverage = json.loads(record).get("coverage") or {}
        number = "".join((coverage.get("member_id") or "").split()).upper()
        if number and len(number) <= LONGEST:
            known.add((practice_id, number, encounter_id))
    rows = [dict(zip(("practice_id", "member_id", "encounter_id"), one, strict=True)) for one in sorted(known)]
    for begin in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(MEMBER), rows[begin : begin + AT_ONCE])


def _policies() -> Iterator[Any]:
    """(practice, visit, record) of every claim and every policy beside it."""
    connection = op.get_bind()
    yield from connection.execute(sa.select(VISIT.c.practice_id, VISIT.c.id, VISIT.c.record))
    yield from connection.execute(sa.select(POLICY.c.practice_id, POLICY.c.encounter_id, POLICY.c.record))


def downgrade() -> None:
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    op.drop_table("visit_member_id")
