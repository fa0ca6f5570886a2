"""Amendments: kept with the fact that tells their encounter, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from billing.amendments import Change
from billing.claim import Claim
from billing.stages import FactKind
from database import encounters
from database.columns import new_id
from database.tables import Amendment, Encounter, Submission


def make(
    session: Session,
    encounter: Encounter,
    change: Change,
    *,
    body: str,
    at: datetime,
    source_key: str,
    made_by: str | None = None,
) -> Amendment | None:
    """Keep an amendment and wake its encounter; None when the same one (`source_key`) came before."""
    row = Amendment(
        id=new_id(),
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        kind=change,
        body=body,
        made_at=at,
        made_by=made_by,
    )
    is_new = encounters.add_fact(
        session,
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        kind=FactKind.AMENDED,
        source_key=f"amended:{source_key}",
        subject_id=row.id,
        received_at=at,
    )
    if not is_new:
        return None
    session.add(row)
    session.flush()
    return row


def of_encounter(session: Session, encounter_id: str) -> Sequence[Amendment]:
    """Every amendment of the encounter, oldest first."""
    return session.exec(select(Amendment).where(Amendment.encounter_id == encounter_id).order_by(Amendment.id)).all()


def original_of(session: Session, claim: Claim, *, practice_id: str) -> Encounter | None:
    """The encounter that a claim of frequency 7 or 8 names, by its own number (CLM01) or the payer's (REF*F8).

    None when there is none, or more than one.
    """
    mine = Submission.practice_id == practice_id
    named = [col(Submission.control_number) == claim.control_number]
    if claim.original_reference:
        named.append(col(Submission.payer_claim_number) == claim.original_reference)
    found = set(session.exec(select(Submission.encounter_id).where(mine, or_(*named))))
    found |= set(
        session.exec(
            select(Encounter.id).where(
                Encounter.practice_id == practice_id, Encounter.external_id == claim.control_number
            )
        )
    )
    return session.get(Encounter, found.pop()) if len(found) == 1 else None
