"""Payers: what each owes, and a name and policies that a supervisor changes once, with a reason."""

import re
from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database import office
from database.tables import AuditEvent, Encounter, Payer, Policy
from tests.api import builders
from tests.api.conftest import Book
from tests.api.test_patients import charge

POLICY = {"policy": "filing_limit_days", "value": "90", "effective_from": "2026-03-02", "reason": "contract of 2026"}
KEY = {"Idempotency-Key": "key-00000001"}


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


def reasons(book: Book) -> list[str]:
    with book.database.reading() as session:
        return list(session.exec(select(AuditEvent.reason).where(AuditEvent.subject == "payer")))


async def test_payers_are_listed_with_what_they_owe(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    charge(book, encounter, payer=10000, patient=2500)
    [row] = (await browser.get("/api/v1/payers")).json()
    page = (await browser.get("/setup/payers")).text

    assert (row["name"], row["number"], row["partner"]) == ("Plain Health", "60054", "Clearinghouse")
    assert (row["open_claims"], row["open_cents"], row["own_policies"]) == (1, 10000, 0)
    assert f'href="/setup/payers/{encounter.payer_id}"' in page


async def test_an_office_without_visits_has_no_payers(browser: httpx.AsyncClient) -> None:
    assert "There are no payers yet" in (await browser.get("/setup/payers")).text


async def test_a_payer_is_added_before_its_first_visit_and_that_visit_finds_it(
    book: Book, browser: httpx.AsyncClient
) -> None:
    typed = {"key": "key-00000001", "name": "Plain Health", "number": "60054"}
    added = [await browser.post("/setup/payers", data=typed) for _ in range(2)]
    again = await browser.post("/setup/payers", data=typed | {"key": "key-00000002", "name": "Another name"})
    [row] = (await browser.get("/api/v1/payers")).json()
    kept = await browser.post(f"/setup/payers/{row['id']}/policies", data=POLICY | {"key": "key-00000003"})
    enrolments = (await browser.get("/setup/enrolments/edit")).text
    encounter = book.encounter()

    assert [one.status_code for one in added] == [303, 303]
    assert (again.status_code, "change that one instead" in again.text) == (422, True)
    assert kept.status_code == 303
    assert "Plain Health (60054)" in enrolments
    assert (encounter.payer_id, row["name"]) == (row["id"], "Plain Health")
    assert "added before a visit" in reasons(book)


@pytest.mark.parametrize(
    ("slip", "field"),
    [({"name": ""}, "name"), ({"number": ""}, "number"), ({"name": "Ca\N{LATIN SMALL LETTER N WITH TILDE}a"}, "name")],
)
async def test_a_wrong_new_payer_comes_back_with_its_fault(
    slip: dict[str, str], field: str, browser: httpx.AsyncClient
) -> None:
    typed = {"key": "key-00000001", "name": "Plain Health", "number": "60054"}
    refused = await browser.post("/setup/payers", data=typed | slip)
    assert refused.status_code == 422
    assert f'id="new-{field}-fault"' in refused.text
    assert (await browser.get("/api/v1/payers")).json() == []


async def test_who_pays_alone_is_no_payer(book: Book, browser: httpx.AsyncClient) -> None:
    body = builders.visit() | {"coverage": None, "self_pay": True}
    async with book.connect(Role.BILLER) as client:
        opened = await client.post("/api/v1/encounters", json=body, headers={"Idempotency-Key": "visit-0001"})
    assert opened.status_code == 201, opened.text
    assert (await browser.get("/api/v1/payers")).json() == []
    assert "SELF-PAY" not in (await browser.get("/setup/payers")).text


async def test_a_policy_of_its_own_holds_from_its_day(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    with book.database.writing() as session:
        office.install_policies(session)
    page = (await browser.get(f"/setup/payers/{encounter.payer_id}")).text
    key = re.findall(r'name="key" value="([^"]+)"', page)[1]
    path = f"/setup/payers/{encounter.payer_id}/policies"
    done = [await browser.post(path, data=POLICY | {"key": key}) for _ in range(2)]
    coming = POLICY | {"key": "key-00000002", "value": "60", "effective_from": "2027-01-01"}
    await browser.post(path, data=coming)
    seen = (await browser.get(f"/api/v1/payers/{encounter.payer_id}")).json()

    assert "no rows of its own" in page
    assert [one.status_code for one in done] == [303, 303]
    assert [one["value"] for one in seen["own"]] == [60, 90]
    [holds] = [one for one in seen["in_force"] if one["name"] == "filing_limit_days"]
    assert (holds["value"], holds["scope"], holds["source"]) == (90, "this payer", "contract of 2026")
    assert reasons(book)[0] == "filing_limit_days = 90 from 2026-03-02: contract of 2026"
    with book.database.reading() as session:
        found = office.policies_for(session, practice_id=book.practice_id, payer_id=encounter.payer_id)
    assert found.value("filing_limit_days", as_of=date(2026, 3, 1)) == 365
    assert found.value("filing_limit_days", as_of=date(2026, 3, 2)) == 90
    assert "coming" in (await browser.get(f"/setup/payers/{encounter.payer_id}")).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"policy": "batch_claims"}, "policy"),
        ({"value": "many"}, "value"),
        ({"value": "-1"}, "value"),
        ({"policy": "takes_replacements", "value": "2"}, "value"),
        ({"policy": "self_pay_discount_percent", "value": "101"}, "value"),
        ({"policy": "filing_limit_days", "value": "99999999"}, "value"),
        ({"effective_from": "soon"}, "effective_from"),
        ({"reason": " "}, "reason"),
    ],
)
async def test_a_wrong_policy_comes_back_with_its_fault(
    changes: dict[str, str], field: str, book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    response = await browser.post(f"/setup/payers/{encounter.payer_id}/policies", data=POLICY | changes)

    assert response.status_code == 422
    assert f'id="policy-{field}-fault"' in response.text
    assert "Input should" not in response.text
    assert f'value="{(POLICY | changes)["value"]}"' in response.text
    assert reasons(book) == []


async def test_a_day_that_has_a_value_is_not_given_another(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    path = f"/setup/payers/{encounter.payer_id}/policies"
    yesterday = POLICY | {"effective_from": "2026-03-01"}
    await browser.post(path, data=yesterday)
    response = await browser.post(path, data=yesterday | {"value": "80"})

    assert response.status_code == 422
    assert "has a value from that day already" in response.text
    with book.database.reading() as session:
        assert session.exec(select(Policy.value).where(Policy.payer_id == encounter.payer_id)).all() == [90]


async def test_a_slip_is_mended_while_its_day_has_not_passed(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    path = f"/setup/payers/{encounter.payer_id}/policies"
    today = POLICY | {"effective_from": f"{book.now:%Y-%m-%d}"}
    await browser.post(path, data=today | {"value": "900"})
    response = await browser.post(path, data=today | {"reason": "one nought too many"})

    assert response.status_code == 303
    with book.database.reading() as session:
        assert session.exec(select(Policy.value).where(Policy.payer_id == encounter.payer_id)).all() == [90]
    assert any("mended, was 900" in one for one in reasons(book))


async def test_a_payer_gets_another_name_and_the_audit_keeps_the_old_one(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    path = f"/setup/payers/{encounter.payer_id}/name"
    unreasoned = await browser.post(path, data={"name": "Plainer Health"})
    odd = await browser.post(path, data={"name": "Plain*Health", "reason": "typo"})
    done = await browser.post(path, data={"name": "Plainer Health", "reason": "new name", "key": "key-00000001"})

    assert (unreasoned.status_code, odd.status_code, done.status_code) == (422, 422, 303)
    assert 'value="Plainer Health"' in unreasoned.text
    assert "plain letters" in odd.text
    assert "Plainer Health" in (await browser.get(f"/setup/payers/{encounter.payer_id}?note=done")).text
    assert reasons(book) == ["name was Plain Health: new name"]


async def test_only_a_supervisor_of_the_practice_changes_a_payer(book: Book, encounter: Encounter) -> None:
    payer_id, name = encounter.payer_id, {"name": "Mine", "reason": "because"}
    async with book.connect(Role.BILLER) as biller, book.connect(token=book.stranger) as stranger:
        page = (await biller.get(f"/setup/payers/{payer_id}")).text
        statuses = [
            (await biller.post(f"/api/v1/payers/{payer_id}/name", json=name, headers=KEY)).status_code,
            (await biller.post(f"/api/v1/payers/{payer_id}/policies", json=POLICY, headers=KEY)).status_code,
            (await biller.post(f"/setup/payers/{payer_id}/policies", data=POLICY)).status_code,
            (await stranger.get(f"/api/v1/payers/{payer_id}")).status_code,
            (await stranger.post(f"/api/v1/payers/{payer_id}/name", json=name, headers=KEY)).status_code,
            (await stranger.post(f"/api/v1/payers/{payer_id}/policies", json=POLICY, headers=KEY)).status_code,
            (await stranger.post(f"/setup/payers/{payer_id}/name", data=name)).status_code,
        ]
        theirs = (await stranger.get("/api/v1/payers")).json()

    assert "<form" not in page.partition("<main")[2]
    assert statuses == [403, 403, 403, 404, 404, 404, 404]
    assert theirs == []
    with book.database.reading() as session:
        assert session.get_one(Payer, payer_id).name == "Plain Health"


async def test_a_program_adds_a_payer_and_nobody_but_a_supervisor_does(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    body = {"name": "Plain Health", "number": "60054"}
    added = await supervisor.post("/api/v1/payers", json=body, headers=KEY)
    assert (added.status_code, len((await supervisor.get("/api/v1/payers")).json())) == (201, 1)
    async with book.signed_in(Role.BILLER) as biller:
        assert (await biller.post("/api/v1/payers", json=body, headers=KEY)).status_code == 403
        assert (await biller.post("/setup/payers", data=body)).status_code == 403
        assert "Add a payer" not in (await biller.get("/setup/payers")).text


async def test_a_program_may_do_the_same(book: Book, encounter: Encounter, supervisor: httpx.AsyncClient) -> None:
    path = f"/api/v1/payers/{encounter.payer_id}"
    renamed = await supervisor.post(f"{path}/name", json={"name": "Plainer", "reason": "merger"}, headers=KEY)
    policy = POLICY | {"value": 90}
    added = await supervisor.post(f"{path}/policies", json=policy, headers={"Idempotency-Key": "key-00000002"})

    assert (renamed.status_code, added.status_code) == (200, 200)
    seen = (await supervisor.get(path)).json()
    assert (seen["payer"]["name"], seen["payer"]["own_policies"]) == ("Plainer", 1)
