"""The workbench's menus in a real browser: every page is reached by keyboard alone, on a desk and on a telephone."""

from collections.abc import AsyncIterator, Iterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright

from billing.roles import Role
from database import access
from tests.api.conftest import Book
from tests.api.test_browser import CHROMIUM, FLAGS
from tests.servers import free_port, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium (make system)")
MENUS = {"Visits": "Appointments", "Claims": "Submissions", "Money": "Remittances", "Bills": "Accounts"}
"""Each with its first page"""
WIDTHS = (1440, 390)


@pytest.fixture
def origin(book: Book) -> Iterator[str]:
    with book.database.writing() as session:
        access.add_user(
            session,
            practice_id=book.practice_id,
            login="lead",
            display_name="Lee Lead",
            roles=[Role.SUPERVISOR],
            password="open sesame",
        )
    port = free_port()
    with served(book.open(), port=port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=WIDTHS)
async def page(request: pytest.FixtureRequest, origin: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(viewport={"width": request.param, "height": 900})
        page = await context.new_page()
        await page.goto(f"{origin}/sign-in")
        await page.fill("input[name=login]", "lead")
        await page.fill("input[name=password]", "open sesame")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("nav >> text=Lee Lead")
        yield page
        await browser.close()


async def test_each_menu_opens_by_keyboard_and_leads_to_its_pages(page: Page) -> None:
    for menu, first in MENUS.items():
        summary = page.locator("header summary", has_text=menu)
        await summary.focus()
        await page.keyboard.press("Enter")
        link = page.locator("header details[open] a", has_text=first).first
        assert await link.is_visible()
        box = await link.bounding_box()
        assert box is not None
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert [one["id"] for one in (await Axe().run(page)).response["violations"]] == []
        await page.keyboard.press("Escape")
        assert not await link.is_visible()
        assert await summary.evaluate("one => document.activeElement === one")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1")
        assert first.casefold() in (await page.locator("h1").inner_text()).casefold()


async def test_a_menu_closes_when_something_else_is_chosen(page: Page) -> None:
    await page.locator("header summary", has_text="Claims").click()
    await page.locator("header summary", has_text="Money").click()
    assert await page.locator("header details[open]").count() == 1
    await page.locator("header strong").click()
    assert await page.locator("header details[open]").count() == 0
    wide = await page.evaluate("document.scrollingElement.scrollWidth")
    assert page.viewport_size is not None
    assert wide <= page.viewport_size["width"]
