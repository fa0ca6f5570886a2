"""Patients who are known twice: found, made one, and taken apart again; every row that moved is written down."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, or_, select

from billing.patient_matching import Likeness, likeness
from database import appointments, guarantor_patients, guarantors, households, patient_names, registrations
from database.columns import new_id
from database.folding import begins
from database.tables import BalanceItem, Encounter, HeldPolicyRow, Patient, PatientAccount, PatientMerge

STAYS = frozenset({"patient", "patient_account", "patient_merge", "sensitive_record", "broken_glass"})
"""Tables whose rows stay with the patient whom they were made for: an account is emptied, not moved, and a mark counts
for both (database/sensitive.py)"""
BY_SUBJECT = {"attachment": ("patient", "account"), "note": ("patient", "account")}
"""Tables that name a patient as a subject: which kinds of subjects"""
_CANDIDATES = 50
ANSWERED_FOR = "encounter.responsible"
"""Visits of others that the one who goes answers for"""


class CannotMerge(RuntimeError):
    """These two may not be made one. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be the same patient."""

    patient: Patient
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class MergeView:
    """One merge, as the kept patient's page shows it."""

    id: str
    gone_id: str
    gone: str
    """Name as it was"""
    merged_at: datetime
    reason: str
    undone_at: datetime | None


def candidates(session: Session, row: Patient) -> list[Candidate]:
    """Who may be the same, the likeliest first; looked for by birth date, telephone, and how both names begin. Who is
    kept from who looks is left out."""
    blocks = [
        sa.and_(
            begins(Patient.last_name, row.last_name[:3]),
            *([begins(Patient.first_name, row.first_name[:1])] if row.first_name else []),
        )
    ]
    if row.birth_date is not None:
        blocks.append(col(Patient.birth_date) == row.birth_date)
    if row.telephone is not None:
        blocks.append(col(Patient.telephone) == row.telephone)
    query = select(Patient).where(
        Patient.practice_id == row.practice_id,
        Patient.id != row.id,
        col(Patient.merged_into).is_(None),
        or_(*blocks),
    )
    known = registrations.of_row(row)
    found = [
        Candidate(one, likeness(known, registrations.of_row(one)))
        for one in session.exec(query)
        if not patient_names.is_kept(one.id)
    ]
    likely = sorted((one for one in found if one.likeness.is_likely), key=lambda one: -one.likeness.points)
    return likely[:_CANDIDATES]


def hold_visits(session: Session, *patient_ids: str) -> None:
    """Lock the visits of these patients, and those that they answer for, before the patients themselves: a visit's own
    step locks in that order."""
    theirs = or_(col(Encounter.patient_id).in_(patient_ids), col(Encounter.responsible_id).in_(patient_ids))
    query = select(Encounter.id).where(theirs).order_by(col(Encounter.id))
    session.exec(query.with_for_update(of=Encounter)).all()


def merge(session: Session, kept: Patient, gone: Patient, *, reason: str, at: datetime, by: str) -> PatientMerge:
    """Give everything of `gone` to `kept`; both rows are locked. Raises CannotMerge."""
    account = session.get(PatientAccount, gone.id)
    if account is not None and account.paused_until is not None and account.paused_until > at:
        raise CannotMerge("the account of the patient who goes is paused: end the pause first, or keep the other one")
    moved: dict[str, list[list[Any]]] = {"held_policy.replaced": _replace_policies(session, kept, gone, at)}
    moved[ANSWERED_FOR] = _answer_for(session, gone.id, by=kept.id)
    _ask_anew(session, gone)
    for table, condition in _of_patient(gone.id):
        keys = [list(key) for key in session.execute(select(*table.primary_key).where(condition))]
        if keys:
            moved[table.name] = _move(session, table, keys, to=kept.id)
    row = PatientMerge(
        id=new_id(),
        practice_id=kept.practice_id,
        kept_id=kept.id,
        gone_id=gone.id,
        moved=json.dumps(moved),
        reason=reason,
        merged_at=at,
        merged_by=by,
    )
    gone.merged_into = kept.id
    _finish(session, row, kept, gone, at)
    return row


def undo(session: Session, row: PatientMerge, kept: Patient, gone: Patient, *, at: datetime, by: str) -> None:
    """Give back what was moved and is still there; what came since stays with the kept patient. Raises CannotMerge."""
    if row.undone_at is not None:
        raise CannotMerge("this was undone already")
    if gone.merged_into != kept.id or kept.merged_into is not None:
        raise CannotMerge("the patient was merged again since: undo the later merge first")
    moved = json.loads(row.moved)
    tables = SQLModel.metadata.tables
    for key in moved.pop("held_policy.replaced", []):
        session.get_one(HeldPolicyRow, key).replaced_at = None
    _answer_for(session, kept.id, by=gone.id, only=moved.pop(ANSWERED_FOR, []))
    for name, keys in moved.items():
        _move(session, tables[name], keys, to=gone.id, only_of=kept.id)
    gone.merged_into = None
    row.undone_at, row.undone_by = at, by
    _finish(session, row, kept, gone, at)


def of_patient(session: Session, *, practice_id: str, patient_id: str) -> list[MergeView]:
    """The merges into a patient, the newest first."""
    rows = session.exec(
        select(PatientMerge, Patient)
        .join(Patient, col(Patient.id) == col(PatientMerge.gone_id))
        .where(PatientMerge.practice_id == practice_id, PatientMerge.kept_id == patient_id)
        .order_by(col(PatientMerge.merged_at).desc(), PatientMerge.id)
    )
    return [
        MergeView(
            one.id,
            gone.id,
            patient_names.name_of(gone),
            one.merged_at,
            one.reason,
            one.undone_at,
        )
        for one, gone in rows
    ]


def known_before(session: Session, said: sa.ColumnElement[bool], *, practice_id: str) -> dict[str, tuple[str, ...]]:
    """Who was kept for each patient merged away of whom this may be said: by the id of the kept one, what the others
    were known as, in words; empty where that is what the kept one is known as too.
    """
    gone = session.exec(
        select(Patient)
        .where(Patient.practice_id == practice_id, col(Patient.merged_into).is_not(None), said)
        .order_by(Patient.last_name, col(Patient.first_name), Patient.id)
    ).all()
    found: dict[str, tuple[str, ...]] = {}
    for row in gone:
        kept = registrations.kept(session, row)
        words = _otherwise(row, kept)
        names = found.setdefault(kept.id, ())
        if words and words not in names:
            found[kept.id] = (*names, words)
    return found


def find(session: Session, *, practice_id: str, merge_id: str) -> PatientMerge | None:
    """One merge, held until the transaction ends."""
    query = select(PatientMerge).where(PatientMerge.practice_id == practice_id, PatientMerge.id == merge_id)
    return session.exec(query.with_for_update()).first()


def columns_of_patients() -> dict[str, str]:
    """Every table whose rows go with a patient, and the column that names them."""
    found = {}
    for table in SQLModel.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.target_fullname == "patient.id" and table.name not in STAYS:
                found[table.name] = key.parent.name
    return found


def _otherwise(gone: Patient, kept: Patient) -> str:
    """What only the one who is gone was known as: the name, and the birth date where it was another."""
    if patient_names.is_kept(gone.id):
        return ""
    if gone.birth_date is not None and gone.birth_date != kept.birth_date:
        return f"{patient_names.name_of(gone)} (born {gone.birth_date})"
    name = patient_names.name_of(gone)
    return "" if name.casefold() == patient_names.name_of(kept).casefold() else name


def _of_patient(patient_id: str) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    tables = SQLModel.metadata.tables
    for name, column in columns_of_patients().items():
        yield tables[name], tables[name].c[column] == patient_id
    for name, kinds in BY_SUBJECT.items():
        table = tables[name]
        yield table, sa.and_(table.c.subject.in_(kinds), table.c.subject_id == patient_id)


def _move(
    session: Session, table: sa.Table, keys: list[list[Any]], *, to: str, only_of: str | None = None
) -> list[list[Any]]:
    """Name another patient in these rows; the keys of those that moved, as they are afterwards.

    A row of which the patient may have only one stays where it is when they have it already.
    """
    column = table.c["subject_id" if table.name in BY_SUBJECT else columns_of_patients()[table.name]]
    moved = []
    for key in keys:
        condition = sa.and_(*(one == value for one, value in zip(table.primary_key, key, strict=True)))
        if only_of is not None:
            condition = sa.and_(condition, column == only_of)
        try:
            with session.begin_nested():
                done = session.execute(sa.update(table).where(condition).values({column: to}))
        except sa.exc.IntegrityError:
            continue
        if done.rowcount:  # type: ignore[attr-defined]
            names = [to if one is column else value for one, value in zip(table.primary_key, key, strict=True)]
            moved.append(names)
    session.expire_all()
    return moved


def _answer_for(session: Session, one: str, *, by: str, only: list[Any] | None = None) -> list[Any]:
    """Visits of others for which `one` answers are answered for by another patient; their ids. `only`: of these."""
    query = select(Encounter).where(Encounter.responsible_id == one)
    query = query if only is None else query.where(col(Encounter.id).in_(only))
    visits = session.exec(query.order_by(Encounter.id)).all()
    for visit in visits:
        visit.responsible_id = by
        session.add(visit)
    session.flush()
    return [visit.id for visit in visits]


def _ask_anew(session: Session, gone: Patient) -> None:
    """What a person was asked before collections named the account of the one who goes: it is asked anew."""
    for item in session.exec(select(BalanceItem).where(BalanceItem.patient_id == gone.id)).all():
        item.reviewed_at = None
        session.add(item)
    session.flush()


def _replace_policies(session: Session, kept: Patient, gone: Patient, at: datetime) -> list[Any]:
    """Policies of the one who goes are what is held no longer, where the kept one has policies of their own."""
    current = col(HeldPolicyRow.replaced_at).is_(None)
    of_kept = session.exec(select(HeldPolicyRow.id).where(HeldPolicyRow.patient_id == kept.id, current)).first()
    if of_kept is None:
        return []
    replaced = list(session.exec(select(HeldPolicyRow).where(HeldPolicyRow.patient_id == gone.id, current)))
    for one in replaced:
        one.replaced_at = at
        session.add(one)
    session.flush()
    return [one.id for one in replaced]


def _finish(session: Session, row: PatientMerge, kept: Patient, gone: Patient, at: datetime) -> None:
    """Accounts and coming visits of both look at what is theirs now; who is the only patient of that name and birth
    date since takes over whom they answer for."""
    session.flush()
    for patient in (kept, gone):
        guarantor_patients.take_over(session, patient, at=at)
    for patient in (kept, gone):
        patient.version += 1
        session.add(patient)
        appointments.wake_all(session, patient, at=at)
        guarantors.regroup(session, patient, at=at)
        guarantors.bring_items(session, patient, at=at)
        households.wake(session, practice_id=patient.practice_id, patient_id=patient.id, at=at)
    session.add(row)
    session.flush()
