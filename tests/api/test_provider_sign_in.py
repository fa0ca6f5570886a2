"""Signing in by the organisation's provider, against a real one on loopback: the whole way, and every wrong one."""

import asyncio
import base64
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.async_api import async_playwright
from pydantic import SecretStr, ValidationError
from sqlmodel import select

from api import openid_provider
from api.app import create_app
from billing.roles import Role
from database import access, office
from database.columns import new_id
from database.tables import AuditEvent, Policy, User, WebSession
from settings import OperatorError, Settings
from temporal import engine
from tests.api.conftest import KEYRING, OPENED, Book
from tests.api.test_browser import CHROMIUM, FLAGS
from tests.openid_provider import CLIENT, SECRET, Directory, new_key, provider

PASSWORD = "radium and polonium"
HERE = "http://office.test"


@pytest.fixture(params=["ES256", "RS256"])
def algorithm(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def directory(book: Book) -> Iterator[Directory]:
    with provider(book.clock) as found:
        open_with(book, found)
        add(book, "m.curie", Role.BILLER)
        yield found


def open_with(book: Book, directory: Directory, **told: Any) -> None:
    """The office, which people enter by the provider."""
    settings = settings_of(book, directory, **told)
    book.open(settings=settings)


def settings_of(book: Book, directory: Directory, **told: Any) -> Settings:
    known = {"oidc_issuer": directory.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return Settings(data_dir=book.settings.data_dir, public_url=HERE, **known | told)


def add(book: Book, login: str, *roles: Role, password: str | None = PASSWORD) -> str:
    with book.database.writing() as session:
        user = access.add_user(
            session,
            practice_id=book.practice_id,
            login=login,
            display_name="Marie Curie",
            roles=roles,
            password=password,
        )
        return user.id


def browser(book: Book) -> httpx.AsyncClient:
    return book.connect(headers={"Accept": "text/html"})


async def answered(client: httpx.AsyncClient, back: str = "") -> str:
    """Our address with the provider's answer, as it sends the browser there."""
    begun = await client.get("/sign-in/provider", params={"back": back})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as outside:
        page = await outside.get(begun.headers["location"])
        link = re.search(r'href="([^"]+)"', page.text)
        assert link is not None
        yes = await outside.get(str(page.url.join(link[1].replace("&amp;", "&"))))
    return yes.headers["location"].removeprefix(HERE)


async def enter(client: httpx.AsyncClient, back: str = "") -> httpx.Response:
    return await client.get(await answered(client, back), headers={"Sec-Fetch-Site": "cross-site"})


def refusals(book: Book) -> list[str]:
    with book.database.reading() as session:
        return list(session.exec(select(AuditEvent.reason).where(AuditEvent.action == "refuse")))


async def test_who_is_known_comes_in_by_a_session_of_ours(book: Book, algorithm: str) -> None:
    with provider(book.clock, algorithm=algorithm) as directory:
        open_with(book, directory)
        user_id = add(book, "m.curie", Role.BILLER)
        async with browser(book) as client:
            offered = await client.get("/sign-in")
            done = await enter(client, "/encounters")
            page = await client.get("/my-day")
    [asked] = directory.asked
    with book.database.reading() as session:
        row = session.exec(select(WebSession)).one()
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "sign_in")).one()

    assert 'href="/sign-in/provider"' in offered.text
    assert (done.status_code, done.headers["location"], page.status_code) == (303, "/encounters", 200)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 40
    assert asked["redirect_uri"] == f"{HERE}/sign-in/callback"
    assert (row.user_id, row.by_provider, row.lacks_factor) == (user_id, True, False)
    assert (event.actor_id, event.reason) == (user_id, "by the provider")
    cookie = next(one for one in done.headers.get_list("set-cookie") if one.startswith("zerobalance_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(one).encode() for one in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts) + "."


def _by_a_secret(claims: dict[str, Any]) -> str:
    key = OctKey.import_key(SECRET * 2)
    return jwt.encode({"alg": "HS256"}, claims, key)


def _by_a_stranger(claims: dict[str, Any]) -> str:
    key = new_key("ES256")
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


AT = int(OPENED.timestamp())
WRONG: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], str] | None, str]] = {
    "nonce": ({"nonce": "another"}, None, "claim nonce"),
    "no nonce": ({"nonce": None}, None, "claim nonce"),
    "audience": ({"aud": "another"}, None, "claim aud"),
    "for others too": ({"aud": [CLIENT, "another"], "azp": "another"}, None, "claim azp"),
    "issuer": ({"iss": "https://another.example"}, None, "claim iss"),
    "expired": ({"iat": AT - 900, "exp": AT - 600}, None, "clock"),
    "no end": ({"exp": None}, None, "claim exp"),
    "not yet": ({"iat": AT + 600, "exp": AT + 900}, None, "clock"),
    "alg none": ({}, _unsigned, "no key of the provider"),
    "by a secret": ({}, _by_a_secret, "no key of the provider"),
    "by a stranger": ({}, _by_a_stranger, "no key of the provider"),
    "no token": ({}, lambda claims: "x", "no key of the provider"),
    "no login": ({"preferred_username": None}, None, "no claim preferred_username"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_token_that_is_not_right_opens_nothing(wrong: str, book: Book, directory: Directory) -> None:
    directory.claims, directory.sign, words = WRONG[wrong]
    async with browser(book) as client:
        answer = await enter(client)
        after = await client.get("/api/v1/encounters")

    assert (answer.status_code, after.status_code) == (401, 401)
    assert words in answer.text
    assert any(words in one for one in refusals(book))


async def test_clocks_may_differ_a_little(book: Book, directory: Directory) -> None:
    directory.claims = {"iat": AT + 30, "exp": AT + 330}
    async with browser(book) as client:
        ahead = await enter(client)
        directory.claims = {"iat": AT - 330, "exp": AT - 30}
        behind = await enter(client)

    assert (ahead.status_code, behind.status_code) == (303, 303)


async def test_an_answer_is_taken_once(book: Book, directory: Directory) -> None:
    async with browser(book) as client:
        answer = await answered(client)
        cookie = client.cookies["zerobalance_provider"]
        first = await client.get(answer)
        client.cookies.clear()
        again = await client.get(answer, headers={"Cookie": f"zerobalance_provider={cookie}"})

    assert (first.status_code, again.status_code) == (303, 400)
    assert "Begin again" in again.text


async def test_a_code_that_was_used_opens_nothing(book: Book, directory: Directory) -> None:
    async with browser(book) as client:
        used = parse_qs(urlsplit(await answered(client)).query)["code"][0]
        other = await answered(client)
        state = parse_qs(urlsplit(other).query)["state"][0]
        swapped = await client.get("/sign-in/callback", params={"code": used, "state": state})

    assert swapped.status_code == 401
    assert "does not take its own code" in swapped.text


async def test_nobody_is_signed_in_to_somebody_elses_account(book: Book, directory: Directory) -> None:
    """Login CSRF: the answer to a sign-in that another browser began, or none."""
    async with browser(book) as attacker, browser(book) as victim:
        answer = await answered(attacker)
        without = await victim.get(answer)
        await victim.get("/sign-in/provider")
        with_own = await victim.get(answer)
        made_up = await victim.get("/sign-in/callback", params={"code": "x", "state": "y"})

    assert [one.status_code for one in (without, with_own, made_up)] == [400, 400, 400]
    assert all("zerobalance_session" not in str(one.headers) for one in (without, with_own, made_up))


async def test_a_sign_in_on_its_way_runs_out(book: Book, directory: Directory) -> None:
    async with browser(book) as client:
        answer = await answered(client)
        book.wait(minutes=11)

        assert (await client.get(answer)).status_code == 400


async def test_what_the_provider_refuses_is_told(book: Book, directory: Directory) -> None:
    async with browser(book) as client:
        state = parse_qs(urlsplit(await answered(client)).query)["state"][0]
        denied = await client.get("/sign-in/callback", params={"error": "access_denied", "state": state})
        state = parse_qs(urlsplit(await answered(client)).query)["state"][0]
        mixed = await client.get(
            "/sign-in/callback", params={"code": "x", "state": state, "iss": "https://evil.example"}
        )

    assert (denied.status_code, "did not sign you in" in denied.text) == (401, True)
    assert (mixed.status_code, "another provider" in mixed.text) == (401, True)


async def test_a_provider_that_is_away_is_told_as_such(book: Book, directory: Directory) -> None:
    directory.is_away = True
    async with browser(book) as client:
        answer = await client.get("/sign-in/provider")

    assert (answer.status_code, "does not answer" in answer.text) == (502, True)


async def test_a_discovery_document_of_another_issuer_is_not_taken(book: Book, directory: Directory) -> None:
    open_with(book, directory, oidc_issuer=directory.issuer + "/")
    async with browser(book) as client:
        answer = await client.get("/sign-in/provider")

    assert answer.status_code == 502
    assert "another issuer" in refusals(book)[-1]


async def test_a_new_key_is_read_once_it_is_used(
    book: Book, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid_provider, "KEYS_AGAIN_SECONDS", 0.0)
    async with browser(book) as client:
        before = await enter(client)
        directory.keys.append(new_key("ES256"))
        after = await enter(client)
        same = await enter(client)

    assert [one.status_code for one in (before, after, same)] == [303, 303, 303]
    assert directory.keys_read == 2


async def test_keys_that_nobody_has_are_not_asked_for_again_and_again(book: Book, directory: Directory) -> None:
    directory.sign = _by_a_stranger
    async with browser(book) as client:
        for _ in range(3):
            await enter(client)

    assert directory.keys_read == 1


async def test_the_unknown_and_the_deactivated_are_told_and_nobody_is_made_up(book: Book, directory: Directory) -> None:
    async with browser(book) as client:
        directory.person = {"sub": "18", "preferred_username": "p.curie"}
        unknown = await enter(client)
        directory.person = {"sub": "17", "preferred_username": "M.Curie"}
        with book.database.writing() as session:
            session.exec(select(User).where(User.login == "m.curie")).one().is_active = False
        inactive = await enter(client)
    with book.database.reading() as session:
        logins = session.exec(select(User.login).where(User.login == "p.curie")).all()

    assert (unknown.status_code, "p.curie" in unknown.text) == (403, True)
    assert (inactive.status_code, "deactivated" in inactive.text) == (403, True)
    assert logins == []
    assert all("curie" not in one for one in refusals(book)), "the chain carries ids and codes alone"


async def test_an_address_counts_where_it_is_verified(book: Book, directory: Directory) -> None:
    open_with(book, directory, oidc_login_claim="email")
    add(book, "marie@clinic.example", Role.CODER)
    statuses = []
    async with browser(book) as client:
        for verified in (None, False, "true", True):
            directory.person = {"sub": "17", "email": "Marie@clinic.example", "email_verified": verified}
            statuses.append((await enter(client)).status_code)

    assert statuses == [401, 401, 401, 303]


async def test_groups_give_roles_at_each_sign_in(book: Book, directory: Directory) -> None:
    roles = {"billing": ["biller", "payment_poster"], "coding": ["coder"]}
    with book.database.reading() as session:
        name = session.get_one(office.Practice, book.practice_id).name
    open_with(book, directory, oidc_groups_claim="groups", oidc_roles=roles, oidc_new_users_practice=name)
    seen = []
    async with browser(book) as client:
        for login, groups in (("m.curie", ["coding"]), ("new.one", ["billing", "choir"]), ("m.curie", ["choir"])):
            directory.person = {"sub": login, "preferred_username": login, "groups": groups, "name": "New One"}
            status = (await enter(client)).status_code
            with book.database.reading() as session:
                user = session.exec(select(User).where(User.login == login)).one()
            seen.append((status, user.roles, user.password_hash is None))

    assert seen == [(303, "coder", False), (303, "biller,payment_poster", True), (403, "coder", False)]


async def test_groups_take_no_right_from_the_last_who_manages_users(book: Book, directory: Directory) -> None:
    open_with(book, directory, oidc_groups_claim="groups", oidc_roles={"coding": ["coder"]})
    directory.person = {"sub": "1", "preferred_username": "first-supervisor", "groups": "coding"}
    async with browser(book) as client:
        done = await enter(client)
    with book.database.reading() as session:
        user = session.exec(select(User).where(User.login == "first-supervisor")).one()

    assert (done.status_code, user.roles) == (303, "supervisor")


@pytest.mark.parametrize(("is_asked", "opens"), [(0, 303), (1, 200)])
async def test_our_second_factor_is_asked_for_where_the_policy_says_so(
    is_asked: int, opens: int, book: Book, directory: Directory
) -> None:
    policy = {"practice_id": book.practice_id, "effective_from": OPENED.date(), "source": "test"}
    with book.database.writing() as session:
        session.add(Policy(id=new_id(), name="second_factor_after_provider", value=is_asked, **policy))
        session.add(Policy(id=new_id(), name="second_factor_required", value=1, **policy))
    async with browser(book) as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        await client.post("/sign-in", data={"login": "m.curie", "password": PASSWORD})
        await client.post("/second-factor/begin", data={"password": PASSWORD})
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", (await client.get("/second-factor")).text)
        assert secret is not None
        await client.post("/second-factor/confirm", data={"code": pyotp.TOTP(secret[1]).at(book.now)})
        client.cookies.clear()
        answer = await enter(client)
        half = re.search(r'name="half" value="([^"]+)"', answer.text)
        if half:
            code = pyotp.TOTP(secret[1]).at(book.now + timedelta(seconds=30))
            await client.post("/sign-in/code", data={"half": half[1], "code": code})
        inside = await client.get("/my-day")

    assert (answer.status_code, half is not None, inside.status_code) == (opens, bool(is_asked), 200)


async def test_who_has_no_password_here_sets_a_factor_up_after_coming_by_the_provider(
    book: Book, directory: Directory
) -> None:
    policy = {"practice_id": book.practice_id, "effective_from": OPENED.date(), "source": "test"}
    with book.database.writing() as session:
        for name in ("second_factor_after_provider", "second_factor_required"):
            session.add(Policy(id=new_id(), name=name, value=1, **policy))
        user = session.exec(select(User).where(User.login == "m.curie")).one()
        user.password_hash, user.must_change_password = None, True
    async with browser(book) as client:
        await enter(client)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        asked = await client.get("/second-factor")
        book.now += timedelta(minutes=11)
        late = await client.post("/second-factor/begin")
        await enter(client)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        await client.post("/second-factor/begin")
        secret = re.search(r"<code>([A-Z2-7]{32})</code>", (await client.get("/second-factor")).text)
        assert secret is not None
        await client.post("/second-factor/confirm", data={"code": pyotp.TOTP(secret[1]).at(book.now)})
        client.cookies.clear()
        half = re.search(r'name="half" value="([^"]+)"', (await enter(client)).text)
        assert half is not None
        code = pyotp.TOTP(secret[1]).at(book.now + timedelta(seconds=30))
        await client.post("/sign-in/code", data={"half": half[1], "code": code})
        inside = await client.get("/my-day")

    assert "begin-password" not in asked.text
    assert (late.status_code, "once more" in late.text) == (403, True)
    assert inside.status_code == 200


async def test_a_password_to_change_holds_up_nobody_who_did_not_use_it(book: Book, directory: Directory) -> None:
    with book.database.writing() as session:
        session.exec(select(User).where(User.login == "m.curie")).one().must_change_password = True
    async with browser(book) as client:
        await enter(client)
        page = await client.get("/my-day")

    assert page.status_code == 200


async def test_passwords_are_switched_off_but_for_who_manages_users(book: Book, directory: Directory) -> None:
    open_with(book, directory, oidc_only=True, oidc_name="Clinic ID")
    add(book, "chief", Role.SUPERVISOR)
    statuses = {}
    async with browser(book) as client:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        for login, password in (("m.curie", PASSWORD), ("m.curie", "wrong"), ("chief", PASSWORD)):
            client.cookies.clear()
            answer = await client.post("/sign-in", data={"login": login, "password": password})
            statuses[login, password] = answer.status_code, "Passwords are switched off" in answer.text

    assert statuses == {
        ("m.curie", PASSWORD): (403, True),
        ("m.curie", "wrong"): (401, False),
        ("chief", PASSWORD): (303, False),
    }


async def test_without_a_provider_there_is_no_such_way(book: Book) -> None:
    async with browser(book) as client:
        found = [(await client.get(path)).status_code for path in ("/sign-in/provider", "/sign-in/callback")]
        page = await client.get("/sign-in")

    assert found == [404, 404]
    assert "/sign-in/provider" not in page.text


@pytest.mark.parametrize(
    "told",
    [{"oidc_client_id": ""}, {"oidc_client_secret": None}, {"oidc_new_users_practice": "Clinic"}],
)
def test_settings_that_would_let_nobody_in_are_refused(told: dict[str, Any], book: Book, directory: Directory) -> None:
    with pytest.raises(ValidationError):
        settings_of(book, directory, **told)


def test_without_the_packages_the_extra_is_named(
    book: Book, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "api.openid_provider", None)
    with pytest.raises(OperatorError, match="extra `sso`"):
        open_with(book, directory)


def test_a_word_that_is_no_role_is_named(book: Book, directory: Directory) -> None:
    with pytest.raises(OperatorError, match="king"):
        open_with(book, directory, oidc_groups_claim="groups", oidc_roles={"all": ["king"]})


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium (make system)")
async def test_the_whole_way_in_a_browser(book: Book) -> None:
    """The provider is another site to the browser (`localhost` beside 127.0.0.1), as it is in the world."""
    port = engine.free_port()
    with provider(book.clock, host="localhost") as directory:
        add(book, "m.curie", Role.BILLER)
        told = settings_of(book, directory).model_copy(update={"public_url": f"http://127.0.0.1:{port}"})
        app = create_app(told, book.database, keyring=KEYRING, clock=book.clock)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        refused_by_policy: list[str] = []
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = await chromium.new_page()
            page.on("console", lambda one: refused_by_policy.append(one.text) if "Policy" in one.text else None)
            await page.goto(f"http://127.0.0.1:{port}/sign-in")
            await page.click("text=Sign in with")
            provider_title = await page.title()
            await page.click("#yes")
            await page.wait_for_selector("h1")
            title, address = await page.title(), page.url
            await page.goto(f"http://127.0.0.1:{port}/encounters/none")
            await page.click("text=Sign out")
            await page.wait_for_selector("#login")
            await chromium.close()
        server.should_exit = True
        await serving

    assert provider_title == "Provider"
    assert (title.partition(" ·")[0], address) == ("My day", f"http://127.0.0.1:{port}/my-day")
    assert refused_by_policy == []
