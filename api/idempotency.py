"""Each command once: the key that a client chooses, and the answer that was given to it.

The command row is written in the transaction of its effect, here or in the activity that has the effect. The same
key with the same body gets the same answer again; with another body it is 422.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from api.errors import Problem
from api.office import Office
from database import commands
from database.access import Person
from database.commands import KeyUsedForAnotherBody

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern="^[A-Za-z0-9._:-]+$",
        description="Chosen by the client, random, new for each intent; repeated when the same request is repeated.",
    ),
]

COMMANDS_PATH = "/api/v1/commands/"

Effect = Callable[[Session], tuple[str, dict[str, Any]]]
"""Does the command in the given transaction: (id of its subject, answer)"""


def fingerprint(name: str, subject_id: str, body: object) -> str:
    """What makes it the same request: the command, its subject, and all that was sent."""
    text = json.dumps([name, subject_id, body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def earlier_answer(office: Office, person: Person, *, key: str, body_sha256: str) -> dict[str, Any] | None:
    """What was answered to this key before, or None. Raises Problem 422 when it came with another body."""
    with office.database.reading() as session:
        return _answered(session, person, key=key, body_sha256=body_sha256)


def once(office: Office, person: Person, *, name: str, key: str, body_sha256: str, effect: Effect) -> dict[str, Any]:
    """Do it and record it in one transaction, or give the earlier answer.

    Where somebody else wrote the same row this moment, it is done once more and sees that row.
    """
    try:
        return _once(office, person, name=name, key=key, body_sha256=body_sha256, effect=effect)
    except IntegrityError:
        # This transaction undid itself. A twin of this request that was faster has its answer recorded by now.
        return _once(office, person, name=name, key=key, body_sha256=body_sha256, effect=effect)


def _once(office: Office, person: Person, *, name: str, key: str, body_sha256: str, effect: Effect) -> dict[str, Any]:
    with office.database.writing() as session:
        earlier = _answered(session, person, key=key, body_sha256=body_sha256)
        if earlier is not None:
            return earlier
        subject_id, answer = effect(session)
        record(session, office, person, name=name, key=key, body_sha256=body_sha256, answer=(subject_id, answer))
        return answer


def record(
    session: Session,
    office: Office,
    person: Person,
    *,
    name: str,
    key: str,
    body_sha256: str,
    answer: tuple[str, dict[str, Any]],
) -> None:
    """Write the command row. `answer` is (id of the subject, body)."""
    commands.record(
        session,
        practice_id=person.practice_id,
        key=key,
        body_sha256=body_sha256,
        actor_id=person.user_id,
        name=name,
        subject_id=answer[0],
        answer=json.dumps(answer[1]),
        at=office.now(),
    )


def _answered(session: Session, person: Person, *, key: str, body_sha256: str) -> dict[str, Any] | None:
    try:
        text = commands.answered(session, practice_id=person.practice_id, key=key, body_sha256=body_sha256)
    except KeyUsedForAnotherBody as error:
        raise Problem(
            422,
            "key-reused",
            "This Idempotency-Key was used for another request",
            "Choose a new key for a new intent.",
        ) from error
    if text is None:
        return None
    answer: dict[str, Any] = json.loads(text)
    return answer
