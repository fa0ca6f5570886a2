"""Appointments: booked once, checked in into the visit's form, and nobody else's."""

from dataclasses import replace

import pytest
from sqlmodel import select

from billing.claim import Name
from billing.roles import Role
from database.columns import new_id
from database.tables import AuditEvent, Encounter
from tests.api import builders
from tests.api.conftest import Book


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def form(encounter: Encounter, **changes: str) -> dict[str, str]:
    typed = {"patient_id": encounter.patient_id, "day": "2026-03-02", "at_time": "09:30", "provider": "Dr. Curie"}
    return typed | {"minutes": "20", "reason": "check-up", "key": "book-key-0001"} | changes


async def test_booked_checked_in_and_on_to_the_visit(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        assert "Nobody is expected on this day." in (await client.get("/appointments")).text
        for _ in range(2):
            booked = await client.post("/appointments", data=form(encounter))
            assert booked.headers["location"] == "/appointments?day=2026-03-02&note=done"
        day = (await client.get("/appointments?day=2026-03-02")).text
        [one] = (await client.get("/api/v1/appointments?day=2026-03-02")).json()
        patient = (await client.get(f"/patients/{encounter.patient_id}")).text
        arrived = await client.post(f"/appointments/{one['id']}/arrived")
        again = await client.post(f"/appointments/{one['id']}/arrived")
        late = await client.post(f"/api/v1/appointments/{one['id']}/cancelled")
        visit = (await client.get(arrived.headers["location"])).text
    assert (one["at_time"], one["state"], one["provider"]) == ("09:30", "booked", "Dr. Curie")
    assert day.count("Check in</button>") == 1
    assert "Expected: 2026-03-02 09:30 with Dr. Curie" in patient
    assert arrived.headers["location"] == again.headers["location"] == f"/visits/new?patient={encounter.patient_id}"
    assert late.status_code == 409
    assert builders.MEMBER_ID in visit


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": "2026-03-01"}, "has passed"),
        ({"at_time": "25:00"}, "write the time as HH:MM"),
        ({"minutes": "2"}, "must be at least 5"),
        ({"provider": ""}, "provider-fault"),
    ],
)
async def test_a_wrong_booking_says_where(
    changes: dict[str, str], words: str, book: Book, encounter: Encounter
) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        refused = await client.post("/appointments", data=form(encounter, **changes))
        assert (await client.get("/api/v1/appointments?day=2026-03-02")).json() == []
    assert refused.status_code == 422
    assert words in refused.text
    assert "check-up" in refused.text, "what was typed is kept"


async def test_who_is_expected_on_a_later_day_has_not_arrived_yet(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        await client.post("/appointments", data=form(encounter, day="2026-03-03"))
        [one] = (await client.get("/api/v1/appointments?day=2026-03-03")).json()
        page = (await client.get("/appointments?day=2026-03-03")).text
        early = [await client.post(f"/appointments/{one['id']}/{end}") for end in ("arrived", "no_show")]
        cancelled = await client.post(f"/appointments/{one['id']}/cancelled")
    assert [answer.status_code for answer in early] == [409, 409]
    assert "Check in</button>" not in page
    assert cancelled.headers["location"] == "/appointments?day=2026-03-03&note=done"


async def test_one_provider_sees_one_patient_at_a_time(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        await client.post("/appointments", data=form(encounter))
        claim = builders.claim()
        somebody = replace(claim.patient, name=Name("MEITNER", "LISE"))
        other = book.encounter(replace(claim, patient=somebody, subscriber=somebody))
        clash = await client.post(
            "/appointments", data=form(other, key="book-key-0002", at_time="09:45", provider="dr.  curie")
        )
        after = await client.post("/appointments", data=form(other, key="book-key-0003", at_time="09:50"))
    assert clash.status_code == 422
    assert "Dr. Curie has another patient from 09:30 to 09:50. Choose another time" in clash.text
    assert after.status_code == 303


async def test_a_patient_is_in_one_place_at_a_time_unless_somebody_says_why(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        await client.post("/appointments", data=form(encounter))
        twice = form(encounter, key="book-key-0002", at_time="09:20", minutes="11", provider="Dr. Who")
        clash = await client.post("/appointments", data=twice)
        silent = await client.post("/appointments", data=twice | {"book_anyway": "true"})
        why = {"book_anyway": "true", "book_anyway_reason": "the nurse draws blood meanwhile"}
        booked = await client.post("/appointments", data=twice | why)
        first, second = (await client.get("/api/v1/appointments?day=2026-03-02")).json()
        day = (await client.get("/appointments?day=2026-03-02")).text
        await client.post(f"/appointments/{second['id']}/cancelled")
        [_, alone] = (await client.get("/api/v1/appointments?day=2026-03-02")).json()
    assert (clash.status_code, silent.status_code, booked.status_code) == (422, 422, 303)
    assert "the patient is expected from 09:30 to 09:50, provider Dr. Curie" in clash.text
    assert "Book anyway" in clash.text
    assert "say why it is booked all the same" in silent.text
    assert first["overlaps"] == ["the patient is expected from 09:30 to 09:50, provider Dr. Curie"]
    assert "At the same time: the patient is expected from 09:20 to 09:31, provider Dr. Who" in day
    assert alone["overlaps"] == []
    with book.database.reading() as session:
        reasons = [one.reason for one in session.exec(select(AuditEvent).where(AuditEvent.subject_id == first["id"]))]
    assert any("the nurse draws blood meanwhile" in one for one in reasons)


async def test_a_refused_booking_shows_the_day_that_was_asked_for(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.FRONT_DESK) as client:
        await client.post("/appointments", data=form(encounter, day="2026-03-05"))
        clash = await client.post("/appointments", data=form(encounter, day="2026-03-05", key="book-key-0002"))
        odd = await client.post("/appointments", data=form(encounter, day="soon", key="book-key-0003"))
    assert '<h1>Appointments <span class="quiet">· 2026-03-05</span></h1>' in clash.text
    assert "check-up" in clash.text
    assert '<h1>Appointments <span class="quiet">· 2026-03-02</span></h1>' in odd.text


async def test_nobody_books_for_a_stranger_and_an_auditor_only_looks(book: Book, encounter: Encounter) -> None:
    headers = {"Idempotency-Key": "book-key-0001"}
    body = {name: text for name, text in form(encounter).items() if name != "key"}
    async with book.connect(token=book.stranger) as client:
        assert (await client.post("/api/v1/appointments", json=body, headers=headers)).status_code == 404
        assert (await client.post(f"/api/v1/appointments/{new_id()}/arrived")).status_code == 404
    async with book.connect(Role.AUDITOR) as client:
        assert (await client.post("/api/v1/appointments", json=body, headers=headers)).status_code == 403
        assert (await client.get("/api/v1/appointments?day=2026-03-02")).json() == []


async def test_a_day_in_another_century_is_a_slip(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = [
            await client.post("/appointments", data=form(encounter, day="2126-03-02")),
            await client.post(f"/encounters/{encounter.id}/hold", data={"until": "2999-01-01", "reason": "x"}),
        ]
        near = await client.post("/appointments", data=form(encounter, day="2028-03-01"))
    assert [one.status_code for one in refused] == [422, 422]
    assert all("lies more than two years ahead; is the year right?" in one.text for one in refused)
    assert near.status_code == 303
