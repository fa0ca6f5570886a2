"""Amendments by API and page: checked at once, taken up by the encounter, kept with their maker."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.routers import amendments as routes
from billing.amendments import Change
from billing.roles import Role
from database import amendments, coverages, encounters
from database.columns import new_id
from database.tables import Encounter
from tests.api import builders
from tests.api.conftest import Book
from tests.builders import a_second_policy

POLICY = {"payer_id": "70001", "payer_name": "New Health", "member_id": "NH1", "reason": "a new card"}
CORRECTION = {"corrections": "line.1.units = 2", "reason": "two were given"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


async def test_a_change_is_accepted_once_and_kept_with_its_maker(book: Book, encounter: Encounter) -> None:
    path = f"/api/v1/encounters/{encounter.id}/amendments"
    headers = key()
    async with book.signed_in(Role.FRONT_DESK) as client:
        answers = [
            await client.post(path, json={"change": "correct", "values": CORRECTION}, headers=headers) for _ in range(2)
        ]
        listed = (await client.get(path)).json()
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert [(one["change"], one["state"]) for one in listed] == [("correct", "waiting")]
    with book.database.reading() as session:
        [row] = amendments.of_encounter(session, encounter.id)
        assert row.made_by is not None
        [fact] = encounters.pending_facts(session, encounter.id)
    assert (fact.kind, fact.subject_id) == ("amended", row.id)


@pytest.mark.parametrize(
    ("change", "values", "field"),
    [
        ("correct", {"reason": "x"}, "corrections"),
        ("correct", {"corrections": "line.9.units = 2", "reason": "x"}, "corrections"),
        ("correct", CORRECTION | {"more": "?"}, "more"),
        ("correct", {"corrections": "line.1.units = 1", "reason": "x"}, "corrections"),
        ("correct", {"corrections": "patient.last_name = Mu~oz", "reason": "x"}, "corrections"),
        ("new_coverage", {"payer_id": "1", "member_id": "2", "reason": "x"}, "payer_name"),
        ("new_coverage", POLICY | {"member_id": "Müller"}, "member_id"),
        ("new_coverage", POLICY | {"corrections": "line.9.units = 2"}, "corrections"),
        ("add_policy", POLICY | {"relationship": "01"}, "subscriber_last_name"),
        ("add_policy", POLICY | {"relationship": "wife"}, "relationship"),
        ("sell", {}, "change"),
    ],
)
async def test_a_wrong_change_names_its_field(
    change: str, values: dict[str, str], field: str, book: Book, encounter: Encounter
) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        response = await client.post(
            f"/api/v1/encounters/{encounter.id}/amendments", json={"change": change, "values": values}, headers=key()
        )
    assert response.status_code == 422
    assert [one["field"] for one in response.json()["faults"]] == [field]


async def test_a_void_takes_a_supervisor_and_a_visit_of_ones_own(book: Book, encounter: Encounter) -> None:
    body = {"change": "void", "values": {"reason": "did not happen"}}
    async with book.signed_in(Role.FRONT_DESK) as client:
        refused = await client.post(f"/api/v1/encounters/{encounter.id}/amendments", json=body, headers=key())
    async with book.signed_in(Role.SUPERVISOR) as client:
        unknown = await client.post(f"/api/v1/encounters/{new_id()}/amendments", json=body, headers=key())
        done = await client.post(f"/api/v1/encounters/{encounter.id}/amendments", json=body, headers=key())
    assert [one.status_code for one in (refused, unknown, done)] == [403, 404, 202]


async def test_a_void_visit_is_not_changed_any_more(book: Book, encounter: Encounter) -> None:
    with book.database.writing() as session:
        session.get_one(Encounter, encounter.id).is_void = True
    async with book.signed_in(Role.FRONT_DESK) as client:
        path = f"/api/v1/encounters/{encounter.id}/amendments"
        response = await client.post(path, json={"change": "correct", "values": CORRECTION}, headers=key())
        page = await client.get(f"/encounters/{encounter.id}")
    assert (response.status_code, response.json()["title"]) == (409, "This visit is void")
    assert 'name="change"' not in page.text


@pytest.mark.parametrize("state", [coverages.WAITING, coverages.BILLED, coverages.STALE])
@pytest.mark.parametrize("is_void", [False, True])
async def test_the_page_has_words_for_every_state_of_a_policy(
    state: str, is_void: bool, book: Book, encounter: Encounter
) -> None:
    """A visit that two payers had could not be opened any more once it was void."""
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        row.is_void = is_void
        coverages.add(session, row, a_second_policy(), at=book.now, state=state)
    async with book.signed_in(Role.FRONT_DESK) as client:
        assert (await client.get(f"/encounters/{encounter.id}")).status_code == 200


async def test_the_page_shows_the_forms_and_keeps_what_was_typed(book: Book, encounter: Encounter) -> None:
    page = f"/encounters/{encounter.id}"
    typed = {"key": new_id(), "change": "correct", "value.corrections": "line.1.unitz = 2", "value.reason": "two"}
    async with book.signed_in(Role.FRONT_DESK) as client:
        shown = (await client.get(page)).text
        refused = await client.post(f"{page}/amendments", data=typed)
        done = await client.post(f"{page}/amendments", data=typed | {"value.corrections": "line.1.units = 2"})
        after = (await client.get(page)).text
    assert "Change what was billed" in shown
    assert "Void it" not in shown, "that takes a supervisor"
    assert (refused.status_code, "line.1.unitz = 2" in refused.text) == (422, True)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?note=accepted")
    assert "waits for the payer" in after


async def test_who_may_only_look_changes_nothing(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.AUDITOR) as client:
        shown = (await client.get(f"/encounters/{encounter.id}")).text
        refused = await client.post(
            f"/api/v1/encounters/{encounter.id}/amendments",
            json={"change": "correct", "values": CORRECTION},
            headers=key(),
        )
    assert "Change what was billed" not in shown
    assert refused.status_code == 403


async def test_a_self_pay_visit_needs_no_coverage_and_says_so(book: Book) -> None:
    body = {name: value for name, value in builders.visit().items() if name != "coverage"}
    async with book.signed_in(Role.FRONT_DESK) as client:
        bare = await client.post("/api/v1/encounters", json=body, headers=key())
        both = await client.post("/api/v1/encounters", json=builders.visit(self_pay=True), headers=key())
        done = await client.post("/api/v1/encounters", json=body | {"self_pay": True}, headers=key())
        page = await client.get(f"/encounters/{done.json()['encounter_id']}")
    assert [one.status_code for one in (bare, both, done)] == [422, 422, 201]
    assert "nobody but the patient is billed" in page.text
    assert "No payer is asked" in page.text


def test_every_change_has_a_form_with_a_reason() -> None:
    assert set(routes.FORMS) == set(Change)
    assert all(form.fields[-1].name == "reason" for form in routes.FORMS.values())


async def test_the_visit_shows_what_changed_why_and_who_made_it(book: Book, encounter: Encounter) -> None:
    path = f"/api/v1/encounters/{encounter.id}/amendments"
    async with book.signed_in(Role.FRONT_DESK) as client:
        await client.post(path, json={"change": "correct", "values": CORRECTION}, headers=key())
        with book.database.writing() as session:
            row = session.get_one(Encounter, encounter.id)
            record, at = row.record, book.now + timedelta(minutes=1)
            amendments.make(session, row, Change.CORRECT, body=record, at=at, source_key="file")
        page = (await client.get(f"/encounters/{encounter.id}")).text
        [typed, filed] = (await client.get(path)).json()
    assert "line.1.units = 2<br>" in page
    assert ": two were given</td><td>Front desk</td>" in page
    assert "<td>came in as a file</td>" in page
    assert (typed["made_by"], [text for _, text in typed["said"]]) == ("Front desk", list(CORRECTION.values()))
    assert (filed["made_by"], filed["said"]) == (None, [])


@pytest.mark.parametrize("member_id", [builders.MEMBER_ID, builders.MEMBER_ID.lower() + " "])
async def test_a_policy_that_the_visit_has_is_not_added_again(member_id: str, book: Book, encounter: Encounter) -> None:
    path = f"/encounters/{encounter.id}/amendments"
    policy = {"value.payer_id": "60054", "value.payer_name": "Plain Health", "value.member_id": member_id}
    form = policy | {"change": "add_policy", "value.reason": "found a card"}
    async with book.signed_in(Role.FRONT_DESK) as client:
        refused = await client.post(path, data=form)
        other = await client.post(path, data=form | {"value.member_id": "ANOTHER1"})
    assert refused.status_code == 422
    assert "the visit has this policy already, as its first" in refused.text
    assert other.status_code == 303


async def test_a_self_pay_visit_is_not_made_self_pay_again(book: Book, encounter: Encounter) -> None:
    with book.database.writing() as session:
        row = encounters.lock(session, practice_id=book.practice_id, encounter_id=encounter.id)
        row.is_self_pay = True
        session.add(row)
    body = {"change": "self_pay", "values": {"reason": "asked"}}
    async with book.signed_in(Role.SUPERVISOR) as client:
        again = await client.post(f"/api/v1/encounters/{encounter.id}/amendments", json=body, headers=key())
    assert (again.status_code, again.json()["title"]) == (409, "This visit is self-pay already")


async def test_self_pay_is_refused_at_once_for_a_protected_patient(book: Book, encounter: Encounter) -> None:
    with book.database.writing() as session:
        row = encounters.lock(session, practice_id=book.practice_id, encounter_id=encounter.id)
        claim = encounters.claim_of(row)
        encounters.keep_claim(session, row, replace(claim, coverage=replace(claim.coverage, filing_indicator="MC")))
    body = {"change": "self_pay", "values": {"reason": "asked"}}
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = await client.post(f"/api/v1/encounters/{encounter.id}/amendments", json=body, headers=key())
    assert (refused.status_code, "Medicaid pays in full" in refused.json()["detail"]) == (409, True)
