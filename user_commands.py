"""Commands on the people of a practice: `zerobalance user ...`, also the way back in when nobody can sign in."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlmodel import Session

import office_setup
from billing.roles import Role
from database import audit, office, users
from database.access import LoginTaken
from database.tables import User
from database.users import LastManager
from settings import OperatorError, Settings

app = typer.Typer(
    help="Add and list users, give them another password, deactivate them. They choose a password of their own when "
    "they first sign in.",
    no_args_is_help=True,
)

LONGEST_NAME = 100

Login = Annotated[str, typer.Argument(help="As `zerobalance user list` shows it")]
PracticeName = Annotated[str | None, typer.Option("--practice", help="Whose; default: the first practice")]


class UserNotChanged(OperatorError):
    """A user cannot be added or changed; nothing was."""


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="What they sign in with, such as m.curie")],
    name: Annotated[str, typer.Option(help="How they are called in the workbench")],
    role: Annotated[list[Role], typer.Option(help="What they do; may be given several times")],
    practice: PracticeName = None,
) -> None:
    """Add a user and print their password, this once."""

    def act(session: Session, at: datetime) -> str:
        practice_id = _practice(session, practice)
        if not users.is_login(login):
            raise UserNotChanged(f"{login!r} is no login: {users.LOGIN_WORDS}. Nothing was added.")
        if not 1 <= len(name.strip()) <= LONGEST_NAME:
            raise UserNotChanged(f"--name takes 1 to {LONGEST_NAME} characters. Nothing was added.")
        try:
            user, password = users.add(
                session, practice_id=practice_id, login=login, display_name=name, roles=role, at=at
            )
        except LoginTaken as error:
            raise UserNotChanged(str(error)) from error
        _audit(session, user, f"added with {user.roles}", at=at)
        return _shown_once(user, password)

    typer.echo(_do(act))


@app.command(name="list")
def list_users(practice: PracticeName = None) -> None:
    """Everybody who has a login, with their roles."""

    def act(session: Session, at: datetime) -> str:
        found = users.of_practice(session, practice_id=_practice(session, practice))
        return "\n".join(
            f"{one.login}: {one.display_name}, {', '.join(one.roles)}{'' if one.is_active else ' (deactivated)'}"
            for one in found
        )

    typer.echo(_do(act))


@app.command()
def password(login: Login) -> None:
    """Make up another password and print it, this once; their sign-ins end."""

    def act(session: Session, at: datetime) -> str:
        user = _user(session, login)
        made = users.reset_password(session, user, at=at)
        _audit(session, user, "password reset", at=at)
        return _shown_once(user, made)

    typer.echo(_do(act))


@app.command(name="second-factor-off")
def second_factor_off(login: Login) -> None:
    """Ask somebody for no code any more, whose telephone and paper are lost; their sign-ins end at once."""

    def act(session: Session, at: datetime) -> str:
        user = _user(session, login)
        if not users.remove_second_factor(session, user, at=at):
            return f"{login} has no second factor"
        _audit(session, user, "second factor taken away", at=at)
        return f"{login} signs in by the password alone now"

    typer.echo(_do(act))


@app.command()
def deactivate(login: Login) -> None:
    """Let somebody in no more; their sign-ins end at once."""

    def act(session: Session, at: datetime) -> str:
        user = _user(session, login)
        try:
            users.deactivate(session, user, at=at)
        except LastManager as error:
            raise UserNotChanged(str(error)) from error
        _audit(session, user, "deactivated", at=at)
        return f"{login} is deactivated"

    typer.echo(_do(act))


@app.command()
def reactivate(login: Login) -> None:
    """Let somebody in again."""

    def act(session: Session, at: datetime) -> str:
        user = _user(session, login)
        users.reactivate(session, user)
        _audit(session, user, "reactivated", at=at)
        return f"{login} may come in again"

    typer.echo(_do(act))


def _do(act: Callable[[Session, datetime], str]) -> str:
    """In one transaction on the office's database."""
    database = office_setup.open_database(Settings())
    try:
        with database.writing() as session:
            return act(session, datetime.now(UTC))
    finally:
        database.close()


def _practice(session: Session, name: str | None) -> str:
    """Raises UserNotChanged."""
    known = office.practices(session)
    found = office.practice_named(session, name) if name else office.first_practice(session) if known else None
    if found is None:
        raise UserNotChanged(f"there is no practice {name or 'yet'}; run `zerobalance setup` first")
    return found.id


def _user(session: Session, login: str) -> User:
    user = users.with_login(session, login)
    if user is None:
        raise UserNotChanged(f"nobody has the login {login}; `zerobalance user list` shows them")
    return user


def _shown_once(user: User, password: str) -> str:
    return f"login {user.login}, password {password} (shown this once; they choose another when they sign in)"


def _audit(session: Session, user: User, reason: str, *, at: datetime) -> None:
    audit.record(
        session,
        practice_id=user.practice_id,
        at=at,
        actor_id=audit.OPERATOR,
        action="update",
        subject="user",
        subject_id=user.id,
        reason=reason,
    )
