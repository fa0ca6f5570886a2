"""The pay page in a real browser on the smallest screen: readable by everybody, by keyboard alone, one payment."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright
from pydantic import SecretStr
from sqlmodel import select

from billing.statement_words import Language
from database.tables import Checkout, Patient, PayLink
from simulator.card_pages import create_gateway
from simulator.gateway import Processor
from tests.api.conftest import Book
from tests.api.test_assistance import PDF
from tests.api.test_browser import CHROMIUM, FLAGS
from tests.api.test_help_in_spanish import HABLA, SPANISH_SCALE, with_policy
from tests.api.test_pay_page import BORN, SECRET, House
from tests.servers import free_port, served

SMALLEST = {"width": 320, "height": 640}
"""CSS pixels: WCAG 2.2, 1.4.10"""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium (make system)")


@dataclass
class Online:
    """The office and its card processor on ports that a browser reaches, and a patient who owes 80.00."""

    house: House
    origin: str

    async def address(self) -> str:
        return self.origin + await self.house.link()


@pytest.fixture
def online(book: Book) -> Iterator[Online]:
    ports = free_port(), free_port()
    origin, cards = (f"http://127.0.0.1:{port}" for port in ports)
    settings = book.settings.model_copy(
        update={
            "card_processor_url": cards,
            "card_processor_token": SecretStr("card-token"),
            "card_processor_webhook_secret": SecretStr(SECRET),
            "public_url": origin,
        }
    )
    processor = Processor(origin, SECRET, book.clock, httpx.Client(trust_env=False, timeout=15))
    visit = book.encounter()
    with book.database.writing() as session:
        session.get_one(Patient, visit.patient_id).birth_date = date.fromisoformat(BORN)
    house = House(book, processor, visit, cards)
    house.owes(8000)
    gateway = create_gateway(processor, token="card-token", public_url=cards)
    with served(book.open(settings=settings), port=ports[0]), served(gateway, port=ports[1]):
        yield Online(house, origin)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = await browser.new_context(viewport=SMALLEST)  # type: ignore[arg-type]
        yield await context.new_page()
        await browser.close()


async def faults(page: Page) -> list[str]:
    """What axe finds, and whether anything is wider than the screen."""
    found = await Axe().run(page)
    wide = await page.evaluate("document.scrollingElement.scrollWidth")
    screen = await page.evaluate("window.innerWidth")
    said = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]
    return said + ([f"{wide} pixels wide"] if wide > screen else [])


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus. Fails where no number of presses brings it there."""
    for _ in range(40):
        if await page.evaluate("one => document.activeElement === document.querySelector(one)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by keyboard")


async def test_every_page_of_it_is_readable_by_everybody_on_the_smallest_screen(online: Online, page: Page) -> None:
    address = await online.address()
    await page.goto(address)
    assert await faults(page) == []
    await page.fill("#born", "1980-01-02")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=alert]")
    assert await faults(page) == []
    await page.fill("#born", BORN)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=You owe $80.00")
    assert await faults(page) == []
    await page.goto(f"{address}/paper")
    assert await faults(page) == []
    with online.house.book.database.writing() as session:
        for link in session.exec(select(PayLink)):
            link.revoked_at = online.house.book.now
            session.add(link)
    await page.goto(address)
    assert "This link does not work" in await page.content()
    assert await faults(page) == []


async def test_the_bill_is_paid_by_keyboard_alone_and_once(online: Online, page: Page) -> None:
    await page.goto(await online.address())
    await tab_to(page, "#born")
    await page.keyboard.type("01011980")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=You owe $80.00")
    await tab_to(page, "form[action$='/checkout'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Pay $80.00")
    await tab_to(page, "form button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Thank you: $80.00 was paid")
    assert await faults(page) == []
    assert online.house.payments() == [(8000, "card")]


@pytest.mark.parametrize("width", [320, 390])
async def test_the_help_form_is_readable_by_everybody_in_spanish(online: Online, page: Page, width: int) -> None:
    await with_policy(online.house.book, SPANISH_SCALE)
    with online.house.book.database.writing() as session:
        patient = session.get_one(Patient, online.house.visit.patient_id)
        patient.language = Language.SPANISH
        session.add(patient)
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(await online.address())
    await page.fill("#born", BORN)
    await page.keyboard.press("Enter")
    await page.click("text=Pedir ayuda, o ver su solicitud")
    await page.wait_for_selector("#applicant")
    assert await faults(page) == []
    await page.fill("#household_size", "99")
    await page.click("form button")
    await page.wait_for_selector("#household_size-fault")
    assert await faults(page) == []
    for name, typed in HABLA.items():
        if name != "income_per":
            await page.fill(f"#{name}", typed)
    await page.click("form button")
    await page.wait_for_selector("#file")
    await page.click("text=Enviar este documento")
    await page.wait_for_selector("#file-fault")
    assert await faults(page) == []
    name = "declaracion_de_impuestos_federales_del_hogar_2025_pagina_1_de_3.pdf"
    await page.set_input_files("#file", {"name": name, "mimeType": "application/pdf", "buffer": PDF})
    await page.click("text=Enviar este documento")
    await page.wait_for_selector(f"text={name}")
    assert await faults(page) == []


async def test_a_double_click_is_one_payment(online: Online, page: Page) -> None:
    await page.goto(await online.address())
    await page.fill("#born", BORN)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=You owe $80.00")
    await page.dblclick("form[action$='/checkout'] button", no_wait_after=True)
    await page.wait_for_selector("text=Pay $80.00")
    await page.dblclick("form button", no_wait_after=True)
    await page.wait_for_selector("text=Thank you: $80.00 was paid")
    assert online.house.payments() == [(8000, "card")]
    with online.house.book.database.reading() as session:
        assert [one.state for one in session.exec(select(Checkout))] == ["paid"]


async def test_guessing_birth_dates_comes_to_an_end(online: Online, page: Page) -> None:
    await page.goto(await online.address())
    for day in range(1, 6):
        await page.fill("#born", f"1970-01-0{day}")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("[role=alert]")
    assert "too many wrong tries" in await page.content()
    assert await page.query_selector("#born") is None
    await page.reload()
    assert await faults(page) == []


async def test_a_plan_and_its_card_are_agreed_on_by_keyboard_and_stopped(online: Online, page: Page) -> None:
    await page.goto(await online.address())
    await page.fill("#born", BORN)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=You owe $80.00")
    await tab_to(page, "form[action$='/plan'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=You agreed to pay $80.00 in parts")
    assert await faults(page) == []
    await tab_to(page, "form[action$='/plan/card'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Keep a card for your payment plan")
    await tab_to(page, "form button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=card ending in 4242 is charged for each part")
    assert await faults(page) == []
    await tab_to(page, "form[action$='/card/stop'] button")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=No card is charged for your plan any more")
    assert await faults(page) == []
