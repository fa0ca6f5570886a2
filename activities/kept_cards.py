"""A card that the processor keeps for a plan: agreed to, kept by its signed word, and stopped by one click."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from activities.account_decisions import wake
from billing.instalments import PlanState
from billing.kept_cards import CardState
from database import accounts, audit, instalments, kept_cards, office
from database.columns import new_id
from database.tables import InstalmentPlan, KeptCard, PatientAccount

PROCESSOR = "card_processor"
KEPT = "card.kept"
"""The processor's notice that it keeps a card"""
SAME_WISH = timedelta(minutes=20)
"""A wish that was not finished is taken up again for so long"""
USUAL_LABEL = "card"


class CannotKeep(ValueError):
    """No card can be kept; the message says why."""


def ask(session: Session, account: PatientAccount, *, words: str, said_by: str, by: str, at: datetime) -> KeptCard:
    """What was agreed to is written down, before the processor's page is opened. The account is held; a second click
    takes the same wish up. Raises CannotKeep."""
    plan = instalments.active(session, account.patient_id)
    if plan is None:
        raise CannotKeep("no agreement to pay in parts holds on this account: agree on one first")
    said, policies = said_by[:200], office.policies_for(session, practice_id=account.practice_id, payer_id=None)
    for known in kept_cards.of_plan(session, plan.id):
        is_same = known.state == CardState.ASKED and (known.agreed_by, known.words, known.said_by) == (by, words, said)
        if is_same and known.agreed_at > at - SAME_WISH:
            return known
    row = KeptCard(
        id=new_id(),
        practice_id=account.practice_id,
        plan_id=plan.id,
        state=CardState.ASKED,
        words=words,
        agreed_parts=kept_cards.written(instalments.open_parts(session, plan, policies, today=policies.day(at))),
        said_by=said,
        agreed_at=at,
        agreed_by=by,
    )
    session.add(row)
    session.flush()
    return row


def keep(
    session: Session, card_id: str, *, reference: str, label: str, expires: str, at: datetime
) -> tuple[KeptCard | None, str]:
    """The processor keeps a card: (the row, what it did in words). What was stopped meanwhile is forgotten again."""
    row = session.get(KeptCard, card_id)
    if row is None or not reference:
        return row, "names no card that was asked for"
    plan = session.get_one(InstalmentPlan, row.plan_id)
    account = accounts.lock(session, practice_id=row.practice_id, patient_id=plan.patient_id, at=at)
    session.refresh(row, with_for_update=True)
    if row.reference is not None:
        return row, "it is known already"
    row.reference, row.label, row.expires_on = reference[:200], label[:40] or USUAL_LABEL, last_day_of(expires)
    if row.state == CardState.ASKED and plan.state == PlanState.ACTIVE:
        kept = kept_cards.kept_for(session, plan.id)
        if kept is not None:
            kept_cards.end(session, kept, by=kept_cards.OFFICE, why="another card took its place", at=at)
        row.state, row.kept_at = CardState.KEPT, at
    else:
        kept_cards.end(session, row, by=kept_cards.OFFICE, why="the agreement had ended", at=at)
    session.add(row)
    session.flush()
    _audit(session, row, plan, "kept", by=PROCESSOR, at=at)
    wake(session, account, at=at)
    return row, "kept" if row.state == CardState.KEPT else "not wanted any more"


def stop(session: Session, account: PatientAccount, *, why: str, by: str, at: datetime) -> bool:
    """Nothing more is charged to a card of the account, from this instant; False: there was none. The account is held.
    A charge that is on its way to the processor at this very moment may still come, and then it counts."""
    found = [
        (row, plan)
        for row, plan in kept_cards.of_account(session, account.patient_id)
        if row.state in {CardState.ASKED, CardState.KEPT}
    ]
    for row, plan in found:
        kept_cards.end(session, row, by=by, why=why, at=at)
        _audit(session, row, plan, "stopped", by=by, at=at)
    if found:
        wake(session, account, at=at)
    return bool(found)


def last_day_of(expires: str) -> date | None:
    """`2029-11` -> 2029-11-30; anything else says nothing."""
    try:
        year, month = (int(part) for part in expires.split("-"))
        return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        return None


def _audit(session: Session, row: KeptCard, plan: InstalmentPlan, what: str, *, by: str, at: datetime) -> None:
    audit.record(
        session,
        practice_id=row.practice_id,
        at=at,
        actor_id=by,
        action="update",
        subject="kept_card",
        subject_id=row.id,
        reason=f"{what}: for the plan {plan.id}"[:200],
    )
