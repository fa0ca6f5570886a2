"""Staff commands: carried out once per idempotency key, answered the same way ever after."""

from datetime import datetime

from sqlmodel import Session

from database.tables import Command


class KeyUsedForAnotherBody(ValueError):
    """The idempotency key was used before with another body."""


def answered(session: Session, *, practice_id: str, key: str, body_sha256: str) -> str | None:
    """The answer given before under this key, as JSON; None when it was never used.

    Raises KeyUsedForAnotherBody when the key came with another body.
    """
    row = session.get(Command, (practice_id, key))
    if row is None:
        return None
    if row.body_sha256 != body_sha256:
        raise KeyUsedForAnotherBody("the idempotency key was used before with another body")
    return row.answer


def record(
    session: Session,
    *,
    practice_id: str,
    key: str,
    body_sha256: str,
    actor_id: str,
    name: str,
    subject_id: str,
    answer: str,
    at: datetime,
) -> None:
    """Write the command in the transaction of its effect."""
    session.add(
        Command(
            practice_id=practice_id,
            idempotency_key=key,
            body_sha256=body_sha256,
            actor_id=actor_id,
            name=name,
            subject_id=subject_id,
            answer=answer,
            at=at,
        )
    )
    session.flush()
