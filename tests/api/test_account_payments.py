"""Money for a whole account at the desk: the oldest first, as told, too much, its receipt, and back as a whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import select

from billing.dunning import Notice
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.roles import Role
from billing.stages import Stage
from billing.statements import Statement, VisitPart
from database import encounters, ledger, records, registrations
from database.columns import new_id
from database.tables import AuditEvent, Encounter, Letter, Patient, PatientPayment
from tests.api import builders
from tests.api.conftest import Book
from tests.api.test_day_close import absorb


@pytest.fixture
def owing(book: Book) -> tuple[Encounter, Encounter]:
    """Two visits of one account; 20.00 and 15.00 are owed on them."""
    visits = book.encounter(), book.encounter(builders.claim(external_id="VISIT-2"))
    with book.database.writing() as session:
        holder, other = (session.get_one(Patient, one.patient_id) for one in visits)
        if holder.id != other.id:
            other.account_id = holder.id
            session.add(other)
        for visit, cents in zip(visits, (2000, 1500), strict=True):
            row = encounters.lock(session, practice_id=book.practice_id, encounter_id=visit.id)
            row.stage = Stage.PATIENT_BALANCE
            session.add(row)
            [line, *_] = encounters.lines(session, row)
            sides = transfer(Account.AR_PATIENT, Account.REVENUE, Cents(cents), line_id=line.id, detail="PR-3")
            entry = Entry(EntryKind.BILLED_TO_PATIENT, f"share {cents}", sides)
            ledger.post(session, [entry], practice_id=book.practice_id, at=book.now, encounter_id=row.id)
    return visits


async def pay(client: AsyncClient, patient_id: str, amount: str, *, key: str = "pay-0001", **more: object) -> Any:
    body: Mapping[str, object] = {"amount": amount, "method": "cheque", "received_on": "2026-03-02", **more}
    return await client.post(f"/api/v1/accounts/{patient_id}/payments", json=body, headers={"Idempotency-Key": key})


def paper_about(book: Book, visit: Encounter, *, patient_id: str) -> tuple[str, str]:
    """(id, number) of a final notice of this patient's account that asks for one visit."""
    paper_id, day = new_id(), visit.service_date
    number = f"{paper_id[:5]}-{paper_id[5:10]}".upper()
    part = VisitPart(f"VISIT-{visit.id}", day, "provider", "plan", (), (), None)
    content = Statement(number, Notice.FINAL_NOTICE, day, day, (), ("JANE DOE",), (part,), 100, (), "")
    with book.database.writing() as session:
        row = Letter(
            id=paper_id,
            practice_id=book.practice_id,
            patient_id=patient_id,
            kind=Notice.FINAL_NOTICE,
            content=records.dump(content),
            written_at=book.now,
            written_by="office",
        )
        session.add(row)
        session.get_one(Encounter, visit.id).external_id = f"VISIT-{visit.id}"
    return paper_id, number


@pytest.mark.parametrize("nth", [0, 1])
async def test_who_pays_what_a_paper_asks_pays_the_visit_on_it(
    book: Book, owing: tuple[Encounter, Encounter], nth: int
) -> None:
    asked, other = owing[nth], owing[1 - nth]
    _, number = paper_about(book, asked, patient_id=owing[0].patient_id)
    async with book.connect(Role.ACCOUNT_REP) as client:
        paid = await pay(client, asked.patient_id, "15.00", paper=number.replace("-", " ").lower(), key="pay-0101")
        rest = await pay(client, asked.patient_id, "20.00", paper=number, key="pay-0102")
    assert (paid.status_code, rest.status_code) == (201, 201)
    assert paid.json()["visits"] == [{"encounter_id": asked.id, "amount_cents": 1500}]
    assert kept(book) == {owing[0].id: 2000, owing[1].id: 1500}
    assert rest.json()["visits"][-1]["encounter_id"] == other.id


async def test_a_wrong_paper_is_told_at_its_field_with_all_else(book: Book, owing: tuple[Encounter, Encounter]) -> None:
    first, _ = owing
    with book.database.writing() as session:
        known = registrations.of_row(session.get_one(Patient, first.patient_id))
        told = replace(known, last_name="STRANGER")
        stranger = registrations.register(session, told, practice_id=book.practice_id, at=book.now)
    _, theirs = paper_about(book, first, patient_id=stranger.id)
    async with book.connect(Role.ACCOUNT_REP) as client:
        unknown = await pay(client, first.patient_id, "none", paper="ZZZZZ-ZZZZZ", key="pay-0103")
        foreign = await pay(client, first.patient_id, "15.00", paper=theirs, key="pay-0104")
        long = await pay(client, first.patient_id, "15.00", paper="Z" * 21, key="pay-0105")
    assert [one["field"] for one in unknown.json()["faults"]] == ["amount", "paper"]
    assert foreign.json()["faults"] == [
        {"field": "paper", "message": "is the number of a statement of another account"}
    ]
    assert long.status_code == 422
    assert kept(book) == {}


async def test_the_form_keeps_what_was_typed_beside_a_wrong_paper(
    book: Book, owing: tuple[Encounter, Encounter]
) -> None:
    first, _ = owing
    form = {
        "amount": "15.00",
        "method": "cheque",
        "received_on": "2026-03-02",
        "paper": "ZZZZZ-ZZZZZ",
        "key": "pay-0106",
    }
    async with book.signed_in(Role.ACCOUNT_REP) as client:
        page = await client.post(f"/accounts/{first.patient_id}/payments", data=form)
    assert page.status_code == 422
    assert "is no statement" in page.text
    assert 'value="ZZZZZ-ZZZZZ"' in page.text
    assert kept(book) == {}


def kept(book: Book) -> dict[str, int]:
    """Cents by visit."""
    with book.database.reading() as session:
        found: dict[str, int] = {}
        for one in session.exec(select(PatientPayment)):
            found[one.encounter_id] = found.get(one.encounter_id, 0) + one.amount_cents
        return found


async def test_what_nobody_told_pays_the_oldest_first_and_twice_sent_is_once(
    book: Book, owing: tuple[Encounter, Encounter]
) -> None:
    first, second = owing
    async with book.connect(Role.ACCOUNT_REP) as client:
        answers = [await pay(client, first.patient_id, "25.00", reference="1043") for _ in range(2)]
        listed = (await client.get(f"/api/v1/accounts/{first.patient_id}/payments")).json()
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert sorted(kept(book).values()) == [500, 2000] or sorted(kept(book).values()) == [1000, 1500]
    assert {first.id, second.id} == set(kept(book))
    [one] = listed
    assert (one["amount_cents"], one["reference"], one["is_taken_back"], len(one["parts"])) == (2500, "1043", False, 2)


async def test_it_goes_where_somebody_said_and_must_add_up(book: Book, owing: tuple[Encounter, Encounter]) -> None:
    first, second = owing
    async with book.connect(Role.ACCOUNT_REP) as client:
        short = await pay(client, first.patient_id, "10.00", visits={second.id: "9.99"}, key="pay-0002")
        odd = await pay(client, first.patient_id, "10.00", visits={second.id: "ten", "NOBODY": "1.00"}, key="pay-0003")
        strange = await pay(client, first.patient_id, "10.00", visits={"NOBODY": "10.00"}, key="pay-0004")
        told = await pay(client, first.patient_id, "10.00", visits={second.id: "10.00", first.id: ""}, key="pay-0005")
    assert short.json()["faults"] == [{"field": "amount", "message": "is $10.00, but its parts come to $9.99"}]
    assert odd.json()["faults"][0]["field"] == f"visits.{second.id}"
    assert strange.json()["faults"] == [{"field": "visits.NOBODY", "message": "is no visit of this account"}]
    assert told.status_code == 201
    assert kept(book) == {second.id: 1000}


async def test_more_than_is_owed_is_a_slip_unless_somebody_says_so(
    book: Book, owing: tuple[Encounter, Encounter]
) -> None:
    first, _ = owing
    async with book.connect(Role.ACCOUNT_REP) as client:
        slip = await pay(client, first.patient_id, "350.00", key="pay-0006")
        meant = await pay(client, first.patient_id, "36.00", keep_credit=True, key="pay-0007")
    assert slip.status_code == 422
    assert "is more than the $35.00 that is owed on the account" in slip.json()["faults"][0]["message"]
    assert meant.status_code == 201
    assert sum(kept(book).values()) == 3600


async def test_nobody_takes_back_a_part_and_the_whole_goes_once(book: Book, owing: tuple[Encounter, Encounter]) -> None:
    first, _ = owing
    home = f"/api/v1/accounts/{first.patient_id}/payments"
    async with book.connect(Role.SUPERVISOR) as client:
        receipt = (await pay(client, first.patient_id, "35.00")).json()
        for visit in owing:
            absorb(book, visit.id)
        with book.database.reading() as session:
            part = session.exec(select(PatientPayment).limit(1)).one()
        path = f"/api/v1/encounters/{part.encounter_id}/payments/{part.id}/take-back"
        refused = await client.post(path, json={"reason": "slip"}, headers={"Idempotency-Key": "back-0001"})
        back = f"{home}/{receipt['receipt_id']}/take-back"
        done = await client.post(back, json={"reason": "NSF"}, headers={"Idempotency-Key": "back-0002"})
        again = await client.post(back, json={"reason": "NSF"}, headers={"Idempotency-Key": "back-0003"})
        [listed] = (await client.get(home)).json()
    assert (refused.status_code, refused.json()["title"]) == (409, "This payment is part of a larger one")
    assert "$35.00" in refused.json()["detail"]
    assert (done.status_code, done.json()["amount_cents"]) == (201, -3500)
    assert again.status_code == 409
    assert listed["is_taken_back"]
    assert set(kept(book).values()) == {0}


async def test_the_page_takes_it_keeps_what_was_typed_and_gives_a_receipt(
    book: Book, owing: tuple[Encounter, Encounter]
) -> None:
    first, second = owing
    home = f"/accounts/{first.patient_id}"
    typed = {"amount": "12.00", "method": "cheque", "received_on": "2026-03-02", f"visits.{second.id}": "11.00"}
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        refused = await browser.post(f"{home}/payments", data=typed)
        assert refused.status_code == 422
        assert 'value="11.00"' in refused.text
        assert "but its parts come to $11.00" in refused.text
        done = await browser.post(f"{home}/payments", data=typed | {f"visits.{second.id}": "12.00"})
        assert done.headers["location"] == f"{home}?note=done"
        page = (await browser.get(home)).text
        [listed] = (await browser.get(f"/api/v1{home}/payments")).json()
        paper = await browser.get(f"{home}/payments/{listed['receipt_id']}/receipt.pdf")
        patient = dict(builders.visit()["patient"], first_name="Nobody", birth_date="1990-01-01")
        other = book.encounter(builders.claim(external_id="VISIT-9", patient=patient))
        strange = await browser.get(f"/accounts/{other.patient_id}/payments/{listed['receipt_id']}/receipt.pdf")
    assert strange.status_code == 404
    assert "$12.00 by cheque" in page
    assert paper.content.startswith(b"%PDF-")
    with book.database.reading() as session:
        looked = session.exec(select(AuditEvent).where(AuditEvent.subject == "receipt")).all()
    assert {one.action for one in looked} == {"create", "view"}


async def test_nobody_else_takes_or_sees_it(book: Book, owing: tuple[Encounter, Encounter]) -> None:
    first, _ = owing
    async with book.connect(token=book.stranger) as client:
        assert (await pay(client, first.patient_id, "5.00")).status_code == 404
        assert (await client.get(f"/api/v1/accounts/{first.patient_id}/payments")).status_code == 404
    assert kept(book) == {}
