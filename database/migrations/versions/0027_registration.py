"""What the office knows of a patient beside visits: policies, Medicare's questions, consents, guarantor, wishes"""

import json

import sqlalchemy as sa
from alembic import op

from database.columns import Instant, new_id

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_PATIENT = ("guarantor", "wish", "wish_reason", "order_reason")


def upgrade() -> None:
    _of_patient(
        "held_policy",
        "said_by",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("said_by", sa.String(length=20), nullable=True),
        sa.Column("replaced_at", Instant(), nullable=True),
    )
    _of_patient(
        "medicare_answers",
        "asked_by",
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=20), nullable=False),
    )
    _of_patient(
        "consent",
        "said_by",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.String(length=120), nullable=False),
        sa.Column("said_by", sa.String(length=20), nullable=False),
    )
    with op.batch_alter_table("patient") as batch:
        batch.add_column(sa.Column("guarantor", sa.Text(), nullable=True))
        batch.add_column(sa.Column("wish", sa.String(length=20), nullable=True))
        batch.add_column(sa.Column("wish_reason", sa.String(length=300), nullable=False, server_default=""))
        batch.add_column(sa.Column("order_reason", sa.String(length=300), nullable=False, server_default=""))
    with op.batch_alter_table("patient") as batch:
        batch.alter_column("wish_reason", existing_type=sa.String(length=300), server_default=None)
        batch.alter_column("order_reason", existing_type=sa.String(length=300), server_default=None)
    _move_told_policies()


def _of_patient(table: str, by: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f(f"fk_{table}_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{table}_practice_id")),
        sa.ForeignKeyConstraint([by], ["app_user.id"], name=op.f(f"fk_{table}_{by}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    with op.batch_alter_table(table) as batch:
        batch.create_index(batch.f(f"ix_{table}_patient_id"), ["patient_id"], unique=False)


def _move_told_policies() -> None:
    """What messages told of a patient's policies is held from now on."""
    told = op.get_bind().execute(sa.text("SELECT patient_id, place, practice_id, record, told_at FROM told_policy"))
    rows = [
        {
            "id": new_id(),
            "practice_id": row.practice_id,
            "patient_id": row.patient_id,
            "place": row.place,
            "record": json.dumps({"policy": json.loads(row.record)}),
            "said_at": row.told_at,
        }
        for row in told
    ]
    if rows:
        names = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        op.get_bind().execute(sa.text(f"INSERT INTO held_policy ({names}) VALUES ({values})"), rows)
    op.drop_table("told_policy")


def downgrade() -> None:
    op.create_table(
        "told_policy",
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_told_policy_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_told_policy_practice_id")),
        sa.PrimaryKeyConstraint("patient_id", "place", name=op.f("pk_told_policy")),
    )
    with op.batch_alter_table("patient") as batch:
        for name in _PATIENT:
            batch.drop_column(name)
    for table in ("consent", "medicare_answers", "held_policy"):
        op.drop_table(table)
