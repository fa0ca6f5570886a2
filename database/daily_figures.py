"""The figures of a day: worked out once, just after it ended, kept for good, and read as a trend."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.aging import BUCKETS, CREDITS
from billing.daily_figures import KINDS, ON_TIME, DayFigure, Taken, bucket_name
from billing.days import start_of
from billing.ledger import RECEIVABLES, Account, EntryKind
from billing.periods import month_of
from billing.roll_forward import TAKEN_OFF, Movement, moves
from billing.stages import Stage
from billing.submission import ON_ITS_WAY
from database import board, office, period_balances, posted
from database.engine import insert
from database.tables import DayFigureRow, Denial, Encounter, Practice, Submission, Task

BEFORE_THE_CLAIM = (
    Stage.REGISTRATION,
    Stage.VERIFICATION,
    Stage.CODING,
    Stage.CHARGE_REVIEW,
    Stage.SCRUBBING,
    Stage.SUBMISSION,
)
OPEN_DENIALS = ("open", "appealed")


def is_wanted(session: Session, practice: Practice, day: date) -> bool:
    """Whether the figures of a day that ended are still to be written down; not of a day before the practice was."""
    begins = start_of(day + timedelta(days=1), office.zone_of(session, practice.id))
    if practice.created_at >= begins:
        return False
    here = (DayFigureRow.practice_id == practice.id, DayFigureRow.day == day)
    return session.exec(select(DayFigureRow.name).where(*here).limit(1)).first() is None


def work_out(session: Session, *, practice_id: str, day: date, at: datetime) -> list[DayFigure]:
    """Every figure of a day that ended: the ledger's as of its end, what is counted in work as of now."""
    ratios = board.board(session, practice_id=practice_id, month=month_of(day), until=day)
    return [
        *_standing(session, practice_id, day),
        *_moved(session, practice_id, day),
        *_work(session, practice_id, at),
        *(DayFigure(one.name, one.numerator, one.denominator, one.over) for one in ratios),
    ]


def keep(session: Session, figures: list[DayFigure], *, practice_id: str, day: date, at: datetime) -> int:
    """Write the figures of a day down, once: what is there already stays as it is. How many are new."""
    rows = [
        {
            "practice_id": practice_id,
            "day": day,
            "name": one.name,
            "numerator": one.numerator,
            "denominator": one.denominator,
            "over": one.over,
            "taken_at": at,
        }
        for one in figures
    ]
    into = insert(session, "day_figure").values(rows).on_conflict_do_nothing()
    return len(session.execute(into.returning(sa.column("name"))).all())


def trend(session: Session, *, practice_id: str, name: str, since: date, until: date) -> list[Taken]:
    """One figure from day to day; a day that nobody wrote down is there without a figure."""
    zone = office.zone_of(session, practice_id)
    rows = session.exec(
        select(DayFigureRow).where(
            DayFigureRow.practice_id == practice_id,
            DayFigureRow.name == name,
            col(DayFigureRow.day).between(since, until),
        )
    )
    by_day = {row.day: row for row in rows}
    found = []
    for day in (since + timedelta(days=one) for one in range((until - since).days + 1)):
        row = by_day.get(day)
        if row is None:
            found.append(Taken(day, None, None, False))
            continue
        figure = DayFigure(row.name, row.numerator, row.denominator, row.over)
        is_late = row.taken_at > start_of(day + timedelta(days=1), zone) + ON_TIME
        found.append(Taken(day, figure, row.taken_at, is_late))
    return found


def of_day(session: Session, *, practice_id: str, day: date) -> list[DayFigure]:
    """Every figure that was written down of one day, in the order of KINDS."""
    rows = session.exec(select(DayFigureRow).where(DayFigureRow.practice_id == practice_id, DayFigureRow.day == day))
    by_name = {row.name: DayFigure(row.name, row.numerator, row.denominator, row.over) for row in rows}
    return [by_name[name] for name in KINDS if name in by_name]


def last_day(session: Session, *, practice_id: str) -> date | None:
    """The latest day whose figures were written down."""
    latest: date | None = session.exec(
        select(func.max(DayFigureRow.day)).where(DayFigureRow.practice_id == practice_id)
    ).one()
    return latest


def _standing(session: Session, practice_id: str, day: date) -> list[DayFigure]:
    """What stood on the accounts at the end of the day, and how old it was."""
    totals = posted.totals_until(session, practice_id=practice_id, until=day)
    by_age = dict.fromkeys((*BUCKETS, CREDITS), 0)
    for one in period_balances.owed(session, practice_id=practice_id, as_of=day, since="service"):
        by_age[one.bucket] += one.cents
    unapplied = totals.get(Account.CASH_UNAPPLIED, 0) + totals.get(Account.PATIENT_UNAPPLIED, 0)
    return [
        DayFigure("owed", sum(totals.get(one, 0) for one in RECEIVABLES)),
        DayFigure("owed_by_payers", totals.get(Account.AR_INSURANCE, 0)),
        DayFigure("owed_by_patients", totals.get(Account.AR_PATIENT, 0)),
        *(DayFigure(bucket_name(one), by_age[one]) for one in BUCKETS),
        DayFigure("credits", by_age[CREDITS]),
        DayFigure("unapplied", -unapplied),
    ]


def _moved(session: Session, practice_id: str, day: date) -> list[DayFigure]:
    """What was posted on the day."""
    moved = dict.fromkeys(Movement, 0)
    received = 0
    for entry in posted.posted(session, practice_id=practice_id, since=day, until=day):
        if entry.kind == EntryKind.PATIENT_PAYMENT:
            received -= entry.cents(Account.PATIENT_UNAPPLIED)
        for move in moves(entry.kind, entry.sides):
            moved[move.movement] += move.cents
    return [
        DayFigure("charged", moved[Movement.CHARGED] + moved[Movement.VOIDED]),
        DayFigure("payers_paid", -moved[Movement.INSURANCE_PAID] - moved[Movement.INSURANCE_REVERSED]),
        DayFigure("patients_paid", received),
        DayFigure("taken_off", -sum(moved[one] for one in TAKEN_OFF)),
    ]


def _work(session: Session, practice_id: str, at: datetime) -> list[DayFigure]:
    """What waits, and for how much."""
    is_open = (Encounter.practice_id == practice_id, Encounter.stage != Stage.CLOSED)
    unbilled, unbilled_cents = session.exec(
        select(func.count(), func.coalesce(func.sum(Encounter.charge_cents), 0)).where(
            Encounter.practice_id == practice_id, col(Encounter.stage).in_(BEFORE_THE_CLAIM)
        )
    ).one()
    denials, denied_cents = session.exec(
        select(func.count(), func.coalesce(func.sum(Denial.amount_cents), 0)).where(
            Denial.practice_id == practice_id, col(Denial.state).in_(OPEN_DENIALS)
        )
    ).one()
    waiting = (Task.practice_id == practice_id, Task.state == "open")
    return [
        DayFigure("unbilled_cents", int(unbilled_cents)),
        DayFigure("denied_cents", int(denied_cents)),
        DayFigure("visits_open", _count(session, *is_open)),
        DayFigure("unbilled_visits", unbilled),
        DayFigure("claims_open", _count(session, Submission.practice_id == practice_id, _is_on_its_way())),
        DayFigure("denials_open", denials),
        DayFigure("on_hold", _count(session, *is_open, col(Encounter.on_hold).is_(True))),
        DayFigure("tasks_open", _count(session, *waiting)),
        DayFigure("tasks_late", _count(session, *waiting, col(Task.due_at) < at)),
    ]


def _is_on_its_way() -> sa.ColumnElement[bool]:
    return col(Submission.state).in_(ON_ITS_WAY)


def _count(session: Session, *wanted: bool | sa.ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).where(*wanted)).one()
