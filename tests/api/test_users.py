"""Who comes in: added with a password shown once, changed, taken out; and everybody's own password."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select
from typer.testing import CliRunner

import cli
from billing.roles import Role
from database import access, second_factors, users
from database.tables import AuditEvent, Command, User
from tests.api.conftest import Book

NEW = {"display_name": "Marie Curie", "login": "m.curie"}
OWN = "radium and polonium"


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"users-{number:06d}"}


def user_of(book: Book, role: Role) -> str:
    with book.database.reading() as session:
        person = access.person_of_token(session, book.tokens[role], at=book.now)
    assert person is not None
    return person.user_id


def shown(page: httpx.Response) -> str:
    found = re.search(r"password <strong><code>(.*?)</code>", page.text)
    assert found is not None
    return html.unescape(found[1])


@asynccontextmanager
async def come_in(book: Book, login: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that tried to sign in."""
    async with book.connect(headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}) as browser:
        await browser.post("/sign-in", data={"login": login, "password": password})
        yield browser


async def choose(browser: httpx.AsyncClient, old: str, new: str, again: str | None = None) -> httpx.Response:
    return await browser.post("/password", data={"old": old, "new": new, "again": again or new})


async def added(supervisor: httpx.AsyncClient, *roles: str, **changes: Any) -> dict[str, Any]:
    made = await supervisor.post("/api/v1/users", json=NEW | {"roles": list(roles)} | changes, headers=key(1))
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def test_a_second_person_is_added_and_chooses_a_password_before_anything_else(book: Book) -> None:
    form = NEW | {"role.supervisor": "on", "role.coder": "on", "key": "users-page-1"}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        made = await browser.post("/setup/users", data=form)
        again = await browser.post("/setup/users", data=form)
    password = shown(made)
    async with come_in(book, "m.curie", password) as hers:
        before = [await hers.get(path) for path in ("/", "/api/v1/encounters", "/password")]
        wrong = await choose(hers, "guess", OWN)
        short = await choose(hers, password, "radium")
        differs = await choose(hers, password, OWN, "poloniun and radium")
        same = await choose(hers, password, password)
        done = await choose(hers, password, OWN)
        after = await hers.get("/")

    assert (made.status_code, again.status_code) == (200, 200)
    assert "was shown then" in again.text
    assert [one.status_code for one in before] == [303, 403, 200]
    assert before[0].headers["location"] == "/password"
    assert "Somebody else has seen the password" in before[2].text
    assert "is not your password" in wrong.text
    assert "needs at least 12 characters" in short.text
    assert "differs from the new password" in differs.text
    assert "must differ from the old one" in same.text
    assert (done.status_code, done.headers["location"]) == (303, "/password?note=done")
    assert (after.status_code, "Marie Curie" in after.text) == (200, True)
    async with come_in(book, "m.curie", password) as old:
        assert (await old.get("/")).status_code == 303


async def test_a_changed_password_ends_every_other_sign_in(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as supervisor:
        password = (await added(supervisor, "biller"))["password"]
    async with come_in(book, "m.curie", password) as here, come_in(book, "m.curie", password) as there:
        await choose(here, password, OWN)
        seen = [(await one.get("/", headers={"Accept": "text/html"})).status_code for one in (here, there)]

    assert seen == [200, 303]


async def test_a_deactivated_user_is_out_at_once_and_comes_back_when_let_in(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    biller = user_of(book, Role.BILLER)
    async with book.signed_in(Role.BILLER) as browser, book.connect(Role.BILLER) as program:
        before = (await browser.get("/")).status_code
        done = await supervisor.post(f"/api/v1/users/{biller}/deactivate", headers=key(1))
        during = [(await browser.get("/")).status_code, (await program.get("/api/v1/encounters")).status_code]
        await supervisor.post(f"/api/v1/users/{biller}/reactivate", headers=key(2))
        after = [(await browser.get("/")).status_code, (await program.get("/api/v1/encounters")).status_code]

    assert (before, done.status_code, during, after) == (200, 200, [303, 401], [303, 200])


async def test_roles_hold_from_the_next_request_on(book: Book, supervisor: httpx.AsyncClient) -> None:
    coder = user_of(book, Role.CODER)
    async with book.connect(Role.CODER) as program:
        before = (await program.get("/api/v1/operations/pending")).status_code
        body = {"roles": ["coder", "edi_analyst"]}
        done = await supervisor.put(f"/api/v1/users/{coder}/roles", json=body, headers=key(1))
        after = (await program.get("/api/v1/operations/pending")).status_code

    assert (before, done.status_code, after) == (403, 200, 200)


async def test_nobody_takes_the_last_managers_right_away_nor_deactivates_themselves(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    lead = user_of(book, Role.SUPERVISOR)
    path = f"/api/v1/users/{lead}"
    alone = [
        await supervisor.put(f"{path}/roles", json={"roles": ["coder"]}, headers=key(2)),
        await supervisor.post(f"{path}/deactivate", headers=key(3)),
        await supervisor.post(f"{path}/password", headers=key(4)),
    ]
    await added(supervisor, "supervisor")
    with_another = await supervisor.put(f"{path}/roles", json={"roles": ["coder"]}, headers=key(5))
    then = await supervisor.get("/api/v1/users")

    assert [(one.status_code, one.json()["type"].rpartition("/")[2]) for one in alone] == [
        (409, "last-manager"),
        (409, "oneself"),
        (409, "oneself"),
    ]
    assert (with_another.status_code, then.status_code) == (200, 403)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"login": "Marie Curie"}, "login", "small letters"),
        ({"login": "first-coder"}, "login", "is taken"),
        ({"display_name": ""}, "display_name", "is needed"),
        ({"role.biller": None}, "roles", "choose at least one role"),
    ],
)
async def test_a_refused_form_keeps_what_was_typed(changes: dict[str, Any], field: str, words: str, book: Book) -> None:
    form = {name: value for name, value in (NEW | {"role.biller": "on"} | changes).items() if value is not None}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        refused = await browser.post("/setup/users", data=form)

    assert refused.status_code == 422
    assert re.search(rf'id="new-{field}-fault">[^<]*{words}', refused.text)
    assert f'value="{form["login"]}"' in refused.text
    assert refused.text.count('name="role.biller" checked') == 1 + ("role.biller" in form)


async def test_only_those_who_manage_users_see_them_and_only_their_own(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        refused = await browser.get("/setup/users")
        tabs = (await browser.get("/setup/practice")).text
    async with book.connect(token=book.stranger) as client:
        theirs = (await client.get("/api/v1/users")).json()
        stolen = await client.post(f"/api/v1/users/{user_of(book, Role.BILLER)}/password", headers=key(1))

    assert (refused.status_code, "/setup/users" in tabs) == (403, False)
    assert {one["login"].partition("-")[0] for one in theirs} == {"second"}
    assert stolen.status_code == 404


async def test_what_was_done_is_in_the_audit_and_no_password_is_kept(book: Book, supervisor: httpx.AsyncClient) -> None:
    made = await added(supervisor, "biller")
    path = f"/api/v1/users/{made['user_id']}"
    await supervisor.put(f"{path}/roles", json={"roles": ["coder"]}, headers=key(2))
    reset = (await supervisor.post(f"{path}/password", headers=key(3))).json()
    again = (await supervisor.post(f"{path}/password", headers=key(3))).json()
    await supervisor.post(f"{path}/deactivate", headers=key(4))
    with book.database.reading() as session:
        reasons = session.exec(select(AuditEvent.reason).where(AuditEvent.subject_id == made["user_id"])).all()
        kept = " ".join(session.exec(select(Command.answer)).all())

    assert reasons == ["added with biller", "roles: biller -> coder", "password reset", "deactivated"]
    assert reset["password"] not in {made["password"], None}
    assert again["password"] is None
    assert made["password"] not in kept
    assert reset["password"] not in kept


def test_the_commands_add_list_and_let_nobody_lock_the_office(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_DATABASE_URL", str(book.database.engine.url))
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", str(book.settings.data_dir))
    monkeypatch.setattr("office_setup.upgrade", lambda database: None)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(cli.app, ["user", *arguments], catch_exceptions=False).output

    said = run("add", "m.curie", "--name", "Marie Curie", "--role", "biller", "--role", "supervisor")
    password = said.split("password ")[1].split(" ")[0]
    listed = run("list")
    reset = run("password", "m.curie")
    no_factor = run("second-factor-off", "m.curie")
    with book.database.writing() as session:
        user = session.exec(select(User).where(User.login == "m.curie")).one()
        second_factors.begin(session, user, sealed="spring:")
    factor_off = run("second-factor-off", "m.curie")
    out = run("deactivate", "m.curie")

    assert "m.curie: Marie Curie, biller, supervisor" in listed
    assert password not in reset
    assert no_factor == "m.curie has no second factor\n"
    assert factor_off == "m.curie signs in by the password alone now\n"
    assert out == "m.curie is deactivated\n"
    assert "m.curie: Marie Curie, biller, supervisor (deactivated)" in run("list")
    assert run("reactivate", "m.curie") == "m.curie may come in again\n"
    with book.database.writing() as session:
        for row in session.exec(select(User).where(User.login.like("%supervisor%"))).all():  # type: ignore[attr-defined]
            row.roles = "coder"
            session.add(row)
    for arguments, words in (
        (("deactivate", "m.curie"), "nobody else may manage users"),
        (("deactivate", "nobody"), "nobody has the login nobody"),
        (("add", "m.curie", "--name", "Twin", "--role", "coder"), "the login m.curie is taken"),
    ):
        with pytest.raises(Exception, match=words):
            run(*arguments)


async def test_a_twin_of_the_request_shows_no_password_that_opens_nothing(
    book: Book, supervisor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two clicks at once: the slower transaction undid itself, and the password it made up with it."""
    tried = users.add

    def twice(session: Session, **named: Any) -> tuple[User, str]:
        user, password = tried(session, **named)
        if named["login"] == NEW["login"] and not undone:
            undone.append(password)
            raise IntegrityError("twin", {}, Exception())
        return user, password

    undone: list[str] = []
    monkeypatch.setattr(users, "add", twice)
    made = (await supervisor.post("/api/v1/users", json=NEW | {"roles": ["biller"]}, headers=key(1))).json()
    assert made["password"] not in {None, *undone}
    with book.database.reading() as session:
        user = users.with_login(session, NEW["login"])
        assert user is not None
        assert access.password_fits(user, made["password"])


def test_a_login_that_nobody_could_sign_in_with_is_refused(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_DATABASE_URL", book.database.url)
    wrong = (["M Curie", "--name", "Marie"], ["x" * 61, "--name", "Marie"], ["m.curie", "--name", " "])
    for arguments in wrong:
        result = CliRunner().invoke(cli.app, ["user", "add", *arguments, "--role", "biller"])
        assert result.exit_code != 0
    with book.database.reading() as session:
        assert users.with_login(session, "m.curie") is None


def test_a_login_is_found_whoever_asks(book: Book) -> None:
    with book.database.reading() as session:
        assert users.with_login(session, "first-coder") is not None
        assert users.with_login(session, "nobody") is None
