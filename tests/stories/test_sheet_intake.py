"""Visits from a spreadsheet go the way of every other visit, up to their submission."""

from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from activities.sheet_intake import import_by_mapping
from activities.taking_in import ImportReport, Sender
from billing.claim import Address
from billing.sheets import DateOrder, SheetMapping, guessed
from cli import app
from database import practice, sheets
from database.practice import EntityView, ProviderView
from database.tables import PatientNumber, RefusedRow
from tests.builders import CLINIC_NPI, DOCTOR_NPI, TAX_ID
from tests.office import Office

BOTH_DATABASES = True
HEADER = (
    "visit,mrn,last name,first name,dob,gender,address,city,state,zip,payer id,payer,policy number,dos,cpt,charge,dx"
)
ROW = "V7,M7,DOE,JANE,1980-01-01,F,1 ELM ST,ANYTOWN,OH,44101,99999,EXAMPLE PAYER,ABC123456,2026-10-20,99213,150,J069"


def set_up(office: Office) -> SheetMapping:
    address = Address("100 MAIN ST", "ANYTOWN", "OH", "441011234")
    guess = guessed(HEADER.split(","))
    mapping = SheetMapping(guess.columns, {"filing_indicator": "CI"}, DateOrder.YMD)
    with office.database.writing() as session:
        told = EntityView(CLINIC_NPI, "EXAMPLE CLINIC", TAX_ID, "207Q00000X", address, None, None)
        practice.save_entity(session, told, practice_id=office.practice_id)
        doctor = ProviderView(DOCTOR_NPI, "SMITH", "ANN", None, is_active=True)
        practice.save_provider(session, doctor, practice_id=office.practice_id)
        sheets.keep_mapping(session, "clinic", mapping, practice_id=office.practice_id, at=office.now, by="operator")
    return mapping


def take(office: Office, *rows: str, source: str = "clinic") -> ImportReport:
    sender = Sender(office.practice_id, office.partner_id, office.now)
    return import_by_mapping(office.database, "\n".join((HEADER, *rows)).encode(), source=source, sender=sender)


def test_a_row_becomes_a_claim_that_is_sent(office: Office) -> None:
    set_up(office)
    report = take(office, ROW)
    assert (report.created, report.refused) == (1, [])
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    sent = next(iter(office.wire.claims.values())).decode()
    assert "SV1*HC:99213*150*UN*1***1~" in sent
    assert "NM1*IL*1*DOE*JANE" in sent
    with office.database.reading() as session:
        assert [(one.system, one.number) for one in session.exec(select(PatientNumber))] == [("clinic", "M7")]


def test_the_same_sheet_twice_starts_nothing_twice_and_a_row_more_is_a_late_charge(office: Office) -> None:
    set_up(office)
    take(office, ROW)
    again = take(office, ROW)
    assert (again.created, again.duplicates) == (0, 1)
    more = take(office, ROW, ROW.replace("99213,150", "36415,10"))
    assert (more.created, more.amended) == (0, 1)
    assert len(office.encounter_ids()) == 1


def test_rows_that_were_refused_leave_the_list_once_they_are_taken(office: Office) -> None:
    set_up(office)
    bad = ROW.replace("2026-10-20", "soon")
    assert len(take(office, bad).refused) == 1
    with office.database.reading() as session:
        [row] = session.exec(select(RefusedRow)).all()
    assert row.reason == "dos: must be a day as YYYY-MM-DD or YYYYMMDD or YYYY/MM/DD"
    assert '"soon"' in row.cells


def test_a_sender_without_a_mapping_is_told_where_to_make_one(office: Office) -> None:
    set_up(office)
    assert "no mapping of a sender 'elsewhere' is kept" in (take(office, ROW, source="elsewhere").unreadable or "")


def test_the_command_takes_a_sheet_by_its_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("ZEROBALANCE_DATABASE_URL", raising=False)
    (tmp_path / "visits.csv").write_text(f"{HEADER}\n{ROW}\n")
    result = CliRunner().invoke(app, ["import", str(tmp_path / "visits.csv"), "--source", "clinic"])
    assert result.exit_code == 2
    assert "make one in the workbench, under CSV visits" in result.stdout
