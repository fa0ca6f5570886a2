"""Figures day by day, compared, and of several practices: API, page and CSV agree, and nobody reads another's."""

import csv
import io
from datetime import date, timedelta

import pytest
from sqlmodel import select

from billing.board import Figure
from billing.comparison import together
from billing.daily_figures import DayFigure
from billing.roles import Role
from database import daily_figures, office
from database.columns import new_id
from database.tables import AuditEvent, FigureReader, User
from tests.api.conftest import Book

DAYS = {3: 10_000, 2: 12_345, 1: 9_000}
"""Days ago -> what was owed, in cents"""


@pytest.fixture
def kept(book: Book) -> date:
    """Three days with a gap before them; the newest was written down late. Gives today."""
    with book.database.writing() as session:
        zone = office.zone_of(session, book.practice_id)
        today = book.now.astimezone(zone).date()
        for days, cents in DAYS.items():
            figures = [DayFigure("owed", cents), DayFigure("clean_claims", 9, 10), DayFigure("tasks_open", 4)]
            at = book.now - timedelta(days=days - 1) + timedelta(hours=6 if days == 1 else -9)
            daily_figures.keep(session, figures, practice_id=book.practice_id, day=today - timedelta(days=days), at=at)
    return today


def csv_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_a_trend_is_the_same_as_json_page_and_csv(book: Book, kept: date) -> None:
    query = f"name=owed&since={kept - timedelta(days=5)}&until={kept - timedelta(days=1)}"
    async with book.signed_in(Role.BILLER) as browser:
        found = (await browser.get(f"/api/v1/figures/daily?{query}")).json()
        table = csv_of((await browser.get(f"/figures/daily/lines.csv?{query}")).text)
        page = (await browser.get(f"/figures/daily?{query}")).text
    assert [one["numerator"] for one in found["days"]] == [None, None, 10_000, 12_345, 9_000]
    assert [one["value"] for one in reversed(table)] == ["", "", "100", "123.45", "90"]
    assert [one["remark"] for one in table][:2] == ["late: what is counted in work is as of then", ""]
    assert [one["remark"] for one in table][3:] == ["not written down"] * 2
    assert [one["day"] for one in table] == [one["day"] for one in reversed(found["days"])]
    assert page.count("<polyline") == 1
    for shown in ("$100.00", "$123.45", "$90.00", "not written down", "late: what is counted", "2 days have no value"):
        assert shown in page, shown


async def test_a_ratio_stands_with_what_it_is_made_of(book: Book, kept: date) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        found = (await browser.get("/api/v1/figures/daily?name=clean_claims")).json()["days"][-1]
        page = (await browser.get("/figures/daily?name=clean_claims")).text
    assert (found["value"], found["numerator"], found["denominator"]) == ("90.0", 9, 10)
    assert "90.0 %" in page


@pytest.mark.parametrize(
    ("query", "field"), [("name=luck", "name"), ("since=soon", "since"), ("since=2020-01-01", "since")]
)
async def test_what_cannot_be_read_is_said_at_its_field(book: Book, query: str, field: str) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        told = await browser.get(f"/api/v1/figures/daily?{query}", headers={"Accept": "application/json"})
        page = await browser.get(f"/figures/daily?{query}")
    assert (told.status_code, page.status_code) == (422, 422)
    assert field in told.text
    assert f"{field.capitalize()}: " in page.text


async def test_an_office_that_wrote_nothing_down_says_so(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        page = await browser.get("/figures/daily")
    assert (page.status_code, "No day of this time was written down yet" in page.text) == (200, True)


async def test_a_month_stands_beside_three_others_as_json_page_and_csv(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        found = (await browser.get("/api/v1/figures/compared?month=2026-02")).json()
        table = csv_of((await browser.get("/figures/compared/lines.csv?month=2026-02")).text)
        page = (await browser.get("/figures/compared?month=2026-02")).text
        unread = await browser.get("/figures/compared?month=soon")
        ancient = await browser.get("/api/v1/figures/compared?month=0002-01", headers={"Accept": "application/json"})
    assert (found["before"], found["year_ago"]) == ("2026-01", "2025-02")
    assert [one["figure"] for one in table] == [one["name"] for one in found["figures"]]
    assert {one["before"]["words"] for one in found["figures"]} == {"nothing to compare"}
    assert "nothing to compare" in page
    assert (unread.status_code, ancient.status_code) == (422, 422)


def user_of(book: Book, token_practice: str) -> User:
    with book.database.reading() as session:
        return session.exec(
            select(User).where(User.practice_id == token_practice, User.roles == str(Role.SUPERVISOR))
        ).one()


def stranger_of(book: Book) -> User:
    with book.database.reading() as session:
        return session.exec(
            select(User).where(User.practice_id != book.practice_id, User.roles == str(Role.SUPERVISOR))
        ).one()


async def test_nobody_reads_another_practices_figures_until_it_lets_them_and_only_as_long(book: Book) -> None:
    stranger = stranger_of(book)
    async with (
        book.connect(token=book.stranger) as reader,
        book.connect(Role.SUPERVISOR, headers={"Idempotency-Key": new_id()}) as supervisor,
    ):
        before = (await reader.get("/api/v1/practices")).json()
        given = await supervisor.post("/api/v1/figure-readers", json={"login": stranger.login})
        during = (await reader.get("/api/v1/practices")).json()
        table = csv_of((await reader.get("/api/v1/practices/lines.csv")).text)
        mine = (await supervisor.get("/api/v1/practices")).json()
        reader_id = given.json()["figure_reader_id"]
        key = {"Idempotency-Key": new_id()}
        ended = await supervisor.post(f"/api/v1/figure-readers/{reader_id}/end", headers=key)
        after = (await reader.get("/api/v1/practices")).json()
    assert (given.status_code, ended.status_code) == (201, 200)
    assert [one["name"] for one in before["practices"]] == ["Another practice"]
    assert [one["name"] for one in during["practices"]] == ["Another practice", "Family practice"]
    assert [one["name"] for one in mine["practices"]] == ["Family practice"], "the other way round was not given"
    assert {one["practice"] for one in table} == {"Another practice", "Family practice", "together"}
    assert after["practices"] == before["practices"]
    with book.database.reading() as session:
        events = session.exec(select(AuditEvent).where(AuditEvent.practice_id == book.practice_id)).all()
        row = session.get_one(FigureReader, reader_id)
    looks = [(one.actor_id, one.action) for one in events if one.subject == "figures"]
    assert looks == [(stranger.id, "view")] * 2, "both looks are in the chain of the practice that was read"
    assert [one.action for one in events if one.subject == "figure_reader"] == ["create", "update"]
    assert (row.standing_key, row.ended_by) == (None, user_of(book, book.practice_id).id)


async def test_only_somebody_of_another_practice_is_let_in_and_once(book: Book) -> None:
    stranger, own = stranger_of(book), user_of(book, book.practice_id)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        pages = [
            await browser.post("/setup/figure-readers", data={"key": new_id(), "login": login})
            for login in ("nobody.here", own.login, stranger.login, stranger.login, "NO SPACES")
        ]
        shown = (await browser.get("/setup/figure-readers")).text
    assert [one.status_code for one in pages] == [422, 422, 303, 422, 422]
    assert "nobody of another practice comes in under this login" in pages[0].text
    assert 'value="nobody.here"' in pages[0].text
    assert "may read the figures already" in pages[3].text
    assert stranger.login in shown


async def test_a_deactivated_reader_reads_nothing(book: Book) -> None:
    stranger = stranger_of(book)
    with book.database.writing() as session:
        session.get_one(User, stranger.id).is_active = False
    async with book.connect(Role.SUPERVISOR, headers={"Idempotency-Key": new_id()}) as supervisor:
        refused = await supervisor.post("/api/v1/figure-readers", json={"login": stranger.login})
    async with book.connect(token=book.stranger) as reader:
        assert (await reader.get("/api/v1/practices")).status_code == 401
    assert refused.status_code == 422


def test_practices_together_are_one_large_practice() -> None:
    small, large = (Figure("clean_claims", "", "", "", hits, of) for hits, of in ((1, 2), (97, 98)))
    assert (together([small, large]).numerator, together([small, large]).denominator) == (98, 100)
    assert str(together([small, large]).value) == "98.0", "not the mean of 50 and 99"
