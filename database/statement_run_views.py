"""What the pages of runs of statements show: the newest runs, and one with its papers."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.statement_runs import LIVE, RUN_STATES, STATES, Channel, ItemState, RunState
from billing.statements import Statement
from database import crossings, patient_names, records, statement_runs
from database.tables import Letter, Patient, StatementRun, StatementRunItem, User

CHANNELS = {Channel.PAPER: "on paper", Channel.EMAIL: "by e-mail"}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run with its counts."""

    id: str
    state: RunState
    state_words: str
    begun_at: datetime
    begun_by: str
    """Name of a user; `the plan`"""
    kinds: str
    papers: int
    in_file: int
    """Papers in the file that the post does not have yet"""
    posted: int
    mailed: int
    """E-mails that the mail server took"""
    waiting: int
    kept: int
    """Papers that did not go"""
    bounced: int
    made_at: datetime | None
    ended_at: datetime | None
    has_file: bool
    sha256: str
    both_sides: bool


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One paper of a run."""

    ordinal: int
    letter_id: str
    number: str
    patient: str
    patient_id: str
    amount_cents: int
    channel: str
    state: str
    note: str
    pages: int | None
    crossed_cents: int
    """Payments that came after it was handed over"""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with a page of its papers."""

    row: RunRow
    papers: list[PaperRow]
    next_after: int | None
    take_out: list[PaperRow]
    """Papers that stand in the file and are not to be posted"""


def newest(session: Session, *, practice_id: str, limit: int) -> list[RunRow]:
    """The practice's runs, the newest first."""
    query = select(StatementRun).where(StatementRun.practice_id == practice_id)
    rows = session.exec(query.order_by(col(StatementRun.begun_at).desc(), StatementRun.id).limit(limit))
    return [_row(session, one) for one in rows]


def view(session: Session, row: StatementRun, *, after: int, limit: int) -> RunView:
    """One run; its papers from after an ordinal on."""
    found = statement_runs.items(session, row.id, after=after, limit=limit + 1)
    shown = found[:limit]
    return RunView(
        row=_row(session, row),
        papers=[_paper(session, one) for one in shown],
        next_after=shown[-1].ordinal if len(found) > limit else None,
        take_out=[_paper(session, one) for one in _to_take_out(session, row)],
    )


def _to_take_out(session: Session, row: StatementRun) -> list[StatementRunItem]:
    """Papers in a file that waits for the post which were withdrawn, or sent by hand, since it was made."""
    if row.state != RunState.READY:
        return []
    query = select(StatementRunItem, Letter).join(Letter, col(Letter.id) == col(StatementRunItem.letter_id))
    printed = query.where(StatementRunItem.run_id == row.id, col(StatementRunItem.part).is_not(None))
    return [
        item
        for item, letter in session.exec(printed.order_by(col(StatementRunItem.ordinal)))
        if item.state == ItemState.KEPT or letter.withdrawn_at is not None or letter.sent_at is not None
    ]


def _row(session: Session, row: StatementRun) -> RunRow:
    items = statement_runs.items(session, row.id)
    states = [(Channel(one.channel), ItemState(one.state)) for one in items]
    user = session.get(User, row.begun_by)

    def of(state: ItemState, *channels: Channel) -> int:
        return sum(1 for one in states if one[1] == state and (not channels or one[0] in channels))

    return RunRow(
        id=row.id,
        state=RunState(row.state),
        state_words=RUN_STATES[RunState(row.state)],
        begun_at=row.begun_at,
        begun_by=user.display_name if user else "the plan",
        kinds=", ".join(one.replace("_", " ") for one in row.kinds.split(",")),
        papers=len(states),
        in_file=of(ItemState.SET),
        posted=of(ItemState.HANDED_OVER, Channel.PAPER),
        mailed=of(ItemState.HANDED_OVER, Channel.EMAIL),
        waiting=sum(1 for _, state in states if state in LIVE and state != ItemState.SET),
        kept=of(ItemState.KEPT),
        bounced=of(ItemState.BOUNCED),
        made_at=row.made_at,
        ended_at=row.ended_at,
        has_file=bool(row.sha256),
        sha256=row.sha256,
        both_sides=row.both_sides,
    )


def _paper(session: Session, item: StatementRunItem) -> PaperRow:
    letter = session.get_one(Letter, item.letter_id)
    paper = records.load(Statement, letter.content)
    patient = session.get_one(Patient, letter.patient_id)
    is_out = item.state == ItemState.SET and (letter.withdrawn_at is not None or letter.sent_at is not None)
    return PaperRow(
        ordinal=item.ordinal,
        letter_id=letter.id,
        number=paper.number,
        patient=patient_names.name_of(patient),
        patient_id=patient.id,
        amount_cents=paper.total_cents,
        channel=CHANNELS[Channel(item.channel)],
        state="to be taken out of the file" if is_out else STATES[ItemState(item.state)],
        note=(letter.withdrawn_because or "it was sent by hand") if is_out else item.note,
        pages=item.pages,
        crossed_cents=crossings.cents_of(session, letter.id),
    )
