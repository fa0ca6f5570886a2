"""The people of a practice as its supervisors keep them: who comes in, with which roles, under a password of their own.

A made-up password opens one page, the one where its owner chooses another: who approves a write-off must not be
somebody whose password the proposer has seen.
"""

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.roles import Permission, Role, permissions_of
from database import access, second_factors, task_holders
from database.tables import User

MADE_UP_BYTES = 12
"""Random bytes of a password that is shown once: 16 characters"""


LOGIN_WORDS = "2 to 60 small letters, digits and . _ - @, such as m.curie"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,59}")


def is_login(text: str) -> bool:
    """Whether somebody could sign in with it."""
    return _LOGIN.fullmatch(text) is not None


class LastManager(ValueError):
    """Nobody would be left who may manage users."""


class WrongPassword(ValueError):
    """The old password is not this."""


@dataclass(frozen=True, slots=True)
class UserView:
    """One person, or program, of a practice."""

    id: str
    login: str
    display_name: str
    roles: tuple[Role, ...]
    is_active: bool
    has_password: bool
    """No: they come in by token alone"""
    has_factor: bool
    """They are asked for a code beside the password"""


def of_practice(session: Session, *, practice_id: str) -> list[UserView]:
    """Everybody, those who may come in first, by name."""
    query = select(User).where(User.practice_id == practice_id)
    kept = second_factors.kept_by(session, practice_id=practice_id)
    rows = session.exec(query.order_by(col(User.is_active).desc(), col(User.display_name), col(User.login)))
    return [
        UserView(
            id=row.id,
            login=row.login,
            display_name=row.display_name,
            roles=tuple(sorted(_roles(row))),
            is_active=row.is_active,
            has_password=row.password_hash is not None,
            has_factor=row.id in kept,
        )
        for row in rows
    ]


def names_of(session: Session, user_ids: Collection[str]) -> dict[str, str]:
    """User id to the name that pages show; the office and programs are no users and have none."""
    rows = session.exec(select(User.id, User.display_name).where(col(User.id).in_(user_ids)))
    return dict(rows.all())


def find(session: Session, *, practice_id: str, user_id: str) -> User | None:
    """A user of this practice."""
    user = session.get(User, user_id)
    return user if user is not None and user.practice_id == practice_id else None


def with_login(session: Session, login: str) -> User | None:
    """The user of this installation who has this login."""
    return session.exec(select(User).where(User.login == login)).first()


def add(
    session: Session, *, practice_id: str, login: str, display_name: str, roles: Iterable[Role], at: datetime
) -> tuple[User, str]:
    """(the new user, their password, which nobody can read again). Raises access.LoginTaken."""
    user = access.add_user(session, practice_id=practice_id, login=login, display_name=display_name, roles=roles)
    return user, reset_password(session, user, at=at)


def set_roles(session: Session, user: User, roles: Iterable[Role]) -> None:
    """What the user may do from the next request on. Raises LastManager."""
    chosen = frozenset(roles)
    if Permission.MANAGE_USERS not in permissions_of(chosen):
        _require_another_manager(session, user)
    user.roles = ",".join(sorted(chosen))
    session.add(user)


def remove_second_factor(session: Session, user: User, *, at: datetime) -> bool:
    """Ask for no code any more, and end every sign-in; False where none was asked for."""
    if not second_factors.forget(session, user.id):
        return False
    access.end_all_sessions(session, user_id=user.id, at=at)
    return True


def deactivate(session: Session, user: User, *, at: datetime) -> None:
    """Let the user in no more: sign-ins end, tokens open nothing, nobody holds their tasks. Raises LastManager."""
    _require_another_manager(session, user)
    user.is_active = False
    session.add(user)
    access.end_all_sessions(session, user_id=user.id, at=at)
    task_holders.let_go(session, practice_id=user.practice_id, user_id=user.id)


def reactivate(session: Session, user: User) -> None:
    """Let the user in again, with password and tokens as they were."""
    user.is_active = True
    session.add(user)


def reset_password(session: Session, user: User, *, at: datetime) -> str:
    """A new password, shown this once, that opens only the page to choose another; sign-ins end at once."""
    password = secrets.token_urlsafe(MADE_UP_BYTES)
    access.set_password(session, user, password, at=at, must_change=True)
    return password


def change_password(session: Session, user: User, *, old: str, new: str, at: datetime) -> None:
    """The user chooses another password; all their sign-ins end, this one too. Raises WrongPassword."""
    if not access.password_fits(user, old):
        raise WrongPassword("the old password is not this")
    access.set_password(session, user, new, at=at)


def _require_another_manager(session: Session, user: User) -> None:
    """The rows are locked, so that two managers cannot take each other's right away at once."""
    query = select(User).where(User.practice_id == user.practice_id, col(User.is_active)).with_for_update()
    managers = {one.id for one in session.exec(query) if Permission.MANAGE_USERS in permissions_of(_roles(one))}
    if managers <= {user.id}:
        raise LastManager("nobody else may manage users; give that right to somebody else first")


def is_only_approver(session: Session, *, practice_id: str, user_id: str) -> bool:
    """Whether this person may approve and nobody else who comes in may: a second person would never be found."""
    query = select(User).where(User.practice_id == practice_id, col(User.is_active))
    return {one.id for one in session.exec(query) if Permission.APPROVE in permissions_of(_roles(one))} == {user_id}


def _roles(user: User) -> frozenset[Role]:
    return frozenset(Role(name) for name in user.roles.split(",") if name)
