"""Prompt-pay offers as rows: kept with the first statement of each share, and held against what came in since."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from billing.instalments import PlanState
from billing.ledger import Account, Balances
from billing.money import Cents
from billing.prompt_pay import Chance, Money, Offer, chance, is_earned
from billing.small_balances import may_be_waived
from billing.stages import FactKind
from database import coverages, encounters, households, ledger
from database.columns import new_id
from database.tables import Encounter, Fact, InstalmentPlan, Letter, PatientPayment, Posting, PromptPayOffer

_SHARE = (Account.AR_PATIENT, Account.ADJUSTMENT_PROMPT_PAY, Account.ADJUSTMENT_SMALL, Account.BAD_DEBT)
"""Where a patient's share stands beside what was paid of it"""


def keep(session: Session, visit: Encounter, offer: Offer, *, letter_id: str, of_plans: bool, at: datetime) -> None:
    """Write down what a paper offers. `of_plans`: the practice offers it on what private plans left."""
    row = PromptPayOffer(
        id=new_id(),
        practice_id=visit.practice_id,
        encounter_id=visit.id,
        letter_id=letter_id,
        share_cents=offer.share_cents,
        applied_cents=offer.applied_cents,
        paid_cents=offer.paid_cents,
        percent=offer.percent,
        last_day=offer.last_day,
        of_plans=of_plans,
        made_at=at,
    )
    session.add(row)
    session.flush()


def offer_of(row: PromptPayOffer) -> Offer:
    """The row as billing's noun."""
    return Offer(Cents(row.share_cents), row.percent, row.last_day, row.applied_cents, row.paid_cents)


def of_visit(session: Session, encounter_id: str) -> PromptPayOffer | None:
    """The visit's offer; one whose paper nobody got stands only while its discount does."""
    given = select(Posting.detail).where(
        Posting.encounter_id == encounter_id, Posting.account == Account.ADJUSTMENT_PROMPT_PAY
    )
    given = given.group_by(Posting.detail).having(func.sum(Posting.amount_cents) != 0)
    got = sa.and_(col(Letter.withdrawn_at).is_(None), col(Letter.returned_at).is_(None))
    query = (
        select(PromptPayOffer)
        .join(Letter, col(Letter.id) == col(PromptPayOffer.letter_id))
        .where(PromptPayOffer.encounter_id == encounter_id, sa.or_(got, col(PromptPayOffer.id).in_(given)))
    )
    return session.exec(query.order_by(col(PromptPayOffer.made_at).desc(), PromptPayOffer.id)).first()


def may_have(session: Session, visit: Encounter, *, of_plans: bool) -> bool:
    """Whether the law and the practice let anything be taken off what the patient owes on the visit."""
    plans = coverages.plans_of(session, visit, encounters.claim_of(visit))
    return may_be_waived(is_self_pay=visit.is_self_pay, plans=plans, of_private_plans=of_plans)


def money_of(session: Session, visit: Encounter, balances: Balances, *, last_day: date) -> Money:
    """How the visit stands. What was posted is flushed."""
    return Money(
        whole_cents=sum(whole_by_line(session, visit, balances).values()),
        held_cents=applied_cents(session, visit) - balances.total(Account.PATIENT_UNAPPLIED),
        in_time_cents=paid_by(session, visit.id, last_day),
    )


def whole_by_line(session: Session, visit: Encounter, balances: Balances) -> dict[str | None, int]:
    """What of each line is the patient's: paid, owed, given up, waived, and taken off because it was paid in time. What
    help takes off is not, for the discount is of what help leaves."""
    applied = ledger.applied_by_line(session, practice_id=visit.practice_id, encounter_id=visit.id)
    lines = dict.fromkeys([*(line for account in _SHARE for line in balances.lines(account)), *applied])
    return {
        line: sum(balances.line(account, line) for account in _SHARE) + applied.get(line or "", 0) for line in lines
    }


def applied_cents(session: Session, visit: Encounter) -> int:
    """The patient's money that is on the visit's lines."""
    return sum(ledger.applied_by_line(session, practice_id=visit.practice_id, encounter_id=visit.id).values())


def paid_by(session: Session, encounter_id: str, day: date = date.max) -> int:
    """Payments of the visit that are posted, came by a day, and were not taken back."""
    first = aliased(PatientPayment)
    query = (
        select(func.coalesce(func.sum(PatientPayment.amount_cents), 0))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .outerjoin(first, col(first.id) == col(PatientPayment.takes_back))
        .where(
            PatientPayment.encounter_id == encounter_id,
            Fact.encounter_id == encounter_id,
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_not(None),
            func.coalesce(first.received_on, PatientPayment.received_on) <= day,
        )
    )
    return int(session.exec(query).one())


def open_to(session: Session, members: Collection[str], day: date) -> dict[str, Chance]:
    """What may be paid on a day instead of what is owed, by visit that these people answer for. None of a visit that is
    paid in parts."""
    return _open(session, households.ANSWERING.in_(members), day)


def open_on(session: Session, encounter_ids: Collection[str], day: date) -> dict[str, Chance]:
    """The same of these visits."""
    return _open(session, col(Encounter.id).in_(encounter_ids), day)


def _open(session: Session, which: sa.ColumnElement[bool], day: date) -> dict[str, Chance]:
    query = (
        select(PromptPayOffer.encounter_id)
        .join(Encounter, col(Encounter.id) == col(PromptPayOffer.encounter_id))
        .where(which, col(PromptPayOffer.last_day) >= day)
    )
    known = set(session.exec(query))
    if not known:
        return {}
    known -= _in_parts(session, known)
    found = {one: _chance(session, session.get_one(Encounter, one), day) for one in sorted(known)}
    return {one: offered for one, offered in found.items() if offered is not None}


def _chance(session: Session, visit: Encounter, day: date) -> Chance | None:
    row = of_visit(session, visit.id)
    if row is None or not may_have(session, visit, of_plans=row.of_plans):
        return None
    balances = ledger.balances(session, practice_id=visit.practice_id, encounter_id=visit.id)
    now = money_of(session, visit, balances, last_day=row.last_day)
    owed = balances.total(Account.AR_PATIENT)
    return chance(offer_of(row), now, owed_cents=owed, on=day) if owed > 0 else None


def _in_parts(session: Session, encounter_ids: Collection[str]) -> set[str]:
    visits = [session.get_one(Encounter, one) for one in encounter_ids]
    holders = {households.holder_of(session, households.answering(one)) for one in visits}
    plans = session.exec(
        select(InstalmentPlan.encounters).where(
            InstalmentPlan.state == PlanState.ACTIVE, col(InstalmentPlan.patient_id).in_(holders)
        )
    )
    return {visit for agreed in plans for visit in agreed.split(",")}


# For the proof of the books ------------------------------------------------------------------------------------------


def unfounded(session: Session) -> tuple[int, list[str]]:
    """(how many discounts were looked at, the visits of those that no offer founds): more than its percent of the share
    that was printed, too little paid in time for it, or of a share that may not have one."""
    waiting = set(session.exec(select(Fact.encounter_id).where(col(Fact.absorbed_at).is_(None))))
    cents = func.sum(Posting.amount_cents)
    rows = session.exec(
        select(Posting.encounter_id, Posting.detail, cents)
        .where(Posting.account == Account.ADJUSTMENT_PROMPT_PAY)
        .group_by(col(Posting.encounter_id), Posting.detail)
        .having(cents != 0)
    ).all()
    off = [
        f"encounter {encounter_id}"
        for encounter_id, offer_id, taken in rows
        if encounter_id not in waiting and not _is_founded(session, encounter_id or "", offer_id, int(taken))
    ]
    return len(rows), off


def _is_founded(session: Session, encounter_id: str, offer_id: str, taken: int) -> bool:
    row = session.get(PromptPayOffer, offer_id)
    if row is None or row.encounter_id != encounter_id:
        return False
    visit, offer = session.get_one(Encounter, encounter_id), offer_of(row)
    balances = ledger.balances(session, practice_id=visit.practice_id, encounter_id=visit.id)
    now = money_of(session, visit, balances, last_day=row.last_day)
    return is_earned(offer, now, taken) and may_have(session, visit, of_plans=row.of_plans)
