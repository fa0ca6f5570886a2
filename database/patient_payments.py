"""Money of patients, and what takes it back: kept as a row, and told the visit that posts it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.ledger import Account
from billing.money import format_dollars
from billing.stages import FactKind
from database import accounts, crossings, encounters, households
from database.tables import Encounter, Fact, Letter, PatientPayment, Posting


def keep(session: Session, payment: PatientPayment, *, at: datetime) -> None:
    """The row, and the fact that the encounter's workflow posts. The account is held, so that a paper about it is
    handed over before or after, never beside it; one that is on its way already is said to be crossed."""
    encounter = session.get_one(Encounter, payment.encounter_id)
    account = accounts.lock_known(session, practice_id=payment.practice_id, patient_id=households.answering(encounter))
    session.add(payment)
    session.flush()
    crossed = None
    if account is not None and payment.takes_back is None:
        crossed = crossings.note(session, payment, account.patient_id, at=at)
    encounters.add_fact(
        session,
        practice_id=payment.practice_id,
        encounter_id=payment.encounter_id,
        kind=FactKind.PATIENT_PAID,
        source_key=f"payment:{payment.id}",
        subject_id=payment.id,
        received_at=at,
    )
    if crossed is not None:
        paper = accounts.statement_of(session.get_one(Letter, crossed.letter_id))
        words = f"{format_dollars(payment.amount_cents)} came after {paper.title.lower()} {paper.number} was on its way"
        encounters.tell(session, encounter, f"{words}: it asks for what is paid", at=at)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One visit: what the ledger says that its patient owes, and what was paid and is not in the ledger yet."""

    encounter_id: str
    owed_cents: int
    coming_cents: int


def outstanding(session: Session, members: Collection[str], *, practice_id: str) -> list[Outstanding]:
    """Every visit that these people answer for, the oldest first; those with neither are left out."""
    return _outstanding(session, households.ANSWERING.in_(members), practice_id=practice_id)


def outstanding_of(session: Session, encounter_ids: Collection[str], *, practice_id: str) -> list[Outstanding]:
    """The same of these visits."""
    return _outstanding(session, col(Encounter.id).in_(encounter_ids), practice_id=practice_id)


def _outstanding(session: Session, which: sa.ColumnElement[bool], *, practice_id: str) -> list[Outstanding]:
    """Both sums come from one statement. A payment is posted while others are read, and read one after the other it
    would stand in both sums, or in none.
    """
    owed = (
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .where(Posting.encounter_id == Encounter.id, Posting.account == Account.AR_PATIENT)
        .correlate(Encounter)
        .scalar_subquery()
    )
    coming = (
        select(func.coalesce(func.sum(PatientPayment.amount_cents), 0))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(Fact.encounter_id == Encounter.id, Fact.kind == FactKind.PATIENT_PAID, col(Fact.absorbed_at).is_(None))
        .correlate(Encounter)
        .scalar_subquery()
    )
    rows = session.exec(
        select(Encounter.id, owed, coming)
        .where(Encounter.practice_id == practice_id, which)
        .order_by(col(Encounter.service_date), Encounter.id)
    )
    return [Outstanding(one, int(has), int(comes)) for one, has, comes in rows if has > 0 or comes]
