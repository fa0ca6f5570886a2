"""Runs of statements: begun, their papers taken one by one, and where each stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from billing.dunning import Notice
from billing.statement_runs import LIVE, TO_MAIL, Channel, ItemState, RunState, RunStep
from database import outbox
from database.columns import new_id
from database.outbox import OutboxKind
from database.tables import Letter, StatementRun, StatementRunFile, StatementRunItem, StatementRunPart


class RunAtWork(ValueError):
    """Another run of the practice is at work, or its file waits for the post."""


def begin(
    session: Session, *, practice_id: str, kinds: Collection[Notice], both_sides: bool, at: datetime, by: str
) -> StatementRun:
    """Begin a run over papers of these kinds, and wish for its workflow. Raises RunAtWork."""
    unfinished = of_state(session, RunState.RUNNING, practice_id=practice_id)
    if unfinished:
        raise RunAtWork(unfinished[0].id)
    row = StatementRun(
        id=new_id(),
        practice_id=practice_id,
        state=RunState.RUNNING,
        kinds=",".join(sorted(kinds)),
        begun_at=at,
        begun_by=by,
        both_sides=both_sides,
    )
    session.add(row)
    session.flush()
    wish(session, row, at=at)
    return row


def wish(session: Session, row: StatementRun, *, at: datetime) -> None:
    """Ask for the run's workflow; one that runs already is left alone."""
    outbox.enqueue(session, OutboxKind.START_STATEMENT_RUN, practice_id=row.practice_id, subject_id=row.id, at=at)


def forgotten(session: Session, *, before: datetime) -> Sequence[StatementRun]:
    """Runs of any practice that were begun before an instant and are not at their end: their workflow may be lost."""
    query = select(StatementRun).where(StatementRun.state == RunState.RUNNING, col(StatementRun.begun_at) < before)
    return session.exec(query).all()


def of_state(session: Session, state: RunState, *, practice_id: str) -> Sequence[StatementRun]:
    """The practice's runs in one state, the oldest first."""
    query = select(StatementRun).where(StatementRun.practice_id == practice_id, StatementRun.state == state)
    return session.exec(query.order_by(col(StatementRun.begun_at))).all()


def last_begun_at(session: Session, practice_id: str) -> datetime | None:
    """When the practice's newest run was begun."""
    query = select(func.max(StatementRun.begun_at)).where(StatementRun.practice_id == practice_id)
    return session.exec(query).one()


def find(session: Session, *, practice_id: str, run_id: str) -> StatementRun | None:
    """One run of the practice, for reading."""
    query = select(StatementRun).where(StatementRun.practice_id == practice_id, StatementRun.id == run_id)
    return session.exec(query).first()


def hold(session: Session, *, practice_id: str, run_id: str) -> StatementRun | None:
    """One run of the practice, kept from others until the transaction ends."""
    query = select(StatementRun).where(StatementRun.practice_id == practice_id, StatementRun.id == run_id)
    return session.exec(query.with_for_update(), execution_options={"populate_existing": True}).first()


def waiting_letters(session: Session, *, practice_id: str, kinds: Collection[str] = tuple(Notice)) -> int:
    """How many papers of these kinds wait and are in no run's hand."""
    query = select(func.count()).select_from(Letter).where(*_untaken(practice_id, kinds))
    return session.exec(query).one()


def to_take(session: Session, row: StatementRun, *, limit: int) -> list[tuple[str, str]]:
    """(letter, holder of its account) that the run has not looked at yet, the oldest first."""
    seen = select(StatementRunItem.letter_id).where(StatementRunItem.run_id == row.id)
    query = (
        select(Letter.id, Letter.patient_id)
        .where(
            *_untaken(row.practice_id, row.kinds.split(",")),
            col(Letter.written_at) <= row.begun_at,
            col(Letter.id).not_in(seen),
        )
        .order_by(col(Letter.written_at), Letter.id)
        .limit(limit)
    )
    return [(letter_id, patient_id) for letter_id, patient_id in session.exec(query) if patient_id is not None]


def may_take(session: Session, row: StatementRun, letter_id: str) -> bool:
    """Whether neither this run nor another one that has it in hand has looked at the paper."""
    query = select(StatementRunItem.run_id).where(
        StatementRunItem.letter_id == letter_id,
        or_(StatementRunItem.run_id == row.id, col(StatementRunItem.live_letter_id).is_not(None)),
    )
    return session.exec(query).first() is None


def _untaken(practice_id: str, kinds: Collection[str]) -> list[sa.ColumnElement[bool]]:
    in_hand = select(StatementRunItem.live_letter_id).where(col(StatementRunItem.live_letter_id).is_not(None))
    return [
        col(Letter.practice_id) == practice_id,
        col(Letter.kind).in_(list(kinds)),
        col(Letter.patient_id).is_not(None),
        col(Letter.sent_at).is_(None),
        col(Letter.withdrawn_at).is_(None),
        col(Letter.id).not_in(in_hand),
    ]


def take(
    session: Session,
    row: StatementRun,
    letter: Letter,
    *,
    channel: Channel,
    address: str | None,
    at: datetime,
    kept_because: str = "",
) -> StatementRunItem:
    """One paper more. `kept_because`: it is looked at and stays in the print queue."""
    last = session.exec(select(func.max(StatementRunItem.ordinal)).where(StatementRunItem.run_id == row.id)).one()
    item = StatementRunItem(
        run_id=row.id,
        ordinal=(last or 0) + 1,
        practice_id=row.practice_id,
        letter_id=letter.id,
        live_letter_id=None if kept_because else letter.id,
        channel=channel,
        state=ItemState.KEPT if kept_because else ItemState.WAITING,
        note=kept_because,
        address=address if channel == Channel.EMAIL else None,
        changed_at=at,
    )
    session.add(item)
    session.flush()
    return item


def move(session: Session, item: StatementRunItem, state: ItemState, *, at: datetime, note: str | None = None) -> None:
    """Where the paper stands from now on; what is no longer in hand may be taken by another run."""
    item.state, item.changed_at = state, at
    item.live_letter_id = item.letter_id if state in LIVE else None
    if note is not None:
        item.note = note[:300]
    session.add(item)
    session.flush()


def items(session: Session, run_id: str, *, after: int = 0, limit: int = 100_000) -> Sequence[StatementRunItem]:
    """The run's papers in their order."""
    query = select(StatementRunItem).where(StatementRunItem.run_id == run_id, StatementRunItem.ordinal > after)
    return session.exec(query.order_by(col(StatementRunItem.ordinal)).limit(limit)).all()


def item(session: Session, run_id: str, ordinal: int) -> StatementRunItem:
    """One paper of a run."""
    return session.get_one(StatementRunItem, (run_id, ordinal))


def to_mail(session: Session, run_id: str, *, at: datetime, limit: int) -> list[int]:
    """Ordinals of e-mails whose turn it is."""
    query = select(StatementRunItem.ordinal).where(
        *_to_mail(run_id), or_(col(StatementRunItem.next_try_at).is_(None), col(StatementRunItem.next_try_at) <= at)
    )
    return list(session.exec(query.order_by(col(StatementRunItem.ordinal)).limit(limit)))


def _to_mail(run_id: str) -> list[sa.ColumnElement[bool]]:
    return [
        col(StatementRunItem.run_id) == run_id,
        col(StatementRunItem.channel) == Channel.EMAIL,
        col(StatementRunItem.state).in_(list(TO_MAIL)),
    ]


def to_set(session: Session, run_id: str, *, limit: int) -> Sequence[StatementRunItem]:
    """Papers that are to be set for the printing machine."""
    query = select(StatementRunItem).where(
        StatementRunItem.run_id == run_id,
        StatementRunItem.channel == Channel.PAPER,
        StatementRunItem.state == ItemState.WAITING,
    )
    return session.exec(query.order_by(col(StatementRunItem.ordinal)).limit(limit)).all()


def in_file(session: Session, run_id: str) -> Sequence[StatementRunItem]:
    """Papers in the file that the post does not have yet, in its order."""
    query = select(StatementRunItem).where(StatementRunItem.run_id == run_id, StatementRunItem.state == ItemState.SET)
    return session.exec(query.order_by(col(StatementRunItem.part), col(StatementRunItem.ordinal))).all()


def parts(session: Session, run_id: str) -> Sequence[StatementRunPart]:
    """The parts that the file is made of."""
    query = select(StatementRunPart).where(StatementRunPart.run_id == run_id)
    return session.exec(query.order_by(col(StatementRunPart.ordinal))).all()


def add_part(session: Session, row: StatementRun, body: bytes) -> int:
    """Keep some papers as one PDF; gives the part's number. The run is held."""
    last = session.exec(select(func.max(StatementRunPart.ordinal)).where(StatementRunPart.run_id == row.id)).one()
    ordinal = (last or 0) + 1
    session.add(StatementRunPart(run_id=row.id, ordinal=ordinal, practice_id=row.practice_id, body=body))
    session.flush()
    return ordinal


def keep_file(session: Session, row: StatementRun, body: bytes) -> None:
    """Keep the file, and forget the parts that it is made of."""
    session.add(StatementRunFile(run_id=row.id, practice_id=row.practice_id, body=body))
    session.execute(sa.delete(StatementRunPart).where(col(StatementRunPart.run_id) == row.id))
    session.flush()


def file_of(session: Session, run_id: str) -> bytes | None:
    """The PDF for the printing machine; None: nothing goes on paper, or it is not made yet."""
    row = session.get(StatementRunFile, run_id)
    return row.body if row else None


def by_message(session: Session, message_id: str) -> StatementRunItem | None:
    """The paper that went out as this e-mail."""
    return session.exec(select(StatementRunItem).where(StatementRunItem.message_id == message_id)).first()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    step: RunStep
    next_at: datetime | None
    counts: dict[str, int]
    """Papers by billing.statement_runs.ItemState"""

    def of(self, *states: ItemState) -> int:
        """How many papers stand in one of these states."""
        return sum(self.counts.get(one, 0) for one in states)


def progress(session: Session, row: StatementRun, *, at: datetime) -> Progress:
    """What the run does next, by its rows."""
    query = select(StatementRunItem.state, func.count()).where(StatementRunItem.run_id == row.id)
    counts = {state: int(count) for state, count in session.exec(query.group_by(StatementRunItem.state))}
    if row.state != RunState.RUNNING:
        return Progress(RunStep.NOTHING, None, counts)
    if row.taken_at is None:
        return Progress(RunStep.TAKE, None, counts)
    if to_mail(session, row.id, at=at, limit=1):
        return Progress(RunStep.MAIL, None, counts)
    if to_set(session, row.id, limit=1):
        return Progress(RunStep.SET, None, counts)
    next_at = session.exec(select(func.min(StatementRunItem.next_try_at)).where(*_to_mail(row.id))).one()
    return Progress(RunStep.WAIT if next_at else RunStep.MAKE_FILE, next_at, counts)
