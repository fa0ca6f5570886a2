"""The claim edits that a practice wrote, and what one would say of its last visits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from billing.claim import Claim
from billing.practice_edits import LETTER, PracticeEdit
from database import records
from database.columns import new_id
from database.tables import Encounter, PracticeEditRow


class EditChanged(RuntimeError):
    """Somebody changed the edit since it was shown."""


@dataclass(frozen=True, slots=True)
class PracticeEditView:
    """One edit of the practice."""

    id: str
    version: int
    edit: PracticeEdit
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A visit that the edit has something to say about."""

    encounter_id: str
    external_id: str
    service_date: date
    stage: str
    messages: tuple[str, ...]


def of_practice(session: Session, *, practice_id: str) -> list[PracticeEditView]:
    """Every edit of the practice by its number; those that ended, too."""
    query = select(PracticeEditRow).where(PracticeEditRow.practice_id == practice_id)
    return [
        PracticeEditView(row.id, row.version, records.load(PracticeEdit, row.record), row.changed_at)
        for row in session.exec(query.order_by(col(PracticeEditRow.number)))
    ]


def in_use(session: Session, *, practice_id: str) -> list[PracticeEdit]:
    """The edits that claims are looked at with; each knows its days of service."""
    return [one.edit for one in of_practice(session, practice_id=practice_id)]


def add(session: Session, edit: PracticeEdit, *, practice_id: str, at: datetime, by: str) -> PracticeEditView:
    """One edit more; it gets the practice's next number."""
    newest = select(func.max(PracticeEditRow.number)).where(PracticeEditRow.practice_id == practice_id)
    number = (session.exec(newest).one() or 0) + 1
    edit = replace(edit, code=f"{LETTER}{number}")
    row = PracticeEditRow(
        id=new_id(),
        practice_id=practice_id,
        number=number,
        record=records.dump(edit),
        changed_at=at,
        changed_by=by,
    )
    session.add(row)
    session.flush()
    return PracticeEditView(row.id, row.version, edit, at)


def change(
    session: Session, edit_id: str, edit: PracticeEdit, *, version: int, practice_id: str, at: datetime, by: str
) -> PracticeEditView | None:
    """The edit as it is from now on, under its number; None: the practice has no such edit. Raises EditChanged."""
    query = select(PracticeEditRow).where(PracticeEditRow.practice_id == practice_id, PracticeEditRow.id == edit_id)
    row = session.exec(query.with_for_update()).first()
    if row is None:
        return None
    if row.version != version:
        raise EditChanged
    edit = replace(edit, code=f"{LETTER}{row.number}")
    row.record, row.version = records.dump(edit), row.version + 1
    row.changed_at, row.changed_by = at, by
    session.add(row)
    session.flush()
    return PracticeEditView(row.id, row.version, edit, at)


def tried(session: Session, edit: PracticeEdit, *, practice_id: str, last: int) -> tuple[int, Sequence[Held]]:
    """How many of the newest visits were looked at (at most `last`), and those of which the edit would speak if it had
    held on every day."""
    edit = replace(edit, begins=date.min, ends=None)
    query = select(Encounter).where(
        Encounter.practice_id == practice_id, col(Encounter.is_void).is_(False), col(Encounter.is_self_pay).is_(False)
    )
    newest = query.order_by(col(Encounter.created_at).desc(), col(Encounter.id)).limit(last)
    looked_at, found = 0, []
    for row in session.exec(newest.execution_options(yield_per=200)):
        looked_at += 1
        messages = tuple(one.message for one in edit.findings(records.load(Claim, row.record)))
        if messages:
            found.append(Held(row.id, row.external_id, row.service_date, row.stage, messages))
    return looked_at, found
