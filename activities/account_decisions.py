"""What people decide about a patient's account: placement, write-off, a pause. Each wakes the account."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from activities.agencies import place
from activities.messages import Answer
from billing.account_holds import HOLD_WORDS, HoldKind
from billing.days import noon_of
from billing.dunning import may_be_placed_at
from billing.stages import FactKind
from database import account_holds, accounts, agencies, assistance, encounters, good_faith, households, office
from database.tables import BalanceItem, PatientAccount, Task


def decide_before_collections(
    session: Session,
    task: Task,
    resolution: str,
    values: dict[str, str],
    *,
    practice_id: str,
    actor_id: str,
    at: datetime,
) -> Answer | None:
    """Carry out one way out of `precollection_approval`; None when done, else why not."""
    account = accounts.lock(session, practice_id=practice_id, patient_id=task.subject_id, at=at)
    if resolution == "hold":
        return _hold(session, account, values, at=at)
    held = good_faith.held_up(session, practice_id=practice_id, patient_id=task.subject_id)
    asked_about = set(json.loads(task.detail)["encounters"].split(",")) - held
    if not asked_about:
        return Answer(done=False, code="not_possible", message="every visit that this asks about is disputed now")
    owed = accounts.owed_by_visit(session, practice_id=practice_id, patient_id=task.subject_id)
    items = {row.encounter_id: row for row in accounts.items(session, task.subject_id)}
    if resolution == "place":
        refused = _held(session, account, at=at) or _too_early(
            session, [items[one] for one in asked_about if one in items], at=at
        )
        if refused is not None:
            return refused
    for one in owed:
        row = items.get(one.encounter_id)
        if one.encounter_id not in asked_about or row is None:
            continue
        told = {"words": f"written off as bad debt: {values.get('reason', '')}", "actor_id": actor_id}
        if resolution == "place":
            agency = agencies.named(session, values["agency"], practice_id=practice_id, at=at)
            placed = place(session, row, one.cents, agency, actor_id=actor_id, at=at)
            told |= {"words": f"placed with {agency.name}", "placement_id": placed.id}
        encounters.add_fact(
            session,
            practice_id=practice_id,
            encounter_id=one.encounter_id,
            kind=FactKind.BALANCE_GIVEN_UP,
            source_key=f"given_up:{task.id}:{one.encounter_id}",
            subject_id=task.id,
            received_at=at,
            body=json.dumps(told),
        )
    wake(session, account, at=at)
    return None


def _held(session: Session, account: PatientAccount, *, at: datetime) -> Answer | None:
    """A hold of the whole account that began since the question came up; None: nothing stands in the way."""
    for row in account_holds.standing(session, account.patient_id):
        if row.encounter_id is None and (row.until is None or row.until > at):
            message = f"nothing of this account is placed now: {HOLD_WORDS[HoldKind(row.kind)]}"
            return Answer(done=False, code="not_possible", message=message)
    return None


def _too_early(session: Session, rows: Sequence[BalanceItem], *, at: datetime) -> Answer | None:
    """Why a hospital may not place these yet (26 CFR 1.501(r)-6(c)(3) and (4)); None: it may, or is none."""
    for row in rows:
        policies = office.policies_for(session, practice_id=row.practice_id, payer_id=None)
        if not policies.value("is_501r_hospital", as_of=policies.day(at)):
            continue
        since = may_be_placed_at(accounts.noun(row, 0), policies, at)
        if since is None or since > at:
            day = "once its final notice has gone out" if since is None else f"on {policies.day(since)}"
            message = (
                f"a hospital may place a visit of this account {day} at the earliest: 120 days after its first "
                "statement and 30 days after its final notice (26 CFR 1.501(r)-6)"
            )
            return Answer(done=False, code="not_possible", message=message)
    return None


def _hold(session: Session, account: PatientAccount, values: dict[str, str], *, at: datetime) -> Answer | None:
    until = noon_of(date.fromisoformat(values["follow_up"]), office.zone_of(session, account.practice_id))
    if until <= at:
        fault = (("follow_up", "choose a day to come"),)
        return Answer(done=False, code="invalid", message="please correct the form", faults=fault)
    pause(session, account, until=until, reason=values["reason"], at=at)
    return None


def answer_question(
    session: Session, task: Task, values: dict[str, str], *, practice_id: str, at: datetime
) -> Answer | None:
    """What a patient asked on the pay page is answered: reminders go on, or wait until a day; None when done."""
    account = accounts.lock(session, practice_id=practice_id, patient_id=task.subject_id, at=at)
    if values.get("follow_up"):
        refused = _hold(session, account, values, at=at)
        if refused is not None:
            return refused
    for row in account_holds.standing(session, account.patient_id):
        is_open = row.kind == HoldKind.ASSISTANCE and assistance.open_of(session, account.patient_id) is not None
        if row.begun_by == account_holds.PATIENT and not is_open:
            account_holds.end(session, row, why="answered", at=at, by=None)
    wake(session, account, at=at)
    return None


def pause(session: Session, account: PatientAccount, *, until: datetime, reason: str, at: datetime) -> None:
    """Write nothing to the patient and place nothing until that day: dispute, plan, assistance, bankruptcy, death."""
    account.paused_until, account.pause_reason = until, reason[:500]
    session.add(account)
    wake(session, account, at=at)


def resume(session: Session, account: PatientAccount, *, at: datetime) -> None:
    """End a pause before its day."""
    account.paused_until = at
    session.add(account)
    wake(session, account, at=at)


def wake(session: Session, account: PatientAccount, *, at: datetime) -> None:
    """The account looks at itself soon."""
    households.wake(session, practice_id=account.practice_id, patient_id=account.patient_id, at=at)
