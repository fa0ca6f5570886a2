"""Who saw and changed what, as an auditor asks for it: by person, record, kind and days, the newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.roles import Permission, Role, permissions_of
from database import users
from database.access import IDLE_LIMIT
from database.tables import AuditEvent, Token, User, WebSession

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events; what is empty chooses nothing."""

    actor_id: str = ""
    action: str = ""
    subject: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Before this instant"""


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of the chain."""

    id: int
    at: datetime
    actor_id: str
    actor: str
    """The name of a person, or what a program is called"""
    action: str
    subject: str
    subject_id: str
    reason: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events."""

    items: list[EventView]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class AccessView:
    """One user, what they may do, and when they came in last."""

    login: str
    display_name: str
    is_active: bool
    roles: tuple[Role, ...]
    permissions: tuple[Permission, ...]
    last_seen_at: datetime | None
    open_sessions: int
    tokens: int
    """Neither revoked nor run out"""
    refusals: int
    """What they asked for and their roles did not allow, ever"""


def page(session: Session, wanted: Wanted, *, practice_id: str, before: int | None, limit: int) -> EventPage:
    """The practice's events, the newest first, from behind the one with the number `before` on."""
    rows = session.exec(_query(wanted, practice_id, before).limit(limit + 1)).all()
    return EventPage(_views(session, rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def every(session: Session, wanted: Wanted, *, practice_id: str) -> Iterator[EventView]:
    """All of them, read in pages."""
    before: int | None = None
    while True:
        found = page(session, wanted, practice_id=practice_id, before=before, limit=AT_ONCE)
        yield from found.items
        if found.next_before is None:
            return
        before = found.next_before


def words(session: Session, *, practice_id: str) -> tuple[list[str], list[str]]:
    """(the actions, the kinds of records) that the practice's chain knows."""
    query = select(AuditEvent.action, AuditEvent.subject).where(AuditEvent.practice_id == practice_id).distinct()
    pairs = session.exec(query).all()
    return sorted({action for action, _ in pairs}), sorted({subject for _, subject in pairs})


def access(session: Session, *, practice_id: str, at: datetime) -> list[AccessView]:
    """Everybody who may come in or might once, by name."""
    rows = session.exec(select(User).where(User.practice_id == practice_id).order_by(User.display_name, User.login))
    return [_access(session, row, at) for row in rows]


def _query(wanted: Wanted, practice_id: str, before: int | None) -> SelectOfScalar[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.practice_id == practice_id)
    for column, value in (
        (AuditEvent.actor_id, wanted.actor_id),
        (AuditEvent.action, wanted.action),
        (AuditEvent.subject, wanted.subject),
        (AuditEvent.subject_id, wanted.subject_id),
    ):
        if value:
            query = query.where(col(column) == value)
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    if before is not None:
        query = query.where(col(AuditEvent.id) < before)
    return query.order_by(col(AuditEvent.id).desc())


def _views(session: Session, rows: Sequence[AuditEvent]) -> list[EventView]:
    names = users.names_of(session, {row.actor_id for row in rows})
    return [
        EventView(
            id=row.id or 0,
            at=row.at,
            actor_id=row.actor_id,
            actor=names.get(row.actor_id, row.actor_id),
            action=row.action,
            subject=row.subject,
            subject_id=row.subject_id,
            reason=row.reason,
            source=row.source,
            sha256=row.sha256,
        )
        for row in rows
    ]


def _access(session: Session, row: User, at: datetime) -> AccessView:
    roles = frozenset(Role(one) for one in row.roles.split(",") if one)
    sessions = select(func.max(WebSession.last_seen_at)).where(WebSession.user_id == row.id)
    is_open = select(func.count()).where(
        WebSession.user_id == row.id, col(WebSession.ended_at).is_(None), WebSession.last_seen_at >= at - IDLE_LIMIT
    )
    tokens = select(func.count()).where(
        Token.user_id == row.id,
        col(Token.revoked_at).is_(None),
        col(Token.expires_at).is_(None) | (col(Token.expires_at) > at),
    )
    refused = select(func.count()).where(
        AuditEvent.practice_id == row.practice_id, AuditEvent.actor_id == row.id, AuditEvent.action == "refuse"
    )
    return AccessView(
        login=row.login,
        display_name=row.display_name,
        is_active=row.is_active,
        roles=tuple(sorted(roles)),
        permissions=tuple(sorted(permissions_of(roles))) if row.is_active else (),
        last_seen_at=session.exec(sessions).one(),
        open_sessions=session.exec(is_open).one(),
        tokens=session.exec(tokens).one(),
        refusals=session.exec(refused).one(),
    )
