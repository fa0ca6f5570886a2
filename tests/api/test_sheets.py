"""Visits from a spreadsheet: looked at, taken in once, and what was not taken comes back with its reasons."""

import csv
import io
import re
from html import unescape
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.claim import Address
from billing.roles import Role
from database import practice
from database.practice import EntityView
from database.tables import Encounter, Patient, SheetMappingRow, Task
from tests.api.conftest import Book
from tests.builders import CLINIC_NPI, TAX_ID

HEADER = "Visit,MRN,Last,First,DOB,Payer,Policy,DOS,CPT,Amount,Dx"
GOOD = "V1,M1,DOE,JANE,1980-01-02,99999,ABC1,2026-02-20,99213,150.00,J06.9"
BAD = "V2,M2,ROE,RICK,1980-13-02,99999,ABC2,2026-02-20,99213,150.00,J06.9"
SHEET = f"{HEADER}\n{GOOD}\n{BAD}\n"
MAPPING = {
    "columns": {
        "visit_number": "Visit",
        "patient_number": "MRN",
        "last_name": "Last",
        "first_name": "First",
        "birth_date": "DOB",
        "payer_id": "Payer",
        "member_id": "Policy",
        "service_date": "DOS",
        "procedure": "CPT",
        "charge": "Amount",
        "diagnoses": "Dx",
    },
    "fixed": {"filing_indicator": "CI"},
    "date_order": "ymd",
}
SOURCE = "North clinic"


@pytest.fixture(autouse=True)
def entity(book: Book) -> None:
    address = Address("100 MAIN ST", "ANYTOWN", "OH", "441011234")
    with book.database.writing() as session:
        told = EntityView(CLINIC_NPI, "EXAMPLE CLINIC", TAX_ID, "207Q00000X", address, None, None)
        practice.save_entity(session, told, practice_id=book.practice_id)


def visits(book: Book) -> list[str]:
    with book.database.reading() as session:
        return sorted(session.exec(select(Encounter.external_id)))


async def keep(client: httpx.AsyncClient) -> None:
    assert (await client.put(f"/api/v1/sheets/mappings/{SOURCE}", json=MAPPING)).status_code == 200


async def take(client: httpx.AsyncClient, text: str, key: str) -> Any:
    headers = {"Idempotency-Key": key, "Content-Type": "text/csv"}
    return await client.post("/api/v1/sheets", params={"source": SOURCE}, content=text, headers=headers)


async def test_a_preview_tells_visits_and_faults_and_changes_nothing(book: Book) -> None:
    async with book.connect(Role.BILLER) as client:
        await keep(client)
        assert (await client.get("/api/v1/sheets/mappings")).json() == {SOURCE: MAPPING}
        shown = (await client.post("/api/v1/sheets/preview", params={"source": SOURCE}, content=SHEET)).json()
    assert (shown["rows"], shown["visits"]) == (2, 1)
    assert shown["faults"] == [
        {
            "row": 3,
            "column": "DOB",
            "message": "must be a day as YYYY-MM-DD or YYYYMMDD or YYYY/MM/DD",
            "patient_id": None,
        }
    ]
    assert shown["first"][0]["patient"] == "DOE, JANE"
    assert visits(book) == []


async def test_good_rows_start_once_and_bad_ones_come_back_to_be_mended(book: Book) -> None:
    async with book.connect(Role.BILLER) as client:
        await keep(client)
        first = (await take(client, SHEET, "sheet-0001")).json()
        assert (first["claims"], first["created"], len(first["refused"])) == (2, 1, 1)
        again = (await take(client, SHEET, "sheet-0002")).json()
        assert (again["created"], again["duplicates"], len(again["refused"])) == (0, 1, 1)
        assert visits(book) == ["V1"]
        refused = await client.get(f"/api/v1/sheets/{first['message_id']}/refused")
        [row] = csv.DictReader(io.StringIO(refused.text))
        assert row["row"] == "3"
        assert row["not taken because"].startswith("DOB: must be a day")
        assert row["Last"] == "ROE"
        mended = refused.text.replace("1980-13-02", "1980-12-02")
        done = (await take(client, mended, "sheet-0003")).json()
        assert (done["created"], done["refused"]) == (1, [])
    assert visits(book) == ["V1", "V2"]
    with book.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.type == "intake_error")).all()
    assert "1 rows of a sheet of North clinic were not taken. row 3: DOB" in task.reason
    assert "ROE" not in task.reason


async def test_what_the_set_up_forbids_is_told_before_and_kept_after(book: Book) -> None:
    stranger = SHEET.replace("DOB", "Born").replace(BAD, "")
    async with book.connect(Role.BILLER) as client:
        assert (await take(client, SHEET, "sheet-0001")).status_code == 404
        await keep(client)
        refused = await take(client, stranger, "sheet-0002")
    assert refused.status_code == 422
    assert "the sheet has no column of this name" in refused.text
    assert visits(book) == []


async def test_a_changed_price_under_a_known_number_is_kept_as_a_refused_row(book: Book) -> None:
    async with book.connect(Role.BILLER) as client:
        await keep(client)
        await take(client, SHEET, "sheet-0001")
        changed = (await take(client, f"{HEADER}\n{GOOD.replace('150.00', '151.00')}\n", "sheet-0002")).json()
        assert (changed["created"], changed["duplicates"], len(changed["refused"])) == (0, 0, 1)
        rows = await client.get(f"/api/v1/sheets/{changed['message_id']}/refused")
    assert "151.00" in rows.text


async def test_a_corrected_name_under_a_known_number_is_told_and_nothing_is_changed(book: Book) -> None:
    corrected = f"{HEADER}\n{GOOD.replace('DOE,JANE', 'DOE,JOAN').replace('J06.9', 'J06.9 I10')}\n"
    words = "the visit is here already with another first name, diagnosis, and that stays as it is"
    async with book.connect(Role.BILLER) as client:
        await keep(client)
        await take(client, SHEET, "sheet-0001")
        shown = (await client.post("/api/v1/sheets/preview", params={"source": SOURCE}, content=corrected)).json()
        taken = (await take(client, corrected, "sheet-0002")).json()
        same = (await take(client, f"{HEADER}\n{GOOD}\n", "sheet-0003")).json()
    with book.database.reading() as session:
        [patient] = session.exec(select(Patient)).all()
    assert patient.first_name == "JANE"
    assert (shown["visits"], shown["faults"][0]["patient_id"]) == (0, patient.id)
    assert shown["faults"][0]["message"].startswith(words)
    assert (taken["created"], taken["duplicates"], len(taken["refused"])) == (0, 0, 1)
    assert taken["refused"][0]["reason"].startswith(words)
    assert (same["duplicates"], same["refused"]) == (1, [])


async def test_the_page_offers_to_correct_the_patient(book: Book) -> None:
    corrected = f"{HEADER}\n{GOOD.replace('DOE,JANE', 'DOE,JOAN')}\n"
    async with book.signed_in(Role.FRONT_DESK) as browser:
        files = {"file": ("visits.csv", SHEET.encode(), "text/csv")}
        form = hidden((await browser.post("/sheets/look", data={"source": SOURCE}, files=files)).text)
        typed = {f"column.{name}": header for name, header in MAPPING["columns"].items()}  # type: ignore[attr-defined]
        preview = (await browser.post("/sheets/preview", data=form | typed | {"date_order": "ymd"})).text
        await browser.post("/sheets/take", data=hidden(preview))
        files = {"file": ("visits.csv", corrected.encode(), "text/csv")}
        looked = (await browser.post("/sheets/look", data={"source": SOURCE}, files=files)).text
        with book.database.reading() as session:
            [patient_id] = session.exec(select(Patient.id)).all()
        assert "with another first name" in looked
        assert f'<a href="/patients/{patient_id}/edit">Correct the patient</a>' in looked


@pytest.mark.parametrize(
    ("born", "served", "chosen"), [("10/31/1980", "02/20/2026", "mdy"), ("01/02/1980", "02/03/2026", "")]
)
async def test_the_page_sees_how_days_are_written_or_asks(born: str, served: str, chosen: str, book: Book) -> None:
    text = f"{HEADER}\n{GOOD.replace('1980-01-02', born).replace('2026-02-20', served)}\n"
    async with book.signed_in(Role.FRONT_DESK) as browser:
        files = {"file": ("visits.csv", text.encode(), "text/csv")}
        looked = (await browser.post("/sheets/look", data={"source": SOURCE}, files=files)).text
        typed = {f"column.{name}": header for name, header in MAPPING["columns"].items()}  # type: ignore[attr-defined]
        silent = await browser.post("/sheets/preview", data=hidden(looked) | typed | {"date_order": ""})
    assert f'<option value="{chosen}" selected>' in looked
    assert ("The days of this sheet do not tell" in looked) == (chosen == "")
    assert silent.status_code == 422
    assert "say how the sender writes days" in silent.text


async def test_only_who_may_take_visits_in_may(book: Book) -> None:
    async with book.connect(Role.CODER) as client:
        assert (await client.get("/api/v1/sheets")).status_code == 403
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/sheets/nothing/refused")).status_code == 404


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(text) for name, text in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


async def test_the_pages_guess_keep_look_and_take(book: Book) -> None:
    async with book.signed_in(Role.FRONT_DESK) as browser:
        assert "No sheet was taken in yet" in (await browser.get("/sheets")).text
        assert 'href="/sheets"' in (await browser.get("/")).text
        files = {"file": ("visits.csv", SHEET.encode(), "text/csv")}
        looked = (await browser.post("/sheets/look", data={"source": SOURCE}, files=files)).text
        assert "Say which column is which" in looked
        assert '<option value="DOS" selected>' in looked
        typed = {f"column.{name}": header for name, header in MAPPING["columns"].items()}  # type: ignore[attr-defined]
        missing = typed | {"column.procedure": ""}
        form = hidden(looked)
        refused = await browser.post("/sheets/preview", data=form | missing | {"date_order": "ymd"})
        assert refused.status_code == 422
        assert "Procedure: choose the column that has it" in refused.text
        preview = (await browser.post("/sheets/preview", data=form | typed | {"date_order": "ymd"})).text
        assert "2 rows: 1 visit can be taken in; 1 fault keeps rows out" in preview
        assert "Row 3, <strong>DOB</strong>" in preview
        done = await browser.post("/sheets/take", data=hidden(preview))
        assert done.headers["location"] == "/sheets?note=done"
        home = (await browser.get("/sheets")).text
        assert "1: download with the reasons" in home
        known = (await browser.post("/sheets/look", data={"source": SOURCE}, files=files)).text
        assert "Nothing is taken yet" in known
    assert visits(book) == ["V1"]
    with book.database.reading() as session:
        assert [one.source for one in session.exec(select(SheetMappingRow))] == [SOURCE]


async def test_no_file_and_no_sheet_are_said_at_the_page(book: Book) -> None:
    async with book.signed_in(Role.FRONT_DESK) as browser:
        empty = await browser.post("/sheets/look", data={"source": SOURCE}, files={"file": ("x.csv", b"", "text/csv")})
        twice = await browser.post("/sheets/look", data={"source": SOURCE}, files={"file": ("x.csv", b"A,A\n1,2")})
    assert (empty.status_code, twice.status_code) == (422, 422)
    assert "Choose a file" in empty.text
    assert "two columns have the same name" in twice.text
