"""The way in and out of the workbench: a password opens a session, whose random id is all that the cookie carries."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api import auth, errors, second_factor
from api.auth import COOKIE, NOBODY, Viewer
from api.office import Office, TheOffice, office_of
from api.routers.pages import show, typed_into
from api.second_factor import HeldOff
from billing.roles import PERMISSIONS, Permission, Role
from database import access, audit, second_factors, users
from database.access import Person
from database.tables import User
from temporal.encryption import KeyRing

router = APIRouter(include_in_schema=False)

HOME_OF_CLIENTS = "/client-reports"
TRIES = 5
TRY_WINDOW = timedelta(minutes=15)


class SignInLimit:
    """Holds off a guesser: at most TRIES wrong passwords per login within TRY_WINDOW. Counted per process."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}

    def is_reached(self, login: str, at: datetime) -> bool:
        """Whether this login must wait."""
        failures = self._failures.get(login, deque())
        while failures and at - failures[0] > TRY_WINDOW:
            failures.popleft()
        if not failures:
            self._failures.pop(login, None)
        return len(failures) >= TRIES

    def note_failure(self, login: str, at: datetime) -> None:
        """A wrong password was tried."""
        self._failures.setdefault(login, deque(maxlen=TRIES)).append(at)


@router.get(errors.SIGN_IN_PATH)
def show_sign_in(request: Request, back: str = "") -> Response:
    """The form; `back` is the page to go to afterwards."""
    return page(request, back=errors.local(back))


def page(request: Request, *, fault: str = "", login: str = "", back: str = "", status: int = 200) -> Response:
    """The form, with what was refused, and the way in by the provider where there is one."""
    settings = office_of(request).settings
    by_provider = settings.oidc_name if request.app.state.provider else ""
    values = {"fault": fault, "login": login, "back": back, "by_provider": by_provider}
    return show(request, "sign_in.html", None, status=status, **values)


@router.post(errors.SIGN_IN_PATH)
async def sign_in(request: Request, office: TheOffice) -> Response:
    """Check the password, and open a session, or ask for the code of whoever has a second factor."""
    typed = await typed_into(request)
    login = typed.get("login", "")[:60]
    back = errors.local(typed.get("back", ""))
    limit: SignInLimit = request.app.state.sign_in_limit
    if limit.is_reached(login, office.now()):
        fault = "Too many wrong passwords. Try again in fifteen minutes."
        return page(request, status=429, fault=fault, login=login, back=back)
    opened = await run_in_threadpool(_open, request, office, login, typed.get("password", "")[:200])
    if opened is None:
        limit.note_failure(login, office.now())
        fault = "Login and password do not fit."
        return page(request, status=401, fault=fault, login=login, back=back)
    if opened.must_go:
        fault = f"Passwords are switched off for you. Sign in with {office.settings.oidc_name}."
        return page(request, status=403, fault=fault, login=login, back=back)
    if opened.half:
        return show(request, "sign_in_code.html", None, fault="", half=opened.half, back=back)
    response = RedirectResponse(await run_in_threadpool(first_page, office, opened.session_id, back), 303)
    keep_in(response, opened.session_id, office)
    return response


@router.post(f"{errors.SIGN_IN_PATH}/code")
async def sign_in_by_code(request: Request, office: TheOffice) -> Response:
    """The second half: the code that the telephone shows, or one from paper. After five wrong
    ones none is looked at."""
    typed = await typed_into(request)
    half, back = typed.get("half", "")[:100], errors.local(typed.get("back", ""))
    user = await run_in_threadpool(_user_of_half, office, half)
    if user is None:
        fault = "That took longer than five minutes. Begin again with your password."
        return page(request, status=401, fault=fault, back=back)
    try:
        session_id = await run_in_threadpool(_open_by_code, request, office, user, half, typed.get("code", "")[:40])
    except HeldOff:
        fault = "Too many wrong codes. Try again in fifteen minutes."
        return page(request, status=429, fault=fault, login=user.login, back=back)
    if session_id is None:
        fault = "This is not the code. Each code opens once: wait for the next one, or take one from your paper."
        return show(request, "sign_in_code.html", None, status=401, fault=fault, half=half, back=back)
    response = RedirectResponse(await run_in_threadpool(first_page, office, session_id, back), 303)
    keep_in(response, session_id, office)
    return response


@router.get("/session")
def show_session(person: Viewer) -> Response:
    """Whether the sign-in stands; asking is use, and the workbench asks while somebody types."""
    return Response(status_code=204)


@router.post("/sign-out")
def sign_out(request: Request, office: TheOffice) -> Response:
    """End the session, here and for whoever may have copied its cookie."""
    session_id = request.cookies.get(COOKIE)
    if session_id:
        with office.database.writing() as session:
            access.end_session(session, session_id, at=office.now())
    response = RedirectResponse(errors.SIGN_IN_PATH, 303)
    response.delete_cookie(COOKIE)
    return response


def keep_in(response: Response, session_id: str, office: Office) -> None:
    """Put the sign-in's id where only this browser's requests to us carry it."""
    is_https = office.settings.public_url.startswith("https:")
    response.set_cookie(COOKIE, session_id, httponly=True, samesite="lax", secure=is_https)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a right password opens: a session, or the question for the code."""

    session_id: str = ""
    half: str = ""
    must_go: bool = False
    """Nothing: this person comes in by the provider alone"""


def _open(request: Request, office: Office, login: str, password: str) -> Opened | None:
    """None when the password does not fit. Either is written down."""
    with office.database.reading() as session:
        person = access.person_of_password(session, login=login, password=password)
    if person is None:
        _write_down_refusal(request, office, login)
        return None
    if office.settings.oidc_only and not person.may(Permission.MANAGE_USERS):
        auth.refuse(request, person.practice_id, person.user_id, "password of who comes in by the provider")
        return Opened(must_go=True)
    with office.database.writing() as session:
        if second_factors.is_kept(session, person.user_id):
            user = session.get_one(User, person.user_id)
            return Opened(half=second_factors.open_half(session, user, at=office.now()))
    return Opened(session_id=begin(request, office, person))


def _user_of_half(office: Office, half: str) -> User | None:
    with office.database.reading() as session:
        user = second_factors.user_of_half(session, half, at=office.now())
        return user if user is not None and user.is_active else None


def _open_by_code(request: Request, office: Office, user: User, half: str, code: str) -> str | None:
    """The id of a new session; None when the code does not fit. Either is written down. Raises HeldOff."""
    with office.database.writing() as session:
        factor = second_factors.of(session, user.id)
        ring: KeyRing = request.app.state.keyring
        by_provider = second_factors.is_by_provider(session, half)
        is_right = factor is not None and second_factor.fits(session, ring, factor, code, at=office.now())
        is_first = is_right and second_factors.end_half(session, half)
    if not is_first:
        auth.refuse(request, user.practice_id, NOBODY, f"wrong code of {user.id}")
        return None
    with office.database.reading() as session:
        person = access.person_of_user(session, user.id)
    return None if person is None else begin(request, office, person, has_factor=True, by_provider=by_provider)


def first_page(office: Office, session_id: str, back: str) -> str:
    """Where somebody who just signed in goes: the page that they asked for, or the first one of their roles."""
    with office.database.reading() as session:
        person, _ = access.person_of_session(session, session_id, at=office.now())
    if person is not None and person.permissions == PERMISSIONS[Role.CLIENT]:
        return HOME_OF_CLIENTS if back in ("", "/") else back
    return back or "/my-day"


def _write_down_refusal(request: Request, office: Office, login: str) -> None:
    """With the practice of whoever the login belongs to, whose auditor is to see it."""
    with office.database.reading() as session:
        known = users.with_login(session, login)
        whose = (
            ("", "wrong login or password") if known is None else (known.practice_id, f"wrong password of {known.id}")
        )
    auth.refuse(request, whose[0], NOBODY, whose[1])


def begin(
    request: Request, office: Office, person: Person, *, has_factor: bool = False, by_provider: bool = False
) -> str:
    """Open a session and write it down; its id belongs in the cookie. `has_factor`: none is asked for any more."""
    with office.database.writing() as session:
        is_asked = second_factors.is_required(session, practice_id=person.practice_id, on=office.today(person))
        session_id = access.open_session(
            session,
            user_id=person.user_id,
            at=office.now(),
            lacks_factor=is_asked and not has_factor,
            by_provider=by_provider,
        )
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="sign_in",
            subject="user",
            subject_id=person.user_id,
            reason="by the provider" if by_provider else "",
            source=auth.source_of(request),
        )
    return session_id
