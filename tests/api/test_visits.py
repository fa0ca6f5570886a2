"""A visit typed by hand: the encounter a program would have opened, with every fault at its input, and once."""

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api import visit_form
from billing.roles import Role
from database import coverages, encounters
from database.columns import new_id
from database.tables import AuditEvent, Charge, Encounter, Payer
from tests.api import builders
from tests.api.conftest import Book
from tests.api.page_forms import faults_of, inputs_of

HOSTILE = "<script>alert('x')</script>"

TYPED = {
    "key": "0123456789abcdefghjk",
    "patient.last_name": "Apfelbaum",
    "patient.first_name": "Theo",
    "patient.birth_date": "1988-02-03",
    "patient.sex": "M",
    "patient.address.street": "3 Main St",
    "patient.address.city": "Springfield",
    "patient.address.state": "il",
    "patient.address.postal_code": "62701-1234",
    "coverage.payer.name": "New Health",
    "coverage.payer.id": "70001",
    "coverage.member_id": "NH 123",
    "coverage.group_number": "G-7",
    "coverage.filing_indicator": "CI",
    "coverage.relationship": "18",
    "providers.billing.npi": "1993999998",
    "providers.billing.last_name": "Family Practice",
    "providers.billing.tax_id": "12-3456780",
    "providers.billing.address.street": "2 Main St",
    "providers.billing.address.city": "Springfield",
    "providers.billing.address.state": "IL",
    "providers.billing.address.postal_code": "627010001",
    "place_of_service": "11",
    "diagnoses.0": "j06.9",
    "diagnoses.1": "E119",
    "lines.0.service_date": "2026-03-01",
    "lines.0.procedure": "99213",
    "lines.0.modifiers": "25 gt",
    "lines.0.diagnosis_pointers": "AB",
    "lines.0.units": "1",
    "lines.0.unit_basis": "UN",
    "lines.0.charge": "$1,150.00",
}


@pytest.fixture
async def desk(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.FRONT_DESK) as client:
        yield client


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def all_encounters(book: Book) -> list[Encounter]:
    with book.database.reading() as session:
        return list(session.exec(select(Encounter)))


async def test_a_typed_visit_becomes_the_encounter_that_a_program_would_have_sent(
    book: Book, desk: httpx.AsyncClient
) -> None:
    response = await desk.post("/visits/new", data=TYPED)
    [row] = all_encounters(book)
    claim = encounters.claim_of(row)
    line = claim.lines[0]

    assert (response.status_code, response.headers["location"]) == (303, f"/encounters/{row.id}?note=opened")
    assert "The visit is open." in (await desk.get(response.headers["location"])).text
    assert [one.code for one in claim.diagnoses] == ["J069", "E119"]
    assert (line.modifiers, line.diagnosis_pointers, line.charge_cents) == (("25", "GT"), (1, 2), 115000)
    assert (claim.coverage.member_id, claim.coverage.payer.id, claim.coverage.group_number) == ("NH123", "70001", "G-7")
    assert claim.patient.address is not None
    assert (claim.patient.address.state, claim.patient.address.postal_code) == ("IL", "627011234")
    assert claim.subscriber == claim.patient
    assert row.external_id == "0123456789AB"


SECOND = {
    "second.payer.name": "Second Health",
    "second.payer.id": "70002",
    "second.member_id": "SH 9",
    "second.filing_indicator": "MB",
    "second.insurance_type": "12",
    "second.relationship": "01",
    "second.subscriber.last_name": "Apfelbaum",
    "second.subscriber.first_name": "Rosa",
}


async def test_a_second_policy_waits_behind_the_first_and_is_offered_again_next_time(
    book: Book, desk: httpx.AsyncClient
) -> None:
    response = await desk.post("/visits/new", data=TYPED | SECOND)
    [row] = all_encounters(book)
    with book.database.reading() as session:
        first, second = coverages.in_order(session, row, encounters.claim_of(row))
    page = await desk.get(response.headers["location"])
    again = inputs_of((await desk.get(f"/visits/new?patient={row.patient_id}")).text)

    assert first.coverage.payer.id == "70001"
    assert (second.responsibility, second.coverage.payer.id, second.coverage.member_id) == ("S", "70002", "SH9")
    assert (second.coverage.insurance_type, second.subscriber.name.first) == ("12", "Rosa")
    assert "its turn comes" in page.text
    assert (again["second.member_id"], again["second.subscriber.first_name"]) == ("SH9", "Rosa")
    assert again["second"]


SAME_AGAIN = {
    "second.payer.name": "North Health",
    "second.payer.id": "70001",
    "second.member_id": "nh 123",
    "second.group_number": "G-7",
}


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"second.member_id": "X1"}, "second"),
        (SECOND | {"second.subscriber.last_name": ""}, "second.subscriber.last_name"),
        (SECOND | {"second.relationship": "18"}, "second.relationship"),
        (SAME_AGAIN, "second"),
    ],
)
async def test_a_fault_of_the_second_policy_stands_at_its_input(
    typed: dict[str, str], where: str, book: Book, desk: httpx.AsyncClient
) -> None:
    response = await desk.post("/visits/new", data=TYPED | typed)
    assert response.status_code == 422
    assert list(faults_of(response.text)) == [where]
    assert all_encounters(book) == []


async def test_a_self_pay_visit_is_typed_without_a_policy_and_copied_as_one(
    book: Book, desk: httpx.AsyncClient
) -> None:
    bare = {name: text for name, text in TYPED.items() if not name.startswith("coverage.")}
    both = await desk.post("/visits/new", data=TYPED | {"self_pay": "yes"})
    done = await desk.post("/visits/new", data=bare | {"self_pay": "yes"})
    [row] = all_encounters(book)
    again = inputs_of((await desk.get(f"/visits/new?copy={row.id}")).text)

    assert (both.status_code, list(faults_of(both.text))) == (422, ["self_pay"])
    assert (done.status_code, row.is_self_pay) == (303, True)
    assert (again["self_pay"], again["payer"]) == ("yes", "")


OTHER = {"patient.last_name": "Birnbaum", "coverage.member_id": "NH 999"}


async def test_a_visit_at_another_location_says_where(book: Book, desk: httpx.AsyncClient) -> None:
    """2310C and the place of service come from the location, 2010AB from the billing entity."""
    there = {"name": "North", "place_of_service": "22", "street": "9 North St", "city": "Springfield", "state": "IL"}
    here = there | {"name": "Main", "place_of_service": "11", "street": "2 MAIN ST", "postal_code": "62701"}
    entity = {"npi": "1993999998", "name": "Family Practice", "tax_id": "123456780", "taxonomy": ""}
    address = {"street": "2 Main St", "city": "Springfield", "state": "IL", "postal_code": "627010001"}
    pay_to = {f"pay_to_{name}": text for name, text in (address | {"street": "PO Box 7"}).items()}
    async with book.signed_in(Role.SUPERVISOR) as chief:
        keys = [f"key-0000000{number}" for number in range(3)]
        path = "/setup/practice"
        north = there | {"postal_code": "62702", "npi": "", "street_2": "", "key": keys[0]}
        await chief.post(f"{path}/locations", data=north)
        await chief.post(f"{path}/locations", data=here | {"npi": "", "street_2": "", "key": keys[1]})
        await chief.post(f"{path}/billing-entities", data=entity | address | pay_to | {"key": keys[2]})
        known = (await chief.get("/api/v1/practice")).json()["locations"]
    ids = {one["name"]: one["id"] for one in known}

    clash = await desk.post("/visits/new", data=TYPED | {"location": ids["North"], "place_of_service": "23"})
    assert faults_of(clash.text) == {
        "place_of_service": "is 22 at this location: clear it, or choose no location",
    }
    await desk.post("/visits/new", data=TYPED | {"location": ids["North"]})
    await desk.post("/visits/new", data=TYPED | {"location": ids["Main"], "key": "9123456789abcdefghjk"} | OTHER)
    claims = {claim.place_of_service: claim for claim in map(encounters.claim_of, all_encounters(book))}
    facility, pay_to_party = claims["22"].provider("77"), claims["22"].pay_to
    assert facility is not None
    assert facility.address is not None
    assert (facility.name.last, facility.address.street, facility.npi) == ("North", "9 North St", None)
    assert claims["11"].provider("77") is None
    assert pay_to_party is not None
    assert pay_to_party.address is not None
    assert pay_to_party.address.street == "PO Box 7"
    [row] = [one for one in all_encounters(book) if encounters.claim_of(one).place_of_service == "22"]
    again = inputs_of((await desk.get(f"/visits/new?patient={row.patient_id}")).text)
    assert again["location"] == ids["North"]


async def test_a_second_click_opens_nothing_more_and_another_visit_under_the_same_key_is_named(
    book: Book, desk: httpx.AsyncClient
) -> None:
    twice = [await desk.post("/visits/new", data=TYPED) for _ in range(2)]
    changed = await desk.post("/visits/new", data=TYPED | {"patient.first_name": "Thea"})
    again = await desk.post("/visits/new", data=inputs_of(changed.text))

    assert twice[0].headers["location"] == twice[1].headers["location"]
    assert changed.status_code == 422
    assert "A visit was opened from this form already" in changed.text
    assert again.status_code == 303
    assert len(all_encounters(book)) == 2


async def test_every_fault_stands_at_its_input_and_everything_typed_is_kept(
    book: Book, desk: httpx.AsyncClient
) -> None:
    wrong = {
        "patient.last_name": "",
        "patient.first_name": HOSTILE,
        "patient.birth_date": "2026-03-03",
        "patient.address.postal_code": "627",
        "coverage.payer.name": "",
        "providers.billing.npi": "12",
        "diagnoses.0": "cold",
        "diagnoses.2": "E11.9",
        "diagnoses.1": "",
        "lines.0.procedure": "9921",
        "lines.0.diagnosis_pointers": "1,4",
        "lines.0.units": "0",
        "lines.0.charge": "1.234",
        "lines.1.procedure": "87880",
        "lines.1.modifiers": "Q",
        "lines.1.service_date": "yesterday",
        "lines.1.diagnosis_pointers": "?",
    }
    response = await desk.post("/visits/new", data=TYPED | wrong)
    faults = faults_of(response.text)

    assert response.status_code == 422
    assert set(faults) == set(wrong) - {"patient.first_name", "diagnoses.2", "lines.1.procedure"}
    assert faults["patient.birth_date"] == "lies in the future"
    assert faults["patient.last_name"] == "is needed"
    assert faults["lines.0.charge"] == "amount has a fraction of a cent"
    assert faults["lines.1.service_date"] == "write the day as YYYY-MM-DD"
    kept = inputs_of(response.text)
    assert {name: kept[name] for name in wrong} == wrong
    assert kept["key"] != TYPED["key"]
    assert HOSTILE not in response.text
    assert re.findall(r'name="([^"]+)"[^>]*autofocus', response.text) == ["patient.last_name"]
    assert all_encounters(book) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"patient.sex": ""}, "choose one; unknown where it is not known"),
        ({"patient.first_name": "José"}, "é cannot be sent to a payer; write it with plain letters"),
        ({"patient.address.street": "3 Main~St"}, "~ cannot be sent to a payer"),
        ({"coverage.member_id": "NH*123"}, "* cannot be sent to a payer"),
        ({"patient.birth_date": "2026-03-02"}, "lies after the day of service"),
        ({"lines.0.service_date": "2024-03-01"}, "lies more than two years back"),
        ({"providers.billing.npi": "1993999999"}, "the check digit is wrong"),
        ({"lines.0.charge": "12,50"}, "amount has a comma that is not before three digits"),
        ({"lines.0.units": "1e5"}, "a number above zero with at most three decimals"),
        ({"rendering": "1993999998"}, "is no longer offered: choose again"),
        ({"location": "closedbranchclosedbr"}, "is no longer offered: choose again"),
    ],
)
async def test_what_would_be_a_task_a_second_later_is_told_at_its_input(
    book: Book, desk: httpx.AsyncClient, wrong: dict[str, str], words: str
) -> None:
    response = await desk.post("/visits/new", data=TYPED | wrong)
    faults = faults_of(response.text)
    assert list(faults) == list(wrong)
    assert faults[next(iter(wrong))].startswith(words)
    assert all_encounters(book) == []


async def test_everything_is_told_at_once_and_what_is_only_not_known_yet_turns_nobody_away(
    book: Book, desk: httpx.AsyncClient
) -> None:
    not_known = {"patient.birth_date": "", "coverage.member_id": "", "coverage.payer.id": ""}
    wrong = {"patient.last_name": "Ápfel", "providers.billing.npi": "1993999999", "lines.0.charge": "1.234"}
    refused = await desk.post("/visits/new", data=TYPED | not_known | wrong)
    opened = await desk.post("/visits/new", data=TYPED | not_known)

    faults = faults_of(refused.text)
    assert set(faults) == {*not_known, *wrong}
    assert faults["coverage.member_id"] == "is empty; a payer asks for it"
    assert opened.status_code == 303


async def test_a_self_pay_visit_names_each_thing_that_belongs_to_a_policy(desk: httpx.AsyncClient) -> None:
    response = await desk.post("/visits/new", data=TYPED | {"self_pay": "yes", "authorization": "A1"})
    assert set(faults_of(response.text)) == {"self_pay", "authorization"}


async def test_an_empty_form_names_what_is_needed(desk: httpx.AsyncClient) -> None:
    page = (await desk.get("/visits/new")).text
    response = await desk.post("/visits/new", data=inputs_of(page))

    assert response.status_code == 422
    faults = faults_of(response.text)
    assert faults["payer"] == "choose a payer, or name a new one below"
    assert faults["lines.0.procedure"] == "enter at least one line"
    assert {"patient.last_name", "providers.billing.npi", "providers.billing.tax_id"} <= set(faults)


async def test_rows_come_and_go_without_a_script_and_keep_what_was_typed(desk: httpx.AsyncClient) -> None:
    added = await desk.post("/visits/new", data=TYPED | {"do": "add-line", "patient.last_name": ""})
    two = inputs_of(added.text)
    two |= {"lines.1.procedure": "87880", "lines.1.charge": "40"}
    removed = inputs_of((await desk.post("/visits/new", data=two | {"do": "remove-line-0"})).text)
    emptied = inputs_of((await desk.post("/visits/new", data=removed | {"do": "remove-line-0"})).text)

    assert added.status_code == 200
    assert faults_of(added.text) == {}
    assert 'id="lines.1.procedure"' in added.text
    assert "data-unsaved" in added.text
    assert (two["lines.1.service_date"], two["key"]) == ("2026-03-01", TYPED["key"])
    assert (removed["lines.0.procedure"], removed["patient.first_name"]) == ("87880", "Theo")
    assert "lines.1.procedure" not in removed
    assert (emptied["lines.0.procedure"], emptied["lines.0.units"]) == ("", "1")


async def test_the_last_visit_fills_the_form_and_a_copy_brings_its_codes(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    price = Charge(
        id=new_id(),
        practice_id=book.practice_id,
        procedure="99213",
        price_cents=15000,
        effective_from=date(2026, 1, 1),
    )
    with book.database.writing() as session:
        session.add(price)
    prefilled = inputs_of((await desk.get(f"/visits/new?patient={encounter.patient_id}")).text)
    copied = inputs_of((await desk.get(f"/visits/new?copy={encounter.id}")).text)

    for form in (prefilled, copied):
        assert form["patient.last_name"] == builders.SURNAME
        assert form["coverage.member_id"] == builders.MEMBER_ID
        assert (form["billing"], form["rendering"]) == ("1993999998", "1245319599")
    assert (prefilled["diagnoses.0"], prefilled["lines.0.procedure"]) == ("", "")
    assert (copied["diagnoses.0"], copied["lines.1.modifiers"]) == ("J06.9", "QW")
    assert (copied["lines.0.charge"], copied["lines.1.charge"]) == ("", "39.2")
    assert copied["lines.0.service_date"] == "2026-03-02"

    response = await desk.post(f"/visits/new?copy={encounter.id}", data=copied)
    assert response.status_code == 303
    made = next(one for one in all_encounters(book) if one.id != encounter.id)
    before, after = encounters.claim_of(encounter), encounters.claim_of(made)
    assert (made.patient_id, made.payer_id) == (encounter.patient_id, encounter.payer_id)
    assert (after.billing_provider, after.providers) == (before.billing_provider, before.providers)
    assert (after.patient, after.diagnoses) == (before.patient, before.diagnoses)


async def test_a_subscriber_who_is_not_the_patient_is_asked_for(book: Book, desk: httpx.AsyncClient) -> None:
    unnamed = await desk.post("/visits/new", data=TYPED | {"coverage.relationship": "19"})
    both = await desk.post("/visits/new", data=TYPED | {"coverage.subscriber.last_name": "Apfelbaum"})
    subscriber = {
        "coverage.relationship": "19",
        "coverage.subscriber.last_name": "Apfelbaum",
        "coverage.subscriber.first_name": "Ruth",
    }
    named = await desk.post("/visits/new", data=TYPED | subscriber)

    assert faults_of(unnamed.text) == {"coverage.subscriber.last_name": "is needed"}
    assert list(faults_of(both.text)) == ["coverage.relationship"]
    assert named.status_code == 303
    assert encounters.claim_of(all_encounters(book)[0]).subscriber.name.first == "Ruth"


async def test_a_known_payer_or_a_new_one_but_not_both(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    with book.database.reading() as session:
        payer_id = session.exec(select(Payer.id)).one()
    both = await desk.post("/visits/new", data=TYPED | {"payer": payer_id})
    provider = {name: "" for name in TYPED if name.startswith("providers.billing.")}
    known = {"payer": payer_id, "coverage.payer.name": "", "coverage.payer.id": "", "billing": "1993999998"}
    response = await desk.post("/visits/new", data=TYPED | provider | known)

    assert list(faults_of(both.text)) == ["payer"]
    assert response.status_code == 303
    assert {one.payer_id for one in all_encounters(book)} == {payer_id}


async def test_the_form_offers_what_the_practice_uses_and_what_it_costs(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    with book.database.writing() as session:
        for procedure, cents in (("99213", 15000), ("93000", 6000)):
            day = date(2026, 1, 1)
            row = Charge(
                id=new_id(), practice_id=book.practice_id, procedure=procedure, price_cents=cents, effective_from=day
            )
            session.add(row)
    page = (await desk.get("/visits/new")).text

    assert '<option value="99213">$150.00, used once</option>' in page
    assert '<option value="87880">no price, used once</option>' in page
    assert '<option value="93000">$60.00</option>' in page
    assert '<option value="J06.9">used once</option>' in page
    assert "Plain Health (60054)" in page


async def test_another_practice_neither_builds_upon_a_visit_nor_is_offered_its_names(
    book: Book, encounter: Encounter
) -> None:
    async with book.connect(token=book.stranger, headers={"Accept": "text/html"}) as stranger:
        page = await stranger.get("/visits/new")
        theirs = [
            (await stranger.get(f"/visits/new?patient={encounter.patient_id}")).status_code,
            (await stranger.get(f"/visits/new?copy={encounter.id}")).status_code,
            (await stranger.post(f"/visits/new?copy={encounter.id}", data=TYPED)).status_code,
        ]
        payee = await stranger.post("/visits/new", data=TYPED)

    assert theirs == [404, 404, 404]
    for secret in ("Plain Health", "Curie", "Family Practice", "J06.9"):
        assert secret not in page.text
    assert payee.status_code == 409
    assert "belongs to another practice" in payee.text
    assert inputs_of(payee.text)["patient.last_name"] == "Apfelbaum"


async def test_only_who_takes_visits_in_and_may_see_them_is_given_the_form(book: Book, encounter: Encounter) -> None:
    for role in (Role.CODER, Role.AUDITOR, Role.INTEGRATION):
        async with book.signed_in(role) as browser:
            assert (await browser.get(f"/visits/new?copy={encounter.id}")).status_code == 403
            assert (await browser.post("/visits/new", data=TYPED)).status_code == 403


async def test_whose_data_filled_a_form_and_who_opened_a_visit_is_written_down(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    await desk.get(f"/visits/new?patient={encounter.patient_id}")
    await desk.get(f"/visits/new?copy={encounter.id}")
    await desk.post("/visits/new", data=TYPED)
    made = next(one for one in all_encounters(book) if one.id != encounter.id)
    with book.database.reading() as session:
        seen = [(one.action, one.subject, one.subject_id) for one in session.exec(select(AuditEvent))]

    assert seen == [
        ("view", "patient", encounter.patient_id),
        ("view", "encounter", encounter.id),
        ("create", "encounter", made.id),
    ]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [("1,2", [1, 2]), ("1 12", [1, 12]), ("ab", [1, 2]), ("A:C", [1, 3]), ("1b", None), ("z", None)],
)
def test_pointers_are_numbers_or_letters(text: str, pointers: Any) -> None:
    assert visit_form._pointers(text) == pointers


async def test_a_visit_typed_once_more_is_shown_beside_the_first_and_opened_only_as_another(
    book: Book, desk: httpx.AsyncClient
) -> None:
    opened = await desk.post("/visits/new", data=TYPED)
    again = await desk.post("/visits/new", data=TYPED)
    copy = TYPED | {"key": new_id()}
    stopped = await desk.post("/visits/new", data=copy)
    home = opened.headers["location"].partition("?")[0]
    other_code = await desk.post("/visits/new", data=TYPED | {"key": new_id(), "lines.0.procedure": "93000"})
    other_day = TYPED | {"key": new_id(), "lines.0.service_date": "2026-02-27"}
    other = await desk.post("/visits/new", data=other_day)
    told_apart = await desk.post("/visits/new", data=inputs_of(stopped.text) | {"is_another_visit": "yes"})

    assert (opened.status_code, again.headers["location"]) == (303, opened.headers["location"])
    assert (stopped.status_code, f'<a href="{home}">' in stopped.text) == (409, True)
    assert "It is another visit: open it" in stopped.text
    assert inputs_of(stopped.text)["patient.last_name"] == "Apfelbaum"
    assert [one.status_code for one in (other_code, other, told_apart)] == [303, 303, 303]
    with book.database.reading() as session:
        assert len(session.exec(select(Encounter.id)).all()) == 4


async def test_a_line_without_a_number_breaks_nothing(book: Book) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        answer = await client.post("/visits/new", data={"lines.abc.charge": "1", "key": "k" * 20})
    assert answer.status_code == 422
