"""Who of another practice of the installation may read a practice's figures, and what somebody may read together.

A person belongs to one practice. Whoever runs the books of several (a billing company, an owner of two clinics) is
given the reading of figures by a supervisor of each other practice: sums of a month, nothing that names a patient.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from database import users
from database.columns import new_id
from database.tables import FigureReader, Practice, User


class NoSuchReader(ValueError):
    """Nobody of another practice comes in under this login."""


class ReadsAlready(ValueError):
    """They may read the figures already."""


@dataclass(frozen=True, slots=True)
class ReaderView:
    """Somebody who may read the practice's figures, or might until it was ended."""

    id: str
    login: str
    display_name: str
    practice: str
    """Theirs"""
    given_at: datetime
    given_by: str
    ended_at: datetime | None
    ended_by: str | None


def give(session: Session, *, practice_id: str, login: str, at: datetime, actor_id: str) -> FigureReader:
    """Let somebody of another practice read this one's figures. Raises NoSuchReader, ReadsAlready."""
    user = session.exec(select(User).where(User.login == login).with_for_update()).first()
    if user is None or not user.is_active or user.practice_id == practice_id:
        raise NoSuchReader("nobody of another practice comes in under this login")
    here = (FigureReader.practice_id == practice_id, FigureReader.standing_key == user.id)
    if session.exec(select(FigureReader.id).where(*here)).first() is not None:
        raise ReadsAlready("may read the figures already")
    row = FigureReader(
        id=new_id(), practice_id=practice_id, user_id=user.id, standing_key=user.id, given_at=at, given_by=actor_id
    )
    session.add(row)
    session.flush()
    return row


def find(session: Session, *, practice_id: str, reader_id: str) -> FigureReader | None:
    """One row of the practice, locked."""
    here = (FigureReader.practice_id == practice_id, FigureReader.id == reader_id)
    return session.exec(select(FigureReader).where(*here).with_for_update()).first()


def end(session: Session, row: FigureReader, *, at: datetime, actor_id: str) -> None:
    """They read the figures no more, from their next request on."""
    row.standing_key, row.ended_at, row.ended_by = None, at, actor_id
    session.add(row)


def of_practice(session: Session, *, practice_id: str) -> list[ReaderView]:
    """Everybody who may or might read the practice's figures, the newest first."""
    rows = session.exec(
        select(FigureReader, User, Practice.name)
        .join(User, col(User.id) == col(FigureReader.user_id))
        .join(Practice, col(Practice.id) == col(User.practice_id))
        .where(FigureReader.practice_id == practice_id)
        .order_by(col(FigureReader.standing_key).is_(None), col(FigureReader.given_at).desc(), FigureReader.id)
    ).all()
    names = users.names_of(session, {one for row, _, _ in rows for one in (row.given_by, row.ended_by) if one})
    return [
        ReaderView(
            row.id,
            user.login,
            user.display_name,
            practice,
            row.given_at,
            names.get(row.given_by, row.given_by),
            row.ended_at,
            names.get(row.ended_by or ""),
        )
        for row, user, practice in rows
    ]


def practices_of(session: Session, *, user_id: str, practice_id: str) -> list[Practice]:
    """The practices whose figures somebody may read: their own first, then the others by name."""
    own = session.get_one(Practice, practice_id)
    others = session.exec(
        select(Practice)
        .join(FigureReader, col(FigureReader.practice_id) == col(Practice.id))
        .where(FigureReader.standing_key == user_id, col(FigureReader.practice_id) != practice_id)
        .order_by(Practice.name, Practice.id)
    )
    return [own, *others]
