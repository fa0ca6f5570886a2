"""What a correction of a visit puts right about the patient beyond it: who they are, and the policy that they hold."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from billing.claim import Claim
from billing.coordination import own_policy
from billing.patients import in_words, registration_of
from database import audit, guarantor_patients, held_policies, registrations
from database.tables import Encounter


def put_right(
    session: Session, encounter: Encounter, before: Claim, now: Claim, *, at: datetime, actor_id: str
) -> Iterator[str]:
    """Let the patient's record follow a visit's claim that was corrected: what the visit's story says of it."""
    for what, words in _changed(session, encounter, before, now, at):
        audit.record(
            session,
            practice_id=encounter.practice_id,
            at=at,
            actor_id=actor_id,
            action="update",
            subject="patient",
            subject_id=encounter.patient_id,
            reason=f"by a correction of visit {encounter.id}: {what}",
        )
        yield words


def _changed(
    session: Session, encounter: Encounter, before: Claim, now: Claim, at: datetime
) -> Iterator[tuple[str, str]]:
    if now.patient != before.patient:
        said = {"before": registration_of(before.patient), "now": registration_of(now.patient)}
        names = registrations.put_right(session, encounter.patient_id, now, **said)
        guarantor_patients.recognise(session, at=at)
        if names:
            yield in_words(names), f"The patient's record takes over: {in_words(names)}"
    if held_policies.put_right(session, encounter.patient_id, own_policy(before), own_policy(now), at=at):
        yield "coverage", "The policy that the patient holds takes over what was corrected"
