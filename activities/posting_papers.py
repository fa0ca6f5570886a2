"""The printed file of a run at the post office's counter: handed over as a whole, or thrown away."""

from datetime import date, datetime

from sqlmodel import Session

from activities import handing_over
from billing.letters import Way
from billing.statement_runs import ItemState, RunState
from database import statement_runs
from database.tables import Letter, StatementRun


def look(session: Session, row: StatementRun, *, at: datetime) -> int:
    """Look at every paper in the file once more; gives how many are not to be posted. Each of them is in the print
    queue again, or withdrawn. The run is held."""
    for one in sorted(statement_runs.in_file(session, row.id), key=lambda item: item.letter_id):
        letter = session.get_one(Letter, one.letter_id)
        account = handing_over.account_of(session, letter, at=at)
        stopped = handing_over.look(session, account, letter, at=at)
        if stopped is not None:
            handing_over.stop(session, account, letter, stopped, at=at)
            statement_runs.move(session, one, ItemState.KEPT, at=at, note=stopped.because)
    printed = [one for one in statement_runs.items(session, row.id) if one.part is not None]
    return sum(1 for one in printed if one.state == ItemState.KEPT)


def hand_to_post(session: Session, row: StatementRun, *, on: date, at: datetime, by: str) -> int:
    """The post has the file's papers: how many. They were looked at in the same transaction, which holds their accounts
    and the run."""
    sent = 0
    for one in statement_runs.in_file(session, row.id):
        letter = session.get_one(Letter, one.letter_id)
        handing_over.count_as_sent(session, letter, way=Way.MAIL, on=on, at=at, by=by)
        statement_runs.move(session, one, ItemState.HANDED_OVER, at=at)
        sent += 1
    _end(session, row, RunState.DONE, at=at, by=by)
    return sent


def discard(session: Session, row: StatementRun, *, at: datetime, by: str) -> int:
    """The file is not posted: its papers are in the print queue again. How many. The run is held."""
    found = statement_runs.in_file(session, row.id)
    for one in found:
        statement_runs.move(session, one, ItemState.KEPT, at=at, note="the file was thrown away")
    _end(session, row, RunState.DISCARDED, at=at, by=by)
    return len(found)


def _end(session: Session, row: StatementRun, state: RunState, *, at: datetime, by: str) -> None:
    row.state, row.ended_at, row.ended_by = state, at, by
    session.add(row)
    session.flush()
