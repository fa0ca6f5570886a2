"""The second factor of a sign-in: a secret that a person's telephone shares, and codes on paper for when it is lost.

A code opens one door once: the step of time that it belongs to is kept, and a code on paper is struck out. Between
the password and the code a sign-in is half: a random id, kept as its hash, good for five minutes.
"""

import json
import secrets
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from database import access
from database.office import policies_for
from database.tables import HalfSignIn, SecondFactor, User

HALF_LASTS = timedelta(minutes=5)
WRONG_CODES = 5
WRONG_WINDOW = timedelta(minutes=15)
"""So many wrong codes of one person within so long, in whatever process and sign-in, and none is looked at"""
RECOVERY_CODES = 8
RECOVERY_BYTES = 5
"""Random bytes of a code on paper: ten characters"""


def of(session: Session, user_id: str) -> SecondFactor | None:
    """The user's factor, locked for a change; it counts once it is confirmed."""
    query = select(SecondFactor).where(SecondFactor.user_id == user_id)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def is_kept(session: Session, user_id: str) -> bool:
    """Whether the user needs a code to sign in."""
    query = select(SecondFactor.user_id).where(
        SecondFactor.user_id == user_id, col(SecondFactor.confirmed_at).is_not(None)
    )
    return session.exec(query).first() is not None


def is_required(session: Session, *, practice_id: str, on: date) -> bool:
    """Whether the practice lets nobody in by a password alone."""
    policies = policies_for(session, practice_id=practice_id, payer_id=None)
    return bool(policies.value("second_factor_required", as_of=on))


def kept_by(session: Session, *, practice_id: str) -> frozenset[str]:
    """The users of a practice who need a code to sign in."""
    query = select(SecondFactor.user_id).where(
        SecondFactor.practice_id == practice_id, col(SecondFactor.confirmed_at).is_not(None)
    )
    return frozenset(session.exec(query))


def begin(session: Session, user: User, *, sealed: str) -> None:
    """Offer a new secret; one that was offered before and never confirmed is forgotten, a kept one stays."""
    session.exec(select(User.id).where(User.id == user.id).with_for_update()).one()
    if is_kept(session, user.id):
        return
    forget(session, user.id)
    session.add(SecondFactor(user_id=user.id, practice_id=user.practice_id, secret=sealed))
    session.flush()


def is_held_off(factor: SecondFactor, *, at: datetime) -> bool:
    """Whether too many wrong codes were typed just now: no code is looked at."""
    since = factor.wrong_since
    return since is not None and at - since < WRONG_WINDOW and factor.wrong_codes >= WRONG_CODES


def note_wrong(session: Session, factor: SecondFactor, *, at: datetime) -> None:
    """Count a wrong code, on the row that is locked: guesses at one moment are counted one by one."""
    if factor.wrong_since is None or at - factor.wrong_since >= WRONG_WINDOW:
        factor.wrong_since, factor.wrong_codes = at, 0
    factor.wrong_codes += 1
    session.add(factor)
    session.flush()


def note_right(session: Session, factor: SecondFactor) -> None:
    """A right code ends the count."""
    factor.wrong_since, factor.wrong_codes = None, 0
    session.add(factor)
    session.flush()


def confirm(session: Session, factor: SecondFactor, *, step: int, at: datetime, session_id: str) -> list[str]:
    """The telephone showed the right code in this sign-in: from now on it is asked for, and every other sign-in ends.
    Gives the codes for paper, this once."""
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    factor.confirmed_at, factor.last_step = at, step
    factor.recovery = json.dumps([access.digest(one) for one in codes])
    session.add(factor)
    session.flush()
    access.end_all_sessions(session, user_id=factor.user_id, at=at, but=session_id)
    access.has_factor_now(session, session_id)
    return codes


def use_step(session: Session, factor: SecondFactor, step: int) -> None:
    """The code of this step of time opens nothing any more, nor does an earlier one."""
    factor.last_step = step
    session.add(factor)
    session.flush()


def use_recovery(session: Session, factor: SecondFactor, code: str) -> bool:
    """Strike out a code on paper; False where it is none, or was used."""
    left: list[str] = json.loads(factor.recovery)
    digest = access.digest(code)
    if digest not in left:
        return False
    factor.recovery = json.dumps([one for one in left if one != digest])
    session.add(factor)
    session.flush()
    return True


def recovery_left(factor: SecondFactor) -> int:
    """How many codes on paper were not used."""
    return len(json.loads(factor.recovery))


def forget(session: Session, user_id: str) -> bool:
    """Ask the user for no code any more; False where none was asked for."""
    done = session.execute(sa.delete(SecondFactor).where(col(SecondFactor.user_id) == user_id))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def open_half(session: Session, user: User, *, at: datetime, by_provider: bool = False) -> str:
    """The password fitted, or the provider said who it is; the returned id goes with the form that asks for the
    code."""
    session.execute(sa.delete(HalfSignIn).where(col(HalfSignIn.expires_at) < at))
    half = secrets.token_urlsafe(access.SECRET_BYTES)
    row = HalfSignIn(
        sha256=access.digest(half),
        practice_id=user.practice_id,
        user_id=user.id,
        expires_at=at + HALF_LASTS,
        by_provider=by_provider,
    )
    session.add(row)
    session.flush()
    return half


def user_of_half(session: Session, half: str, *, at: datetime) -> User | None:
    """Whose password fitted; None where that is too long ago, or never was."""
    row = session.get(HalfSignIn, access.digest(half))
    return None if row is None or row.expires_at < at else session.get(User, row.user_id)


def is_by_provider(session: Session, half: str) -> bool:
    """Whether no password of ours stands before the code."""
    row = session.get(HalfSignIn, access.digest(half))
    return row is not None and row.by_provider


def end_half(session: Session, half: str) -> bool:
    """The code fitted too: the half is used up; False where another request was faster."""
    done = session.execute(sa.delete(HalfSignIn).where(col(HalfSignIn.sha256) == access.digest(half)))
    return bool(done.rowcount)  # type: ignore[attr-defined]
