"""What waits: tasks with their forms, and the machine's own pending work."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from billing.deadlines import Reason
from billing.roles import Role
from billing.stages import Stage
from billing.submission import SubmissionState
from billing.task_types import Kind
from billing.tasks import KINDS, TaskType
from database import outbox, patient_names, users
from database.columns import new_id
from database.paging import later
from database.tables import (
    AgendaEntry,
    Appointment,
    AssistanceApplication,
    Batch,
    CardRefund,
    Checkout,
    Command,
    Encounter,
    EstimateRow,
    Fact,
    InboundMessage,
    Note,
    Partner,
    Patient,
    PatientAccount,
    RemittanceClaim,
    RemittanceFile,
    SendingHold,
    Submission,
    Task,
    TaskForm,
)


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a form, with what was typed into it last."""

    name: str
    label: str
    kind: str
    required: bool
    longest: int
    """Characters"""
    draft: str


@dataclass(frozen=True, slots=True)
class ResolutionView:
    """One way out of a task."""

    name: str
    label: str
    needs_approval_right: bool
    fields: list[FieldView]
    is_usual: bool
    """What is usually tried for a matter like this; such ways come first"""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task and the ways out of it."""

    id: str
    type: TaskType
    title: str
    role: Role
    assignee_id: str | None
    holder: str | None
    """Name of the user who holds it; None: nobody does"""
    subject: str
    subject_id: str
    patient: str | None
    """`Last, First`; None: it is about no single patient"""
    service_date: date | None
    """Of the visit that it is about"""
    amount_cents: int
    opened_at: datetime
    due_at: datetime
    escalation: int
    reason: str
    detail: dict[str, str]
    state: str
    resolution: str | None
    closed_at: datetime | None
    closed_by: str | None
    """Name of who ended it; None: it is open, or its cause went away by itself"""
    said: list[tuple[str, str]]
    """What was typed to end it: label and text"""
    resolutions: list[ResolutionView]


@dataclass(frozen=True, slots=True)
class About:
    """Whom a task or a note is about."""

    patient_id: str
    name: str
    """`Last, First`, or the mask for who may not see; of a claim its control number"""
    day: date | None = None
    """Of service, or of the appointment"""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of tasks."""

    items: list[TaskRow]
    next_after: str | None


class TaskOrder(StrEnum):
    """What comes first on a list of tasks."""

    DEADLINE = "deadline"
    AMOUNT = "amount"
    """The most money at stake first"""


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Tasks that this user holds; None: those that nobody holds."""

    user_id: str | None


@dataclass(frozen=True, slots=True)
class CommandView:
    """A command that was carried out."""

    key: str
    name: str
    subject_id: str
    at: datetime
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """Work of the machine that is not done yet; all zero: it waits for people or for time."""

    outbox_rows: int
    unabsorbed_facts: int
    unfiled_messages: int
    open_batches: int
    open_remittances: int
    """Not closed and not set aside"""
    machine_work: int
    """Everything the office will still do by itself without time passing; zero: it is at rest"""
    mail_cursor: int
    """The highest mailbox id fetched from any partner"""
    next_agenda_at: datetime | None


class NotACursor(ValueError):
    """The `after` was not made by this list."""


def task_page(
    session: Session,
    *,
    practice_id: str,
    state: str,
    roles: Collection[Role] | None,
    task_type: TaskType | None,
    order: TaskOrder,
    after: str | None,
    limit: int,
    held_by: HeldBy | None = None,
) -> TaskPage:
    """A page of tasks, by deadline or by the money at stake; `roles` None: of everybody; `held_by` None: whoever holds
    them. Raises NotACursor."""
    query = select(Task).where(Task.practice_id == practice_id, Task.state == state)
    if roles is not None:
        query = query.where(col(Task.role).in_(sorted(roles)))
    if task_type is not None:
        query = query.where(Task.type == task_type)
    if held_by is not None:
        query = query.where(col(Task.assignee_id) == held_by.user_id)
    if order is TaskOrder.DEADLINE:
        if after is not None:
            due_at, task_id = read_instant_cursor(after)
            query = query.where(later(col(Task.due_at), col(Task.id), than_at=due_at, than_id=task_id))
        query = query.order_by(col(Task.due_at), Task.id)
    else:
        if after is not None:
            cents, task_id = _amount_cursor(after)
            query = query.where(
                (col(Task.amount_cents) < cents) | ((col(Task.amount_cents) == cents) & (col(Task.id) > task_id))
            )
        query = query.order_by(col(Task.amount_cents).desc(), Task.id)
    rows = session.exec(query.limit(limit + 1)).all()
    items = shown(session, rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    return TaskPage(items, None if last is None else _cursor(last, order))


def tasks_of(session: Session, *, practice_id: str, subject_id: str) -> list[TaskRow]:
    """Every task of one subject: open ones first by deadline, then closed ones, latest first."""
    rows = session.exec(
        select(Task).where(Task.practice_id == practice_id, Task.subject_id == subject_id).order_by(col(Task.due_at))
    ).all()
    waiting = [row for row in rows if row.state == "open"]
    done = sorted((row for row in rows if row.state != "open"), key=lambda row: row.closed_at or row.due_at)
    return shown(session, [*waiting, *reversed(done)])


def open_types(session: Session, *, practice_id: str) -> list[TaskType]:
    """The kinds of tasks that are open somewhere in the practice, by title."""
    query = select(Task.type).where(Task.practice_id == practice_id, Task.state == "open").distinct()
    return sorted((TaskType(one) for one in session.exec(query)), key=lambda one: KINDS[one].title)


def named(session: Session, *, practice_id: str, task_ids: Collection[str]) -> dict[str, TaskRow]:
    """The practice's tasks of these ids, by id; unknown ones are left out."""
    rows = session.exec(select(Task).where(Task.practice_id == practice_id, col(Task.id).in_(task_ids))).all()
    return {one.id: one for one in shown(session, rows)}


def task(session: Session, *, practice_id: str, task_id: str) -> TaskRow | None:
    """One task with its form, or None."""
    row = session.exec(select(Task).where(Task.practice_id == practice_id, Task.id == task_id)).first()
    return None if row is None else shown(session, [row])[0]


def save_form(
    session: Session,
    *,
    practice_id: str,
    task_id: str,
    actor_id: str,
    resolution: str,
    values: dict[str, str],
    at: datetime,
) -> str:
    """Keep what a person typed and return its id: nothing typed is lost, and ids alone travel."""
    form = TaskForm(
        id=new_id(),
        practice_id=practice_id,
        task_id=task_id,
        actor_id=actor_id,
        resolution=resolution,
        values=json.dumps(values),
        saved_at=at,
    )
    session.add(form)
    session.flush()
    return form.id


def command(session: Session, *, practice_id: str, key: str) -> CommandView | None:
    """The command that was carried out under this key, or None."""
    row = session.get(Command, (practice_id, key))
    if row is None:
        return None
    return CommandView(row.idempotency_key, row.name, row.subject_id, row.at, json.loads(row.answer))


def pending(session: Session) -> Pending:
    """Counts over the whole installation: ids and money of nobody."""
    outbox_rows = outbox.pending(session)
    unfiled = _count(session, InboundMessage.state == "stored", col(InboundMessage.mail_id).is_not(None))
    fresh_facts = _count(session, col(Fact.absorbed_at).is_(None), col(Fact.verdict).is_(None))
    return Pending(
        outbox_rows=outbox_rows,
        unabsorbed_facts=_count(session, col(Fact.absorbed_at).is_(None)),
        unfiled_messages=unfiled,
        open_batches=_count(session, col(Batch.state).in_(["prepared", "transmitted"])),
        open_remittances=_count(session, col(RemittanceFile.state).in_(["stored", "posting"])),
        machine_work=outbox_rows + unfiled + fresh_facts + _unfinished_steps(session),
        mail_cursor=session.exec(select(func.coalesce(func.max(Partner.last_mail_id), 0))).one(),
        next_agenda_at=_next_instant(session),
    )


def _count(session: Session, *conditions: Any) -> int:
    return session.exec(select(func.count()).where(*conditions)).one()


def _unfinished_steps(session: Session) -> int:
    """Encounters, claims, batches and remittances in the middle of something that no person and no timer holds up."""
    asking = select(AgendaEntry.encounter_id).where(AgendaEntry.reason == Reason.INQUIRY_RETRY)
    asked = select(Task.subject_id).where(Task.state == "open")
    moving = _count(
        session,
        col(Encounter.stage).in_([Stage.REGISTRATION, Stage.VERIFICATION, Stage.CODING, Stage.SCRUBBING]),
        col(Encounter.on_hold).is_(False),
        col(Encounter.id).not_in(asking),
        col(Encounter.id).not_in(asked),
    )
    held = select(Encounter.id).where(col(Encounter.on_hold))
    kept = sa.exists().where(
        col(SendingHold.practice_id) == col(Submission.practice_id),
        col(SendingHold.partner_id) == col(Submission.partner_id),
        or_(col(SendingHold.payer_id).is_(None), col(SendingHold.payer_id) == col(Submission.payer_id)),
        col(SendingHold.released_at).is_(None),
    )
    ready = _count(
        session, Submission.state == SubmissionState.READY, col(Submission.encounter_id).not_in(held), sa.not_(kept)
    )
    prepared = _count(session, Batch.state == "prepared")
    rows = _count(session, RemittanceClaim.state == "open")
    stored = _count(session, RemittanceFile.state == "stored")
    return moving + ready + prepared + rows + stored


def _next_instant(session: Session) -> datetime | None:
    """When an encounter or an account does something next by itself."""
    agenda = select(func.min(AgendaEntry.due_at))
    accounts = select(func.min(PatientAccount.next_at))
    instants = [session.exec(agenda).one(), session.exec(accounts).one()]
    return min((one for one in instants if one is not None), default=None)


def shown(session: Session, rows: Sequence[Task]) -> list[TaskRow]:
    """Tasks with their forms, their people and whom they are about, in the same order."""
    drafts = _drafts(session, rows)
    people = {one for row in rows for one in (row.closed_by, row.assignee_id) if one}
    names = users.names_of(session, people)
    known = about(session, rows)
    return [_task_row(row, drafts.get(row.id, {}), names, known.get(row.subject_id)) for row in rows]


def about(session: Session, rows: Sequence[Task] | Sequence[Note]) -> dict[str, About]:
    """Whom tasks or notes are about, by the id of their subject: for visits, claims, appointments, estimates,
    applications for help, payments and refunds by card, the task behind a refund, accounts and patients."""
    ids: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        ids[row.subject].add(row.subject_id)
    found = _of_rows(session, ids)
    if ids["claim"]:
        number = col(Submission.control_number)
        claims = select(number, Encounter.patient_id).join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        found |= {
            one: About(patient_id, one) for one, patient_id in session.exec(claims.where(number.in_(ids["claim"])))
        }
    if ids["refund"]:
        causes = session.exec(select(Task).where(col(Task.id).in_(ids["refund"]))).all()
        behind = about(session, causes)
        found |= {one.id: behind[one.subject_id] for one in causes if one.subject_id in behind}
    people = session.exec(select(Patient).where(col(Patient.id).in_(ids["account"] | ids["patient"])))
    return found | {one.id: _about(one) for one in people}


def _of_rows(session: Session, ids: Mapping[str, Collection[str]]) -> dict[str, About]:
    """The same for subjects whose rows name their patient, or the visit that they are of."""
    dated: dict[str, Any] = {
        "encounter": (Encounter, col(Encounter.service_date)),
        "appointment": (Appointment, col(Appointment.day)),
        "estimate": (EstimateRow, col(EstimateRow.day)),
        "assistance": (AssistanceApplication, sa.null()),
        "card_charge": (Checkout, sa.null()),
    }
    found: dict[str, About] = {}
    for kind, (table, day) in dated.items():
        if ids[kind]:
            joined = sa.select(table.id, Patient, day).join(Patient, col(Patient.id) == table.patient_id)
            for subject_id, patient, on in session.execute(joined.where(table.id.in_(ids[kind]))):
                found[subject_id] = _about(patient, on)
    if ids["card_refund"]:
        visits = sa.select(col(CardRefund.id), Patient, col(Encounter.service_date)).select_from(CardRefund)
        visits = visits.join(Encounter, col(Encounter.id) == col(CardRefund.encounter_id))
        visits = visits.join(Patient, col(Patient.id) == col(Encounter.patient_id))
        for subject_id, patient, on in session.execute(visits.where(col(CardRefund.id).in_(ids["card_refund"]))):
            found[subject_id] = _about(patient, on)
    return found


def _about(patient: Patient, day: date | None = None) -> About:
    return About(patient.id, patient_names.name_of(patient), day)


def _drafts(session: Session, rows: Sequence[Task]) -> dict[str, dict[str, dict[str, str]]]:
    """The newest form of each task and resolution: task id -> resolution -> values. What came too late is left out."""
    ends = {row.id: row.closed_at for row in rows}
    forms = session.exec(select(TaskForm).where(col(TaskForm.task_id).in_(ends)).order_by(col(TaskForm.saved_at)))
    drafts: dict[str, dict[str, dict[str, str]]] = {}
    for form in forms:
        ended_at = ends[form.task_id]
        if ended_at is not None and form.saved_at > ended_at:
            continue
        drafts.setdefault(form.task_id, {})[form.resolution] = json.loads(form.values)
    return drafts


def _task_row(row: Task, drafts: dict[str, dict[str, str]], names: dict[str, str], whom: About | None) -> TaskRow:
    kind = KINDS[TaskType(row.type)]
    is_kept = whom is not None and patient_names.is_kept(whom.patient_id)
    drafts = {} if is_kept else drafts
    detail: dict[str, str] = json.loads(row.detail) if row.detail and not is_kept else {}
    return TaskRow(
        id=row.id,
        type=TaskType(row.type),
        title=kind.title,
        role=Role(row.role),
        assignee_id=row.assignee_id,
        holder=None if row.assignee_id is None else names.get(row.assignee_id, row.assignee_id),
        subject=row.subject,
        subject_id=row.subject_id,
        patient=whom.name if whom else None,
        service_date=whom.day if whom else None,
        amount_cents=row.amount_cents,
        opened_at=row.opened_at,
        due_at=row.due_at,
        escalation=row.escalation,
        reason=patient_names.words(whom.patient_id, row.reason) if whom else row.reason,
        detail=detail,
        state=row.state,
        resolution=row.resolution,
        closed_at=row.closed_at,
        closed_by=None if row.closed_by is None else names.get(row.closed_by, row.closed_by),
        said=_said(row, drafts),
        resolutions=_resolutions(kind, detail.get("usual", "").split(","), drafts),
    )


def _resolutions(kind: Kind, named: Sequence[str], drafts: dict[str, dict[str, str]]) -> list[ResolutionView]:
    """The ways out of a task with what was typed into them; those that its opener `named` first, as the usual ones."""
    usual = [name for name in named if name in kind.resolutions]
    return [
        ResolutionView(
            name,
            way.label,
            way.needs_approval_right,
            [
                FieldView(
                    one.name, one.label, one.kind, one.required, one.longest, drafts.get(name, {}).get(one.name, "")
                )
                for one in way.fields
            ],
            name in usual,
        )
        for name, way in ((name, kind.resolutions[name]) for name in dict.fromkeys((*usual, *kind.resolutions)))
    ]


def _said(row: Task, drafts: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    """What was typed into the way that ended the task; nothing while it is open."""
    way = KINDS[TaskType(row.type)].resolutions.get(row.resolution or "")
    if row.state == "open" or way is None or row.closed_by is None:
        return []
    typed = drafts.get(row.resolution or "", {})
    return [(one.label, typed[one.name]) for one in way.fields if typed.get(one.name, "").strip()]


def _cursor(row: Task, order: TaskOrder) -> str:
    return instant_cursor(row.due_at, row.id) if order is TaskOrder.DEADLINE else f"{row.amount_cents}_{row.id}"


def instant_cursor(at: datetime, row_id: str) -> str:
    """Where a page by instant ended."""
    return f"{at.isoformat()}_{row_id}"


def read_instant_cursor(text: str) -> tuple[datetime, str]:
    """The instant and the id that a page by instant ended with. Raises NotACursor."""
    mark, _, task_id = text.rpartition("_")
    try:
        due_at = datetime.fromisoformat(mark)
    except ValueError as error:
        raise NotACursor("after") from error
    if due_at.tzinfo is None:
        raise NotACursor("after")
    return due_at, task_id


def _amount_cursor(text: str) -> tuple[int, str]:
    mark, _, task_id = text.rpartition("_")
    try:
        return int(mark), task_id
    except ValueError as error:
        raise NotACursor("after") from error
