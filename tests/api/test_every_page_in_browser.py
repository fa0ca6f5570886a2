"""Every page in Chromium, in an office in which much has happened: readable by axe, as wide as the window, no script at
fault. Every kind of task is opened, filled in and sent by keyboard alone; there is no engine here, so that each is told
so, and nothing that was typed is lost.

A page is looked at once, wide or narrow, light or dark in turn: which one falls to it changes with the pages before it.
"""

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlmodel import select

from billing.roles import Role
from billing.tasks import KINDS, NewTask, TaskType
from database.tables import Encounter
from tests.api.conftest import Book
from tests.api.forms import crawl, shape
from tests.api.lived_in import lived_in
from tests.api.test_browser import CHROMIUM, FLAGS
from tests.servers import free_port, served

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium (make system)")

LOOKS = ((1440, "light"), (390, "dark"), (1024, "dark"), (390, "light"))
"""Width in pixels and colours"""
TABS_AT_MOST = 120
TYPED = "told by keyboard"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    book = lived_in(tmp_path_factory.mktemp("lived_in"))
    yield book
    book.database.close()


@pytest.fixture
def origin(office: Book) -> Iterator[str]:
    port = free_port()
    with served(office.app, port=port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        await browser.close()


async def test_every_page_is_readable_fits_and_has_no_script_at_fault(
    office: Book, origin: str, browser: Browser
) -> None:
    addresses = await _pages(office)
    assert len(addresses) > 80
    faults = []
    windows = [await _window(browser, office, origin, *look) for look in LOOKS]
    for address, window in zip(addresses, itertools.cycle(windows), strict=False):
        page = await window.new_page()
        faults += [f"{address}: {one}" for one in await _looked_at(page, origin + address)]
        await page.close()

    assert faults == [], "\n".join(faults)


async def _pages(office: Book) -> list[str]:
    """One address of each kind of page that the office's links lead to."""
    async with office.signed_in(Role.SUPERVISOR) as client:
        answers, _ = await crawl(client, "/", at_most=400)
    kinds: dict[str, str] = {}
    for one in answers:
        if one.status_code == 200 and one.headers["content-type"].startswith("text/html"):
            kinds.setdefault(shape(one.request.url.raw_path.decode()), one.request.url.raw_path.decode())
    return [address for address in kinds.values() if not address.startswith("/temporal")]


async def _window(browser: Browser, office: Book, origin: str, width: int, colours: str) -> BrowserContext:
    """A window of the supervisor, who is signed in."""
    window = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if colours == "dark" else "light"
    )
    async with office.signed_in(Role.SUPERVISOR) as client:
        [cookie] = client.cookies.jar
    await window.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": origin}])
    return window


async def _looked_at(page: Page, url: str) -> list[str]:
    """What is wrong with the page."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    await page.goto(url)
    faults += [f"axe: {one['id']}: {one['nodes'][0]['html'][:150]}" for one in await _violations(page)]
    wide = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return [*faults, *([f"{wide} pixels too wide"] if wide > 0 else [])]


async def _violations(page: Page) -> list[dict[str, list[dict[str, str]]]]:
    return list((await Axe().run(page)).response["violations"])


async def test_every_kind_of_task_is_worked_by_keyboard_alone(office: Book, origin: str, browser: Browser) -> None:
    tasks = _one_of_each(office)
    window = await _window(browser, office, origin, *LOOKS[0])
    page = await window.new_page()
    faults = []
    for kind, task_id in tasks.items():
        await page.goto(f"{origin}/tasks/{task_id}")
        faults += [f"{kind}: axe: {one['id']}" for one in await _violations(page)]
        typed = await _fill_in(page)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        said = await page.locator("[role=alert], .notice").all_inner_texts()
        faults += [] if said else [f"{kind}: nothing is said"]
        kept = await page.evaluate("[...document.querySelectorAll('input, textarea')].map(one => one.value)")
        faults += [f"{kind}: what was typed is lost"] if typed and TYPED not in kept else []

    assert faults == [], "\n".join(faults)


async def _fill_in(page: Page) -> bool:
    """By Tab and Enter alone: open the first way out, type into its fields, and stop on its button. Whether anything
    was typed."""
    typed = False
    for _ in range(TABS_AT_MOST):
        await page.keyboard.press("Tab")
        at = await page.evaluate(
            "(one => ({tag: one.tagName, type: one.type, isOpen: !!one.parentElement?.open,"
            " inCard: !!one.closest('main') && !one.closest('.holder, .filter')}))(document.activeElement)"
        )
        match at:
            case {"inCard": False}:
                continue
            case {"tag": "SUMMARY", "isOpen": False} if not typed:
                await page.keyboard.press("Enter")
            case {"tag": "TEXTAREA"} | {"tag": "INPUT", "type": "text"}:
                await page.keyboard.type(TYPED)
                typed = True
            case {"tag": "BUTTON", "type": "submit"}:
                return typed
    raise AssertionError(f"no button is reached on {page.url} in {TABS_AT_MOST} steps")


def _one_of_each(office: Book) -> dict[TaskType, str]:
    """A task of every kind, about one visit."""
    with office.database.reading() as session:
        visit = session.exec(select(Encounter).order_by(Encounter.id)).first()
    assert visit is not None
    detail = {"encounter_id": visit.id, "patient_id": visit.patient_id}
    return {
        kind: office.task(
            NewTask(kind, key=f"page:{kind}", reason="It is looked at.", amount_cents=100, detail=detail),
            subject_id=visit.id,
        ).id
        for kind in KINDS
    }
