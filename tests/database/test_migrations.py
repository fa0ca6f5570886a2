from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import SQLModel, select

from billing.claim import Address
from billing.policies import DEFAULTS
from database import registrations
from database.engine import Database, DatabaseMissing
from database.setup import migration_config, upgrade
from database.tables import Appeal, Patient, Policy, ProviderAdjustmentRow
from tests.builders import a_claim, a_line, an_835, an_837p
from tests.office import Office


def tables_of(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_a_migrated_database_has_every_table_and_no_other(database: Database) -> None:
    assert tables_of(database) == set(SQLModel.metadata.tables)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_and_the_tables_agree(database: Database) -> None:
    """Raises when autogenerate would write another migration. SQLite tells nothing of an index over an expression."""
    command.check(migration_config(database))


def test_a_downgrade_leaves_nothing_and_can_be_undone(empty: Database) -> None:
    config = migration_config(empty)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    assert tables_of(empty) == set()
    command.upgrade(config, "head")
    assert tables_of(empty) == set(SQLModel.metadata.tables)


def test_patients_of_before_get_the_address_of_their_last_visit(empty: Database) -> None:
    config = migration_config(empty)
    upgrade(empty)
    office = Office(empty)
    for day, street in ((20, "9 NEW ST"), (10, "1 OLD ST")):
        patient = replace(a_claim().patient, address=Address(street, "SPRINGFIELD", "IL", "62701"))
        lines = (a_line(service_date=date(2026, 10, day)),)
        office.take_in(an_837p(a_claim(*lines, control_number=f"V{day}", patient=patient, subscriber=patient)))
    command.downgrade(config, "0014")
    command.upgrade(config, "head")
    with empty.reading() as session:
        [row] = session.exec(select(Patient)).all()
    known = registrations.of_row(row)

    assert known.address == Address("9 NEW ST", "SPRINGFIELD", "IL", "62701")
    assert (known.telephone, row.version) == (None, 0)


def test_setting_up_twice_changes_nothing(empty: Database) -> None:
    for _ in range(2):
        upgrade(empty)
    with empty.reading() as session:
        names = session.exec(select(Policy.name)).all()
    assert sorted(names) == sorted(DEFAULTS)


def test_a_database_that_was_never_set_up_says_which_command_mends_it(empty: Database) -> None:
    with pytest.raises(DatabaseMissing, match="run `zerobalance setup`"):
        empty.check()


def test_a_database_that_was_set_up_is_fine(database: Database) -> None:
    database.check()


def test_appeals_of_before_keep_their_levels(empty: Database) -> None:
    config = migration_config(empty)
    upgrade(empty)
    office = Office(empty)
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    command.downgrade(config, "0045")
    with empty.engine.begin() as connection:
        letters = sa.table("letter", *(sa.column(name) for name in LETTER_OF_BEFORE))
        for number, withdrawn in ((1, None), (2, "2026-03-05 00:00:00+00"), (3, None)):
            row = {"id": f"letter{number}", "practice_id": office.practice_id, "encounter_id": encounter}
            times = {"written_at": f"2026-03-0{number} 00:00:00+00", "withdrawn_at": withdrawn}
            connection.execute(sa.insert(letters), [row | times | LETTER_OF_BEFORE_ALIKE])
    command.upgrade(config, "head")
    with empty.reading() as session:
        rows = session.exec(select(Appeal).order_by(Appeal.letter_id)).all()
    assert [(row.level, row.letter_id, row.outcome) for row in rows] == [
        (1, "letter1", "no_decision"),
        (2, "letter2", "withdrawn"),
        (3, "letter3", None),
    ]


def test_provider_adjustments_that_met_before_are_not_open(empty: Database) -> None:
    config = migration_config(empty)
    upgrade(empty)
    office = Office(empty)
    office.take_in(an_837p(a_claim()))
    for number, (reference, cents) in enumerate((("X1", 2000), ("X1", -2000), ("X2", -1500)), start=1):
        balance = ("L6", "I", -cents)
        plb = (("WO", reference, cents), balance)
        office.deliver_835(an_835(trace=f"T{number}", number=number, paid=None, plb=plb))
    command.downgrade(config, "0041")
    command.upgrade(config, "head")
    with empty.reading() as session:
        rows = session.exec(select(ProviderAdjustmentRow).where(ProviderAdjustmentRow.reason == "WO")).all()
    assert sorted((row.amount_cents, row.open_cents) for row in rows) == [(-2000, 0), (-1500, -1500), (2000, 0)]


LETTER_OF_BEFORE_ALIKE = {"kind": "appeal", "content": "{}", "written_by": "office"}
LETTER_OF_BEFORE = ("id", "practice_id", "encounter_id", "written_at", "withdrawn_at", *LETTER_OF_BEFORE_ALIKE)
