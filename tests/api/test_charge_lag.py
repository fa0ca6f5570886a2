"""The page and the figure of how long charges take."""

import httpx
import pytest

from billing.roles import Role
from tests.api.conftest import Book


async def test_the_page_and_the_api_say_the_same(book: Book, supervisor: httpx.AsyncClient) -> None:
    empty = (await supervisor.get("/api/v1/charge-lag")).json()
    visit = book.encounter()
    period = f"since={visit.service_date}&until={visit.service_date}"
    found = (await supervisor.get(f"/api/v1/charge-lag?{period}")).json()
    async with book.signed_in(Role.CHARGE_REVIEWER) as browser:
        page = (await browser.get(f"/charge-lag?{period}")).text
        master = (await browser.get("/setup/charges")).text
    async with book.connect(token=book.stranger) as stranger:
        theirs = (await stranger.get(f"/api/v1/charge-lag?{period}")).json()

    assert (empty["since"], empty["until"], empty["rows"]) == ("2025-12-02", "2026-03-02", [])
    days = (book.now.date() - visit.service_date).days
    assert found["rows"][0]["to_entry"] == {"visits": 1, "median_days": days, "ninetieth_days": days}
    assert (found["rows"][0]["to_claim"]["median_days"], found["rows"][0]["unsent"]) == (None, 1)
    assert "All providers" in page
    assert f"{days} day" in page
    assert 'href="/charge-lag"' in master
    assert theirs["rows"] == []


@pytest.mark.parametrize("period", ["since=2026-03-02&until=2026-03-01", "since=2024-01-01&until=2026-01-01"])
async def test_a_period_that_cannot_be_measured_is_refused(
    period: str, book: Book, supervisor: httpx.AsyncClient
) -> None:
    refused = await supervisor.get(f"/api/v1/charge-lag?{period}")
    async with book.signed_in(Role.BILLER) as browser:
        page = await browser.get(f"/charge-lag?{period}")
        unread = await browser.get("/charge-lag?since=soon")

    assert refused.status_code == 422
    assert "at most a year before the last day" in refused.text
    assert (page.status_code, unread.status_code) == (422, 422)
    assert "The first day must lie at most a year before the last one" in page.text
