"""The call log over HTTP: logged once, searched, seen on visit and claim; and write-offs by cause."""

import pytest
from sqlmodel import select

from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents
from billing.roles import Role
from database import ledger
from database.columns import new_id
from database.tables import AuditEvent, CallRow, Encounter, Fact, User
from tests.api.conftest import OPENED, Book

CALL = {
    "whom": "payer",
    "spoken_to": "Dana",
    "reference": "REF-77",
    "said": "the claim waits for a nurse",
    "promise": "decides it",
    "promised_on": "2026-03-20",
}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def test_a_call_is_logged_once_searched_and_awaited(book: Book) -> None:
    visit = book.encounter()
    path = f"/api/v1/encounters/{visit.id}/calls"
    async with book.connect(Role.BILLER) as client:
        again = key()
        for _ in range(2):
            assert (await client.post(path, json=CALL, headers=again)).status_code == 201
        [found] = (await client.get("/api/v1/calls", params={"text": "nurse"})).json()
        assert (found["reference"], found["promise_state"], found["spoken_to"]) == ("REF-77", "open", "Dana")
        assert (await client.get("/api/v1/calls", params={"text": "n%e"})).json() == []
        assert (await client.get("/api/v1/calls", params={"whom": "patient"})).json() == []
        assert len((await client.get("/api/v1/calls", params={"promises": "open"})).json()) == 1
    with book.database.reading() as session:
        assert session.exec(select(Fact.kind)).all() == ["called"]
        assert session.exec(select(AuditEvent).where(AuditEvent.subject == "call")).one().action == "create"
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/calls")).json() == []
        assert (await client.post(path, json=CALL, headers=key())).status_code == 404


async def test_a_call_that_promises_nothing_wakes_nobody(book: Book) -> None:
    visit = book.encounter()
    async with book.connect(Role.BILLER) as client:
        form = {"whom": "other", "said": "asked the employer"}
        assert (await client.post(f"/api/v1/encounters/{visit.id}/calls", json=form, headers=key())).status_code == 201
    with book.database.reading() as session:
        assert session.exec(select(Fact)).all() == []
        assert session.exec(select(CallRow)).one().promise_state is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"promised_on": None}, "promised_on"),
        ({"promised_on": "2026-03-02"}, "promised_on"),
        ({"promised_on": "2036-03-02"}, "promised_on"),
        ({"promise": ""}, "promise"),
        ({"promised_amount": "ninety"}, "promised_amount"),
        ({"control_number": "NOSUCH"}, "control_number"),
    ],
)
async def test_every_fault_of_a_call_is_at_its_field(book: Book, change: dict[str, str | None], field: str) -> None:
    visit = book.encounter()
    async with book.connect(Role.BILLER) as client:
        refused = await client.post(f"/api/v1/encounters/{visit.id}/calls", json=CALL | change, headers=key())
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, field)


async def test_nothing_is_awaited_of_a_closed_visit(book: Book) -> None:
    visit = book.encounter()
    with book.database.writing() as session:
        session.get_one(Encounter, visit.id).stage = "closed"
    async with book.connect(Role.BILLER) as client:
        refused = await client.post(f"/api/v1/encounters/{visit.id}/calls", json=CALL, headers=key())
    assert refused.json()["faults"][0]["field"] == "promise"


async def test_the_visits_page_logs_a_call_and_the_list_finds_it(book: Book) -> None:
    visit = book.encounter()
    async with book.signed_in(Role.BILLER) as browser:
        refused = await browser.post(f"/encounters/{visit.id}/calls", data=CALL | {"promised_on": "2026-03-01"})
        assert "choose a day to come" in refused.text
        assert "the claim waits for a nurse" in refused.text
        assert (await browser.post(f"/encounters/{visit.id}/calls", data=CALL)).status_code == 303
        page = (await browser.get(f"/encounters/{visit.id}")).text
        assert "REF-77" in page
        assert "Called the payer (reference REF-77); something was promised by 2026-03-20" in page
        assert "Dana" in (await browser.get("/calls?text=ref-77")).text
        assert "No call is as you ask" in (await browser.get("/calls?text=nothing")).text


async def test_write_offs_are_summed_by_reason_payer_and_who_approved(book: Book) -> None:
    visit = book.encounter()
    with book.database.writing() as session:
        approver = session.exec(select(User).where(User.practice_id == book.practice_id)).first()
        assert approver is not None
        for number, (code, cents) in enumerate((("CO-29", 5000), ("CO-29", 2500), ("CO-50", 1000))):
            sides = (
                Side(Account.ADJUSTMENT_DENIAL, Cents(cents), None, code),
                Side(Account.AR_INSURANCE, Cents(-cents), None, visit.payer_id),
            )
            entry = Entry(EntryKind.WRITE_OFF, f"write_off:{number}", sides, visit.service_date)
            ledger.post(
                session,
                [entry],
                practice_id=book.practice_id,
                at=OPENED,
                encounter_id=visit.id,
                actor=approver.id,
            )
        name = approver.display_name
    async with book.connect(Role.SUPERVISOR) as client:
        found = (await client.get("/api/v1/write-offs")).json()
        assert (found["total_cents"], len(found["lines"])) == (8500, 3)
        assert [(one["name"], one["lines"], one["amount_cents"]) for one in found["by_reason"]] == [
            ("CO-29", 2, 7500),
            ("CO-50", 1, 1000),
        ]
        assert [(one["name"], one["amount_cents"]) for one in found["by_person"]] == [(name, 8500)]
        assert (await client.get("/api/v1/write-offs?since=2026-03-05&until=2026-03-01")).status_code == 422
        assert (await client.get("/api/v1/write-offs?since=2026-01-01&until=2026-02-01")).json()["lines"] == []
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert "$85.00" in (await browser.get("/write-offs")).text
        assert (await browser.get("/write-offs?since=nonsense")).status_code == 422
        text = (await browser.get("/write-offs/lines.csv")).text
        assert text.splitlines()[0].startswith("posted_on,visit,patient")
        assert len(text.splitlines()) == 4
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/write-offs")).json()["lines"] == []
