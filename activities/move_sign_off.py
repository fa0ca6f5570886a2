"""A supervisor signs a move off: what waits for the patients who came with it may go out from then on."""

from datetime import datetime

from sqlmodel import Session

from activities.account_decisions import wake
from activities.messages import Answer
from billing.money import format_dollars
from database import audit, moves


def sign_off(session: Session, move_id: str, *, practice_id: str, by: str, at: datetime) -> Answer | None:
    """None when done, else why not. Each account that came with the move looks at itself soon."""
    move = moves.lock(session, move_id, practice_id=practice_id)
    if move is None or move.ended_at is None:
        message = "the move has not taken everything over: run the command again, then sign it off"
        return Answer(done=False, code="invalid", message=message)
    booked, told = moves.booked_cents(session, move.id), move.insurance_cents + move.patient_cents
    if booked != told:
        message = (
            f"the opening balances come to {format_dollars(booked)}, the old aging said {format_dollars(told)}: "
            "nothing is asked of patients before they are the same"
        )
        return Answer(done=False, code="invalid", message=message)
    move.signed_off_at, move.signed_off_by = at, by
    session.add(move)
    session.flush()
    for account in moves.accounts_of(session, move):
        wake(session, account, at=at)
    audit.record(
        session, practice_id=practice_id, at=at, actor_id=by, action="sign_off", subject="move", subject_id=move.id
    )
    return None
