"""Payments that cross a paper: kept after it was handed over, so that it asks for what is paid.

Whoever keeps a payment holds the account, and so does whoever hands a paper over: one of them is first. Was it the
payment, the paper is not handed over as it is; was it the paper, the payment is written down here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from billing.dunning import Notice
from billing.letters import Way
from billing.statements import Statement
from database import records
from database.tables import CrossedPayment, Encounter, Letter, PatientPayment

IN_THE_MAIL = timedelta(days=5)
"""First-class mail takes one to five days: until then the patient may not have the paper"""
IN_THE_WIRE = timedelta(days=1)
"""An e-mail is there at once, and read on the day"""


def note(session: Session, payment: PatientPayment, holder_id: str, *, at: datetime) -> CrossedPayment | None:
    """Write down that the payment crossed the newest paper about its visit that is on its way; None: it crossed none.
    The account is held."""
    letter = _on_its_way(session, payment, holder_id, at=at)
    if letter is None:
        return None
    row = CrossedPayment(
        payment_id=payment.id,
        practice_id=payment.practice_id,
        letter_id=letter.id,
        amount_cents=payment.amount_cents,
        at=at,
    )
    session.add(row)
    session.flush()
    return row


def _on_its_way(session: Session, payment: PatientPayment, holder_id: str, *, at: datetime) -> Letter | None:
    row = session.get_one(Encounter, payment.encounter_id)
    visit = row.external_id
    sent = session.exec(
        select(Letter)
        .where(
            Letter.practice_id == payment.practice_id,
            col(Letter.patient_id).in_({holder_id, row.patient_id}),
            col(Letter.kind).in_(list(Notice)),
            col(Letter.sent_at) > at - IN_THE_MAIL,
            col(Letter.returned_at).is_(None),
        )
        .order_by(col(Letter.sent_at).desc(), Letter.id)
    )
    return next((one for one in sent if _may_cross(one, at) and visit in _visits_on(one)), None)


def _may_cross(letter: Letter, at: datetime) -> bool:
    lasts = IN_THE_WIRE if letter.sent_how == Way.EMAIL else IN_THE_MAIL
    return letter.sent_at is not None and letter.sent_at > at - lasts


def _visits_on(letter: Letter) -> set[str]:
    return {one.number for one in records.load(Statement, letter.content).visits}


def of_letter(session: Session, letter_id: str) -> Sequence[CrossedPayment]:
    """What crossed one paper, in the order in which it came."""
    query = select(CrossedPayment).where(CrossedPayment.letter_id == letter_id)
    return session.exec(query.order_by(col(CrossedPayment.at), CrossedPayment.payment_id)).all()


def cents_of(session: Session, letter_id: str) -> int:
    """What crossed one paper, together and in cents."""
    total = select(func.coalesce(func.sum(CrossedPayment.amount_cents), 0))
    return int(session.exec(total.where(CrossedPayment.letter_id == letter_id)).one())


def forget(session: Session, letter_id: str) -> None:
    """The paper did not reach anybody after all: nothing crossed it."""
    for row in of_letter(session, letter_id):
        session.delete(row)
    session.flush()
