"""Every route names a permission; credentials open exactly what they should, and refusals are written down."""

import re
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from sqlmodel import select

from api import app as application
from api.description import requirement
from billing.roles import Permission, Role
from database import access, audit
from database.tables import AuditEvent
from tests.api.conftest import Book

OPEN_TO_ALL = {
    "GET /healthz",
    "GET /readyz",
    "POST /api/v1/inbound/notify",
    "POST /api/v1/payments/notify",
    "GET /pay/{token}",
    "POST /pay/{token}/open",
    "POST /pay/{token}/checkout",
    "POST /pay/{token}/ask",
    "POST /pay/{token}/plan",
    "POST /pay/{token}/plan/card",
    "POST /pay/{token}/plan/card/stop",
    "GET /pay/{token}/help",
    "POST /pay/{token}/help",
    "POST /pay/{token}/help/files",
    "GET /pay/{token}/paper",
    "POST /pay/{token}/paper",
    "GET /sign-in",
    "GET /sign-in/provider",
    "GET /sign-in/callback",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-out",
}
"""Routes without a permission, each for a reason: health, a signature instead of a token, the way in and out, and
patients' pages under a secret link"""


def routes() -> list[tuple[str, APIRoute]]:
    found = [
        (method, route)
        for router in application.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]
    return sorted(found, key=lambda one: (one[1].path, one[0]))


@pytest.mark.parametrize(("method", "route"), [pytest.param(*one, id=f"{one[0]} {one[1].path}") for one in routes()])
async def test_every_route_names_a_permission_and_refuses_without_token(
    method: str, route: APIRoute, book: Book
) -> None:
    if f"{method} {route.path}" in OPEN_TO_ALL:
        assert requirement(route) is None
        return
    named = requirement(route)
    assert named is not None
    assert named.permissions
    async with book.connect() as nobody:
        response = await nobody.request(method, re.sub(r"\{.*?\}", "x", route.path), json={})

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_role_without_the_permission_is_refused_and_the_refusal_is_kept(book: Book) -> None:
    async with book.connect(Role.CODER) as coder:
        response = await coder.get("/api/v1/operations/pending")

    assert response.status_code == 403
    assert response.json()["type"].endswith("/forbidden")
    with book.database.reading() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "refuse")).one()
        assert event.subject_id == "GET /api/v1/operations/pending"
        assert audit.check(session)[1] == []


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic dXNlcjpwYXNz", "wrong"])
async def test_a_wrong_token_opens_nothing(header: str, book: Book) -> None:
    async with book.connect(headers={"Authorization": header}) as client:
        response = await client.get("/api/v1/encounters")

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_token_opens_nothing(book: Book) -> None:
    with book.database.writing() as session:
        access.revoke_token(session, token=book.tokens[Role.BILLER], at=book.now)

    async with book.connect(Role.BILLER) as client:
        assert (await client.get("/api/v1/encounters")).status_code == 401


async def test_a_token_ends_when_its_time_is_over(book: Book) -> None:
    with book.database.writing() as session:
        person = access.person_of_token(session, book.tokens[Role.BILLER], at=book.now)
        assert person is not None
        day = timedelta(days=1)
        token = access.issue_token(session, user_id=person.user_id, label="a day", at=book.now, lifetime=day)

    async with book.connect(token=token) as client:
        before = await client.get("/api/v1/encounters")
        book.wait(days=1)
        after = await client.get("/api/v1/encounters")

    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_session_lives_while_it_is_used_and_ends_after_fifteen_idle_minutes(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        seen = []
        for minutes in (10, 10, 16):
            book.wait(minutes=minutes)
            seen.append((await browser.get("/api/v1/encounters")).status_code)

    assert seen == [200, 200, 401]


async def test_asking_whether_the_sign_in_stands_is_use(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        for _ in range(3):
            book.wait(minutes=10)
            assert (await browser.get("/session")).status_code == 204
        book.wait(minutes=16)
        assert (await browser.get("/session")).status_code == 401


async def test_an_ended_session_opens_nothing(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        with book.database.writing() as session:
            access.end_session(session, browser.cookies["zerobalance_session"], at=book.now)

        assert (await browser.get("/api/v1/encounters")).status_code == 401


def test_neither_tokens_nor_passwords_are_kept(book: Book) -> None:
    with book.database.writing() as session:
        first = access.install_first_access(session, practice_id=book.practice_id, login="lead", at=book.now)
        person = access.person_of_password(session, login="lead", password=first.password)
        wrong = access.person_of_password(session, login="lead", password="guess")
        unknown = access.person_of_password(session, login="nobody", password="guess")
    stored = (book.settings.data_dir / "office.sqlite3").read_bytes()
    stored += (book.settings.data_dir / "office.sqlite3-wal").read_bytes()

    assert person is not None
    assert person.may(Permission.APPROVE)
    assert (wrong, unknown) == (None, None)
    assert first.password.encode() not in stored
    assert first.token.encode() not in stored


def test_a_login_is_given_once(book: Book) -> None:
    with book.database.writing() as session, pytest.raises(access.LoginTaken, match="first-coder"):
        access.add_user(
            session, practice_id=book.practice_id, login="first-coder", display_name="Twin", roles=[Role.CODER]
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "none"}, 422),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "http://office.test"}, 403),
        ({"Origin": "http://office.test"}, 422),
        ({"Origin": "http://evil.test"}, 403),
        ({}, 403),
    ],
)
async def test_a_cookie_acts_for_our_own_pages_only(headers: dict[str, str], status: int, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        del browser.headers["Sec-Fetch-Site"]
        response = await browser.post("/api/v1/encounters", json={}, headers=headers)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_answers_carry_the_security_headers(book: Book) -> None:
    async with book.connect() as nobody:
        response = await nobody.get("/healthz")

    assert "default-src 'none'; script-src 'nonce-" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
