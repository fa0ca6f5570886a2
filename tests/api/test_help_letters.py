"""Letters about help in the language of who holds the account: what they say, word by word, on the page and as PDF."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from sqlmodel import select

from billing.letters import Letter
from billing.roles import Role
from billing.statement_words import Language
from database import assistance, records
from database.tables import AssistanceApplication, Patient
from database.tables import Letter as Row
from templates import rendering
from tests.api.conftest import Book
from tests.api.test_assistance import decide, key
from tests.api.test_help_in_spanish import SPANISH_SCALE, with_policy

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"
SAID = {"applicant": "María Peña", "household_size": 2, "income": "2,000.00", "income_per": "month"}


async def applied(book: Book, language: Language, **said: object) -> str:
    """The id of an application of somebody who reads this language."""
    visit = book.encounter()
    with book.database.writing() as session:
        row = session.get_one(Patient, visit.patient_id)
        row.language = language
        session.add(row)
    await with_policy(book, SPANISH_SCALE)
    async with book.connect(Role.ACCOUNT_REP) as client:
        made = await client.post(f"/api/v1/accounts/{visit.patient_id}/assistance", json=SAID | said, headers=key())
    assert made.status_code == 201, made.text
    application: str = made.json()["application_id"]
    return application


async def letters(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Every letter that waits, with what it says, the oldest first."""
    rows = (await client.get("/api/v1/letters")).json()
    return [(await client.get(f"/api/v1/letters/{one['id']}")).json() | {"id": one["id"]} for one in rows]


def text_of(content: dict[str, Any]) -> str:
    """What stands on the paper below the addresses."""
    facts = [f"{one['label']}: {one['value']}" for one in content["facts"]]
    first, *rest = content["paragraphs"]
    items = [f"- {one}" for one in content["items"]]
    return "\n".join([content["title"], *facts, first, *items, *rest, content["closing"], ""])


async def test_a_spanish_reader_is_asked_and_told_in_spanish_word_by_word(book: Book) -> None:
    application = await applied(book, Language.SPANISH, income="")
    async with book.connect(Role.ACCOUNT_REP) as client:
        [asked] = await letters(client)
        account = (await client.get(f"/api/v1/assistance/{application}")).json()["row"]["account_id"]
        await client.post(f"/api/v1/accounts/{account}/assistance", json=SAID, headers=key())
        [task] = (await client.get("/api/v1/tasks")).json()["items"]
        assert "Their letter is in Spanish: write what they are to read in Spanish." in task["reason"]
        await decide(client, application, "granted", {})
        [told] = await letters(client)
        found = (await client.get(f"/api/v1/assistance/{application}")).json()
    said = "-----\n".join(map(text_of, (asked, told)))
    assert said == (GOLDEN / "help_in_spanish.txt").read_text(encoding="utf-8")
    assert found["basis"][0] == "Income $2,000.00 a month, which is $24,000.00 a year.", "staff read English"


async def test_what_a_person_writes_stands_in_the_letter_as_it_was_written(book: Book) -> None:
    application = await applied(book, Language.SPANISH)
    async with book.connect(Role.ACCOUNT_REP) as client, book.signed_in(Role.ACCOUNT_REP) as browser:
        await decide(client, application, "withdrawn", {"reason": "ya no la necesita"})
        [told] = await letters(client)
        found = (await client.get(f"/api/v1/assistance/{application}")).json()
        page = (await browser.get(f"/assistance/{application}")).text
    assert told["paragraphs"][0] == (
        "La cerramos: se retiró la solicitud (ya no la necesita). Volvemos a enviar estados de cuenta."
    )
    assert found["row"]["why"] == "it was taken back: ya no la necesita", "staff read English"
    assert (found["letters_in"], "<dt>Letters in</dt><dd>Spanish</dd>" in page) == ("es", True)


@pytest.mark.parametrize(
    ("language", "page"), [(Language.SPANISH, "Página {page} de {pages}"), (Language.ENGLISH, "Page {page} of {pages}")]
)
async def test_a_letter_says_its_language_to_who_has_it_read_aloud(book: Book, language: Language, page: str) -> None:
    application = await applied(book, language)
    async with book.signed_in(Role.ACCOUNT_REP) as browser, book.connect(Role.ACCOUNT_REP) as client:
        await decide(client, application, "denied", {"reason": "x"})
        [letter] = await letters(client)
        assert (
            f'<article class="paper" data-theme="light" lang="{language}">'
            in (await browser.get(f"/letters/{letter['id']}")).text
        )
        made = await browser.get(f"/letters/{letter['id']}/letter.pdf")
    with pikepdf.open(io.BytesIO(made.content)) as pdf:
        assert str(pdf.Root.Lang).lower().startswith(language)
    [kept] = kept_letters(book)
    assert json.loads(rendering.letter_content(kept))["page_of"] == page


def kept_letters(book: Book) -> list[Letter]:
    with book.database.reading() as session:
        return [records.load(Letter, one.content) for one in session.exec(select(Row))]


def test_an_application_that_was_decided_before_reasons_were_kept_shows_its_sentences() -> None:
    row = AssistanceApplication(basis="Income $1.00 a year.\nno proof")
    assert [one.said for one in assistance.basis_of(row)] == ["Income $1.00 a year.", "no proof"]
