"""Rules about authorizations and authorizations, kept once; wrong input says where."""

from dataclasses import replace

import httpx
import pytest

from billing.claim import Name
from billing.coordination import own_policy
from billing.held_policies import HeldPolicy
from billing.roles import Role
from database import encounters, held_policies, registrations
from database.tables import Encounter
from tests.api import builders
from tests.api.conftest import Book
from tests.api.page_forms import faults_of, inputs_of


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


PAYER = builders.claim().coverage.payer.id or ""
RULE = {"first": "70540", "last": "70559", "begins": "2026-01-01", "note": "payer's list of January"}
ONE = {
    "payer_number": PAYER,
    "state": "approved",
    "number": "A 77",
    "valid_from": "2026-03-01",
    "valid_to": "2026-03-31",
    "procedures": "70551, 70553",
    "units": "2",
}


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"auth-key-{number:04}"}


async def test_rules_are_kept_once_and_ended(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        first = await client.post("/api/v1/authorization-rules", json=RULE, headers=key(1))
        again = await client.post("/api/v1/authorization-rules", json=RULE, headers=key(1))
        assert first.json() == again.json()
        rule_id = first.json()["rule_id"]
        ended = await client.post(
            f"/api/v1/authorization-rules/{rule_id}/end", json={"ends": "2026-06-30"}, headers=key(2)
        )
        missing = await client.post("/api/v1/authorization-rules/x/end", json={"ends": "2026-06-30"}, headers=key(3))
        [one] = (await client.get("/api/v1/authorization-rules")).json()
    assert (ended.status_code, missing.status_code) == (200, 404)
    assert (one["rule"]["first"], one["rule"]["last"], one["rule"]["ends"]) == ("70540", "70559", "2026-06-30")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first": "7054"}, "five letters and digits"),
        ({"last": "70530"}, "comes before the first"),
        ({"ends": "2025-12-31"}, "the last day lies before the first"),
        ({"begins": "soon"}, "begins"),
    ],
)
async def test_a_wrong_rule_says_what(changes: dict[str, str], words: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = await client.post("/setup/authorizations", data=RULE | changes | {"key": "k" * 20})
        assert "No rules yet" in (await client.get("/setup/authorizations")).text
    assert refused.status_code == 422
    assert words in refused.text or words in faults_of(refused.text)
    assert RULE["note"] in refused.text.replace("&#39;", "'")


async def test_an_authorization_is_kept_changed_and_not_overwritten(book: Book, encounter: Encounter) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/authorizations"
    async with book.connect(Role.BILLER) as client:
        kept = await client.post(url, json=ONE, headers=key(1))
        assert kept.status_code == 201, kept.text
        one = f"{url}/{kept.json()['authorization_id']}"
        changed = await client.put(one, json=ONE | {"units": "3", "version": 0}, headers=key(2))
        stale = await client.put(one, json=ONE | {"units": "9", "version": 0}, headers=key(3))
        [found] = (await client.get(url)).json()
        nobody = await client.get("/api/v1/patients/nobody/authorizations")
    assert (changed.status_code, stale.status_code, nobody.status_code) == (200, 409, 404)
    assert (found["said"]["number"], found["said"]["procedures"]) == ("A77", ["70551", "70553"])
    assert (found["said"]["units"], found["used"], found["is_over"]) == ("3", "0", False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": ""}, "an approved authorization has a number"),
        ({"valid_to": "2026-02-01"}, "the last day lies before the first"),
        ({"procedures": "70551 X"}, "five letters and digits"),
        ({"units": "two"}, "units"),
        ({"units": "0"}, "units"),
        ({"provider_npi": "1234567890"}, "is no NPI"),
    ],
)
async def test_a_wrong_authorization_says_where(
    changes: dict[str, str], words: str, book: Book, encounter: Encounter
) -> None:
    url = f"/patients/{encounter.patient_id}/authorizations"
    async with book.signed_in(Role.BILLER) as client:
        refused = await client.post(url, data=ONE | changes | {"key": "k" * 20})
        assert "None yet" in (await client.get(url)).text
    assert refused.status_code == 422
    assert words in refused.text or words in faults_of(refused.text)


async def test_the_page_shows_what_is_kept_and_changes_it(book: Book, encounter: Encounter) -> None:
    url = f"/patients/{encounter.patient_id}/authorizations"
    async with book.signed_in(Role.BILLER) as client:
        typed = inputs_of((await client.get(url)).text) | ONE | {"units": "", "provider_npi": ""}
        assert (await client.post(url, data=typed)).status_code == 303
        [one] = (await client.get(f"/api/v1{url}")).json()
        form = (await client.get(f"{url}?change={one['id']}")).text
        assert "Change A77" in form
        moved = inputs_of(form) | {"valid_to": "2026-04-30"}
        assert (await client.post(f"{url}?change={one['id']}", data=moved)).status_code == 303
        assert "2026-04-30" in (await client.get(url)).text


async def test_a_plan_that_is_no_code_is_refused(book: Book, encounter: Encounter) -> None:
    form = {"patient_id": encounter.patient_id, "day": "2026-03-02", "at_time": "09:30", "provider": "Dr. Curie"}
    async with book.signed_in(Role.FRONT_DESK) as client:
        refused = await client.post("/appointments", data=form | {"procedures": "MRI head", "key": "k" * 20})
        booked = await client.post("/appointments", data=form | {"procedures": "70551,99213", "key": "b" * 20})
        day = (await client.get("/appointments?day=2026-03-02")).text
    assert (refused.status_code, booked.status_code) == (422, 303)
    assert isinstance(booked, httpx.Response)
    assert "70551 99213" in day


async def test_the_same_rule_twice_and_an_end_before_its_beginning_are_refused(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        rule_id = (await client.post("/api/v1/authorization-rules", json=RULE, headers=key(1))).json()["rule_id"]
        twice = await client.post("/api/v1/authorization-rules", json=RULE, headers=key(2))
        url = f"/api/v1/authorization-rules/{rule_id}/end"
        early = await client.post(url, json={"ends": "2020-01-01"}, headers=key(3))
        wrong = await client.post("/api/v1/authorization-rules", json=RULE | {"last": "<B>A>"}, headers=key(4))
    assert [one.status_code for one in (twice, early, wrong)] == [422, 422, 422]


async def test_a_number_that_cannot_be_sent_is_refused_where_it_is_typed(book: Book, encounter: Encounter) -> None:
    async with book.connect(Role.BILLER) as client:
        url = f"/api/v1/patients/{encounter.patient_id}/authorizations"
        refused = await client.post(url, json=ONE | {"number": "A~*:^"}, headers=key(5))
    assert refused.status_code == 422
    assert "cannot be sent" in refused.text


async def test_a_time_in_other_digits_is_refused(book: Book, encounter: Encounter) -> None:
    form = {"patient_id": encounter.patient_id, "day": "2026-03-02", "at_time": "1２:00", "provider": "Dr. Curie"}
    async with book.connect(Role.FRONT_DESK) as client:
        assert (await client.post("/api/v1/appointments", json=form, headers=key(6))).status_code == 422


async def test_a_payer_nobody_knows_is_refused(book: Book, encounter: Encounter) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/authorizations"
    async with book.connect(Role.SUPERVISOR) as client:
        rule = await client.post("/api/v1/authorization-rules", json=RULE | {"payer_number": "4711"}, headers=key(1))
        one = await client.post(url, json=ONE | {"payer_number": "4711"}, headers=key(2))
        known = await client.post("/api/v1/authorization-rules", json=RULE | {"payer_number": PAYER}, headers=key(3))
    assert (rule.status_code, one.status_code, known.status_code) == (422, 422, 201)
    assert "no payer here has the number 4711" in rule.text
    assert "no payer here has the number 4711" in one.text


async def test_a_payer_that_only_a_held_policy_names_is_known(book: Book, encounter: Encounter) -> None:
    url = f"/patients/{encounter.patient_id}/authorizations"
    with book.database.writing() as session:
        row = registrations.lock(session, practice_id=book.practice_id, patient_id=encounter.patient_id)
        policy = own_policy(encounters.claim_of(encounter))
        payer = replace(policy.coverage.payer, id="4711", name=Name("HELD PLAN"))
        held = HeldPolicy(replace(policy, coverage=replace(policy.coverage, payer=payer)))
        held_policies.keep(session, row, [held], at=book.now, by=None)
    async with book.signed_in(Role.BILLER) as client:
        page = (await client.get(url)).text
        kept = await client.post(url, data=ONE | {"payer_number": "4711", "key": "k" * 20})
    assert "HELD PLAN" in page
    assert kept.status_code == 303


async def test_one_number_of_one_payer_is_kept_once(book: Book, encounter: Encounter) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/authorizations"
    async with book.connect(Role.BILLER) as client:
        kept = await client.post(url, json=ONE, headers=key(1))
        twice = await client.post(url, json=ONE | {"number": "a77"}, headers=key(2))
        other = await client.post(url, json=ONE | {"number": "B 1"}, headers=key(3))
        moved = await client.put(f"{url}/{other.json()['authorization_id']}", json=ONE | {"version": 0}, headers=key(4))
        same = await client.put(f"{url}/{kept.json()['authorization_id']}", json=ONE | {"version": 0}, headers=key(5))
        asked = ONE | {"state": "requested", "number": "", "valid_from": None, "valid_to": None}
        without = [(await client.post(url, json=asked, headers=key(number))).status_code for number in (6, 7)]
    assert [one.status_code for one in (kept, twice, other, moved, same)] == [201, 422, 201, 422, 200]
    assert "is kept already (approved): change that one" in twice.text
    assert without == [201, 201]
