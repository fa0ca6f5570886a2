"""Nothing that can be typed or sent is a fault of the office: every form of every page, filled in well and badly.

The office is one in which much has happened, so that the forms stand on real records. What is sent is thrown with
dice of a known seed; `make fuzz-api` throws more of them (TRIES, DICE). Afterwards the books must prove.
"""

import os
import random
from collections.abc import Iterator

import httpx
import pytest

from billing.roles import Role
from database.proof import prove_rows
from tests.api.conftest import Book
from tests.api.forms import Form, by_kind, crawl, filled
from tests.api.lived_in import lived_in

SIGNS_OUT = ("/sign-out", "/password", "/second-factor", "/setup/users/ID/")
"""Where a form would end the sign-in that all others are sent in"""
TRIES = int(os.environ.get("TRIES", "3"))
DICE = int(os.environ.get("DICE", "1"))
PAGES = 400


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    book = lived_in(tmp_path_factory.mktemp("lived_in"))
    yield book
    book.database.close()


async def test_no_link_and_no_form_is_a_fault_of_the_office(office: Book) -> None:
    dice = random.Random(DICE)
    async with office.signed_in(Role.SUPERVISOR, raise_app_exceptions=False) as browser:
        answers, forms = await crawl(browser, "/", at_most=PAGES)
        faults = [_told(one) for one in answers if _is_fault(one)]
        sent = 0
        for alike in by_kind(forms):
            if alike[0].kind[1].startswith(SIGNS_OUT):
                continue
            for _ in range(TRIES):
                answer = await _send(browser, dice.choice(alike), dice)
                assert answer.status_code != httpx.codes.UNAUTHORIZED, answer.request.url
                faults += [_told(answer)] if _is_fault(answer) else []
                sent += 1

    assert faults == []
    assert (len(answers), len({one.kind for one in forms}), sent) > (200, 100, 300)
    with office.database.reading() as session:
        assert [one.name for one in prove_rows(session) if not one.holds] == []


async def _send(browser: httpx.AsyncClient, form: Form, dice: random.Random) -> httpx.Response:
    fields, files = filled(form, dice)
    if form.method == "get":
        return await browser.get(form.address, params=fields)
    return await browser.post(form.address, data=fields, files=files or None)


def _is_fault(answer: httpx.Response) -> bool:
    """A 5xx; without an engine 503 is an honest answer."""
    return answer.status_code >= 500 and not (answer.status_code == 503 and "engine" in answer.text.lower())


def _told(answer: httpx.Response) -> str:
    sent = answer.request.content.decode(errors="replace")[:300]
    return f"{answer.request.method} {answer.request.url} {sent} -> {answer.status_code} {answer.text[:200]}"
