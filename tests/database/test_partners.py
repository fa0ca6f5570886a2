"""A file of trading partners is kept whole or not at all."""

from pathlib import Path

import pytest

from database import office
from database.engine import Database
from office_setup import PartnersUnset, set_partners
from tests.billing.test_partners import HOST_KEY

NEW = f"""
[house]
reached_by = "sftp"
host = "sftp.partner.test"
login = "office"
host_key = "{HOST_KEY}"
outbox = "/out"
inbox = "/in"
sender_id = "ZEROBALANCE"
receiver_id = "HOUSE"
submitter_name = "ZERO BALANCE"
submitter_contact = "EDI DESK"
submitter_telephone = "5555550100"
usage = "T"
"""
CHANGED = """
[house]
reached_by = "folder"
outbox = "/srv/out"
inbox = "/srv/in"
usage = "P"
"""


def test_partners_are_registered_and_changed_by_a_file(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "partners.toml"
    path.write_text(NEW, encoding="utf-8")
    assert set_partners(database, path) == ["house"]
    path.write_text(CHANGED, encoding="utf-8")
    assert set_partners(database, path) == ["house"]
    with database.reading() as session:
        [kept] = office.partners(session)
        assert (kept.reached_by, kept.outbox, kept.host, kept.host_key, kept.base_url) == (
            "folder",
            "/srv/out",
            None,
            None,
            "",
        )
        assert (kept.sender_id, kept.usage, kept.secret_name) == ("ZEROBALANCE", "P", "house")


def test_a_faulty_file_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "partners.toml"
    path.write_text(NEW + '\n[other]\nreached_by = "sftp"\n', encoding="utf-8")
    with pytest.raises(PartnersUnset, match=r"other\.host_key: is missing"):
        set_partners(database, path)
    with database.reading() as session:
        assert office.partners(session) == []
    path.write_text("[house", encoding="utf-8")
    with pytest.raises(PartnersUnset, match="no TOML"):
        set_partners(database, path)
