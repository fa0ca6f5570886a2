"""Every row belongs to a practice, except those of the installation."""

from sqlmodel import SQLModel

import database.tables  # noqa: F401 - registers every table

OF_THE_INSTALLATION = {
    "practice": "the practice itself",
    "partner": "one clearinghouse serves several practices",
    "partner_file": "a file in a partner's inbox may concern several practices",
    "control_sequence": "control numbers belong to a partner",
    "api_token": "belongs to a user, who belongs to a practice",
    "code_edition": "published code tables are the same for everybody",
    "code": "published code tables are the same for everybody",
    "code_term": "published code tables are the same for everybody",
    "rule_edition": "published rules are the same for everybody",
    "code_pair": "published rules are the same for everybody",
    "unit_limit": "published rules are the same for everybody",
    "add_on": "published rules are the same for everybody",
    "fee_schedule": "published rules are the same for everybody",
    "relative_value": "published prices are the same for everybody",
    "medicare_locality": "published prices are the same for everybody",
    "exclusion": "published rules are the same for everybody",
    "provider_fact": "a public registry, the same for everybody",
    "provider_sign_in": "nobody has signed in yet",
    "web_session": "belongs to a user, who belongs to a practice",
    "pay_session": "belongs to a link, which belongs to a practice",
}
MAY_BE_OF_NONE = {
    "policy": "a default of the installation",
    "inbound_message": "a mailbox message may concern several practices",
    "processor_event": "a notice that names no checkout is nobody's",
}


def test_every_table_names_the_practice() -> None:
    without = {name for name, table in SQLModel.metadata.tables.items() if "practice_id" not in table.columns}
    assert without == set(OF_THE_INSTALLATION)


def test_the_practice_is_known_for_every_row() -> None:
    tables = SQLModel.metadata.tables.items()
    unknown = {
        name for name, table in tables if "practice_id" in table.columns and table.columns["practice_id"].nullable
    }
    assert unknown == set(MAY_BE_OF_NONE)
