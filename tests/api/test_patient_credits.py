"""Patients' credits that lie: listed once they are old enough, with their state's day; nothing is paid by itself."""

from datetime import timedelta

import pytest

from billing.roles import Role
from database import access
from tests.api.conftest import Book
from tests.office import Office
from tests.stories.test_households import child

PATH = "/api/v1/patient-credits"


@pytest.fixture
def office(book: Book) -> Office:
    found = Office(book.database)
    with book.database.writing() as session:
        book.tokens = access.install_staff(session, practice_id=found.practice_id, prefix="third", at=found.now)
    book.now = found.now
    return found


async def test_an_old_credit_is_listed_with_its_states_day(book: Book, office: Office) -> None:
    visit = child(office, "ANNA", 1)
    office.pay(visit, 2500)
    office.go_on(visit)
    began = office.today
    async with book.signed_in(Role.POSTER) as client:
        assert "No patient’s credit is that old" in (await client.get("/patient-credits")).text
    office.let_pass(days=90)
    book.now = office.now
    async with book.signed_in(Role.POSTER) as client:
        found = (await client.get(PATH)).json()
        page = (await client.get("/patient-credits")).text
    [one] = found["items"]
    assert (one["encounter_id"], one["cents"], one["state"], one["years"]) == (visit, 500, "OH", 3)
    assert (one["since"], one["due_on"]) == (began.isoformat(), began.replace(year=began.year + 3).isoformat())
    assert one["days_left"] == (began.replace(year=began.year + 3) - began - timedelta(days=90)).days
    assert found["total_cents"] == 500
    for words in ("not verified", "$5.00", "OH", "3 years"):
        assert words in page
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(PATH)).json()["items"] == []
    async with book.connect(Role.INTEGRATION) as client:
        assert (await client.get(PATH)).status_code == 403
