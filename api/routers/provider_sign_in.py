"""The way in by the organisation's provider: off to it, and back with its answer. The session is one of ours then."""

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api import auth, errors
from api.auth import NOBODY
from api.office import Office, TheOffice
from api.openid import CALLBACK_PATH, START_PATH, AnswerRefused, Asked, Provider, ProviderSilent, Said, roles_by_group
from api.routers import sign_in
from api.routers.pages import show
from billing.roles import Role
from database import access, audit, office, provider_sign_ins, second_factors, users
from database.provider_sign_ins import Begun
from database.tables import User
from database.users import LastManager

router = APIRouter(include_in_schema=False)

COOKIE = "zerobalance_provider"
"""Binds a sign-in on its way to the browser that began it: nobody is signed in to somebody else's account"""
SILENT = "The provider of your organization does not answer. Try again shortly, or tell who runs this office."
BEGIN_AGAIN = "That sign-in was not begun in this browser, took longer than ten minutes, or was used. Begin again."


class NotLetIn(RuntimeError):
    """The provider knows this person, and the office does not let them in."""

    def __init__(self, words: str, reason: str) -> None:
        super().__init__(reason)
        self.words = words
        """For the person"""


@router.get(START_PATH)
def go_to_provider(request: Request, office_: TheOffice, back: str = "") -> Response:
    """Off to the provider; `back` is our page to go to afterwards."""
    provider = _provider(request)
    asked, back = Asked(), errors.local(back)
    try:
        address = provider.address(asked)
    except ProviderSilent as error:
        return _refused(request, SILENT, f"provider silent: {error}", status=502, back=back)
    with office_.database.writing() as session:
        browser = provider_sign_ins.begin(
            session,
            state=asked.state,
            nonce=asked.nonce,
            verifier=asked.verifier,
            back=back,
            at=office_.now(),
        )
    response = RedirectResponse(address, 303)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=int(provider_sign_ins.LASTS.total_seconds()),
        path=errors.SIGN_IN_PATH,
        httponly=True,
        samesite="lax",
        secure=office_.settings.public_url.startswith("https:"),
    )
    return response


@router.get(CALLBACK_PATH)
def come_back(
    request: Request, office_: TheOffice, code: str = "", state: str = "", error: str = "", iss: str = ""
) -> Response:
    """Back from the provider: a session where it signed in somebody whom the office lets in."""
    provider = _provider(request)
    with office_.database.writing() as session:
        browser = request.cookies.get(COOKIE, "")
        begun = provider_sign_ins.take(session, state=state, browser=browser, at=office_.now())
    if begun is None:
        return _refused(request, BEGIN_AGAIN, "provider sign-in not begun here, used, or run out", status=400)
    if error or (iss and iss != provider.issuer):
        words = "The provider did not sign you in." if error else "That answer is of another provider."
        return _refused(request, words, f"provider sign-in refused: {error[:40] or 'issuer'}", back=begun.back)
    try:
        said = provider.said(code, Asked(state, begun.nonce, begun.verifier), at=office_.now())
        user, is_asked = _let_in(office_, said)
    except ProviderSilent as silent:
        return _refused(request, SILENT, f"provider silent: {silent}", status=502, back=begun.back)
    except AnswerRefused as refused:
        words = f"The answer of the provider is not taken: {refused}."
        return _refused(request, words, f"provider's answer refused: {refused}", back=begun.back)
    except NotLetIn as refused:
        return _refused(request, refused.words, f"provider sign-in: {refused}", status=403, back=begun.back)
    return _opened(request, office_, user, begun, is_asked=is_asked)


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise errors.not_found("provider of sign-ins")
    return provider


def _let_in(office_: Office, said: Said) -> tuple[User, bool]:
    """(the user, whether they are asked for our second factor too). Raises NotLetIn."""
    settings = office_.settings
    mapping = roles_by_group(settings)
    roles = frozenset[Role]().union(*(mapping.get(one, frozenset()) for one in said.groups))
    if settings.oidc_groups_claim and not roles:
        raise NotLetIn("None of your groups gives you a role here. Ask who manages the groups.", "no role by groups")
    with office_.database.writing() as session:
        user = users.with_login(session, said.login)
        if user is None:
            user = _created(session, office_, said, roles)
        if not user.is_active:
            raise NotLetIn("Your login is deactivated here. Ask who manages users.", f"{user.id} is deactivated")
        if settings.oidc_groups_claim:
            _take_roles(session, office_, user, roles)
        policies = office.policies_for(session, practice_id=user.practice_id, payer_id=None)
        is_asked = bool(policies.value("second_factor_after_provider", as_of=policies.day(office_.now())))
        return user, is_asked


def _created(session: Session, office_: Office, said: Said, roles: Iterable[Role]) -> User:
    """A new user of the practice that the settings name. Raises NotLetIn where nobody is created."""
    name = office_.settings.oidc_new_users_practice
    if not name:
        raise NotLetIn(f"Nobody has the login {said.login} here. Ask who manages users to add you.", "unknown login")
    practice = office.practice_named(session, name)
    if practice is None or not users.is_login(said.login):
        raise NotLetIn("No user can be made for you here. Ask who runs this office.", "no practice, or no login")
    user = access.add_user(
        session,
        practice_id=practice.id,
        login=said.login,
        display_name=(said.name or said.login)[:100],
        roles=roles,
    )
    _audit(session, office_, user, "create", f"by the provider, roles {user.roles}")
    return user


def _take_roles(session: Session, office_: Office, user: User, roles: frozenset[Role]) -> None:
    """The roles that the groups give; the last who may manage users keeps those that they have."""
    before = user.roles
    try:
        users.set_roles(session, user, roles)
    except LastManager:
        return
    if user.roles != before:
        _audit(session, office_, user, "update", f"roles by the provider: {user.roles}, before: {before}")


def _opened(request: Request, office_: Office, user: User, begun: Begun, *, is_asked: bool) -> Response:
    with office_.database.writing() as session:
        if is_asked and second_factors.is_kept(session, user.id):
            half = second_factors.open_half(session, user, at=office_.now(), by_provider=True)
            return show(request, "sign_in_code.html", None, fault="", half=half, back=begun.back)
        person = access.person_of_user(session, user.id)
    assert person is not None, "who is active comes in"
    session_id = sign_in.begin(request, office_, person, has_factor=not is_asked, by_provider=True)
    response = RedirectResponse(sign_in.first_page(office_, session_id, begun.back), 303)
    response.delete_cookie(COOKIE, path=errors.SIGN_IN_PATH)
    sign_in.keep_in(response, session_id, office_)
    return response


def _refused(request: Request, words: str, reason: str, *, status: int = 401, back: str = "") -> Response:
    auth.refuse(request, "", NOBODY, reason)
    return sign_in.page(request, fault=words, back=back, status=status)


def _audit(session: Session, office_: Office, user: User, action: str, reason: str) -> None:
    audit.record(
        session,
        practice_id=user.practice_id,
        at=office_.now(),
        actor_id=user.id,
        action=action,
        subject="user",
        subject_id=user.id,
        reason=reason[:300],
    )
