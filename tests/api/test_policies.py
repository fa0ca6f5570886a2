"""The practice's own policies: seen by everybody, changed by a supervisor, from a day on."""

from datetime import date

import pytest

from billing.policies import DEFAULTS
from billing.roles import Role
from database import office
from database.columns import new_id
from tests.api.conftest import Book

POLICY = {"policy": "statement_cycle_days", "value": "14", "effective_from": "2026-03-02", "reason": "decided in May"}


async def test_the_practice_sets_its_statement_cycle(book: Book) -> None:
    with book.database.writing() as session:
        office.install_policies(session)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        before = (await browser.get("/setup/policies")).text
        done = await browser.post("/setup/policies", data=POLICY | {"key": "key-00000001"})
        seen = (await browser.get("/api/v1/policies")).json()
        after = (await browser.get("/setup/policies")).text

    assert "no rows of its own" in before
    assert done.status_code == 303
    assert [one["value"] for one in seen["own"]] == [14]
    assert {one["name"] for one in seen["in_force"]} == set(DEFAULTS)
    assert "decided in May" in after
    with book.database.reading() as session:
        found = office.policies_for(session, practice_id=book.practice_id, payer_id=None)
    assert found.value("statement_cycle_days", as_of=date(2026, 3, 2)) == 14


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"policy": "kindness"}, "policy"),
        ({"value": "100000"}, "value"),
        ({"policy": "batch_claims", "value": "0"}, "value"),
        ({"value": "soon"}, "value"),
        ({"reason": ""}, "reason"),
        ({"effective_from": "1990-03-02"}, "effective_from"),
        ({"effective_from": "2999-03-02"}, "effective_from"),
    ],
)
async def test_a_wrong_value_comes_back_with_its_fault(changes: dict[str, str], field: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        response = await browser.post("/setup/policies", data=POLICY | changes)
    assert response.status_code == 422
    assert f'id="policy-{field}-fault"' in response.text


@pytest.mark.parametrize(
    ("policy", "typed", "words"),
    [
        ("write_off_limit_cents", "5.00", "is in cents: write 500 for $5.00"),
        ("write_off_limit_cents", "$5", "is in cents: write 500 for $5.00"),
        ("statement_cycle_days", "14.0", "must be a whole number"),
    ],
)
async def test_dollars_are_not_taken_for_cents(policy: str, typed: str, words: str, book: Book) -> None:
    with book.database.writing() as session:
        office.install_policies(session)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        refused = await browser.post("/setup/policies", data=POLICY | {"policy": policy, "value": typed})
        taken = await browser.post(
            "/setup/policies", data=POLICY | {"policy": "write_off_limit_cents", "value": " 500"}
        )
    assert refused.status_code == 422
    assert words in refused.text
    assert taken.status_code == 303


async def test_a_program_sets_one_once_and_a_biller_none(book: Book) -> None:
    body = POLICY | {"value": 14}
    headers = {"Idempotency-Key": new_id()}
    async with book.signed_in(Role.BILLER) as client:
        refused = await client.post("/api/v1/policies", json=body, headers=headers)
        page = (await client.get("/setup/policies")).text
    async with book.signed_in(Role.SUPERVISOR) as client:
        done = [await client.post("/api/v1/policies", json=body, headers=headers) for _ in range(2)]
        own = (await client.get("/api/v1/policies")).json()["own"]
    assert (refused.status_code, [one.status_code for one in done], len(own)) == (403, [200, 200], 1)
    assert "Give a policy another value" not in page
