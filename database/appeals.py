"""Appeals of a visit, level by level: kept, read, and followed by their letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, or_, select

from billing.appeals import WORDS, Filed, Outcome
from billing.stages import FactKind
from database import encounters
from database.tables import Appeal, Letter, User


@dataclass(frozen=True, slots=True)
class AppealView:
    """One appeal as pages and programs see it."""

    id: str
    encounter_id: str
    control_number: str | None
    level: int
    name: str
    amount_cents: int
    letter_id: str | None
    filed_at: datetime
    filed_by: str
    file_by: date | None
    """The last day on which it may be filed"""
    sent_at: datetime | None
    decide_by: date | None
    """The payer's last day to decide"""
    outcome: str | None
    outcome_words: str
    decided_on: date | None
    reference: str
    won_cents: int | None


def of_encounter(session: Session, encounter_id: str) -> Sequence[Appeal]:
    """Every appeal of the visit, oldest first."""
    query = select(Appeal).where(Appeal.encounter_id == encounter_id)
    return session.exec(query.order_by(col(Appeal.filed_at), Appeal.id)).all()


def about_claim(session: Session, encounter_id: str, control_number: str | None) -> list[Appeal]:
    """Those about one claim, oldest first: a replacement of it is decided anew, and its levels begin again."""
    query = select(Appeal).where(
        Appeal.encounter_id == encounter_id,
        or_(Appeal.control_number == control_number, col(Appeal.control_number).is_(None)),
    )
    return list(session.exec(query.order_by(col(Appeal.filed_at), Appeal.id)))


def filed_of(rows: Sequence[Appeal]) -> list[Filed]:
    """The rows as billing's nouns."""
    return [
        Filed(one.level, Outcome(one.outcome) if one.outcome else None, one.decided_on, one.answered_at is not None)
        for one in rows
    ]


def find(session: Session, *, practice_id: str, appeal_id: str) -> Appeal | None:
    """One appeal of the practice, or None."""
    row = session.get(Appeal, appeal_id)
    return row if row is not None and row.practice_id == practice_id else None


def views(session: Session, *, practice_id: str, encounter_id: str) -> list[AppealView]:
    """Every appeal of the visit, oldest first, with the names of who wrote them."""
    rows = session.exec(
        select(Appeal, User.display_name)
        .join(User, col(User.id) == col(Appeal.filed_by), isouter=True)
        .where(Appeal.practice_id == practice_id, Appeal.encounter_id == encounter_id)
        .order_by(col(Appeal.filed_at), Appeal.id)
    )
    return [view_of(row, by or "office") for row, by in rows]


def view_of(row: Appeal, by: str) -> AppealView:
    return AppealView(
        id=row.id,
        encounter_id=row.encounter_id,
        control_number=row.control_number,
        level=row.level,
        name=row.name,
        amount_cents=row.amount_cents,
        letter_id=row.letter_id,
        filed_at=row.filed_at,
        filed_by=by,
        file_by=row.file_by,
        sent_at=row.sent_at,
        decide_by=row.decide_by,
        outcome=row.outcome,
        outcome_words=WORDS[Outcome(row.outcome)] if row.outcome else "undecided",
        decided_on=row.decided_on,
        reference=row.reference,
        won_cents=row.won_cents,
    )


def note_sent(session: Session, letter: Letter, *, at: datetime) -> None:
    """The letter is on its way: the visit hears of it."""
    if letter.encounter_id is None:
        return
    encounters.add_fact(
        session,
        practice_id=letter.practice_id,
        encounter_id=letter.encounter_id,
        kind=FactKind.APPEAL_SENT,
        source_key=f"sent:{letter.id}",
        subject_id=letter.id,
        received_at=at,
    )


def note_withdrawn(session: Session, letter: Letter) -> None:
    """The letter will not be sent: the appeal was none."""
    for row in session.exec(select(Appeal).where(Appeal.letter_id == letter.id, col(Appeal.outcome).is_(None))):
        row.outcome = Outcome.WITHDRAWN
        session.add(row)


def of_letter(session: Session, letter_id: str) -> Appeal | None:
    """The appeal that the letter makes, or None."""
    return session.exec(select(Appeal).where(Appeal.letter_id == letter_id)).first()
