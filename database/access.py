"""Who may come in: people, their passwords, bearer tokens and sign-ins.

Tokens and session ids are 256 random bits; the database keeps their SHA-256 alone, so that a copy of it opens no
door. Passwords are kept as argon2id. A sign-in goes stale after IDLE_LIMIT without use (45 CFR 164.312(a)(2)(iii))
and can be ended at any time, because it is a row and not a signed cookie.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import Session, col, select

from billing.roles import Permission, Role, permissions_of
from database.columns import new_id
from database.office import zone_of
from database.tables import Token, User, WebSession

IDLE_LIMIT = timedelta(minutes=15)
"""How long a sign-in lives without being used"""

TOUCH_INTERVAL = timedelta(minutes=1)
"""A sign-in's last use is written down at most this often: reading a page should seldom write"""

SECRET_BYTES = 32

_PASSWORDS = PasswordHash((Argon2Hasher(),))
_NOBODYS_HASH = _PASSWORDS.hash(secrets.token_hex(16))
"""Verified when the login is unknown, so that an unknown login takes as long as a wrong password"""


class LoginTaken(ValueError):
    """Another user of this installation has this login."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or a program, who has proved who they are."""

    user_id: str
    practice_id: str
    display_name: str
    roles: frozenset[Role]
    zone: tzinfo = UTC
    """Of the practice's days"""
    must_change_password: bool = False
    """They signed in with a password that somebody else has seen; a token is no password"""
    must_set_factor: bool = False
    """Their practice asks for a second factor, and they signed in without one"""
    kept: frozenset[str] = frozenset()
    """Patients whose records are kept from them at this instant: `database/sensitive.py`"""

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class FirstAccess:
    """What setup shows once and nobody can read again."""

    login: str
    password: str
    token: str


def add_user(
    session: Session,
    *,
    practice_id: str,
    login: str,
    display_name: str,
    roles: Iterable[Role],
    password: str | None = None,
) -> User:
    """Register a user; without a password they can come in by token only. Raises LoginTaken."""
    if session.exec(select(User.id).where(User.login == login)).first() is not None:
        raise LoginTaken(f"the login {login} is taken")
    user = User(
        id=new_id(),
        practice_id=practice_id,
        login=login,
        display_name=display_name,
        roles=",".join(sorted(set(roles))),
        password_hash=None if password is None else _PASSWORDS.hash(password),
    )
    session.add(user)
    session.flush()
    return user


def set_password(session: Session, user: User, password: str, *, at: datetime, must_change: bool = False) -> None:
    """Give a user another password; every sign-in under the old one ends at once."""
    user.password_hash = _PASSWORDS.hash(password)
    user.must_change_password = must_change
    session.add(user)
    end_all_sessions(session, user_id=user.id, at=at)


def password_fits(user: User, password: str) -> bool:
    """Whether this is the user's password. Takes about 150 ms either way."""
    return _PASSWORDS.verify(password, user.password_hash or _NOBODYS_HASH) and user.password_hash is not None


def has_users(session: Session, *, practice_id: str) -> bool:
    """Whether anybody can come in for this practice."""
    return session.exec(select(User.id).where(User.practice_id == practice_id).limit(1)).first() is not None


def install_first_access(session: Session, *, practice_id: str, login: str, at: datetime) -> FirstAccess:
    """The first supervisor of a practice, with a password and a token made up here."""
    password = secrets.token_urlsafe(12)
    user = add_user(
        session,
        practice_id=practice_id,
        login=login,
        display_name="Supervisor",
        roles=[Role.SUPERVISOR],
        password=password,
    )
    return FirstAccess(login, password, issue_token(session, user_id=user.id, label="first token", at=at))


def install_staff(session: Session, *, practice_id: str, prefix: str, at: datetime) -> dict[Role, str]:
    """One user per role, known as `prefix-role`, each with a bearer token: for demonstrations, proofs and tests."""
    tokens: dict[Role, str] = {}
    for role in Role:
        name = str(role).replace("_", " ")
        user = add_user(
            session,
            practice_id=practice_id,
            login=f"{prefix}-{role}",
            display_name=name.capitalize(),
            roles=[role],
        )
        tokens[role] = issue_token(session, user_id=user.id, label=name, at=at)
    return tokens


def issue_token(session: Session, *, user_id: str, label: str, at: datetime, lifetime: timedelta | None = None) -> str:
    """A new bearer token, shown this once."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    expires_at = None if lifetime is None else at + lifetime
    session.add(Token(sha256=digest(token), user_id=user_id, label=label, created_at=at, expires_at=expires_at))
    session.flush()
    return token


def revoke_token(session: Session, *, token: str, at: datetime) -> None:
    """The token opens nothing from now on."""
    row = session.get(Token, digest(token))
    if row is not None and row.revoked_at is None:
        row.revoked_at = at
        session.add(row)


def person_of_token(session: Session, token: str, *, at: datetime) -> Person | None:
    """Whose token this is; None when it is unknown, expired or revoked, or its user is gone."""
    row = session.get(Token, digest(token))
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    return _person(session, session.get(User, row.user_id))


def person_of_password(session: Session, *, login: str, password: str) -> Person | None:
    """Who signs in with this login and password; None when they do not fit. Takes about 150 ms either way."""
    user = session.exec(select(User).where(User.login == login)).first()
    if user is None:
        _PASSWORDS.verify(password, _NOBODYS_HASH)
        return None
    return _person(session, user) if password_fits(user, password) else None


def person_of_user(session: Session, user_id: str) -> Person | None:
    """A user who proved who they are; None where they come in no more."""
    return _person(session, session.get(User, user_id))


def open_session(
    session: Session, *, user_id: str, at: datetime, lacks_factor: bool = False, by_provider: bool = False
) -> str:
    """Begin a sign-in; the returned id belongs in a cookie and nowhere else. `lacks_factor`: only the page opens where
    a second factor is set up. `by_provider`: no password of ours was asked for."""
    session_id = secrets.token_urlsafe(SECRET_BYTES)
    row = WebSession(
        sha256=digest(session_id),
        user_id=user_id,
        created_at=at,
        last_seen_at=at,
        lacks_factor=lacks_factor,
        by_provider=by_provider,
    )
    session.add(row)
    session.flush()
    return session_id


def person_of_session(session: Session, session_id: str, *, at: datetime) -> tuple[Person | None, bool]:
    """Who signed in, and whether this use must be written down with `touch_session`.

    None when the sign-in is unknown, was ended, or went stale.
    """
    row = session.get(WebSession, digest(session_id))
    if row is None or row.ended_at is not None or at - row.last_seen_at > IDLE_LIMIT:
        return None, False
    user = session.get(User, row.user_id)
    person = _person(session, user)
    if person is not None and user is not None and user.must_change_password and not row.by_provider:
        person = replace(person, must_change_password=True)
    if person is not None and row.lacks_factor:
        person = replace(person, must_set_factor=True)
    return person, at - row.last_seen_at >= TOUCH_INTERVAL


def entered_by_provider(session: Session, session_id: str) -> datetime | None:
    """When this sign-in began, if the organisation's provider said who it is; None: a password did."""
    row = session.get(WebSession, digest(session_id))
    return row.created_at if row is not None and row.by_provider else None


def touch_session(session: Session, session_id: str, *, at: datetime) -> None:
    """The sign-in was used just now."""
    session.execute(
        sa.update(WebSession)
        .where(col(WebSession.sha256) == digest(session_id), col(WebSession.ended_at).is_(None))
        .values(last_seen_at=at)
    )


def end_session(session: Session, session_id: str, *, at: datetime) -> None:
    """Sign out."""
    session.execute(
        sa.update(WebSession)
        .where(col(WebSession.sha256) == digest(session_id), col(WebSession.ended_at).is_(None))
        .values(ended_at=at)
    )


def has_factor_now(session: Session, session_id: str) -> None:
    """The second factor was set up in this sign-in, to which everything opens now."""
    session.execute(
        sa.update(WebSession).where(col(WebSession.sha256) == digest(session_id)).values(lacks_factor=False)
    )


def end_all_sessions(session: Session, *, user_id: str, at: datetime, but: str = "") -> None:
    """Sign a user out everywhere, or everywhere but in one sign-in."""
    session.execute(
        sa.update(WebSession)
        .where(
            col(WebSession.user_id) == user_id,
            col(WebSession.ended_at).is_(None),
            col(WebSession.sha256) != digest(but),
        )
        .values(ended_at=at)
    )


def _person(session: Session, user: User | None) -> Person | None:
    if user is None or not user.is_active:
        return None
    roles = frozenset(Role(name) for name in user.roles.split(",") if name)
    return Person(user.id, user.practice_id, user.display_name, roles, zone_of(session, user.practice_id))


def digest(secret: str) -> str:
    """What is kept of a random secret, so that a copy of the database opens no door (SHA-256)."""
    return hashlib.sha256(secret.encode()).hexdigest()
