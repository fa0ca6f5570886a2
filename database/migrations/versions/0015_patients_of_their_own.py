"""Patients of their own: address, telephone and e-mail beside the visits, and further keys of the same person"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = ("middle_name", "suffix", "address", "telephone", "email", "version")
PATIENT = sa.table("patient", *(sa.column(name) for name in ("id", "middle_name", "suffix", "address")))
ENCOUNTER = sa.table(
    "encounter", *(sa.column(name) for name in ("id", "patient_id", "record", "service_date", "created_at"))
)


def upgrade() -> None:
    with op.batch_alter_table("patient") as batch_op:
        batch_op.add_column(sa.Column("middle_name", sa.String(length=25), nullable=True))
        batch_op.add_column(sa.Column("suffix", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("telephone", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index("ix_patient_telephone", ["practice_id", "telephone"], unique=False)
    op.create_table(
        "patient_alias",
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("identity_key", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_alias_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_alias_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "identity_key", name=op.f("pk_patient_alias")),
    )
    with op.batch_alter_table("patient_alias") as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_alias_patient_id"), ["patient_id"], unique=False)
    _fill_from_the_newest_visit()


def _fill_from_the_newest_visit() -> None:
    """Until now the patient's page and the statements showed the address of the last visit."""
    connection = op.get_bind()
    for (patient_id,) in connection.execute(sa.select(PATIENT.c.id)).all():
        newest = (
            sa.select(ENCOUNTER.c.record)
            .where(ENCOUNTER.c.patient_id == patient_id)
            .order_by(ENCOUNTER.c.service_date.desc(), ENCOUNTER.c.created_at.desc(), ENCOUNTER.c.id)
            .limit(1)
        )
        record = connection.execute(newest).scalar()
        if record is not None:
            said = _said(json.loads(record)["patient"])
            connection.execute(sa.update(PATIENT).where(PATIENT.c.id == patient_id).values(**said))


def _said(person: dict[str, Any]) -> dict[str, str | None]:
    name, address = person["name"], person.get("address")
    return {
        "middle_name": name.get("middle"),
        "suffix": name.get("suffix"),
        "address": None if address is None else json.dumps(address, separators=(",", ":")),
    }


def downgrade() -> None:
    op.drop_table("patient_alias")
    with op.batch_alter_table("patient") as batch_op:
        batch_op.drop_index("ix_patient_telephone")
    for name in COLUMNS:
        op.drop_column("patient", name)
