"""Rules about notices of non-coverage, and the notices of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.money import Cents
from billing.noncoverage import Choice, Notice, NoticeRule
from database import records
from database.columns import new_id
from database.tables import NoticeRow, NoticeRuleRow, Patient


class NoticeChanged(RuntimeError):
    """Somebody changed the notice since it was shown."""


@dataclass(frozen=True, slots=True)
class NoticeRuleView:
    """One rule."""

    id: str
    rule: NoticeRule


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as a person says it."""

    procedures: tuple[str, ...]
    reason: str
    cost_cents: Cents
    choice: Choice | None = None
    """None: nobody has chosen yet"""
    signed_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice of a patient."""

    id: str
    version: int
    told: Told
    said_at: datetime


def rules_of(session: Session, *, practice_id: str) -> list[NoticeRuleView]:
    """Every rule of the practice, by code and first day; those that ended, too."""
    rows = session.exec(select(NoticeRuleRow).where(NoticeRuleRow.practice_id == practice_id))
    found = [NoticeRuleView(row.id, records.load(NoticeRule, row.record)) for row in rows]
    return sorted(found, key=lambda one: (one.rule.first, one.rule.begins, one.id))


def add_rule(session: Session, rule: NoticeRule, *, practice_id: str) -> str:
    """Keep a rule: its id."""
    row = NoticeRuleRow(id=new_id(), practice_id=practice_id, record=records.dump(rule))
    session.add(row)
    session.flush()
    return row.id


def end_rule(session: Session, rule_id: str, ends: date, *, practice_id: str) -> NoticeRule | None:
    """Give a rule its last day; None when the practice has no such rule."""
    query = select(NoticeRuleRow).where(NoticeRuleRow.practice_id == practice_id, NoticeRuleRow.id == rule_id)
    row = session.exec(query.with_for_update()).first()
    if row is None:
        return None
    rule = replace(records.load(NoticeRule, row.record), ends=ends)
    row.record = records.dump(rule)
    session.add(row)
    session.flush()
    return rule


def of_patient(session: Session, patient_id: str) -> list[NoticeView]:
    """Every notice of a patient, the newest first."""
    query = select(NoticeRow).where(NoticeRow.patient_id == patient_id)
    rows = session.exec(query.order_by(col(NoticeRow.said_at).desc(), NoticeRow.id))
    return [NoticeView(row.id, row.version, _told(row), row.said_at) for row in rows]


def chosen(session: Session, patient_id: str) -> Sequence[Notice]:
    """The notices of a patient on which something was chosen."""
    told = (one.told for one in of_patient(session, patient_id))
    return [
        Notice(frozenset(one.procedures), one.choice, one.signed_on)
        for one in told
        if one.choice is not None and one.signed_on is not None
    ]


def keep(session: Session, patient: Patient, told: Told, *, at: datetime, by: str) -> NoticeRow:
    """One notice more."""
    row = NoticeRow(
        id=new_id(),
        practice_id=patient.practice_id,
        patient_id=patient.id,
        procedures="",
        reason="",
        cost_cents=0,
        said_at=at,
        said_by=by,
    )
    _write(row, told)
    session.add(row)
    session.flush()
    return row


def change(
    session: Session, patient: Patient, notice_id: str, told: Told, *, version: int, at: datetime, by: str
) -> NoticeRow | None:
    """Write what is known now; None: the patient has no such notice. Raises NoticeChanged."""
    query = select(NoticeRow).where(NoticeRow.patient_id == patient.id, NoticeRow.id == notice_id)
    row = session.exec(query.with_for_update().execution_options(populate_existing=True)).first()
    if row is None:
        return None
    if row.version != version:
        raise NoticeChanged(f"notice {notice_id} is at version {row.version}, not {version}")
    _write(row, told)
    row.version += 1
    row.said_at, row.said_by = at, by
    session.add(row)
    session.flush()
    return row


def _write(row: NoticeRow, told: Told) -> None:
    row.procedures, row.reason, row.cost_cents = " ".join(told.procedures), told.reason, told.cost_cents
    row.choice, row.signed_on, row.note = told.choice, told.signed_on, told.note


def _told(row: NoticeRow) -> Told:
    choice = Choice(row.choice) if row.choice else None
    return Told(tuple(row.procedures.split()), row.reason, Cents(row.cost_cents), choice, row.signed_on, row.note)
