"""Letters to who holds an account, as the practice that billed last writes them."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.letters import Letter as Content
from billing.letters import head_of
from database import consents, encounters, households, records
from database.columns import new_id
from database.tables import Encounter, Letter, Patient, Practice


def sender_of(session: Session, *, practice_id: str, holder_id: str) -> tuple[str, ...]:
    """Who billed the account's newest visit; the practice where there is none."""
    everybody = households.members(session, holder_id)
    query = select(Encounter).where(households.ANSWERING.in_(everybody))
    newest = session.exec(query.order_by(col(Encounter.service_date).desc(), Encounter.id).limit(1)).first()
    if newest is None:
        return (session.get_one(Practice, practice_id).name,)
    return head_of(encounters.claim_of(newest))[0]


def addressee_of(session: Session, holder_id: str, *, on: date) -> tuple[str, ...]:
    """Lines of the envelope."""
    return consents.addressee(session.get_one(Patient, holder_id), on=on)


def put_in_queue(
    session: Session, content: Content, *, practice_id: str, holder_id: str, kind: str, at: datetime, by: str
) -> None:
    """It waits to be printed."""
    session.add(
        Letter(
            id=new_id(),
            practice_id=practice_id,
            patient_id=holder_id,
            kind=kind,
            content=records.dump(content),
            written_at=at,
            written_by=by,
        )
    )
    session.flush()
