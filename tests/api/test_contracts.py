"""Contracts: kept per payer, given rates by a file that is shown first, changed by one person at a time."""

import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.tables import AuditEvent, Encounter
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of

KEY = {"Idempotency-Key": "key-00000001"}
TERMS = {
    "name": "Plain Health 2026",
    "begins": "2026-01-01",
    "basis": "schedule",
    "multiple": "100, 50, 50",
    "bilateral": "150",
    "reason": "amendment 4, page 7",
}
FILE = """procedure,modifier,place,rate,percent,effective_from
99213,,office,92.20,,
99213,,facility,68.35,,
J1885,,,,80,2026-04-01
99214,,,a lot,,
"""


def another(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"key-{number:08}"}


def hidden(page: str, form: str) -> dict[str, str]:
    part = page.partition(f'action="{form}"')[2].partition("</form>")[0]
    return {name: unescape(text) for name, text in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', part)}


def said(book: Book) -> list[str]:
    with book.database.reading() as session:
        return list(session.exec(select(AuditEvent.reason).where(AuditEvent.subject == "contract")))


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


@pytest.fixture
async def contract(encounter: Encounter, supervisor: httpx.AsyncClient) -> str:
    answered = await supervisor.post(f"/api/v1/payers/{encounter.payer_id}/contracts", json=TERMS, headers=KEY)
    assert answered.status_code == 201
    return str(answered.json()["contract_id"])


async def test_a_contract_is_kept_once_and_shown_with_its_payer(
    book: Book, encounter: Encounter, contract: str, supervisor: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    calls = f"/api/v1/payers/{encounter.payer_id}/contracts"
    again = await supervisor.post(calls, json=TERMS, headers=KEY)
    same_day = await supervisor.post(calls, json=TERMS | {"name": "Other"}, headers=another(2))
    [shown] = (await supervisor.get(calls)).json()
    page = (await browser.get(f"/setup/payers/{encounter.payer_id}")).text

    assert again.json() == {"contract_id": contract}
    assert same_day.status_code == 422
    assert "the payer has a contract from that day already" in same_day.text
    assert (shown["state"], shown["terms"]["multiple"], shown["rates"]) == ("in force", ["100", "50", "50"], 0)
    assert shown["in_words"] == "its own prices; procedures of a day 100, 50, 50 %; both sides 150 %"
    assert f'href="/setup/contracts/{contract}"' in page
    assert said(book) == [
        "Plain Health 2026, from 2026-01-01: its own prices; procedures of a day 100, 50, 50 %; both sides 150 %: "
        "amendment 4, page 7"
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends": "2025-12-31"}, "must not end before it begins"),
        ({"basis": "medicare"}, "needs a locality"),
        ({"basis": "medicare", "locality": "0910"}, "such as 0910204"),
        ({"percent": "lots"}, "must be a number from 0 to 1000"),
        ({"multiple": "100, 150"}, "at most 100"),
        ({"multiple": "100, half"}, "must be a number"),
        ({"conversion_factor": "-3"}, "must be dollars such as 33.4009"),
        ({"basis": "guess"}, "must be"),
        ({"name": ""}, "is needed"),
        ({"conversion_factor": "1e-999999"}, "at most six decimals"),
    ],
)
async def test_terms_that_cannot_be_are_refused_with_why(
    changes: dict[str, str], words: str, encounter: Encounter, supervisor: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    path = f"payers/{encounter.payer_id}/contracts"
    refused = await supervisor.post(f"/api/v1/{path}", json=TERMS | changes, headers=KEY)
    page = await browser.post(f"/setup/{path}", data=TERMS | changes)

    assert (refused.status_code, page.status_code) == (422, 422)
    assert words in refused.text
    assert words in unescape(page.text)
    assert (await supervisor.get(f"/api/v1/{path}")).json() == []


async def test_no_number_is_a_float_and_zero_is_zero(encounter: Encounter, supervisor: httpx.AsyncClient) -> None:
    path = f"/api/v1/payers/{encounter.payer_id}/contracts"
    numbers = {"percent": 0, "bilateral": 5000, "conversion_factor": -1, "multiple": [50.5]}
    refused = await supervisor.post(path, json=TERMS | numbers, headers=KEY)
    kept = await supervisor.post(path, json=TERMS | {"percent": "0"}, headers=KEY)
    [one] = (await supervisor.get(path)).json()

    assert {fault["field"] for fault in refused.json()["faults"]} == set(numbers)
    assert kept.status_code == 201
    assert one["terms"]["percent"] == "0"


async def test_a_person_keeps_a_contract_and_changes_it(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    form = f"/setup/payers/{encounter.payer_id}/contracts"
    empty = (await browser.get(f"/setup/payers/{encounter.payer_id}")).text
    typed = inputs_of((await browser.get(form)).text) | TERMS
    kept = [await browser.post(form, data=typed) for _ in range(2)]
    home = kept[0].headers["location"].partition("?")[0]
    page = (await browser.get(home)).text
    change = hidden(page, home) | TERMS | {"ends": "2026-12-31", "takes_lesser": "0", "reason": "notice"}
    changed = await browser.post(home, data=change)
    stale = await browser.post(home, data=change | {"key": "key-stale-01"})

    assert "No contract is kept with this payer" in empty
    assert kept[0].headers["location"] == kept[1].headers["location"]
    assert 'value="100, 50, 50"' in page
    assert changed.status_code == 303
    assert "2026-12-31" in (await browser.get(home)).text
    assert stale.status_code == 409
    assert "Somebody changed the contract" in stale.text
    assert "more than the charge, too" in said(book)[1]


async def test_rates_come_by_a_file_that_is_shown_first(
    book: Book, contract: str, supervisor: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    home = f"/setup/contracts/{contract}"
    preview = await browser.post(f"{home}/preview", files={"file": ("rates.csv", FILE.encode())})
    before = (await supervisor.get(f"/api/v1/contracts/{contract}/rates")).json()["items"]
    typed = hidden(preview.text, f"{home}/rates")
    done = [await browser.post(f"{home}/rates", data=typed) for _ in range(2)]
    page = (await browser.get(done[0].headers["location"])).text
    sought = (await browser.get(f"{home}?q=J18")).text
    csv = await supervisor.get(f"/api/v1/contracts/{contract}/rates.csv")
    again = await supervisor.post(f"/api/v1/contracts/{contract}/rates?dry_run=true", content=csv.text, headers=KEY)
    dearer = FILE.replace("92.20", "95.00")
    changed = await supervisor.post(f"/api/v1/contracts/{contract}/rates", content=dearer, headers=another(2))

    assert "3 would be added, 0 changed, 0 there already; 1 cannot be taken" in preview.text
    assert "Line 5: rate a lot: amount is not a number" in preview.text
    assert before == []
    assert [one.headers["location"] for one in done] == [f"{home}?added=3&changed=0"] * 2
    assert "Taken: 3 added, 0 changed." in page
    assert "80 %" in sought
    assert "$92.20" not in sought
    assert csv.text.splitlines()[1:] == [
        "99213,,facility,68.35,,2026-01-01",
        "99213,,office,92.2,,2026-01-01",
        "J1885,,,,80,2026-04-01",
    ]
    assert (again.json()["unchanged"], again.json()["added"]) == (3, [])
    assert [(one["now"], one["then"]) for one in changed.json()["changed"]] == [("$92.20", "$95.00")]
    assert said(book)[-1] == "1 rates; 99213 from 2026-01-01: $95.00, was $92.20"


@pytest.mark.parametrize(("body", "status"), [(b"", 422), (b"a\0b", 422), (b"procedure\n", 422)])
async def test_a_file_without_a_good_row_is_refused(
    body: bytes, status: int, contract: str, supervisor: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    refused = await supervisor.post(f"/api/v1/contracts/{contract}/rates", content=body, headers=another(2))
    pasted = await browser.post(f"/setup/contracts/{contract}/preview", data={"pasted": " "})

    assert refused.status_code == status
    assert pasted.status_code == 422
    assert "Choose a file, or paste its rows" in pasted.text


async def test_only_a_supervisor_changes_contracts_and_no_other_practice_sees_them(
    book: Book, encounter: Encounter, contract: str
) -> None:
    async def tried(client: httpx.AsyncClient) -> list[int]:
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", f"/api/v1/payers/{encounter.payer_id}/contracts", {"json": TERMS | {"begins": "2027-01-01"}}),
            ("PUT", f"/api/v1/contracts/{contract}", {"json": TERMS | {"version": 0}}),
            ("POST", f"/api/v1/contracts/{contract}/rates", {"content": FILE}),
            ("GET", f"/api/v1/contracts/{contract}", {}),
            ("GET", f"/api/v1/contracts/{contract}/rates.csv", {}),
        ]
        return [
            (await client.request(method, path, headers=another(9), **sent)).status_code for method, path, sent in calls
        ]

    async with book.signed_in(Role.BILLER) as biller:
        page = (await biller.get(f"/setup/contracts/{contract}")).text
        assert await tried(biller) == [403, 403, 403, 200, 200]
    async with book.connect(token=book.stranger) as stranger:
        assert await tried(stranger) == [404] * 5
    assert "Plain Health 2026" in page
    assert "Take rates from a file" not in page
