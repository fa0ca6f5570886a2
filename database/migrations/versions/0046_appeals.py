"""Appeals by level, packets of paper, and how a letter was sent"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant, new_id

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_LETTERS = sa.table(
    "letter",
    *(
        sa.column(name, kind)
        for name, kind in {
            "id": sa.String,
            "practice_id": sa.String,
            "encounter_id": sa.String,
            "kind": sa.String,
            "written_at": Instant,
            "written_by": sa.String,
            "sent_at": Instant,
            "withdrawn_at": Instant,
        }.items()
    ),
)
_ENCOUNTERS = sa.table("encounter", *(sa.column(name, sa.String) for name in ("id", "payer_id", "stage")))


def upgrade() -> None:
    table = op.create_table(
        "appeal",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("control_number", sa.String(length=38), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("filed_by", sa.String(length=20), nullable=False),
        sa.Column("file_by", sa.Date(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("decide_by", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=500), nullable=False),
        sa.Column("won_cents", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by", sa.String(length=20), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_appeal_practice_id_practice")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_appeal_encounter_id_encounter")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_appeal_payer_id_payer")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_appeal_letter_id_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index("ix_appeal_encounter", "appeal", ["encounter_id", "level"])
    op.create_index(op.f("ix_appeal_letter_id"), "appeal", ["letter_id"])
    op.create_table(
        "packet",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("letter_id", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("enclosures", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_packet_practice_id_practice")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_packet_letter_id_letter")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_packet_made_by_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packet")),
        sa.UniqueConstraint("letter_id", name="uq_packet_letter"),
    )
    op.add_column("letter", sa.Column("sent_how", sa.String(length=20), nullable=True))
    op.add_column("letter", sa.Column("sent_number", sa.String(length=100), nullable=False, server_default=""))
    op.add_column("letter", sa.Column("sent_on", sa.Date(), nullable=True))
    _take_over(table)


def _take_over(table: sa.Table) -> None:
    """Appeals of before, their level by their order, as their letters told it; an open visit's last is undecided."""
    rows = op.get_bind().execute(
        sa.select(_LETTERS, _ENCOUNTERS.c.payer_id, _ENCOUNTERS.c.stage)
        .join(_ENCOUNTERS, _ENCOUNTERS.c.id == _LETTERS.c.encounter_id)
        .where(_LETTERS.c.kind == "appeal")
        .order_by(_LETTERS.c.encounter_id, _LETTERS.c.written_at, _LETTERS.c.id)
    )
    levels: dict[str, int] = {}
    settled: dict[str, bool] = {}
    made = []
    for row in rows.mappings():
        level = levels[row["encounter_id"]] = levels.get(row["encounter_id"], 0) + 1
        made.append(
            {
                "id": new_id(),
                **{name: row[name] for name in ("practice_id", "encounter_id", "payer_id", "sent_at")},
                "level": level,
                "name": f"appeal at level {level}",
                "letter_id": row["id"],
                "amount_cents": 0,
                "filed_at": row["written_at"],
                "filed_by": row["written_by"],
                "outcome": "withdrawn" if row["withdrawn_at"] is not None else None,
                "reference": "",
            }
        )
        settled[row["encounter_id"]] = row["stage"] == "closed"
    newest = {one["encounter_id"]: one["id"] for one in made}
    for one in made:
        if one["outcome"] is None and settled[one["encounter_id"]]:
            one["outcome"] = "answered"
        elif one["outcome"] is None and newest[one["encounter_id"]] != one["id"]:
            one["outcome"] = "no_decision"
    if made:
        op.get_bind().execute(sa.insert(table), made)


def downgrade() -> None:
    with op.batch_alter_table("letter") as letter:
        for name in ("sent_on", "sent_number", "sent_how"):
            letter.drop_column(name)
    op.drop_table("packet")
    op.drop_table("appeal")
