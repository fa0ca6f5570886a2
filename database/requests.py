"""What payers asked for: kept once, and followed from the cover sheet to the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.information import WAITS, RequestState
from billing.stages import FactKind
from database import encounters
from database.columns import new_id
from database.tables import InformationRequest, Letter

PREFIX = "R"
NUMBER_LENGTH = 10
"""Characters of our number for what is sent, behind the prefix"""


def keep(
    session: Session,
    *,
    practice_id: str,
    encounter_id: str,
    payer_id: str,
    control_number: str,
    source_key: str,
    asked: str,
    codes: str,
    amount_cents: int,
    due_on: date,
    at: datetime,
    payer_reference: str | None = None,
) -> InformationRequest | None:
    """Keep a request; None: the same one is kept already."""
    same = select(InformationRequest.id).where(
        InformationRequest.practice_id == practice_id, InformationRequest.source_key == source_key
    )
    if session.exec(same).first() is not None:
        return None
    row = InformationRequest(
        id=new_id(),
        practice_id=practice_id,
        encounter_id=encounter_id,
        payer_id=payer_id,
        control_number=control_number,
        source_key=source_key,
        asked=asked,
        codes=codes[:200],
        amount_cents=amount_cents,
        due_on=due_on,
        payer_reference=payer_reference,
        opened_at=at,
        state=RequestState.OPEN,
        attachment_number=f"{PREFIX}{new_id()[:NUMBER_LENGTH].upper()}",
    )
    session.add(row)
    session.flush()
    return row


def of_encounter(session: Session, encounter_id: str) -> Sequence[InformationRequest]:
    """Every request about the visit, oldest first."""
    return session.exec(_about(encounter_id)).all()


def waiting(session: Session, encounter_id: str) -> list[InformationRequest]:
    """Those whose answer is still to come."""
    return [one for one in of_encounter(session, encounter_id) if one.state in WAITS]


def of_letter(session: Session, letter_id: str) -> InformationRequest | None:
    """The request that the letter answers, or None."""
    return session.exec(select(InformationRequest).where(InformationRequest.letter_id == letter_id)).first()


def note_sent(session: Session, letter: Letter, *, at: datetime) -> None:
    """The documents are on their way: the visit hears of it."""
    if letter.encounter_id is not None:
        encounters.add_fact(
            session,
            practice_id=letter.practice_id,
            encounter_id=letter.encounter_id,
            kind=FactKind.RECORDS_SENT,
            source_key=f"sent:{letter.id}",
            subject_id=letter.id,
            received_at=at,
        )


def note_withdrawn(session: Session, letter: Letter, *, at: datetime) -> None:
    """The cover sheet will not be sent: nothing is supplied by it."""
    row = of_letter(session, letter.id)
    if row is not None and row.state == RequestState.ANSWERING:
        row.state, row.why, row.ended_at = RequestState.NOT_SUPPLIED, "its cover sheet was withdrawn", at
        session.add(row)


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as pages and programs see it."""

    id: str
    control_number: str
    asked: str
    codes: str
    amount_cents: int
    due_on: date
    opened_at: datetime
    state: str
    attachment_number: str
    payer_reference: str | None
    letter_id: str | None
    sent_at: datetime | None
    ended_at: datetime | None
    why: str


def views(session: Session, *, practice_id: str, encounter_id: str) -> list[RequestView]:
    """Every request about the visit, oldest first."""
    return [
        RequestView(**{name: getattr(row, name) for name in RequestView.__dataclass_fields__})
        for row in session.exec(_about(encounter_id).where(InformationRequest.practice_id == practice_id))
    ]


def _about(encounter_id: str) -> SelectOfScalar[InformationRequest]:
    query = select(InformationRequest).where(InformationRequest.encounter_id == encounter_id)
    return query.order_by(col(InformationRequest.opened_at), col(InformationRequest.id))
