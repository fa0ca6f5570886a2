"""Asks for the good-faith estimate that the law wants for who pays alone, and holds the bill against it."""

from datetime import date, datetime

from sqlmodel import Session

from activities.account_decisions import wake
from billing.days import day_of
from billing.deadlines import after_business_days
from billing.good_faith import due_in, is_substantially_above
from billing.money import format_dollars
from billing.tasks import NewTask, TaskType
from database import accounts, good_faith, office, tasks
from database.appointments import Coming
from database.tables import Appointment, Encounter, EstimateRow, Letter, Patient, Task


def keep_asking(session: Session, row: Appointment, *, pays_alone: bool, at: datetime) -> None:
    """Open the task for a booked visit in its legal time, once for a day; or close it: the patient is insured after
    all, does not come, or comes on another day."""
    asked = good_faith.asked_for(session, row.id)
    key = str(row.day)
    policies = office.policies_for(session, practice_id=row.practice_id, payer_id=None)
    waits = row.state == Coming.BOOKED and pays_alone and policies.day(at) <= row.day
    for task in asked:
        if task.state == "open" and not (waits and f":{key}:" in task.opening_key):
            tasks.close_task(session, task, resolution="no_longer_due", at=at, actor_id=None)
    about = [task for task in asked if f":{key}:" in task.opening_key]
    if not waits or any(task.state == "open" or task.closed_by for task in about):
        return
    if good_faith.given(session, patient_id=row.patient_id, day=row.day) is not None:
        return
    booked = policies.day(row.booked_at)
    days = due_in(booked, row.day)
    if days is None:
        return
    reason = (
        f"The patient pays alone and was booked on {booked} for {row.day} at {row.at_time}: a good-faith estimate is "
        f"due within {days} business day{'s' if days > 1 else ''} of booking (45 CFR 149.610)."
    )
    new = NewTask(
        TaskType.GOOD_FAITH_ESTIMATE_DUE,
        key=f"{key}:{len(about)}",
        reason=reason,
        detail={"patient_id": row.patient_id},
        business_days=days,
        not_after=after_business_days(row.booked_at, days, policies.zone),
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject="appointment", subject_id=row.id, at=at)


REQUESTED_IN = 3
"""Business days after the patient asked (45 CFR 149.610(b)(1)(vi)(C))"""


def request(session: Session, patient: Patient, *, day: date | None, at: datetime) -> Task | None:
    """The patient asks what a visit would cost: a task in the law's time; None: it is asked for already."""
    zone = office.policies_for(session, practice_id=patient.practice_id, payer_id=None).zone
    asked = [one for one in good_faith.requested(session, patient.id) if one.state == "open"]
    key = f"asked:{day or 'any'}"
    if any(f":{key}:" in one.opening_key for one in asked):
        return None
    about = f"a visit on {day}" if day else "services to come"
    reason = (
        f"The patient asked on {day_of(at, zone)} what {about} will cost: a good-faith estimate is due within "
        f"{REQUESTED_IN} business days (45 CFR 149.610)."
    )
    new = NewTask(
        TaskType.GOOD_FAITH_ESTIMATE_DUE,
        key=f"{key}:{at.isoformat()}",
        reason=reason,
        detail={"patient_id": patient.id, "day": str(day or "")},
        business_days=REQUESTED_IN,
        not_after=after_business_days(at, REQUESTED_IN, zone),
    )
    return tasks.open_task(
        session, new, practice_id=patient.practice_id, subject="patient", subject_id=patient.id, at=at
    )


def watch_bill(session: Session, encounter: Encounter, *, at: datetime) -> str:
    """A visit was billed to the patient alone: a person is told before any statement goes where all such visits of the
    day come to too much above the estimate that was given. What was asked about an earlier bill is closed. Gives what
    to say in the visit's story; empty: nothing."""
    for task in good_faith.asked_about_bill(session, encounter.id):
        if task.state == "open":
            tasks.close_task(session, task, resolution="bill_changed", at=at, actor_id=None)
    row = good_faith.given(session, patient_id=encounter.patient_id, day=encounter.service_date)
    if row is None:
        return ""
    billed = good_faith.billed_alone(session, patient_id=encounter.patient_id, day=encounter.service_date)
    if not is_substantially_above(billed, row.high_cents):
        return ""
    sums = f"{format_dollars(billed)} is billed and {format_dollars(row.high_cents)} was estimated"
    reason = (
        f"{sums} for {row.day}: {format_dollars(billed - row.high_cents)} more, and from $400.00 on the patient may "
        "dispute the bill (45 CFR 149.620). No statement goes out before you decide: lower the bill, or say why it "
        "stands."
    )
    new = NewTask(
        TaskType.BILL_ABOVE_ESTIMATE,
        key=f"{encounter.id}:{encounter.version}",
        reason=reason,
        amount_cents=billed - row.high_cents,
        detail={"encounter_id": encounter.id},
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject="estimate", subject_id=row.id, at=at)
    return f"Held against the good-faith estimate: {sums}"


class CannotBeDisputed(ValueError):
    """No dispute can be recorded: the message says why."""


def dispute(session: Session, row: EstimateRow, *, on: date, note: str, at: datetime, by: str) -> None:
    """The patient disputes the bill of the day: nothing of it is asked for until somebody ends the dispute.

    Raises CannotBeDisputed: the estimate was never given, or a dispute was recorded already.
    """
    account = accounts.lock(session, practice_id=row.practice_id, patient_id=row.patient_id, at=at)
    session.refresh(row, with_for_update={"key_share": True})
    letter = session.get(Letter, row.letter_id) if row.letter_id else None
    if letter is None or letter.sent_at is None:
        raise CannotBeDisputed("the estimate was not given to the patient: there is nothing to hold the bill against")
    if row.disputed_on is not None:
        raise CannotBeDisputed(f"a dispute of {row.disputed_on} was recorded already")
    row.disputed_on, row.dispute_note, row.disputed_by = on, note, by
    session.add(row)
    billed = good_faith.billed_alone(session, patient_id=row.patient_id, day=row.day)
    above = "" if is_substantially_above(billed, row.high_cents) else ", which is less than $400.00 above it"
    reason = (
        f"Since {on} the patient disputes the bill for {row.day}: {format_dollars(billed)} was billed and "
        f"{format_dollars(row.high_cents)} estimated{above}. {note} No statement goes out and nothing is placed until "
        "the dispute ends."
    )
    new = NewTask(TaskType.ESTIMATE_DISPUTED, key="", reason=reason, amount_cents=max(billed - row.high_cents, 0))
    tasks.open_task(session, new, practice_id=row.practice_id, subject="estimate", subject_id=row.id, at=at)
    wake(session, account, at=at)
