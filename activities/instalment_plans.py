"""Agreements to pay in parts: made, kept, broken and taken up again. While one is kept its visits are not dunned."""

from collections.abc import Collection
from datetime import date, datetime

from sqlmodel import Session

from activities.account_decisions import wake
from activities.messages import Answer
from billing.days import noon_of
from billing.instalments import WITHOUT_DISCLOSURE, PlanState, schedule
from billing.money import Cents, format_dollars
from billing.tasks import NewTask, TaskType
from database import accounts, instalments, kept_cards, office, tasks
from database.columns import new_id
from database.tables import InstalmentPlan, PatientAccount, Task


class CannotAgree(ValueError):
    """No agreement can be made: (field, what is wrong) pairs."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = faults


def agree(
    session: Session,
    account: PatientAccount,
    *,
    count: int,
    first_day: date,
    disclosure: str,
    by: str | None,
    at: datetime,
) -> InstalmentPlan:
    """On everything that is billable on the account now. The account is held. `by`: a user; None: the patient, on the
    pay page. Raises CannotAgree."""
    policies = office.policies_for(session, practice_id=account.practice_id, payer_id=None)
    today = policies.day(at)
    owed = accounts.owed_by_visit(session, practice_id=account.practice_id, patient_id=account.patient_id)
    chosen = [one for one in owed if one.is_billable]
    total = sum(one.cents for one in chosen)
    most = policies.value("plan_instalments_at_most", as_of=today)
    faults = []
    if instalments.active(session, account.patient_id) is not None:
        faults.append(("count", "there is an agreement on this account already: end it first"))
    if not chosen:
        faults.append(("count", "nothing can be asked of the patient now"))
    if count > most:
        faults.append(("count", f"is more than {most}, the most that this practice agrees to"))
    if count > WITHOUT_DISCLOSURE and not disclosure:
        words = f"say how the terms were disclosed: more than {WITHOUT_DISCLOSURE} instalments may be credit (Reg Z)"
        faults.append(("disclosure", words))
    if first_day < today:
        faults.append(("first_day", "lies in the past"))
    if chosen and count > 0 and total < count:
        faults.append(("count", "each instalment must be at least a cent"))
    if faults:
        raise CannotAgree(*faults)
    row = InstalmentPlan(
        id=new_id(),
        practice_id=account.practice_id,
        patient_id=account.patient_id,
        encounters=",".join(one.encounter_id for one in chosen),
        total_cents=total,
        instalments=len(schedule(Cents(total), count, first_day)),
        first_day=first_day,
        disclosure=disclosure,
        agreed_at=at,
        agreed_by=by,
        state=PlanState.ACTIVE,
    )
    session.add(row)
    session.flush()
    wake(session, account, at=at)
    return row


def end(session: Session, account: PatientAccount, row: InstalmentPlan, *, reason: str, at: datetime) -> None:
    """It holds no more: the visits are asked for as before, and nothing is charged to a kept card."""
    row.state, row.why, row.ended_at = PlanState.ENDED, reason[:500], at
    session.add(row)
    kept_cards.end_all(session, row.id, by=kept_cards.OFFICE, why="the plan has ended", at=at)
    wake(session, account, at=at)


def look(
    session: Session,
    account: PatientAccount,
    owed: Collection[accounts.Owed],
    *,
    held: Collection[str],
    at: datetime,
) -> tuple[set[str], datetime | None, list[str]]:
    """(visits that are paid in parts, when to look again, what to say). Kept when nothing of it is owed any more.
    `held`: visits of which nothing may be asked now; what falls due meanwhile counts as no miss."""
    row = instalments.active(session, account.patient_id) or instalments.broken(session, account.patient_id)
    if row is None:
        return set(), None, []
    policies = office.policies_for(session, practice_id=account.practice_id, payer_id=None)
    mine = set(instalments.visits_of(row))
    left = sum(one.cents for one in owed if one.encounter_id in mine)
    if left == 0:
        row.state, row.ended_at, row.why = PlanState.KEPT, at, "everything is paid"
        session.add(row)
        _close(session, account, at=at)
        return set(), None, ["The agreement to pay in parts was kept"]
    if row.state == PlanState.BROKEN:
        return mine, None, []
    now = instalments.standing_of(session, row, policies, today=policies.day(at))
    if mine & set(held):
        row.forgiven = max(row.forgiven, now.missed)
        session.add(row)
    elif now.is_broken:
        row.state = PlanState.BROKEN
        session.add(row)
        _ask(session, account, row, missed=now.missed, left=left, at=at)
        return mine, None, ["The agreement to pay in parts was not kept; a person decides"]
    coming = noon_of(now.next_day, policies.zone) if now.next_day is not None else None
    return mine, coming, []


def _close(session: Session, account: PatientAccount, *, at: datetime) -> None:
    for task in tasks.open_tasks(session, practice_id=account.practice_id, subject_id=account.patient_id):
        if task.type == TaskType.PLAN_DEFAULT:
            tasks.close_task(session, task, resolution="paid", at=at, actor_id=None)


def _ask(
    session: Session, account: PatientAccount, row: InstalmentPlan, *, missed: int, left: int, at: datetime
) -> None:
    reason = (
        f"{missed} instalments of the agreement over {format_dollars(row.total_cents)} were missed; "
        f"{format_dollars(left)} of it is still owed. Nothing is asked of the patient until this is decided."
    )
    tasks.open_task(
        session,
        NewTask(
            TaskType.PLAN_DEFAULT, key=f"{row.id}:{missed}", reason=reason, amount_cents=left, detail={"plan": row.id}
        ),
        practice_id=account.practice_id,
        subject="account",
        subject_id=account.patient_id,
        at=at,
    )


def decide(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, practice_id: str, at: datetime
) -> Answer | None:
    """The agreement goes on as if nothing had been missed, or ends; None when done."""
    account = accounts.lock(session, practice_id=practice_id, patient_id=task.subject_id, at=at)
    row = instalments.broken(session, account.patient_id)
    if row is None:
        return None
    if resolution == "resumed":
        policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
        now = instalments.standing_of(session, row, policies, today=policies.day(at))
        row.state, row.forgiven = PlanState.ACTIVE, row.forgiven + now.missed
        session.add(row)
        wake(session, account, at=at)
        return None
    end(session, account, row, reason=values.get("reason", ""), at=at)
    return None
