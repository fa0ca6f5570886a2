"""Rules about notices of non-coverage and notices, kept once; wrong input says where; the sheet has every box."""

from datetime import timedelta

import pytest

from billing.roles import Role
from database import appointments
from database.tables import Encounter
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of

RULE = {"first": "80061", "reason": "once in five years", "begins": "2020-01-01", "covered": "E78.5, I10"}
ONE = {"procedures": "80061", "reason": "once in five years", "cost": "45.00"}


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"notice-key-{number:04}"}


async def test_rules_are_kept_once_and_ended(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        first = await client.post("/api/v1/notice-rules", json=RULE, headers=key(1))
        again = await client.post("/api/v1/notice-rules", json=RULE, headers=key(1))
        twice = await client.post("/api/v1/notice-rules", json=RULE | {"covered": ""}, headers=key(2))
        url = f"/setup/notices/{first.json()['rule_id']}/end"
        early = await client.post(url, data={"ends": "2019-12-31", "key": "a" * 20})
        ended = await client.post(url, data={"ends": "2026-12-31", "key": "b" * 20})
        missing = await client.post("/api/v1/notice-rules/x/end", json={"ends": "2026-12-31"}, headers=key(3))
        [one] = (await client.get("/api/v1/notice-rules")).json()
        page = await client.get("/setup/notices")
    assert first.json() == again.json()
    assert (twice.status_code, early.status_code, ended.status_code, missing.status_code) == (422, 422, 303, 404)
    assert one["rule"]["ends"] == "2026-12-31"
    assert "E78.5 I10" in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first": "8006"}, "five letters and digits"),
        ({"last": "80060"}, "comes before the first"),
        ({"reason": "no"}, "at least 5"),
        ({"covered": "78"}, "no diagnosis code"),
        ({"ends": "2019-12-31"}, "lies before the first"),
    ],
)
async def test_a_wrong_rule_says_what(changes: dict[str, str], words: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = await client.post("/setup/notices", data=RULE | changes | {"key": "k" * 20})
        assert "No rules yet" in (await client.get("/setup/notices")).text
    assert refused.status_code == 422
    assert words in refused.text


async def test_a_notice_is_written_signed_and_not_overwritten(book: Book, encounter: Encounter) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/notices"
    chosen = {"choice": "bill_medicare", "signed_on": str(book.now.date())}
    async with book.signed_in(Role.FRONT_DESK) as client:
        kept = await client.post(url, json=ONE, headers=key(1))
        assert kept.status_code == 201, kept.text
        one = f"{url}/{kept.json()['notice_id']}"
        half = await client.put(one, json=ONE | {"choice": "declined", "version": 0}, headers=key(2))
        later = str(book.now.date() + timedelta(days=2))
        future = await client.put(one, json=ONE | chosen | {"signed_on": later, "version": 0}, headers=key(3))
        signed = await client.put(one, json=ONE | chosen | {"version": 0}, headers=key(4))
        stale = await client.put(one, json=ONE | {"version": 0}, headers=key(5))
        missing = await client.put(f"{url}/x", json=ONE | {"version": 0}, headers=key(6))
        page = await client.get(f"/patients/{encounter.patient_id}/notices")
        sheet = await client.get(f"/patients/{encounter.patient_id}/notices/{kept.json()['notice_id']}")
        nobody = await client.get(f"/patients/{encounter.patient_id}/notices/x")
    statuses = [one.status_code for one in (half, future, signed, stale, missing, nobody)]
    assert statuses == [422, 422, 200, 409, 404, 404]
    assert "come together" in half.text
    assert "has not come yet" in future.text
    assert "Option 1" in page.text
    assert "$45.00" in sheet.text
    assert "Copy this onto CMS" in sheet.text


async def test_the_form_begins_with_what_the_booked_visit_wants(book: Book, encounter: Encounter) -> None:
    with book.database.writing() as session:
        appointments.book(
            session,
            practice_id=book.practice_id,
            patient_id=encounter.patient_id,
            day=book.now.date() + timedelta(days=3),
            at_time="09:30",
            minutes=20,
            provider="Dr. Smith",
            reason="",
            procedures="99213 80061",
            at=book.now,
            by=None,
        )
    async with book.signed_in(Role.SUPERVISOR) as client:
        await client.post("/api/v1/notice-rules", json=RULE, headers=key(1))
        page = await client.get(f"/patients/{encounter.patient_id}/notices")
        typed = inputs_of(page.text)
        kept = await client.post(f"/patients/{encounter.patient_id}/notices", data=typed | {"cost": "45"})
        later = await client.get(f"/patients/{encounter.patient_id}/notices")
    after = inputs_of(later.text)
    day = book.now.date() + timedelta(days=3)
    assert f"Filled in for the visit of {day} at 09:30 with Dr. Smith." in page.text
    assert "Filled in for" not in later.text, "nothing is wanted any more"
    assert (typed["procedures"], typed["reason"]) == ("80061", "once in five years")
    assert kept.status_code == 303
    assert after["procedures"] == ""
