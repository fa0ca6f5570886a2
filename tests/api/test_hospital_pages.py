"""Institutional claims in the workbench: the visit, the claim, its paper form and the coder's desk say what a hospital
bills, and take corrections of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database.engine import Database
from database.setup import upgrade
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of
from tests.api.test_claims import browser
from tests.builders import a_claim, a_stay, an_837i, an_837p
from tests.office import Office

REVIEW = NewTask(TaskType.CODE_REVIEW, key="1", reason="A second look at the codes.")


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'office.sqlite3'}")
    upgrade(database)
    yield Office(database)
    database.close()


def sent(office: Office, body: bytes) -> str:
    office.take_in(body)
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter


async def test_the_visit_and_the_claim_say_what_the_hospital_bills(office: Office) -> None:
    encounter = sent(office, an_837i(a_stay()))
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        visit = (await client.get(f"/encounters/{encounter}")).text
        claim = (await client.get(f"/claims/{number}")).text
        told = (await client.get(f"/api/v1/claims/{number}/as-sent")).json()
    for page in (visit, claim):
        for words in (
            "0111, the whole stay or visit",
            "2026-10-12 through 2026-10-15",
            "2026-10-12, 09:30",
            "emergency",
            "11:00, status 01, home",
            "ANN SMITH (1999999976)",
            "80: 3.00",
            "11 on 2026-10-12",
            "R06.02",
            "0120",
        ):
            assert words in page, words
    assert "Rendering provider" not in claim
    assert {one["label"]: one["text"] for one in told["hospital"]}["Condition codes"] == "09"
    assert [line["procedure"] for line in told["lines"]] == ["0120", "0250"]


async def test_the_paper_form_is_shown_box_by_box_for_either_kind(office: Office) -> None:
    encounter = sent(office, an_837i(a_stay()))
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        page = (await client.get(f"/claims/{number}/form")).text
        form = (await client.get(f"/api/v1/claims/{number}/form")).json()
        nobody = await client.get("/api/v1/claims/NOBODY/form")
    assert "UB-04" in page
    assert "0001" in page
    boxes = {one["number"]: one["value"] for one in form["forms"][0]["boxes"]}
    assert (form["form_name"], boxes["4"], boxes["3a"]) == ("UB-04", "0111", number)
    assert nobody.status_code == 404


async def test_a_professional_claim_has_the_other_form(office: Office) -> None:
    number = office.submission(sent(office, an_837p(a_claim()))).control_number
    async with browser(office, Role.BILLER) as client:
        form = (await client.get(f"/api/v1/claims/{number}/form")).json()
        claim = (await client.get(f"/claims/{number}")).text
    assert (form["form_name"], form["forms"][0]["bill_lines"]) == ("CMS-1500 (02/12)", [])
    assert "as the CMS-1500 would say it" in claim
    assert "Type of bill" not in claim


async def test_the_coders_desk_has_inputs_for_bill_and_stay(book: Book) -> None:
    encounter = book.encounter(claim=replace(a_stay(), providers=()))
    task = book.task(REVIEW, subject_id=encounter.id)
    async with book.signed_in(Role.CODER) as coder:
        page = (await coder.get(f"/tasks/{task.id}")).text
        form = inputs_of(page)
        typed = form | {"code.line.1.revenue_code": "12", "code.diagnoses.2": "E11.9/N", "code.value_codes": "80"}
        checked = (await coder.post(f"/tasks/{task.id}/check", data=typed)).text
    assert form["code.type_of_bill"] == "0111"
    assert form["code.statement_to"] == "2026-10-15"
    assert form["code.diagnoses.1"] == "J18.9/Y"
    assert form["code.admitting_diagnosis"] == "R06.02"
    assert form["code.value_codes"] == "80 3"
    assert form["code.line.1.revenue_code"] == "0120"
    assert "code.place_of_service" not in form
    assert "code.line.1.pointers" not in form
    assert "write code and amount: 80 3.00" in checked
    assert "the attending provider is missing" in checked
    again = inputs_of(checked)
    assert (again["code.value_codes"], again["code.diagnoses.2"]) == ("80", "E11.9/N")


async def test_what_the_desk_sends_are_corrections_of_the_bill(book: Book) -> None:
    encounter = book.encounter(claim=a_stay())
    task = book.task(REVIEW, subject_id=encounter.id)
    corrections = "type_of_bill = 0112\npatient_status = 30\nline.1.revenue_code = 0110\ndrg = 194"
    async with book.connect(Role.CODER) as client:
        answer = await client.post(f"/api/v1/tasks/{task.id}/check", json={"values": {"corrections": corrections}})
        refused = await client.post(
            f"/api/v1/tasks/{task.id}/check", json={"values": {"corrections": "place_of_service = 21"}}
        )
    assert answer.status_code == 200
    said = {one["edit"] for one in answer.json()["findings"] if one["severity"] == "E"}
    assert said == {"H03", "T01"}, "the book's today is before the stay; nothing else is wrong"
    assert "correct type_of_bill" in refused.text
