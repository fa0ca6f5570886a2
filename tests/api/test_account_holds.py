"""Holds of an account over HTTP and on its page: checked, kept once, ended, and nobody else's."""

import pytest

from billing.roles import Role
from database.columns import new_id
from tests.api.conftest import Book


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def test_a_hold_is_begun_once_and_ended(book: Book) -> None:
    visit = book.encounter()
    path = f"/api/v1/accounts/{visit.patient_id}"
    async with book.connect(Role.ACCOUNT_REP) as client:
        again = key()
        body = {"kind": "bankruptcy", "reason": "chapter 7, case 26-1"}
        said = [(await client.post(f"{path}/holds", json=body, headers=again)).json() for _ in range(2)]
        assert said[0] == said[1]
        [found] = (await client.get(path)).json()["holds"]
        assert (found["kind"], found["words"], found["until"]) == ("bankruptcy", "a bankruptcy was filed", None)
        end = f"{path}/holds/{found['id']}/end"
        assert (await client.post(end, json={"reason": ""}, headers=key())).status_code == 422
        assert (await client.post(end, json={"reason": "dismissed"}, headers=key())).status_code == 200
        [after] = (await client.get(path)).json()["holds"]
        assert (after["why"], after["ended_at"] is not None) == ("dismissed", True)
    async with book.connect(token=book.stranger) as client:
        assert (await client.post(f"{path}/holds", json=body, headers=key())).status_code == 404
        assert (await client.post(end, json={"reason": "mine"}, headers=key())).status_code == 404


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": "dispute", "until": "2026-03-01"}, "until"),
        ({"kind": "deceased", "until": "2027-03-01"}, "until"),
        ({"kind": "other"}, "reason"),
        ({"kind": "dispute", "encounter_id": "nosuchvisit"}, "encounter_id"),
        ({"kind": "bankruptcy", "encounter_id": "nosuchvisit"}, "encounter_id"),
        ({"kind": "boredom"}, "kind"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(book: Book, form: dict[str, str], field: str) -> None:
    visit = book.encounter()
    async with book.connect(Role.ACCOUNT_REP) as client:
        refused = await client.post(f"/api/v1/accounts/{visit.patient_id}/holds", json=form, headers=key())
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, field)


async def test_the_page_shows_keeps_and_ends_it(book: Book) -> None:
    visit = book.encounter()
    home = f"/accounts/{visit.patient_id}"
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        assert "Nothing: what is owed is asked for" in (await browser.get(home)).text
        refused = await browser.post(f"{home}/holds", data={"kind": "other", "reason": "", "key": new_id()})
        assert (refused.status_code, "say why" in refused.text) == (422, True)
        done = await browser.post(f"{home}/holds", data={"kind": "deceased", "reason": "obituary", "key": new_id()})
        assert (done.status_code, "The person died" in (await browser.get(home)).text) == (303, True)
    async with book.signed_in(Role.AUDITOR) as browser:
        assert (await browser.post(f"{home}/holds", data={"kind": "deceased"})).status_code == 403
