"""Who comes in: a supervisor adds people, says what they may do and takes them out; everybody keeps their own password.

A made-up password is shown once, in the answer that made it. It is not kept with the command: the same request sent
again gets the same user and no password.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from sqlmodel import Session

from api import actions, errors, idempotency
from api.auth import Requirement, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import Failed, read, show, typed_into
from api.routers.sign_in import SignInLimit, keep_in
from billing.roles import PERMISSIONS, Permission, Role
from database import access, users
from database.access import LoginTaken, Person
from database.tables import User
from database.users import LastManager, UserView, WrongPassword

api = APIRouter(prefix="/api/v1/users", tags=["users"])
pages = APIRouter(prefix="/setup/users", include_in_schema=False)
own = APIRouter(prefix=errors.PASSWORD_PATH, include_in_schema=False)

Manager = Annotated[Person, require(Permission.MANAGE_USERS)]
Anybody = Annotated[
    Person,
    Depends(Requirement((Permission.VIEW, Permission.INTAKE, Permission.READ_FIGURES), with_any_password=True)),
]

SHORTEST_PASSWORD = 12
ROLE_PREFIX = "role."
"""Names of the check boxes"""


def login_of(typed: str) -> str:
    """What somebody signs in with. Raises ValueError."""
    if not users.is_login(typed):
        raise ValueError(users.LOGIN_WORDS)
    return typed


class RolesForm(Part):
    """What somebody may do: at least one role."""

    roles: Annotated[list[Role], Field(min_length=1)]


class UserForm(RolesForm):
    """Somebody who shall come in."""

    display_name: Annotated[str, Field(min_length=1, max_length=100)]
    login: Annotated[str, AfterValidator(login_of)]


class NoForm(Part):
    """Nothing needs to be said."""


class PasswordForm(Part):
    """One's own password. Blanks belong to it."""

    model_config = ConfigDict(str_strip_whitespace=False)

    old: Annotated[str, Field(max_length=200)]
    new: Annotated[str, Field(min_length=SHORTEST_PASSWORD, max_length=200)]
    again: Annotated[str, Field(max_length=200)]


OneClick = Literal["deactivate", "reactivate", "password", "second-factor"]
Chosen = TypeVar("Chosen", RolesForm, UserForm)


@dataclass(frozen=True, slots=True)
class Made:
    """A password that is on the screen this once."""

    login: str
    password: str | None
    """None: this request was carried out before, and its password shown then"""


@api.get("")
def list_users(office: TheOffice, person: Manager) -> list[UserView]:
    """Everybody who has a login, with their roles."""
    with office.database.reading() as session:
        return users.of_practice(session, practice_id=person.practice_id)


@api.post("", status_code=201)
def add_user(form: UserForm, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Add somebody. Their password is in this answer alone; they choose another when they first sign in."""
    return _add(office, person, form, key)


@api.put("/{user_id}/roles")
def put_roles(user_id: str, form: RolesForm, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Change what somebody may do, from their next request on. 409: nobody else could manage users."""
    return _set_roles(office, person, user_id, form, key)


@api.post("/{user_id}/deactivate")
def deactivate_user(user_id: str, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Let somebody in no more; their sign-ins end at once. 409: oneself, or the last who may manage users."""
    return _deactivate(office, person, user_id, NoForm(), key)


@api.post("/{user_id}/reactivate")
def reactivate_user(user_id: str, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Let somebody in again."""
    return _reactivate(office, person, user_id, NoForm(), key)


@api.post("/{user_id}/password")
def reset_password(user_id: str, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Make up another password for somebody, in this answer alone; their sign-ins end at once."""
    return _reset(office, person, user_id, NoForm(), key)


@api.post("/{user_id}/second-factor/remove")
def remove_second_factor(user_id: str, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Ask somebody for no code any more, whose telephone and paper are lost; their sign-ins end at once."""
    return _remove_factor(office, person, user_id, NoForm(), key)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Manager, note: str = "") -> Response:
    """Everybody, and what may be done about them."""
    return _page(request, office, person, Failed(), note="Done." if note == "done" else "")


@pages.post("")
async def add_from_page(request: Request, office: TheOffice, person: Manager) -> Response:
    """Add somebody."""
    return await _answer(
        request, office, person, "new", lambda typed: _add(office, person, _chosen(UserForm, typed), typed["key"])
    )


@pages.post("/{user_id}/roles")
async def roles_from_page(request: Request, user_id: str, office: TheOffice, person: Manager) -> Response:
    """Change somebody's roles."""

    def act(typed: dict[str, str]) -> dict[str, Any]:
        return _set_roles(office, person, user_id, _chosen(RolesForm, typed), typed["key"])

    return await _answer(request, office, person, f"roles-{user_id}", act)


@pages.post("/{user_id}/{change}")
async def change_from_page(
    request: Request, user_id: str, change: OneClick, office: TheOffice, person: Manager
) -> Response:
    """What needs one click: let somebody in no more, let them in again, make up another password."""
    acts = {
        "deactivate": _deactivate,
        "reactivate": _reactivate,
        "password": _reset,
        "second-factor": _remove_factor,
    }

    def act(typed: dict[str, str]) -> dict[str, Any]:
        return acts[change](office, person, user_id, NoForm(), typed["key"])

    return await _answer(request, office, person, f"state-{user_id}", act)


@own.get("")
def show_own(request: Request, person: Anybody, note: str = "") -> Response:
    """The form for one's own password."""
    return _own_page(request, person, Failed(), is_done=note == "done")


@own.post("")
async def change_own(request: Request, office: TheOffice, person: Anybody) -> Response:
    """Choose another password; every other sign-in ends, and this browser gets a new one."""
    typed = await typed_into(request)
    limit: SignInLimit = request.app.state.sign_in_limit
    try:
        if limit.is_reached(person.user_id, office.now()):
            raise Problem(429, "too-many-tries", "Too many wrong passwords", "Try again in fifteen minutes.")
        session_id = await run_in_threadpool(_change_own, office, person, _passwords(typed))
    except Problem as problem:
        if any(fault.field == "old" for fault in problem.faults):
            limit.note_failure(person.user_id, office.now())
        return _own_page(request, person, Failed.of(problem, "own", {}))
    response = RedirectResponse(f"{errors.PASSWORD_PATH}?note=done", 303)
    keep_in(response, session_id, office)
    return response


async def _answer(
    request: Request, office: Office, person: Person, form: str, act: Callable[[dict[str, str]], dict[str, Any]]
) -> Response:
    """Do it and go back to the page; a made-up password is shown at once, since it is nowhere to be read again."""
    typed = await typed_into(request)
    try:
        done = await run_in_threadpool(act, typed)
    except Problem as problem:
        return await run_in_threadpool(_page, request, office, person, Failed.of(problem, form, typed))
    if "password" not in done:
        return RedirectResponse("/setup/users?note=done", 303)
    made = Made(done["login"], done["password"])
    return await run_in_threadpool(_page, request, office, person, Failed(), made=made)


def _chosen(model: type[Chosen], typed: dict[str, str]) -> Chosen:
    """The form with the check boxes that were ticked. Raises Problem 422."""
    roles = [role for role in Role if ROLE_PREFIX + role in typed]
    if not roles:
        raise errors.invalid([Fault(field="roles", message="choose at least one role")])
    named = {name: typed[name] for name in model.model_fields if name in typed}
    try:
        return model.model_validate(named | {"roles": roles})
    except ValidationError as error:
        raise errors.invalid(errors.validation_faults(error.errors())) from error


def _passwords(typed: dict[str, str]) -> PasswordForm:
    """Raises Problem 422."""
    form = read(PasswordForm, typed)
    if len(form.new.replace(" ", "")) < SHORTEST_PASSWORD:
        raise errors.invalid([Fault(field="new", message=f"needs {SHORTEST_PASSWORD} characters beside blanks")])
    if form.new != form.again:
        raise errors.invalid([Fault(field="again", message="differs from the new password")])
    if form.new == form.old:
        raise errors.invalid([Fault(field="new", message="must differ from the old one")])
    return form


def _page(
    request: Request, office: Office, person: Person, failed: Failed, note: str = "", made: Made | None = None
) -> Response:
    return show(
        request,
        "users.html",
        person,
        status=failed.status,
        users=list_users(office, person),
        roles=list(Role),
        rights={role: sorted(PERMISSIONS[role]) for role in Role},
        failed=failed,
        keys=failed.key_for,
        note=note,
        made=made,
    )


def _own_page(request: Request, person: Person, failed: Failed, *, is_done: bool = False) -> Response:
    return show(
        request, "password.html", person, status=failed.status, failed=failed, shortest=SHORTEST_PASSWORD, done=is_done
    )


def _add(office: Office, person: Person, form: UserForm, key: str) -> dict[str, Any]:
    passwords: list[str] = []

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            user, password = users.add(
                session,
                practice_id=person.practice_id,
                login=form.login,
                display_name=form.display_name,
                roles=form.roles,
                at=office.now(),
            )
        except LoginTaken as error:
            raise errors.invalid([Fault(field="login", message="is taken; choose another")]) from error
        passwords.append(password)
        _audit(session, office, person, user, f"added with {user.roles}", action="create")
        return user.id, {"user_id": user.id, "login": user.login}

    done = _once(office, person, "add_user", "", form, effect, key)
    return done | {"password": _that_opens(office, done["user_id"], passwords)}


def _set_roles(office: Office, person: Person, user_id: str, form: RolesForm, key: str) -> dict[str, Any]:
    def change(session: Session, user: User) -> None:
        before = user.roles
        users.set_roles(session, user, form.roles)
        _audit(session, office, person, user, f"roles: {before} -> {user.roles}")

    return _change(office, person, "set_roles", user_id, form, change, key)


def _deactivate(office: Office, person: Person, user_id: str, form: Part, key: str) -> dict[str, Any]:
    _require_another(person, user_id, "Another person who manages users can deactivate you.")

    def change(session: Session, user: User) -> None:
        users.deactivate(session, user, at=office.now())
        _audit(session, office, person, user, "deactivated")

    return _change(office, person, "deactivate_user", user_id, form, change, key)


def _reactivate(office: Office, person: Person, user_id: str, form: Part, key: str) -> dict[str, Any]:
    def change(session: Session, user: User) -> None:
        users.reactivate(session, user)
        _audit(session, office, person, user, "reactivated")

    return _change(office, person, "reactivate_user", user_id, form, change, key)


def _remove_factor(office: Office, person: Person, user_id: str, form: Part, key: str) -> dict[str, Any]:
    _require_another(person, user_id, f"Take your own away at {errors.FACTOR_PATH}.")

    def change(session: Session, user: User) -> None:
        if users.remove_second_factor(session, user, at=office.now()):
            _audit(session, office, person, user, "second factor taken away")

    return _change(office, person, "remove_second_factor", user_id, form, change, key)


def _reset(office: Office, person: Person, user_id: str, form: Part, key: str) -> dict[str, Any]:
    _require_another(person, user_id, f"Change your own at {errors.PASSWORD_PATH}.")
    passwords: list[str] = []

    def change(session: Session, user: User) -> None:
        passwords.append(users.reset_password(session, user, at=office.now()))
        _audit(session, office, person, user, "password reset")

    done = _change(office, person, "reset_password", user_id, form, change, key)
    return done | {"password": _that_opens(office, user_id, passwords)}


def _that_opens(office: Office, user_id: str, made: list[str]) -> str | None:
    """The password that was made up, if it counts: a twin of this request may have been faster with another."""
    with office.database.reading() as session:
        user = session.get(User, user_id)
        return next((one for one in made if user is not None and access.password_fits(user, one)), None)


def _change(
    office: Office,
    person: Person,
    name: str,
    user_id: str,
    form: Part,
    change: Callable[[Session, User], None],
    key: str,
) -> dict[str, Any]:
    """Do it once to a user of this practice. Raises Problem 404 and 409."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        user = users.find(session, practice_id=person.practice_id, user_id=user_id)
        if user is None:
            raise errors.not_found("user")
        try:
            change(session, user)
        except LastManager as error:
            detail = "Give the supervisor's role to somebody else first."
            raise Problem(409, "last-manager", "Nobody else may manage users", detail) from error
        return user.id, {"user_id": user.id, "login": user.login}

    return _once(office, person, name, user_id, form, effect, key)


def _once(
    office: Office, person: Person, name: str, subject: str, form: Part, effect: idempotency.Effect, key: str
) -> dict[str, Any]:
    sha256 = idempotency.fingerprint(name, subject, form.model_dump(mode="json"))
    return idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=effect)


def _require_another(person: Person, user_id: str, advice: str) -> None:
    if user_id == person.user_id:
        raise Problem(409, "oneself", "This is yourself", advice)


def _change_own(office: Office, person: Person, form: PasswordForm) -> str:
    """The id of the new sign-in. Raises Problem 422."""
    with office.database.writing() as session:
        user = users.find(session, practice_id=person.practice_id, user_id=person.user_id)
        assert user is not None, "users are never deleted"
        try:
            users.change_password(session, user, old=form.old, new=form.new, at=office.now())
        except WrongPassword as error:
            raise errors.invalid([Fault(field="old", message="is not your password")]) from error
        _audit(session, office, person, user, "password changed")
        return access.open_session(session, user_id=user.id, at=office.now(), lacks_factor=person.must_set_factor)


def _audit(
    session: Session, office: Office, person: Person, user: User, reason: str, *, action: str = "update"
) -> None:
    actions.audited(session, office, person, action=action, subject="user", subject_id=user.id, reason=reason)
