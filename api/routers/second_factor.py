"""One's own second factor: set up with a telephone, confirmed by its first code, and taken away."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api import actions, errors, second_factor
from api.auth import Requirement
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.pages import Failed, show, typed_into, words_of
from api.routers.sign_in import SignInLimit
from billing.roles import Permission
from database import access, second_factors, users
from database.access import Person
from database.office import policies_for
from database.tables import SecondFactor, User
from templates import qr
from temporal.encryption import DecryptionError, KeyRing

own = APIRouter(prefix=errors.FACTOR_PATH, include_in_schema=False)

Anybody = Annotated[Person, Depends(Requirement((Permission.VIEW, Permission.INTAKE), with_any_password=True))]


@own.get("")
def show_factor(request: Request, office: TheOffice, person: Anybody, note: str = "") -> Response:
    """Whether one is asked for a code, or the square to take up."""
    words = "You are asked for no code any more." if note == "removed" else ""
    return _page(request, office, person, Failed(), note=words)


@own.post("/begin")
async def begin(request: Request, office: TheOffice, person: Anybody) -> Response:
    """Make up a secret; it counts once its first code was typed."""
    await run_in_threadpool(_begin, request, office, person)
    return RedirectResponse(errors.FACTOR_PATH, 303)


@own.post("/confirm")
async def confirm(request: Request, office: TheOffice, person: Anybody) -> Response:
    """The first code: from now on it is asked for. The codes for paper are shown this once."""
    typed = await typed_into(request)
    try:
        codes = await run_in_threadpool(_confirm, request, office, person, typed.get("code", "")[:20])
    except Problem as problem:
        return _page(request, office, person, _failed(problem, "confirm"))
    return _page(request, office, person, Failed(), codes=codes)


@own.post("/remove")
async def remove(request: Request, office: TheOffice, person: Anybody) -> Response:
    """Take one's own away; the password is asked for, since a browser may stand open."""
    typed = await typed_into(request)
    try:
        await run_in_threadpool(_remove, request, office, person, typed.get("password", "")[:200])
    except Problem as problem:
        return _page(request, office, person, _failed(problem, "remove"))
    return RedirectResponse(f"{errors.FACTOR_PATH}?note=removed", 303)


def _failed(problem: Problem, form: str) -> Failed:
    faults = {fault.field: fault.message for fault in problem.faults}
    return Failed(form, *words_of(problem), faults, {}, status=problem.status)


def _page(
    request: Request, office: Office, person: Person, failed: Failed, *, note: str = "", codes: list[str] | None = None
) -> Response:
    with office.database.reading() as session:
        factor = session.get(SecondFactor, person.user_id)
        login = session.get_one(User, person.user_id).login
        is_required = _is_required(session, office, person)
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
        **values,
    )


def _offered(ring: KeyRing, factor: SecondFactor, login: str) -> dict[str, Any]:
    try:
        secret = second_factor.secret_of(ring, factor)
    except DecryptionError:
        return {"state": "none"}
    return {"state": "offered", "secret": secret, "picture": qr.data_uri(second_factor.address(secret, login))}


def _is_required(session: Any, office: Office, person: Person) -> bool:
    policies = policies_for(session, practice_id=person.practice_id, payer_id=None)
    return bool(policies.value("second_factor_required", as_of=office.today(person)))


def _begin(request: Request, office: Office, person: Person) -> None:
    """Nothing where one is kept already: a second click, or another tab."""
    ring: KeyRing = request.app.state.keyring
    with office.database.writing() as session:
        if second_factors.is_kept(session, person.user_id):
            return
        user = session.get_one(User, person.user_id)
        sealed = second_factor.sealed(ring, second_factor.new_secret(), user.id)
        second_factors.begin(session, user, sealed=sealed)


def _confirm(request: Request, office: Office, person: Person, code: str) -> list[str]:
    limit: SignInLimit = request.app.state.sign_in_limit
    if limit.is_reached(person.user_id, office.now()):
        raise Problem(429, "too-many-tries", "Too many wrong codes", "Try again in fifteen minutes.")
    ring: KeyRing = request.app.state.keyring
    with office.database.writing() as session:
        factor = second_factors.of(session, person.user_id)
        if factor is None or factor.confirmed_at is not None:
            raise Problem(409, "nothing-to-confirm", "There is nothing to confirm", "Open this page again.")
        secret = second_factor.secret_of(ring, factor)
        digits = "".join(code.split())
        step = second_factor.fitting_step(secret, digits, at=office.now(), after=factor.last_step)
        if step is None:
            limit.note_failure(person.user_id, office.now())
            words = "is not what the app should show now; is the telephone's clock right?"
            raise errors.invalid([Fault(field="code", message=words)])
        actions.audited(
            session,
            office,
            person,
            action="update",
            subject="user",
            subject_id=person.user_id,
            reason="second factor set up",
        )
        return second_factors.confirm(session, factor, step=step, at=office.now())


def _remove(request: Request, office: Office, person: Person, password: str) -> None:
    limit: SignInLimit = request.app.state.sign_in_limit
    if limit.is_reached(person.user_id, office.now()):
        raise Problem(429, "too-many-tries", "Too many wrong passwords", "Try again in fifteen minutes.")
    with office.database.writing() as session:
        if _is_required(session, office, person):
            raise Problem(409, "factor-required", "Your practice asks everybody for one", "Ask who manages users.")
        user = users.find(session, practice_id=person.practice_id, user_id=person.user_id)
        assert user is not None, "users are never deleted"
        if not access.password_fits(user, password):
            limit.note_failure(person.user_id, office.now())
            raise errors.invalid([Fault(field="password", message="is not your password")])
        if second_factors.forget(session, user.id):
            actions.audited(
                session,
                office,
                person,
                action="update",
                subject="user",
                subject_id=user.id,
                reason="second factor taken away",
            )
