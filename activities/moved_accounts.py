"""Accounts of an office that moves: how far patients were asked for what they owe, and what they pay by instalments.

All of it waits until a person has signed the move off; then the account goes on where the old system had left it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from sqlmodel import Session, col, select

from activities.moved_visits import Mover
from billing.days import noon_of
from billing.ledger import Account
from billing.money import format_dollars
from billing.moving import DunningStage, MovedAccount, MovedPlan
from billing.stages import Stage
from database import accounts, ledger, moves, office
from database.engine import Database
from database.tables import BalanceItem, Encounter, MovedVisitRow, PatientAccount, PaymentPlan

INSTALMENT = timedelta(days=31)


def keep_accounts(database: Database, mover: Mover, people: Mapping[str, str]) -> None:
    """Open the account of everybody who owes, is paused or has a plan. What is there already stays as it is."""
    told = {one.patient: one for one in mover.told.accounts}
    plans = {one.patient: one for one in mover.told.plans}
    owing = {one.patient for one in mover.told.lines}
    for number in sorted(owing | set(told) | set(plans)):
        with database.writing() as session:
            _keep_account(session, mover, people[number], told.get(number), plans.get(number))


def _keep_account(
    session: Session, mover: Mover, patient_id: str, told: MovedAccount | None, plan: MovedPlan | None
) -> None:
    visits = _owed_visits(session, mover, patient_id)
    if not visits and told is None and plan is None:
        return
    zone = office.zone_of(session, mover.practice_id)
    account = accounts.lock(session, practice_id=mover.practice_id, patient_id=patient_id, at=mover.at)
    known = {row.encounter_id for row in accounts.items(session, account.patient_id)}
    for encounter in visits:
        if encounter.id not in known:
            session.add(_item(encounter, account, told, mover, zone))
    if told is not None and told.last_statement is not None:
        last = noon_of(told.last_statement, zone)
        account.last_paper_at = max(account.last_paper_at or last, last)
    _pause(session, account, told, plan, mover, zone)
    owed = accounts.owed_by_visit(session, practice_id=mover.practice_id, patient_id=account.patient_id)
    account.owed_cents = sum(one.cents for one in owed)
    session.add(account)
    session.flush()


def _owed_visits(session: Session, mover: Mover, patient_id: str) -> Sequence[Encounter]:
    """Visits of this move that the patient owes on and no payer has any more."""
    found = session.exec(
        select(Encounter)
        .join(MovedVisitRow, col(MovedVisitRow.encounter_id) == col(Encounter.id))
        .where(
            MovedVisitRow.move_id == mover.move_id,
            Encounter.patient_id == patient_id,
            Encounter.stage == Stage.PATIENT_BALANCE,
        )
        .order_by(Encounter.id)
    )
    where = {"practice_id": mover.practice_id}
    return [
        one for one in found if ledger.balances(session, encounter_id=one.id, **where).total(Account.AR_PATIENT) > 0
    ]


def _item(
    encounter: Encounter, account: PatientAccount, told: MovedAccount | None, mover: Mover, zone: tzinfo
) -> BalanceItem:
    """The visit's share, with the papers that it had."""
    since = noon_of(mover.as_of, zone)
    item = BalanceItem(
        encounter_id=encounter.id,
        practice_id=mover.practice_id,
        patient_id=account.patient_id,
        due_since=since,
    )
    if told is None or told.stage == DunningStage.NONE or told.last_statement is None:
        return item
    item.statements = max(told.statements, 1)
    item.first_statement_at = noon_of(told.first_statement or told.last_statement, zone)
    item.due_since = item.first_statement_at
    if told.stage == DunningStage.FINAL_NOTICE:
        item.final_notice_at = noon_of(told.last_statement, zone)
    return item


def _pause(
    session: Session,
    account: PatientAccount,
    told: MovedAccount | None,
    plan: MovedPlan | None,
    mover: Mover,
    zone: tzinfo,
) -> None:
    """A pause of the old system goes on, and who pays by instalments is not asked before the last of them is due."""
    until: list[datetime] = []
    reasons: list[str] = []
    if told is not None and told.paused_until is not None:
        until.append(noon_of(told.paused_until, zone))
        reasons.append(told.pause_reason or "")
    if plan is not None:
        moves.keep_plan(session, account.patient_id, _plan_row(account, plan, mover))
        instalments = -(-plan.balance // plan.amount)
        until.append(noon_of(mover.as_of, zone) + instalments * INSTALMENT)
        reasons.append(
            f"payment plan: {format_dollars(plan.amount)} a month on day {plan.day}, "
            f"{format_dollars(plan.balance)} left on {mover.as_of}"
        )
    if until and account.paused_until is None:
        account.paused_until = max(until)
        account.pause_reason = "; ".join(reasons)[:500]


def _plan_row(account: PatientAccount, plan: MovedPlan, mover: Mover) -> PaymentPlan:
    return PaymentPlan(
        patient_id=account.patient_id,
        practice_id=account.practice_id,
        amount_cents=plan.amount,
        day_of_month=plan.day,
        balance_cents=plan.balance,
        as_of=mover.as_of,
    )
