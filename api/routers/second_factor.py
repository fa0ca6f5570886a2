"""One's own second factor: set up with a telephone, confirmed by its first code, and taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api import actions, auth, errors, second_factor
from api.auth import COOKIE, Requirement
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.pages import Failed, show, typed_into
from api.routers.sign_in import SignInLimit
from billing.roles import Permission
from database import access, second_factors
from database.access import Person
from database.tables import SecondFactor, User
from templates import qr
from temporal.encryption import DecryptionError, KeyRing

own = APIRouter(prefix=errors.FACTOR_PATH, include_in_schema=False)

JUST_NOW = timedelta(minutes=10)
"""After a sign-in by the provider one's own factor is changed without a password so long"""

Anybody = Annotated[
    Person,
    Depends(Requirement((Permission.VIEW, Permission.INTAKE, Permission.READ_FIGURES), with_any_password=True)),
]


@own.get("")
def show_factor(request: Request, office: TheOffice, person: Anybody, note: str = "") -> Response:
    """Whether one is asked for a code, or the square to take up."""
    words = "You are asked for no code any more." if note == "removed" else ""
    return _page(request, office, person, Failed(), note=words)


@own.post("/begin")
async def begin(request: Request, office: TheOffice, person: Anybody) -> Response:
    """Make up a secret; it counts once its first code was typed. The password is asked for, since a browser may stand
    open."""
    typed = await typed_into(request)
    try:
        await run_in_threadpool(_begin, request, office, person, typed.get("password", "")[:200])
    except Problem as problem:
        return _page(request, office, person, Failed.of(problem, "begin"))
    return RedirectResponse(errors.FACTOR_PATH, 303)


@own.post("/confirm")
async def confirm(request: Request, office: TheOffice, person: Anybody) -> Response:
    """The first code: from now on it is asked for. The codes for paper are shown this once."""
    typed = await typed_into(request)
    try:
        codes = await run_in_threadpool(_confirm, request, office, person, typed.get("code", "")[:20])
    except Problem as problem:
        return _page(request, office, person, Failed.of(problem, "confirm"))
    return _page(request, office, person, Failed(), codes=codes)


@own.post("/remove")
async def remove(request: Request, office: TheOffice, person: Anybody) -> Response:
    """Take one's own away; the password is asked for, since a browser may stand open."""
    typed = await typed_into(request)
    try:
        await run_in_threadpool(_remove, request, office, person, typed.get("password", "")[:200])
    except Problem as problem:
        return _page(request, office, person, Failed.of(problem, "remove"))
    return RedirectResponse(f"{errors.FACTOR_PATH}?note=removed", 303)


def _page(
    request: Request, office: Office, person: Person, failed: Failed, *, note: str = "", codes: list[str] | None = None
) -> Response:
    with office.database.reading() as session:
        factor = session.get(SecondFactor, person.user_id)
        login = session.get_one(User, person.user_id).login
        is_required = second_factors.is_required(session, practice_id=person.practice_id, on=office.today(person))
        has_password = access.entered_by_provider(session, request.cookies.get(COOKIE, "")) is None
    values: dict[str, Any] = {"state": "none"}
    if factor is not None and factor.confirmed_at is not None:
        values = {"state": "kept", "left": second_factors.recovery_left(factor)}
    elif factor is not None:
        values = _offered(request.app.state.keyring, factor, login)
    return show(
        request,
        "second_factor.html",
        person,
        status=failed.status,
        failed=failed,
        note=note,
        codes=codes or [],
        is_required=is_required,
        has_password=has_password,
        **values,
    )


def _offered(ring: KeyRing, factor: SecondFactor, login: str) -> dict[str, Any]:
    try:
        secret = second_factor.secret_of(ring, factor)
    except DecryptionError:
        return {"state": "none"}
    return {"state": "offered", "secret": secret, "picture": qr.data_uri(second_factor.address(secret, login))}


def _begin(request: Request, office: Office, person: Person, password: str) -> None:
    """Nothing where one is kept already: a second click, or another tab."""
    ring: KeyRing = request.app.state.keyring
    with _own_hand(request, office, person, "set up", password) as (session, user):
        sealed = second_factor.sealed(ring, second_factor.new_secret(), user.id)
        second_factors.begin(session, user, sealed=sealed)


def _confirm(request: Request, office: Office, person: Person, code: str) -> list[str]:
    session_id = _own_session(request)
    ring: KeyRing = request.app.state.keyring
    with office.database.writing() as session:
        factor = second_factors.of(session, person.user_id)
        if factor is None or factor.confirmed_at is not None:
            raise Problem(409, "nothing-to-confirm", "There is nothing to confirm", "Open this page again.")
        step = None if second_factors.is_held_off(factor, at=office.now()) else _step(ring, office, factor, code)
        if step is not None:
            _audit(session, office, person, "second factor set up")
            return second_factors.confirm(session, factor, step=step, at=office.now(), session_id=session_id)
        second_factors.note_wrong(session, factor, at=office.now())
        is_held_off = second_factors.is_held_off(factor, at=office.now())
    auth.refuse(request, person.practice_id, person.user_id, "wrong first code")
    if is_held_off:
        raise Problem(429, "too-many-tries", "Too many wrong codes", "Try again in fifteen minutes.")
    words = "is not what the app should show now; is the telephone's clock right?"
    raise errors.invalid([Fault(field="code", message=words)])


def _step(ring: KeyRing, office: Office, factor: SecondFactor, code: str) -> int | None:
    try:
        secret = second_factor.secret_of(ring, factor)
    except DecryptionError as error:
        detail = "The key that it was kept under is gone. Set it up anew."
        raise Problem(409, "nothing-to-confirm", "There is nothing to confirm", detail) from error
    return second_factor.fitting_step(secret, second_factor.cleaned(code), at=office.now(), after=factor.last_step)


def _remove(request: Request, office: Office, person: Person, password: str) -> None:
    with _own_hand(request, office, person, "take away", password) as (session, user):
        if second_factors.is_required(session, practice_id=person.practice_id, on=office.today(person)):
            raise Problem(409, "factor-required", "Your practice asks everybody for one", "Ask who manages users.")
        if second_factors.forget(session, user.id):
            _audit(session, office, person, "second factor taken away")


@contextmanager
def _own_hand(
    request: Request, office: Office, person: Person, what: str, password: str
) -> Iterator[tuple[Session, User]]:
    """A transaction on one's own factor, for who signed in here and knows the password, or came in by the provider
    just now: such people may have no password here. Raises Problem 403, 422 and 429."""
    if not _came_just_now(request, office):
        _check_password(request, office, person, what, password)
    with office.database.writing() as session:
        yield session, session.get_one(User, person.user_id)


def _came_just_now(request: Request, office: Office) -> bool:
    """Whether the provider said who this is a few minutes ago; False: a password did. Raises Problem 403."""
    with office.database.reading() as session:
        since = access.entered_by_provider(session, _own_session(request))
    if since is not None and office.now() - since > JUST_NOW:
        title = f"Sign in with {office.settings.oidc_name} once more"
        detail = "You came in by it a while ago, and a browser may stand open. Sign out and in, then do this at once."
        raise Problem(403, "sign-in-needed", title, detail)
    return since is not None


def _check_password(request: Request, office: Office, person: Person, what: str, password: str) -> None:
    limit: SignInLimit = request.app.state.sign_in_limit
    if limit.is_reached(person.user_id, office.now()):
        raise Problem(429, "too-many-tries", "Too many wrong passwords", "Try again in fifteen minutes.")
    with office.database.reading() as session:
        fits = access.password_fits(session.get_one(User, person.user_id), password)
    if not fits:
        limit.note_failure(person.user_id, office.now())
        auth.refuse(request, person.practice_id, person.user_id, f"wrong password to {what} the second factor")
        raise errors.invalid([Fault(field="password", message="is not your password")])


def _own_session(request: Request) -> str:
    """The sign-in of this browser. Raises Problem 403 for a program: a token that was copied changes no sign-in."""
    session_id = request.cookies.get(COOKIE, "")
    if auth.bearer_token(request) is not None or not session_id:
        raise Problem(403, "sign-in-needed", "Only for who signed in", "Open this page in the workbench.")
    return session_id


def _audit(session: Session, office: Office, person: Person, reason: str) -> None:
    actions.audited(session, office, person, action="update", subject="user", subject_id=person.user_id, reason=reason)
