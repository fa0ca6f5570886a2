"""The practice as a legal entity: kept by a supervisor, told apart from other practices, offered to new visits."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.tables import AuditEvent
from tests.api.conftest import Book

KEY = {"Idempotency-Key": "key-00000001"}
ENTITY = {
    "npi": "1993999998",
    "name": "Family Group",
    "tax_id": "98-7654320",
    "taxonomy": "207q00000x",
    "street": "2 Main St",
    "city": "Springfield",
    "state": "il",
    "postal_code": "62701-0001",
}
PROVIDER = {"npi": "1993999998", "last_name": "Curie", "first_name": "Marie", "is_active": "true"}
LOCATION = {
    "name": "North office",
    "place_of_service": "11",
    "street": "9 North St",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62702",
}


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


def told(book: Book) -> list[str]:
    with book.database.reading() as session:
        return list(session.exec(select(AuditEvent.reason).where(AuditEvent.subject == "practice")))


async def test_a_person_keeps_legal_entity_billing_entities_and_locations(
    book: Book, browser: httpx.AsyncClient
) -> None:
    empty = (await browser.get("/setup/practice")).text
    legal = {"legal_name": "Family Practice LLC", "tax_id": "987654320", "key": "key-00000001"}
    pay_to = {
        "pay_to_street": "PO Box 7",
        "pay_to_city": "Chicago",
        "pay_to_state": "IL",
        "pay_to_postal_code": "60601",
    }
    done = [
        await browser.post("/setup/practice/legal-entity", data=legal),
        await browser.post("/setup/practice/billing-entities", data=ENTITY | pay_to | {"taxonomy": ""}),
        await browser.post("/setup/practice/locations", data=LOCATION | {"npi": "", "street_2": ""}),
        await browser.post("/setup/practice/legal-entity", data=legal),
    ]
    page = (await browser.get(done[0].headers["location"])).text
    seen = (await browser.get("/api/v1/practice")).json()

    assert "not said yet" in empty
    assert [one.status_code for one in done] == [303] * 4
    assert seen["legal"] == {"legal_name": "Family Practice LLC", "tax_id": "987654320"}
    [entity] = seen["entities"]
    assert (entity["tax_id"], entity["taxonomy"], entity["address"]["postal_code"]) == ("987654320", None, "627010001")
    assert "Cheques go to PO Box 7, Chicago, IL 60601" in " ".join(page.split())
    assert "North office" in page
    assert told(book) == ["legal entity changed: legal_name, tax_id", "billing entity added", "location added"]


async def test_a_location_is_changed_in_place_and_the_audit_says_what(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    path = "/api/v1/practice/locations"
    await supervisor.put(path, json=LOCATION, headers=KEY)
    [made] = (await supervisor.get("/api/v1/practice")).json()["locations"]
    again = LOCATION | {"id": made["id"], "place_of_service": "22", "npi": "1245319599"}
    answers = [await supervisor.put(path, json=again, headers={"Idempotency-Key": "key-00000002"}) for _ in range(2)]
    namesake = await supervisor.put(path, json=LOCATION, headers={"Idempotency-Key": "key-00000003"})
    lost = await supervisor.put(path, json=LOCATION | {"id": "nowhere"}, headers={"Idempotency-Key": "key-00000004"})
    [seen] = (await supervisor.get("/api/v1/practice")).json()["locations"]

    assert [one.json() for one in answers] == [{"is_new": False}] * 2
    assert (seen["place_of_service"], seen["npi"]) == ("22", "1245319599")
    assert namesake.json()["faults"] == [{"field": "name", "message": "another location has this name"}]
    assert (namesake.status_code, lost.status_code) == (422, 404)
    assert told(book)[1:] == ["location changed: place_of_service, npi"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"npi": "1234567890"}, "npi", "check digit is wrong"),
        ({"tax_id": "12"}, "tax_id", "nine digits"),
        ({"taxonomy": "207"}, "taxonomy", "ten letters and digits"),
        ({"state": "Ohio"}, "state", "two letters"),
        ({"state": "ZZ"}, "state", "two letters of a state"),
        ({"tax_id": "12-3456789"}, "tax_id", "stands for none"),
        ({"tax_id": "12-345"}, "tax_id", "must be nine digits"),
        ({"street": "B\u00f6 St *"}, "street", "\u00f6 * cannot be sent"),
        ({"postal_code": "627"}, "postal_code", "five or nine digits"),
        ({"telephone": "555-0100"}, "telephone", "ten digits"),
        ({"street": "2 Main*St"}, "street", "plain letters"),
        ({"street": "P.O. Box 7"}, "street", "write the street"),
    ],
)
async def test_a_wrong_billing_entity_comes_back_with_its_fault(
    changes: dict[str, str], field: str, words: str, book: Book, browser: httpx.AsyncClient
) -> None:
    response = await browser.post("/setup/practice/billing-entities", data=ENTITY | changes | {"form": "new"})
    fault = re.search(rf'id="entity-new-{field}-fault">([^<]*)<', response.text)

    assert response.status_code == 422
    assert fault is not None
    assert words in fault[1]
    assert 'value="Family Group"' in response.text
    assert told(book) == []


@pytest.mark.parametrize(
    ("path", "said", "slip"),
    [("billing-entities", ENTITY, {"name": "Another Group"}), ("providers", PROVIDER, {"last_name": "Somebody Else"})],
)
async def test_what_is_added_writes_over_nothing_that_has_its_number(
    path: str, said: dict[str, str], slip: dict[str, str], browser: httpx.AsyncClient
) -> None:
    where = f"/setup/practice/{path}"
    await browser.post(where, data=said | {"form": "new", "key": "key-00000001"})
    refused = await browser.post(where, data=said | slip | {"form": "new", "key": "key-00000002"})
    changed = await browser.post(where, data=said | slip | {"form": said["npi"], "key": "key-00000003"})

    assert refused.status_code == 422
    assert "is known here already: change that one instead" in refused.text
    assert changed.status_code == 303


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"place_of_service": "77"}, "place_of_service", "is no place of service"),
        ({"place_of_service": "x"}, "place_of_service", "is no place of service"),
        ({"state": "zz"}, "state", "two letters of a state"),
    ],
)
async def test_a_location_is_at_a_place_that_there_is(
    changes: dict[str, str], field: str, words: str, browser: httpx.AsyncClient
) -> None:
    response = await browser.post("/setup/practice/locations", data=LOCATION | changes | {"form": "new"})

    assert response.status_code == 422
    assert re.search(rf'id="location-new-{field}-fault">[^<]*{words}', response.text)


async def test_half_a_pay_to_address_is_refused(browser: httpx.AsyncClient) -> None:
    half = ENTITY | {"pay_to_city": "Chicago", "form": "new"}
    response = await browser.post("/setup/practice/billing-entities", data=half)
    assert response.status_code == 422
    assert "the pay-to address needs street, city, state and postal code" in response.text


async def test_another_practice_neither_sees_nor_takes_over(book: Book, supervisor: httpx.AsyncClient) -> None:
    await supervisor.put("/api/v1/practice/billing-entities", json=ENTITY, headers=KEY)
    await supervisor.put("/api/v1/practice/locations", json=LOCATION, headers={"Idempotency-Key": "key-00000002"})
    [location] = (await supervisor.get("/api/v1/practice")).json()["locations"]
    async with book.connect(token=book.stranger) as stranger, book.connect(Role.BILLER) as biller:
        theirs = (await stranger.get("/api/v1/practice")).json()
        taken = await stranger.put("/api/v1/practice/billing-entities", json=ENTITY, headers=KEY)
        moved = await stranger.put(
            "/api/v1/practice/locations",
            json=LOCATION | {"id": location["id"]},
            headers={"Idempotency-Key": "key-00000003"},
        )
        page = (await biller.get("/setup/practice")).text
        refused = await biller.post("/setup/practice/locations", data=LOCATION)

    assert (theirs["entities"], theirs["locations"]) == ([], [])
    assert taken.json()["faults"][0]["message"] == "is registered with another practice of this installation"
    assert (moved.status_code, refused.status_code) == (404, 403)
    assert "North office" in page
    assert "Add a location" not in page


async def test_a_new_visit_offers_what_was_set_up(browser: httpx.AsyncClient) -> None:
    before = (await browser.get("/visits/new")).text
    await browser.post("/setup/practice/billing-entities", data=ENTITY)
    await browser.post("/setup/practice/locations", data=LOCATION | {"place_of_service": "22"})
    after = (await browser.get("/visits/new")).text

    assert "Family Group" not in before
    assert '<option value="1993999998" selected>Family Group (1993999998)</option>' in after
    assert '<option value="22">North office</option>' in after


async def test_a_supervisor_chooses_by_whose_clock_the_days_go(book: Book, browser: httpx.AsyncClient) -> None:
    path = "/setup/practice/calendar"
    wrong = await browser.post(path, data={"time_zone": "Ohio", "key": "key-00000001"})
    done = await browser.post(path, data={"time_zone": "Pacific/Honolulu", "key": "key-00000002"})
    page = (await browser.get(done.headers["location"])).text
    async with book.connect(Role.BILLER) as biller:
        refused = await biller.put("/api/v1/practice/calendar", json={"time_zone": "UTC"}, headers=KEY)

    assert (wrong.status_code, "is no time zone" in wrong.text) == (422, True)
    assert "Hawaii time" in page
    assert refused.status_code == 403
    assert told(book) == ["calendar changed: time_zone"]


async def test_a_time_zone_chosen_in_a_stale_tab_changes_nothing(book: Book, browser: httpx.AsyncClient) -> None:
    path = "/setup/practice/calendar"
    [shown] = re.findall(r'name="was" value="([^"]+)"', (await browser.get("/setup/practice")).text)
    await browser.post(path, data={"time_zone": "Pacific/Honolulu", "was": shown, "key": "key-00000001"})
    stale = {"time_zone": "America/Chicago", "was": shown, "key": "key-00000002"}
    refused = await browser.post(path, data=stale)
    kept = (await browser.get("/setup/practice")).text
    [now] = re.findall(r'name="was" value="([^"]+)"', refused.text)
    again = await browser.post(path, data=stale | {"was": now, "key": "key-00000003"})

    assert refused.status_code == 409
    assert "Somebody chose another time zone meanwhile" in refused.text
    assert "It is Hawaii time now." in refused.text
    assert '<option value="America/Chicago" selected>' in refused.text
    assert "Hawaii time" in kept
    assert again.status_code == 303


async def test_a_provider_is_offered_to_new_visits_until_they_leave(book: Book, browser: httpx.AsyncClient) -> None:
    book.encounter()
    provider = {
        "form": "new",
        "npi": "1999999984",
        "last_name": "Curie",
        "first_name": "Marie",
        "taxonomy": "207q00000x",
    }
    wrong = await browser.post(
        "/setup/practice/providers", data=provider | {"npi": "1999999985", "key": "key-00000001"}
    )
    done = await browser.post("/setup/practice/providers", data=provider | {"key": "key-00000002"})
    page = (await browser.get(done.headers["location"])).text
    offered = (await browser.get("/visits/new")).text
    matrix = (await browser.get("/setup/enrolments?show=all")).text
    leaves = provider | {"form": "1999999984", "is_active": "false", "key": "key-00000003"}
    left = await browser.post("/setup/practice/providers", data=leaves)
    after = (await browser.get("/visits/new")).text
    async with book.connect(Role.BILLER) as biller:
        refused = await biller.put(
            "/api/v1/practice/providers", json={"npi": "1999999984", "last_name": "X"}, headers=KEY
        )
        [seen] = (await biller.get("/api/v1/practice")).json()["providers"]

    assert (wrong.status_code, "check digit" in wrong.text) == (422, True)
    assert (done.status_code, left.status_code, refused.status_code) == (303, 303, 403)
    assert "Curie, Marie" in page
    assert '<option value="1999999984">Curie, Marie (1999999984)</option>' in offered
    assert "Curie, Marie" in matrix
    assert "1999999984" not in after
    assert (seen["taxonomy"], seen["is_active"]) == ("207Q00000X", False)
    assert told(book) == ["provider added", "provider changed: is_active"]
