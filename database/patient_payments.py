"""Money of patients, and what takes it back: kept as a row, and told the visit that posts it."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.money import format_dollars
from billing.stages import FactKind
from database import accounts, crossings, encounters, households
from database.tables import Encounter, Fact, Letter, PatientPayment


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


def unposted(session: Session, encounter_ids: Collection[str]) -> dict[str, int]:
    """Cents that were paid towards these visits, or taken back, and that no workflow has posted yet."""
    rows = session.exec(
        select(PatientPayment.encounter_id, func.sum(PatientPayment.amount_cents))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(
            col(Fact.encounter_id).in_(encounter_ids),
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
        )
        .group_by(PatientPayment.encounter_id)
    )
    return {encounter_id: int(cents) for encounter_id, cents in rows}
