"""A change of the enrolment matrix, by a form or a file: written once, audited, and what waited for it goes on."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from sqlmodel import Session

from activities.enrolment_desk import put_entries
from api import auth, idempotency
from api.actions import Done
from api.office import Office
from billing.enrolments import Enrolment
from database import audit
from database.access import Person
from database.enrolments import Entry

TOLD = 5
"""So many cells stand in the audit's reason; the rest is counted"""


def put(
    request: Request, office: Office, person: Person, entries: Sequence[Entry], *, name: str, key: str, reason: str
) -> Done:
    """Write the cells once per key. The answer says how many rows were written and how many claims go on."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        before, released = put_entries(
            session, entries, practice_id=person.practice_id, at=office.now(), by=person.user_id
        )
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="update",
            subject="enrolment",
            subject_id=entries[0].payer_id,
            reason=_in_words(entries, before, reason),
            source=auth.source_of(request),
        )
        return entries[0].payer_id, {"written": len(entries), "released": released}

    sha256 = idempotency.fingerprint(name, "", [[str(one) for one in entries], reason])
    return Done(idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=effect))


def _in_words(entries: Sequence[Entry], before: Sequence[Entry | None], reason: str) -> str:
    told = [
        f"{now.enrolment.kind} of {now.enrolment.npi}: {_words(now.enrolment)}"
        + (f", was {_words(was.enrolment)}" if was else "")
        for now, was in list(zip(entries, before, strict=True))[:TOLD]
    ]
    more = f"; and {len(entries) - TOLD} more" if len(entries) > TOLD else ""
    return f"{'; '.join(told)}{more}: {reason}"[:300]


def _words(row: Enrolment) -> str:
    days = f" {row.effective_from or ''}..{row.effective_to or ''}" if row.effective_from or row.effective_to else ""
    return f"{row.state}{days}"
