"""A second factor: set up with a telephone, asked for after the password, each code good for one door."""

import asyncio
import re
from datetime import timedelta

import httpx
import pyotp
import pytest
from sqlmodel import select

from billing.roles import Role
from database import access, office, second_factors
from database.tables import AuditEvent, HalfSignIn, SecondFactor, User, WebSession
from temporal.encryption import KeyRing
from tests.api.conftest import KEYRING, Book

PASSWORD = "open sesame, said he"


@pytest.fixture
def login(book: Book) -> str:
    with book.database.writing() as session:
        user = access.add_user(
            session,
            practice_id=book.practice_id,
            login="poster",
            display_name="Pam",
            roles=[Role.POSTER],
            password=PASSWORD,
        )
        return user.login


def browser(book: Book) -> httpx.AsyncClient:
    return book.connect(headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})


async def enter(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/sign-in", data={"login": login, "password": password})


def half_of(page: httpx.Response) -> str:
    found = re.search(r'name="half" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def code(book: Book, secret: str, *, later: int = 0) -> str:
    return pyotp.TOTP(secret).at(book.now + timedelta(seconds=30 * later))


async def set_up(book: Book, client: httpx.AsyncClient, password: str = PASSWORD) -> tuple[str, list[str]]:
    """(the secret, the codes for paper)"""
    await client.post("/second-factor/begin", data={"password": password})
    page = (await client.get("/second-factor")).text
    found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert found is not None
    assert "data:image/svg+xml" in page
    done = await client.post("/second-factor/confirm", data={"code": code(book, found[1])})
    codes = [one.replace(" ", "") for one in re.findall(r"<li><code>([0-9a-f ]{11})</code>", done.text)]
    assert len(codes) == second_factors.RECOVERY_CODES
    return found[1], codes


async def test_a_code_is_asked_for_and_opens_once(book: Book, login: str) -> None:
    async with browser(book) as first, browser(book) as second:
        await enter(first, login)
        secret, _ = await set_up(book, first)
        asked = await enter(second, login)
        closed = await second.get("/my-day")
        used = await second.post("/sign-in/code", data={"half": half_of(asked), "code": code(book, secret)})
        book.wait(seconds=30)
        right = code(book, secret)
        opened = await second.post("/sign-in/code", data={"half": half_of(asked), "code": f"{right[:3]} {right[3:]}"})
        inside = await second.get("/my-day")
        again = await second.post("/sign-in/code", data={"half": half_of(asked), "code": code(book, secret, later=1)})

    assert "Your code" in asked.text
    assert (closed.status_code, closed.headers["location"]) == (303, "/sign-in")
    assert (used.status_code, "Each code opens once" in used.text) == (401, True)
    assert (opened.status_code, opened.headers["location"]) == (303, "/my-day")
    assert inside.status_code == 200
    assert (again.status_code, "Begin again with your password" in again.text) == (401, True)


async def test_a_code_on_paper_opens_once_and_a_half_lasts_five_minutes(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        _, codes = await set_up(book, client)
    async with browser(book) as client:
        half = half_of(await enter(client, login))
        opened = await client.post("/sign-in/code", data={"half": half, "code": codes[0].upper()})
        half = half_of(await enter(client, login))
        used = await client.post("/sign-in/code", data={"half": half, "code": codes[0]})
        book.wait(minutes=6)
        late = await client.post("/sign-in/code", data={"half": half, "code": codes[1]})
        left = (await client.get("/second-factor")).text

    assert [one.status_code for one in (opened, used, late)] == [303, 401, 401]
    assert "7 codes on paper are left" in left


async def test_a_guesser_is_held_off(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        secret, _ = await set_up(book, client)
        half = half_of(await enter(client, login))
        wrong = [await client.post("/sign-in/code", data={"half": half, "code": f"00000{one}"}) for one in range(6)]
        right = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret, later=1)})
    with book.database.reading() as session:
        reasons = session.exec(select(AuditEvent.reason).where(AuditEvent.action == "refuse")).all()

    assert [one.status_code for one in wrong] == [401] * 5 + [429]
    assert right.status_code == 429
    assert len([one for one in reasons if one.startswith("wrong code of")]) == 5


async def test_the_secret_is_sealed_and_follows_a_rotated_key(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        secret, _ = await set_up(book, client)
        with book.database.reading() as session:
            before = session.exec(select(SecondFactor)).one().secret
        ring = KeyRing(active="summer", keys={**KEYRING.keys, "summer": b"1" * 32})
        book.app.state.keyring = ring
        half = half_of(await enter(client, login))
        opened = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret, later=1)})
        with book.database.reading() as session:
            after = session.exec(select(SecondFactor)).one().secret
        book.app.state.keyring = KeyRing(active="winter", keys={"winter": b"2" * 32})
        half = half_of(await enter(client, login))
        lost = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret, later=1)})

    assert lost.status_code == 401
    assert secret not in before
    assert (before.partition(":")[0], after.partition(":")[0]) == ("spring", "summer")
    assert opened.status_code == 303


async def test_a_practice_may_let_nobody_in_by_a_password_alone(book: Book, login: str) -> None:
    with book.database.writing() as session:
        office.set_policy(
            session,
            practice_id=book.practice_id,
            name="second_factor_required",
            value=1,
            effective_from=office.ALWAYS,
        )
    async with browser(book) as client:
        await enter(client, login)
        sent = await client.get("/my-day")
        refused = await client.get("/api/v1/tasks", headers={"Accept": "application/json"})
        changed = await client.post(
            "/password", data={"old": PASSWORD, "new": "a new one of my own", "again": "a new one of my own"}
        )
        still = await client.get("/my-day")
        await set_up(book, client, "a new one of my own")
        inside = await client.get("/my-day")
        kept = await client.post("/second-factor/remove", data={"password": "a new one of my own"})
        unchanged = (await client.get("/second-factor")).text
    async with book.connect(Role.POSTER) as program:
        by_token = await program.get("/api/v1/tasks")

    assert (sent.status_code, sent.headers["location"]) == (303, "/second-factor")
    assert (refused.status_code, refused.json()["title"]) == (403, "Set up a second factor first")
    assert changed.status_code == 303
    assert still.headers["location"] == "/second-factor"
    assert inside.status_code == 200
    assert (kept.status_code, "asks everybody for one" in kept.text) == (409, True)
    assert "Your practice asks everybody for one." in unchanged
    assert by_token.status_code == 200


async def test_it_is_taken_away_by_its_owner_and_by_who_manages_users(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        await set_up(book, client)
        wrong = await client.post("/second-factor/remove", data={"password": "guess"})
        gone = await client.post("/second-factor/remove", data={"password": PASSWORD})
        opened = await enter(client, login)
        secret, _ = await set_up(book, client)
        with book.database.reading() as session:
            user = session.exec(select(User).where(User.login == login)).one()
        async with book.signed_in(Role.SUPERVISOR) as supervisor:
            listed = (await supervisor.get("/setup/users")).text
            taken = [
                await supervisor.post(f"/setup/users/{user.id}/second-factor", data={"key": f"take-away-{one}"})
                for one in range(2)
            ]
        outside = await client.get("/my-day")
        by_password = await enter(client, login)

    assert (wrong.status_code, "is not your password" in wrong.text) == (422, True)
    assert gone.headers["location"] == "/second-factor?note=removed"
    assert opened.status_code == 303
    assert len(secret) == 32
    assert "with a second factor" in listed
    assert [one.status_code for one in taken] == [303, 303]
    assert outside.headers["location"] == "/sign-in"
    assert by_password.status_code == 303
    with book.database.reading() as session:
        told = session.exec(select(AuditEvent.reason).where(AuditEvent.subject_id == user.id)).all()
    assert [one for one in told if "second factor" in one].count("second factor taken away") == 2


async def test_a_wrong_first_code_and_a_second_tab(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        early = await client.post("/second-factor/confirm", data={"code": "123456"})
        guess = await client.post("/second-factor/begin", data={"password": "guess"})
        await client.post("/second-factor/begin", data={"password": PASSWORD})
        wrong = await client.post("/second-factor/confirm", data={"code": "12345"})
        foreign = await client.post("/second-factor/confirm", data={"code": "１２３４５６"})
        secret, _ = await set_up(book, client)
        await client.post("/second-factor/begin", data={"password": PASSWORD})
        half = half_of(await enter(client, login))
        opened = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret, later=1)})

    assert early.status_code == 409
    assert (guess.status_code, "is not your password" in guess.text) == (422, True)
    assert foreign.status_code == 422
    assert (wrong.status_code, "telephone&#39;s clock" in wrong.text) == (422, True)
    assert opened.status_code == 303


async def test_who_comes_in_no_more_has_no_second_half(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        secret, _ = await set_up(book, client)
        half = half_of(await enter(client, login))
        with book.database.writing() as session:
            session.exec(select(User).where(User.login == login)).one().is_active = False
        refused = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret, later=1)})
    assert refused.status_code == 401
    with book.database.reading() as session:
        assert session.exec(select(HalfSignIn)).all() != []
        assert len(session.exec(select(WebSession)).all()) == 1


async def test_guesses_at_one_moment_are_counted_one_by_one(book: Book, login: str) -> None:
    async with browser(book) as client:
        await enter(client, login)
        secret, _ = await set_up(book, client)
        halves = [half_of(await enter(client, login)) for _ in range(2)]
        guesses = [
            client.post("/sign-in/code", data={"half": halves[one % 2], "code": f"{one:06d}"}) for one in range(12)
        ]
        statuses = [one.status_code for one in await asyncio.gather(*guesses)]
        right = {"half": halves[0], "code": code(book, secret, later=1)}
        held_off = await client.post("/sign-in/code", data=right)
        book.wait(minutes=15)
        half = half_of(await enter(client, login))
        later = await client.post("/sign-in/code", data={"half": half, "code": code(book, secret)})

    assert (statuses.count(401), statuses.count(429)) == (5, 7)
    assert (held_off.status_code, later.status_code) == (429, 303)


async def test_it_is_set_up_by_the_person_alone_and_ends_every_other_sign_in(book: Book, login: str) -> None:
    with book.database.writing() as session:
        office.set_policy(
            session,
            practice_id=book.practice_id,
            name="second_factor_required",
            value=1,
            effective_from=office.ALWAYS,
        )
    async with browser(book) as stranger, browser(book) as owner:
        await enter(stranger, login)
        await enter(owner, login)
        await set_up(book, owner)
        shut_out = await stranger.get("/my-day")
        inside = await owner.get("/my-day")
    async with book.connect(Role.POSTER) as program:
        by_token = await program.post("/second-factor/begin", data={"password": PASSWORD})

    assert shut_out.headers["location"] == "/sign-in"
    assert inside.status_code == 200
    assert by_token.status_code == 403
