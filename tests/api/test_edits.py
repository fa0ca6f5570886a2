"""Edits that a practice writes: tried before they are kept, kept once, not overwritten; wrong input says where."""

from typing import Any

import pytest

from billing.roles import Role
from tests.api.conftest import Book
from tests.api.page_forms import faults_of, inputs_of

ONE = {
    "severity": "E",
    "message": "this payer wants the note's number",
    "begins": "2020-01-01",
    "procedures": "99213-99215, J1100",
    "unless_has": "referral",
}


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"edits-key-{number:04}"}


async def test_an_edit_is_tried_kept_changed_and_not_overwritten(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.SUPERVISOR) as client:
        tried = (await client.post("/api/v1/practice-edits/trial", json=ONE)).json()
        assert (await client.get("/api/v1/practice-edits")).json() == []
        kept = await client.post("/api/v1/practice-edits", json=ONE, headers=key(1))
        again = await client.post("/api/v1/practice-edits", json=ONE, headers=key(1))
        assert (kept.status_code, kept.json()) == (201, again.json())
        second = (await client.post("/api/v1/practice-edits", json=ONE, headers=key(2))).json()
        url = f"/api/v1/practice-edits/{kept.json()['id']}"
        changed = await client.put(url, json=ONE | {"ends": "2020-12-31", "version": 1}, headers=key(3))
        stale = await client.put(url, json=ONE | {"version": 1}, headers=key(4))
        missing = await client.put("/api/v1/practice-edits/x", json=ONE | {"version": 1}, headers=key(5))
        coming = await client.post("/api/v1/practice-edits/trial", json=ONE | {"begins": "2030-01-01"})
        about_nobody = await client.post("/api/v1/practice-edits/trial", json=ONE | {"places": "99"})
        known = (await client.get("/api/v1/practice-edits")).json()
    assert (tried["looked_at"], [one["encounter_id"] for one in tried["visits"]]) == (1, [encounter.id])
    assert tried["visits"][0]["messages"] == ["line 1: this payer wants the note's number"]
    assert (kept.json()["code"], second["code"]) == ("Z1", "Z2")
    assert (changed.status_code, stale.status_code, missing.status_code) == (200, 409, 404)
    assert coming.json() == tried, "what is to hold from a coming day is tried over the past, too"
    assert about_nobody.json() == {"looked_at": 1, "visits": []}
    assert [(one["edit"]["code"], one["edit"]["ends"], one["version"]) for one in known] == [
        ("Z1", "2020-12-31", 2),
        ("Z2", None, 1),
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"message": "no"}, "message", "at least 5"),
        ({"procedures": "9921"}, "procedures", "no procedure code"),
        ({"procedures": "99215-99213"}, "procedures", "comes before the first"),
        ({"diagnoses": "11.9"}, "diagnoses", "no diagnosis code"),
        ({"modifiers": "255"}, "modifiers", "two characters"),
        ({"places": "eleven"}, "places", "two digits"),
        ({"providers": "1234567890"}, "providers", "a check digit"),
        ({"charge_over": "a lot"}, "charge_over", "amount"),
        ({"age_from": "-1"}, "age_from", "0"),
        ({"units_over": "many"}, "units_over", "number"),
        ({"age_from": "9", "age_to": "3"}, "", "below the least"),
        ({"ends": "2019-12-31"}, "", "lies before the first"),
        ({"procedures": ""}, "", "about every line"),
        ({"severity": "F"}, "severity", "E"),
        ({"unless_has": "luck"}, "unless_has", "referral"),
    ],
)
async def test_a_wrong_edit_says_what(changes: dict[str, str], field: str, words: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = await client.post("/setup/edits/new", data=ONE | changes | {"key": "k" * 20, "do": "keep"})
        assert "None yet" in (await client.get("/setup/edits")).text
    assert refused.status_code == 422
    assert words in refused.text
    if field:
        assert words in faults_of(refused.text)[field]


async def test_a_page_tries_without_keeping_and_keeps_what_was_typed(book: Book) -> None:
    encounter = book.encounter()
    async with book.signed_in(Role.SUPERVISOR) as client:
        typed: dict[str, Any] = inputs_of((await client.get("/setup/edits/new")).text) | ONE
        tried = await client.post("/setup/edits/new", data=typed | {"do": "try"})
        kept = await client.post("/setup/edits/new", data=typed | {"do": "keep"})
        home = await client.get("/setup/edits")
        [one] = (await client.get("/api/v1/practice-edits")).json()
        form = await client.get(f"/setup/edits/{one['id']}")
        nothing = await client.get("/setup/edits/nobody")
        effects = await client.get("/setup/edits/effects")
    assert tried.status_code == 200
    assert "it would speak of 1 of the last 1 visit" in tried.text
    assert f"/encounters/{encounter.id}" in tried.text
    assert 'value="99213-99215, J1100"' in tried.text
    assert kept.status_code == 303
    assert "this payer wants the note&#39;s number" in home.text
    assert 'value="99213-99215 J1100"' in form.text
    assert nothing.status_code == 404
    assert "The edits say the same of every one" in effects.text


async def test_zero_is_a_bound_and_nothing_is_none(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        newborn = ONE | {"age_from": 0, "age_to": 0, "units_over": 0, "version": None}
        assert (await client.post("/api/v1/practice-edits", json=newborn, headers=key(1))).status_code == 201
        [kept] = (await client.get("/api/v1/practice-edits")).json()
    when = kept["edit"]["when"]
    assert (when["age_from"], when["age_to"], when["units_over"], when["charge_over_cents"]) == (0, 0, 0, None)


async def test_who_may_not_set_up_sees_the_edits_and_changes_none(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as client:
        seen = await client.get("/setup/edits")
        refused = await client.post("/setup/edits/new", data=ONE | {"key": "k" * 20})
    assert "Write an edit" not in seen.text
    assert "S01" in seen.text
    assert refused.status_code == 403
