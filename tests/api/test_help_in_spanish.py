"""Help with the bill as who reads Spanish sees it: the form, whatever may be wrong in it, and how it stands."""

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape

import httpx
import pytest

from api.assistance_form import ApplicationForm
from api.routers.pay_assistance import LIMITS, OF_THE_OFFICE
from billing import help_words
from billing.help_words import ENGLISH, SPANISH
from billing.roles import Role
from billing.statement_words import Language
from database.tables import Patient
from tests.api.conftest import Book
from tests.api.test_assistance import PDF, SCALE, applications, decide, key
from tests.api.test_pay_page import FROM_HERE, House, opened

HABLA = {"applicant": "María Peña", "household_size": "1", "income": "15,000.00", "income_per": "year"}
SPANISH_SCALE = SCALE | {"documents_spanish": ["su última declaración"], "summary_spanish": "Ayudamos según ingresos."}


@pytest.fixture
async def house(book: Book) -> House:
    """A patient who reads Spanish, of a practice that helps."""
    visit = book.encounter()
    with book.database.writing() as session:
        row = session.get_one(Patient, visit.patient_id)
        row.birth_date, row.language = date(1980, 1, 1), Language.SPANISH
        session.add(row)
    made = House(book, None, visit, "")  # type: ignore[arg-type]
    made.owes(8000)
    await with_policy(book, SPANISH_SCALE)
    return made


async def with_policy(book: Book, scale: dict[str, object]) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        made = await client.post("/api/v1/assistance-policy", json=scale, headers=key())
    assert made.status_code == 201, made.text


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.book.connect(headers=FROM_HERE) as client:
        yield client


def without_english(answer: httpx.Response) -> str:
    """What a page says; fails where a text of the English table is left on it."""
    page = unescape(answer.text)
    assert '<html lang="es">' in page
    parts = {part.strip() for text in ENGLISH.values() for part in re.split(r"{\w+}", text)}
    texts = {part for part in parts if len(part) > len("a month")}
    assert sorted(text for text in texts if text in page) == []
    return page


async def test_a_spanish_reader_applies_sends_a_document_and_reads_what_was_decided(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await opened(house, browser)
    assert "Pedir ayuda, o ver su solicitud<" in (await browser.get(path)).text
    form = without_english(await browser.get(f"{path}/help"))
    assert "Ayudamos según ingresos." in form
    assert (await browser.post(f"{path}/help", data=HABLA)).status_code == 303
    sent = await browser.post(f"{path}/help/files", files={"file": ("talón.pdf", PDF, "application/pdf")})
    assert sent.status_code == 303
    page = without_english(await browser.get(f"{path}/help"))
    for told in ("Su solicitud del 2 de marzo de 2026: <strong>por revisar", "su última declaración", "talón.pdf"):
        assert told in page
    [row] = applications(house.book)
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        await decide(client, row.id, "granted", {})
    page = without_english(await browser.get(f"{path}/help"))
    assert "<strong>aprobada</strong>, 100 por ciento de descuento para visitas hasta el 29 de agosto de 2026." in page


async def test_what_is_missing_is_asked_for_in_spanish_and_what_the_office_wrote_as_it_wrote_it(
    house: House, browser: httpx.AsyncClient
) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        account = f"/api/v1/accounts/{house.visit.patient_id}/assistance"
        made = await client.post(account, json={"applicant": "María Peña"}, headers=key())
        application = made.json()["application_id"]
        found = (await client.get(f"/api/v1/assistance/{application}")).json()
        assert found["missing"] == [ENGLISH["missing_household_size"], ENGLISH["missing_income"]]
        path = await opened(house, browser)
        page = without_english(await browser.get(f"{path}/help"))
        assert "Envíelo a más tardar el 1 de abril de 2026." in page
        assert f"<li>{SPANISH['missing_household_size']}</li><li>{SPANISH['missing_income']}</li>" in page
        await browser.post(f"{path}/help", data=HABLA)
        await decide(client, application, "incomplete", {"missing": "un talón de mayo"})
        assert "<li>un talón de mayo</li>" in without_english(await browser.get(f"{path}/help"))


WRONG = {
    "applicant": "x" * 201,
    "household_size": "31",
    "income": "mucho",
    "income_per": "week",
    "insurance": "x" * 201,
    "note": "x" * 2001,
}


def test_every_field_of_the_form_may_be_wrong() -> None:
    assert set(WRONG) == set(ApplicationForm.model_fields) - OF_THE_OFFICE


@pytest.mark.parametrize(("field", "typed"), WRONG.items())
async def test_whatever_is_wrong_in_a_field_is_told_beside_it_in_its_own_words(
    house: House, browser: httpx.AsyncClient, field: str, typed: str
) -> None:
    path = await opened(house, browser)
    refused = await browser.post(f"{path}/help", data=HABLA | {field: typed})
    page = without_english(refused)
    words = help_words.say(Language.SPANISH, f"wrong_{field}", **LIMITS)
    assert refused.status_code == 422
    assert f'<small class="fault" id="{field}-fault">{words}</small>' in page
    assert page.count('class="fault"') == 1
    assert f'aria-describedby="{field}-fault"' in page
    assert applications(house.book) == []


async def test_what_is_left_out_is_asked_for_beside_its_field(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    refused = await browser.post(f"{path}/help", data={"note": "Perdí mi trabajo.", "income_per": "week"})
    page = without_english(refused)
    assert 'id="income_per-fault"' in page
    for field in ("applicant", "household_size", "income"):
        assert f'id="{field}-fault">{SPANISH[f"needed_{field}"]}<' in page
    assert (refused.status_code, "Perdí mi trabajo." in page) == (422, True)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"file": ("stub.exe", b"MZ....", "application/pdf")}, "no es PNG, JPEG, TIFF ni PDF"),
        ({"file": ("stub.pdf", b"", "application/pdf")}, "está vacío"),
        ({"file": ("big.pdf", PDF + b"x" * 10_000_000, "application/pdf")}, "más de 10 MB"),
        ({}, "primero elija un archivo"),
    ],
)
async def test_a_file_that_is_not_kept_says_why_in_spanish(
    house: House, browser: httpx.AsyncClient, files: dict[str, tuple[str, bytes, str]], words: str
) -> None:
    path = await opened(house, browser)
    early = await browser.post(f"{path}/help/files", files={"file": ("a.pdf", PDF, "application/pdf")})
    assert SPANISH["file_too_early"] in without_english(early)
    await browser.post(f"{path}/help", data=HABLA)
    refused = await browser.post(f"{path}/help/files", files=files)
    assert (refused.status_code, words in without_english(refused)) == (422, True)


async def test_an_eleventh_file_is_refused_in_spanish(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await browser.post(f"{path}/help", data=HABLA)
    for number in range(11):
        sent = {"file": ("a.pdf", PDF + bytes([number]), "application/pdf")}
        refused = await browser.post(f"{path}/help/files", files=sent)
    assert "usted ya envió 10 archivos" in without_english(refused)


async def test_what_the_practice_wrote_in_english_alone_is_marked_as_english(
    house: House, browser: httpx.AsyncClient
) -> None:
    await with_policy(house.book, SCALE | {"effective_from": "2026-03-02"})
    path = await opened(house, browser)
    assert '<p lang="en">We help by income.</p>' in (await browser.get(f"{path}/help")).text
    await browser.post(f"{path}/help", data=HABLA)
    assert '<ul lang="en"><li>your last tax return</li></ul>' in (await browser.get(f"{path}/help")).text


async def test_spanish_documents_are_typed_on_the_set_up_page(book: Book) -> None:
    typed = {"effective_from": "2026-03-02", "region": "48", "bands": "100: 100%"}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        kept = await browser.post("/setup/assistance", data=typed | {"documents_spanish": "una carta\n\nun talón\n"})
        assert kept.status_code == 303
        assert ">una carta\nun talón</textarea>" in (await browser.get("/setup/assistance")).text
