"""The release calendar: what ended is told with the visits behind it, and contracts that end with none to follow."""

from datetime import timedelta

from billing.code_tables import CodeEntry, CodeSystem, Edition
from billing.contracts import Basis, Terms
from billing.roles import Role
from database import codes, contracts
from tests.api.conftest import Book


async def test_an_empty_office_is_told_what_can_be_loaded(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as client:
        page = await client.get("/setup/releases")
        found = (await client.get("/api/v1/releases")).json()
    assert "zerobalance codes load --system icd10cm" in page.text
    assert "No contract ends" in page.text
    assert {one["release"]["standing"] for one in found["tables"]} == {"not_loaded"}
    assert found["ending_contracts"] == []


async def test_what_ended_is_told_with_the_visits_behind_it(book: Book) -> None:
    encounter = book.encounter()
    day = encounter.service_date
    edition = Edition(CodeSystem.HCPCS, "OLD", day - timedelta(days=90), day - timedelta(days=1))
    with book.database.writing() as session:
        entry = CodeEntry("J0001", "", "", True, edition.valid_from, None)
        codes.load(session, edition, [entry], source="x", at=book.now)
    async with book.signed_in(Role.BILLER) as client:
        page = await client.get("/setup/releases")
        tables = (await client.get("/api/v1/releases")).json()["tables"]
    [hcpcs] = [one for one in tables if one["release"]["table"] == "HCPCS"]
    assert (hcpcs["release"]["standing"], hcpcs["visits_after"]) == ("over", 1)
    assert "1 open visit since" in page.text


async def test_a_contract_that_ends_is_told_until_another_one_follows(book: Book) -> None:
    encounter = book.encounter()
    today = book.now.date()
    ends = today + timedelta(days=30)
    whose = {"practice_id": book.practice_id, "payer_id": encounter.payer_id, "at": book.now}
    terms = Terms(Basis.CHARGE)
    with book.database.writing() as session:
        contracts.add(session, name="Of last year", begins=today - timedelta(days=300), ends=ends, terms=terms, **whose)
        later = today + timedelta(days=200)
        contracts.add(session, name="Of later", begins=later, ends=later + timedelta(days=9), terms=terms, **whose)
    async with book.signed_in(Role.BILLER) as client:
        page = (await client.get("/setup/releases")).text
        with book.database.writing() as session:
            contracts.add(session, name="Next", begins=ends + timedelta(days=1), ends=None, terms=terms, **whose)
        after = (await client.get("/api/v1/releases")).json()["ending_contracts"]
    assert "Of last year" in page
    assert "Of later" not in page
    assert after == []
