"""Amendments: kept with the fact that tells their encounter, in one transaction."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.amendments import Change
from billing.claim import Claim
from billing.stages import FactKind
from database import encounters
from database.columns import Id, new_id
from database.tables import Amendment, Encounter, Submission

WAITING, VOIDING, DONE, DROPPED = "waiting", "voiding", "done", "dropped"
"""Amendment.state"""
_UNDER_WAY = select(Amendment).where(
    Amendment.encounter_id == sa.bindparam("encounter_id", type_=Id), col(Amendment.state).in_((WAITING, VOIDING))
)


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


def under_way(session: Session, encounter_id: str) -> list[Amendment]:
    """Those that are neither done nor dropped: the one that is under way with a payer, then the oldest first."""
    rows = session.exec(_UNDER_WAY, params={"encounter_id": encounter_id}).all()
    return sorted(rows, key=lambda one: (one.state != VOIDING, one.made_at, one.id))


def changing(session: Session, encounter_ids: Sequence[str]) -> set[str]:
    """Those of the encounters that have a change under way."""
    rows = session.exec(
        select(Amendment.encounter_id).where(
            col(Amendment.encounter_id).in_(encounter_ids), col(Amendment.state).in_((WAITING, VOIDING))
        )
    )
    return set(rows)


def of_encounter(session: Session, encounter_id: str) -> Sequence[Amendment]:
    """Every amendment of the encounter, oldest first."""
    query = select(Amendment).where(Amendment.encounter_id == encounter_id)
    return session.exec(query.order_by(col(Amendment.made_at), col(Amendment.id))).all()


def original_of(session: Session, claim: Claim, *, practice_id: str) -> Encounter | None:
    """The encounter that a claim of frequency 7 or 8 names: by its own number (CLM01), which is the sender's or ours;
    by the payer's (REF*F8) where that names none or several, for two payers may give the same number.

    None when there is none, or more than one.
    """
    by_ours = select(Submission.encounter_id).where(
        Submission.practice_id == practice_id, Submission.control_number == claim.control_number
    )
    by_sender = select(Encounter.id).where(
        Encounter.practice_id == practice_id, Encounter.external_id == claim.control_number
    )
    found = {*session.exec(by_ours), *session.exec(by_sender)}
    if len(found) != 1 and claim.original_reference:
        by_payer = select(Submission.encounter_id).where(
            Submission.practice_id == practice_id, Submission.payer_claim_number == claim.original_reference
        )
        named = set(session.exec(by_payer))
        found = found & named if found else named
    return session.get(Encounter, found.pop()) if len(found) == 1 else None
