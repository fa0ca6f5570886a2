"""Collection agencies, both ways"""

import sqlalchemy as sa
from alembic import op

from database.columns import Instant, new_id

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

ID = sa.String(length=20)


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("folded_name", sa.String(length=100), nullable=False),
        sa.Column("reached", sa.String(length=200), nullable=False),
        sa.Column("fee_basis_points", sa.Integer(), nullable=False),
        sa.Column("number_form", sa.String(length=60), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_agency_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("practice_id", "folded_name", name="uq_agency_name"),
    )
    op.create_table(
        "agency_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", ID, nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_agency_file_practice_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_file_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_file")),
    )
    op.create_index(op.f("ix_agency_file_agency_id"), "agency_file", ["agency_id"])
    with op.batch_alter_table("placement") as table:
        table.add_column(sa.Column("agency_id", ID, nullable=True))
        table.add_column(sa.Column("balance_cents", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("state", sa.String(length=20), nullable=True))
    _name_agencies()
    _weigh_placements()
    with op.batch_alter_table("placement") as table:
        table.alter_column("agency_id", existing_type=ID, nullable=False)
        table.alter_column("balance_cents", existing_type=sa.BigInteger(), nullable=False)
        table.alter_column("state", existing_type=sa.String(length=20), nullable=False)
        table.create_foreign_key(op.f("fk_placement_agency_id"), "agency", ["agency_id"], ["id"])
        table.create_index(op.f("ix_placement_agency_id"), ["agency_id"])
    _create_events()
    with op.batch_alter_table("patient_payment") as table:
        table.add_column(sa.Column("fee_cents", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("patient_payment") as table:
        table.alter_column("fee_cents", existing_type=sa.BigInteger(), server_default=None)


def _name_agencies() -> None:
    """Each name that was typed so far is an agency; the same name in other capitals is the same one."""
    bind = op.get_bind()
    known: dict[tuple[str, str], str] = {}
    rows = bind.execute(sa.text("SELECT id, practice_id, agency, placed_at FROM placement ORDER BY placed_at")).all()
    for placement_id, practice_id, name, placed_at in rows:
        folded = " ".join(name.casefold().split())[:100]
        if (practice_id, folded) not in known:
            known[practice_id, folded] = new_id()
            bind.execute(
                sa.text(
                    "INSERT INTO agency (id, practice_id, name, folded_name, reached, fee_basis_points, number_form, "
                    "made_at) VALUES (:id, :practice, :name, :folded, '', 0, '{reference}', :at)"
                ),
                {
                    "id": known[practice_id, folded],
                    "practice": practice_id,
                    "name": " ".join(name.split())[:100],
                    "folded": folded,
                    "at": placed_at,
                },
            )
        bind.execute(
            sa.text("UPDATE placement SET agency_id = :agency WHERE id = :id"),
            {"agency": known[practice_id, folded], "id": placement_id},
        )


def _weigh_placements() -> None:
    """The newest placement of a visit has what still stands on BAD_DEBT there, up to what was placed; older ones are
    over. A share that the visit has yet to post counts in full."""
    bind = op.get_bind()
    by_visit = bind.execute(
        sa.text("SELECT encounter_id, SUM(amount_cents) FROM posting WHERE account = 'BAD_DEBT' GROUP BY encounter_id")
    )
    stands = {encounter_id: int(cents) for encounter_id, cents in by_visit}
    waiting = set(
        bind.execute(
            sa.text("SELECT encounter_id FROM fact WHERE kind = 'balance_given_up' AND absorbed_at IS NULL")
        ).scalars()
    )
    seen: set[str] = set()
    rows = bind.execute(
        sa.text("SELECT id, encounter_id, amount_cents FROM placement ORDER BY placed_at DESC, id")
    ).all()
    for placement_id, encounter_id, amount in rows:
        left = amount if encounter_id in waiting else min(amount, max(0, stands.get(encounter_id, 0)))
        state = "closed" if encounter_id in seen else "placed" if left else "paid_in_full"
        seen.add(encounter_id)
        bind.execute(
            sa.text("UPDATE placement SET balance_cents = :left, state = :state WHERE id = :id"),
            {"left": left if state == "placed" else 0, "state": state, "id": placement_id},
        )


def _create_events() -> None:
    op.create_table(
        "placement_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("practice_id", ID, nullable=False),
        sa.Column("agency_id", ID, nullable=False),
        sa.Column("placement_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("transaction", sa.String(length=60), nullable=True),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", ID, nullable=False),
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_placement_event_{column}"))
            for column, table in (
                ("practice_id", "practice"),
                ("agency_id", "agency"),
                ("placement_id", "placement"),
                ("file_id", "agency_file"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_event")),
        sa.UniqueConstraint("agency_id", "transaction", name="uq_placement_event_transaction"),
    )
    op.create_index(op.f("ix_placement_event_placement_id"), "placement_event", ["placement_id"])


def downgrade() -> None:
    with op.batch_alter_table("patient_payment") as table:
        table.drop_column("fee_cents")
    op.drop_table("placement_event")
    with op.batch_alter_table("placement") as table:
        table.drop_index(op.f("ix_placement_agency_id"))
        table.drop_constraint(op.f("fk_placement_agency_id"), type_="foreignkey")
        table.drop_column("state")
        table.drop_column("balance_cents")
        table.drop_column("agency_id")
    op.drop_table("agency_file")
    op.drop_table("agency")
