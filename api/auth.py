"""Who is asking, and whether they may: a bearer token, or the cookie of a sign-in.

A route states what it needs with `require(Permission.X)`; a test walks all routes and finds those that do not.
Credentials that were shown and refused are written to the audit chain; a request without any is only answered.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from api import errors, seeing
from api.errors import Problem
from api.office import Office, office_of
from billing.roles import Permission
from database import access, audit, sensitive
from database.access import Person

COOKIE = "zerobalance_session"
NOBODY = "unknown"
"""The actor of a refused credential, which belongs to nobody"""


@dataclass(frozen=True)
class Requirement:
    """A dependency: somebody who holds at least one of the permissions."""

    permissions: tuple[Permission, ...]
    with_any_password: bool = False
    """Also for somebody whose password somebody else made up, or who has no second factor where the practice asks for
    one: the pages where they mend that"""
    breaks_glass: bool = False
    """Where somebody asks to see what is kept from them"""

    async def __call__(self, request: Request) -> Person:
        """Who asks, where they may. Raises Problem 401 and 403."""
        person = await run_in_threadpool(self.admit, request)
        refusal = None if self.breaks_glass else await seeing.refusal(request, person)
        if refusal is not None:
            reason = f"sensitive record of patient {refusal.patient_id}"
            await run_in_threadpool(refuse, request, person.practice_id, person.user_id, reason)
            raise refusal
        return person

    def admit(self, request: Request) -> Person:
        """Who asks, where their roles allow the route. Raises Problem 401 and 403."""
        person = request.state.person = person_of(request)
        if not any(person.may(permission) for permission in self.permissions):
            refuse(request, person.practice_id, person.user_id, f"needs {' or '.join(self.permissions)}")
            raise Problem(
                403, "forbidden", "Not with your roles", f"This needs the permission {' or '.join(self.permissions)}."
            )
        if person.must_change_password and not self.with_any_password:
            raise Problem(403, errors.PASSWORD_TO_CHANGE, "Choose a password of your own first", "See /password.")
        if person.must_set_factor and not self.with_any_password:
            raise Problem(403, errors.FACTOR_TO_SET, "Set up a second factor first", f"See {errors.FACTOR_PATH}.")
        return person


def require(*permissions: Permission) -> Any:
    """Only for somebody with one of these permissions. The value is the Person."""
    return Depends(Requirement(permissions))


def require_also(person: Person, permission: Permission) -> None:
    """Raise Problem 403 for somebody who came in by another permission and lacks this one."""
    if not person.may(permission):
        raise Problem(403, "forbidden", "Not with your roles", f"This needs the permission {permission}.")


Viewer = Annotated[Person, require(Permission.VIEW)]
FigureViewer = Annotated[Person, require(Permission.READ_FIGURES)]


def person_of(request: Request) -> Person:
    """Who sends this request. Raises Problem 401."""
    office = office_of(request)
    at = office.now()
    token = bearer_token(request)
    if token is not None:
        with office.database.reading() as session:
            person = _with_kept(session, access.person_of_token(session, token, at=at), at)
        return person or _turn_away(request, "token")
    session_id = request.cookies.get(COOKIE)
    if session_id:
        return _person_of_session(office, session_id, at) or _turn_away(request, "session")
    raise _unauthenticated("Sign in, or send a bearer token.")


def bearer_token(request: Request) -> str | None:
    """What stands behind `Authorization: Bearer`; None when the header is not there. Raises Problem 401."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("The Authorization header must be `Bearer <token>`.")
    return token.strip()


def source_of(request: Request) -> str:
    """Where the request comes from, for the audit."""
    return request.client.host[:60] if request.client else ""


def seen(
    request: Request, person: Person, *, subject: str, subject_id: str, action: str = "view", practice_id: str = ""
) -> None:
    """Write down that somebody looked at a record; `practice_id`: of another practice, which let them."""
    office = office_of(request)
    with office.database.writing() as session:
        audit.record(
            session,
            practice_id=practice_id or person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            source=source_of(request),
        )


def refuse(request: Request, practice_id: str, actor_id: str, reason: str) -> None:
    """Write down a refusal."""
    office = office_of(request)
    route = getattr(request.scope.get("route"), "path", "")
    with office.database.writing() as session:
        audit.record(
            session,
            practice_id=practice_id,
            at=office.now(),
            actor_id=actor_id,
            action="refuse",
            subject="route",
            subject_id=f"{request.method} {route}"[:64],
            reason=reason[:300],
            source=source_of(request),
        )


def _person_of_session(office: Office, session_id: str, at: datetime) -> Person | None:
    with office.database.reading() as session:
        found, is_due = access.person_of_session(session, session_id, at=at)
        person = _with_kept(session, found, at)
    if person is not None and is_due:
        with office.database.writing() as session:
            access.touch_session(session, session_id, at=at)
    return person


def _with_kept(session: Session, person: Person | None, at: datetime) -> Person | None:
    """The same person, from whom is kept what they may not see at this instant."""
    return None if person is None else replace(person, kept=sensitive.kept_from(session, person, at=at))


def _turn_away(request: Request, kind: str) -> Person:
    refuse(request, "", NOBODY, f"unknown, expired or revoked {kind}")
    raise _unauthenticated("The credentials are unknown, have expired, or were revoked.")


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", "Who are you?", detail, headers={"WWW-Authenticate": "Bearer"})
