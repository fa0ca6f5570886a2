"""The list of accounts: who owes, what stands in the way, page by page; and whose the number on a cheque is."""

from datetime import timedelta

import pytest

from activities.statement_papers import number_of
from billing.account_holds import HoldKind
from billing.claim import Claim
from billing.roles import Role
from database import account_holds, accounts
from database.tables import Encounter, PatientAccount
from tests.api import builders
from tests.api.conftest import Book
from tests.api.test_accounts import owing

__all__ = ["owing"]


@pytest.fixture
def three(book: Book) -> list[str]:
    """Three accounts that owe 30.00, 30.00 and 10.00; the last is held."""
    held_by = []
    for number, cents in enumerate((3000, 3000, 1000)):
        patient = dict(builders.visit()["patient"], first_name=f"Kid{number}", birth_date=f"1990-01-0{number + 1}")
        claim: Claim = builders.claim(external_id=f"VISIT-{number}", patient=patient)
        visit = book.encounter(claim)
        with book.database.writing() as session:
            account = accounts.lock(session, practice_id=book.practice_id, patient_id=visit.patient_id, at=book.now)
            account.owed_cents = cents
            session.add(account)
            if cents == 1000:
                account_holds.begin(
                    session,
                    practice_id=book.practice_id,
                    patient_id=visit.patient_id,
                    kind=HoldKind.DISPUTE,
                    reason="not hers",
                    until=book.now + timedelta(days=30),
                    at=book.now,
                    by="office",
                )
        held_by.append(visit.patient_id)
    return held_by


async def test_who_owes_the_most_comes_first_and_pages_go_on_without_gaps(book: Book, three: list[str]) -> None:
    seen: list[str] = []
    after = None
    async with book.connect(Role.ACCOUNT_REP) as client:
        for _ in range(3):
            found = (
                await client.get("/api/v1/accounts", params={"limit": 1} | ({"after": after} if after else {}))
            ).json()
            seen += [one["patient_id"] for one in found["items"]]
            after = found["next_after"]
        held = (await client.get("/api/v1/accounts", params={"standing": "held"})).json()
        odd = await client.get("/api/v1/accounts", params={"after": "nowhere"})
        superscript = await client.get("/api/v1/accounts", params={"after": "²-x"})
    assert after is None
    assert seen == [*sorted(three[:2]), three[2]]
    assert [(one["patient_id"], one["stands"]) for one in held["items"]] == [(three[2], ["the bill is disputed"])]
    assert (odd.status_code, superscript.status_code) == (422, 422)


async def test_the_page_names_them_and_leads_on(book: Book, three: list[str]) -> None:
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        page = (await browser.get("/accounts")).text
        nobody = (await browser.get("/accounts", params={"standing": "plan"})).text
    assert f'href="/accounts/{three[2]}"' in page
    assert "$30.00" in page
    assert "No account stands so." in nobody


async def test_the_number_of_a_paper_finds_its_account(book: Book, owing: Encounter) -> None:
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        [paper] = (await browser.get(f"/api/v1/accounts/{owing.patient_id}")).json()["papers"]
        number = number_of(paper["id"])
        found = (await browser.get(f"/api/v1/accounts/by-paper/{number}")).json()
        led = await browser.get("/accounts", params={"number": f" {number.lower()} "})
        unknown = await browser.get("/accounts", params={"number": "ABCDE-FGHJ"})
    assert found == {"patient_id": owing.patient_id}
    assert (led.status_code, led.headers["location"]) == (303, f"/accounts/{owing.patient_id}")
    assert unknown.status_code == 404
    assert "No statement has this number" in unknown.text


async def test_nobody_sees_anothers(book: Book, three: list[str]) -> None:
    with book.database.reading() as session:
        assert session.get(PatientAccount, three[0]) is not None
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/accounts")).json() == {"items": [], "next_after": None}
