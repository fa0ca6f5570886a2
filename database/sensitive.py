"""Sensitive records: which patients are kept from whom, who may see them, and who broke the glass.

A mark counts for the whole person: for a patient merged into the marked one, and for the one who was kept, until the
merge is undone.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, or_, select

from billing.roles import Permission
from billing.sensitivity import Sensitivity
from billing.tasks import NewTask, TaskType
from database import office, patient_names, tasks, users
from database.access import Person
from database.columns import new_id
from database.tables import BrokenGlass, Patient, SensitiveRecord, SensitiveViewer, Task, User

SHOWN = 200


class SensitiveChanged(RuntimeError):
    """Somebody marked, changed or unmarked the record meanwhile."""


class NobodyToName(ValueError):
    """A person on the list who is none of the practice's."""


@dataclass(frozen=True, slots=True)
class ViewerRow:
    """Somebody on the list of those who may see a record."""

    user_id: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class SensitivityView:
    """A patient's mark, for those who may see the record."""

    patient_id: str
    is_sensitive: bool
    kind: Sensitivity | None
    reason: str
    version: int
    """Given back when the mark is changed; 0: there is none yet"""
    marked_at: datetime | None
    marked_by: str
    """Name; empty: it is not marked"""
    viewers: list[ViewerRow]
    """By name; who holds the permission `sensitive` sees it all the same"""


@dataclass(frozen=True, slots=True)
class GlassView:
    """One broken glass."""

    id: str
    patient_id: str
    patient: str
    user_id: str
    who: str
    """Name"""
    reason: str
    broken_at: datetime
    until: datetime
    task_id: str
    resolution: str | None
    """How a supervisor judged it; None: nobody has looked yet"""
    reviewed_at: datetime | None
    reviewed_by: str
    """Name; empty: nobody yet"""


def kept_from(session: Session, person: Person, *, at: datetime) -> frozenset[str]:
    """The patients whose records this person may not see at this instant."""
    if person.may(Permission.SENSITIVE):
        return frozenset()
    practice_id, user_id = person.practice_id, person.user_id
    listed = select(SensitiveViewer.record_id).where(SensitiveViewer.user_id == user_id)
    query = select(SensitiveRecord.patient_id).where(
        SensitiveRecord.practice_id == practice_id,
        col(SensitiveRecord.ended_at).is_(None),
        col(SensitiveRecord.id).not_in(listed),
    )
    marked = session.exec(query).all()
    if not marked:
        return frozenset()
    glasses = select(BrokenGlass.patient_id).where(
        BrokenGlass.practice_id == practice_id, BrokenGlass.user_id == user_id, BrokenGlass.until > at
    )
    opened = set(session.exec(glasses))
    return frozenset().union(*(one for one in _persons(session, practice_id, marked) if opened.isdisjoint(one)))


def of(session: Session, *, practice_id: str, patient_id: str) -> SensitivityView:
    """How the patient's record stands."""
    row = _standing(session, practice_id, patient_id)
    if row is None:
        return SensitivityView(patient_id, False, None, "", 0, None, "", [])
    named = session.exec(
        select(User)
        .join(SensitiveViewer, col(SensitiveViewer.user_id) == col(User.id))
        .where(SensitiveViewer.record_id == row.id)
        .order_by(User.display_name, User.login)
    )
    return SensitivityView(
        patient_id=patient_id,
        is_sensitive=True,
        kind=Sensitivity(row.kind),
        reason=row.reason,
        version=row.version,
        marked_at=row.marked_at,
        marked_by=users.names_of(session, {row.marked_by}).get(row.marked_by, row.marked_by),
        viewers=[ViewerRow(one.id, one.display_name, one.is_active) for one in named],
    )


def mark(
    session: Session,
    patient: Patient,
    *,
    kind: Sensitivity,
    reason: str,
    viewers: Collection[str],
    version: int,
    by: str,
    at: datetime,
) -> SensitiveRecord:
    """Mark a locked patient, or change the mark. Raises SensitiveChanged where the mark is not at `version` (0: there
    is none), and NobodyToName."""
    row = _standing(session, patient.practice_id, patient.id)
    if (row.version if row else 0) != version:
        raise SensitiveChanged(f"the mark of patient {patient.id} is not at version {version}")
    known = {one.id for one in users.of_practice(session, practice_id=patient.practice_id)}
    if not known.issuperset(viewers):
        raise NobodyToName(", ".join(sorted(set(viewers) - known)))
    if row is None:
        row = SensitiveRecord(
            id=new_id(),
            practice_id=patient.practice_id,
            patient_id=patient.id,
            kind=kind,
            reason=reason,
            marked_at=at,
            marked_by=by,
        )
    row.kind, row.reason, row.version = kind, reason, version + 1
    session.add(row)
    session.flush()
    session.execute(delete(SensitiveViewer).where(col(SensitiveViewer.record_id) == row.id))
    for one in sorted(set(viewers)):
        session.add(SensitiveViewer(record_id=row.id, user_id=one, practice_id=row.practice_id))
    session.flush()
    return row


def unmark(session: Session, patient: Patient, *, reason: str, version: int, by: str, at: datetime) -> SensitiveRecord:
    """Everybody may see a locked patient's record again. Raises SensitiveChanged where the mark is not at `version`."""
    row = _standing(session, patient.practice_id, patient.id)
    if row is None or row.version != version:
        raise SensitiveChanged(f"the mark of patient {patient.id} is not at version {version}")
    row.ended_at, row.ended_by, row.ended_why = at, by, reason
    session.add(row)
    session.flush()
    return row


def break_glass(
    session: Session, *, practice_id: str, patient_id: str, user_id: str, reason: str, at: datetime
) -> BrokenGlass:
    """Open a sensitive record for one user for `break_glass_minutes`, and give supervisors the task to look at it."""
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    minutes = policies.value("break_glass_minutes", as_of=policies.day(at))
    glass_id = new_id()
    who = users.names_of(session, {user_id}).get(user_id, user_id)
    words = (
        f"{who} broke the glass of a sensitive record for {minutes} minutes; what for stands at Audit, broken glasses."
    )
    new = NewTask(TaskType.GLASS_BROKEN, key=glass_id, reason=words)
    task = tasks.open_task(session, new, practice_id=practice_id, subject="patient", subject_id=patient_id, at=at)
    assert task is not None, "its key is new"
    glass = BrokenGlass(
        id=glass_id,
        practice_id=practice_id,
        patient_id=patient_id,
        user_id=user_id,
        reason=reason,
        broken_at=at,
        until=at + timedelta(minutes=minutes),
        task_id=task.id,
    )
    session.add(glass)
    session.flush()
    return glass


def glasses(session: Session, *, practice_id: str) -> list[GlassView]:
    """The practice's broken glasses, those that nobody has looked at first, then the newest first."""
    rows = session.exec(
        select(BrokenGlass, Patient, Task)
        .join(Patient, col(Patient.id) == col(BrokenGlass.patient_id))
        .join(Task, col(Task.id) == col(BrokenGlass.task_id))
        .where(BrokenGlass.practice_id == practice_id)
        .order_by(col(Task.state).desc(), col(BrokenGlass.broken_at).desc(), BrokenGlass.id)
        .limit(SHOWN)
    ).all()
    people = users.names_of(session, {one for glass, _, task in rows for one in (glass.user_id, task.closed_by) if one})
    return [
        GlassView(
            id=glass.id,
            patient_id=patient.id,
            patient=patient_names.name_of(patient),
            user_id=glass.user_id,
            who=people.get(glass.user_id, glass.user_id),
            reason=patient_names.words(patient.id, glass.reason),
            broken_at=glass.broken_at,
            until=glass.until,
            task_id=task.id,
            resolution=task.resolution,
            reviewed_at=task.closed_at,
            reviewed_by=people.get(task.closed_by or "", ""),
        )
        for glass, patient, task in rows
    ]


def _standing(session: Session, practice_id: str, patient_id: str) -> SensitiveRecord | None:
    query = select(SensitiveRecord).where(
        SensitiveRecord.practice_id == practice_id,
        SensitiveRecord.patient_id == patient_id,
        col(SensitiveRecord.ended_at).is_(None),
    )
    return session.exec(query).first()


def _persons(session: Session, practice_id: str, marked: Iterable[str]) -> list[set[str]]:
    """For each marked patient, all patients who are this person by merges."""
    asked = set(marked)
    found = {one: {one} for one in asked}
    fresh = set(asked)
    while fresh:
        merged = list(_merges(session, practice_id, fresh))
        fresh = set()
        for gone, kept in merged:
            for group in found.values():
                if len(group & {gone, kept}) == 1:
                    fresh |= {gone, kept} - group
                    group |= {gone, kept}
    return list(found.values())


def _merges(session: Session, practice_id: str, some: Collection[str]) -> Iterator[tuple[str, str]]:
    """(who is gone, who was kept) of every merge that one of these is a part of."""
    kept = col(Patient.merged_into)
    query = select(Patient.id, kept).where(
        Patient.practice_id == practice_id, kept.is_not(None), or_(col(Patient.id).in_(some), kept.in_(some))
    )
    for gone, into in session.exec(query):
        if into is not None:
            yield gone, into
