"""Temporal's web interface behind our own door."""

from collections.abc import Callable

import httpx
import pytest

from api.app import create_app
from billing.roles import Role
from tests.api.conftest import KEYRING, Book
from tests.api.test_encounters import assert_is_problem


def interface(book: Book, answer: Callable[[httpx.Request], httpx.Response]) -> None:
    book.app = create_app(
        book.settings, book.database, keyring=KEYRING, clock=book.clock, ui_transport=httpx.MockTransport(answer)
    )


async def test_requests_pass_on_without_our_credentials_and_answers_come_back(book: Book) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, stream=httpx.ByteStream(b"<p>workflow"), headers=[("set-cookie", "_csrf=1"), ("set-cookie", "a=b")]
        )

    interface(book, answer)
    path = f"/temporal/api/v1/workflows/encounter%2F{book.practice_id}%2Fe/history?token=a%2Fb"
    async with book.signed_in(Role.BILLER) as browser:
        browser.cookies.set("_csrf", "1")
        response = await browser.get(path)

    assert seen[0].url.raw_path.decode() == path
    assert seen[0].headers["cookie"] == "_csrf=1"
    assert "authorization" not in seen[0].headers
    assert response.text == "<p>workflow"
    assert response.headers.get_list("set-cookie") == ["_csrf=1", "a=b"]
    assert response.headers["content-security-policy"] == "frame-ancestors 'none'"


async def test_nobody_sees_it_without_signing_in(book: Book) -> None:
    interface(book, lambda _: httpx.Response(200, stream=httpx.ByteStream(b"")))
    async with book.connect(headers={"Accept": "text/html"}) as nobody:
        page = await nobody.get("/temporal/")
    async with book.connect() as nobody:
        data = await nobody.get("/temporal/api/v1/namespaces")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
    assert_is_problem(data, 401, "unauthenticated")


async def test_another_practices_workflows_are_not_there(book: Book) -> None:
    interface(book, lambda _: httpx.Response(200, stream=httpx.ByteStream(b"")))
    async with book.connect(token=book.stranger) as stranger:
        response = await stranger.get(f"/temporal/api/v1/workflows/encounter%2F{book.practice_id}%2Fe")

    assert_is_problem(response, 404, "not-found")


@pytest.mark.parametrize(("path", "status"), [("workflows/x/query/standing", 200), ("workflows/x/terminate", 403)])
async def test_it_is_for_looking(path: str, status: int, book: Book) -> None:
    interface(book, lambda _: httpx.Response(200, stream=httpx.ByteStream(b"")))
    async with book.signed_in(Role.SUPERVISOR) as browser:
        response = await browser.post(f"/temporal/api/v1/{path}")

    assert response.status_code == status


async def test_an_interface_that_is_away_is_a_problem(book: Book) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    interface(book, fail)
    async with book.connect(Role.BILLER) as biller:
        assert_is_problem(await biller.get("/temporal/"), 503, "engine-unavailable")
