"""The policies of a visit beside its claim's own, in the order in which they pay."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, select

from billing.claim import Claim
from billing.coordination import IN_ORDER, PRIMARY, OtherPayer, own_policy
from database import member_ids, office, records
from database.columns import Id, new_id
from database.tables import Encounter, OtherPolicy, Payer

WAITING = "waiting"
BILLED = "billed"
STALE = "stale"
DROPPED = "dropped"
_OF_ENCOUNTER = select(OtherPolicy).where(OtherPolicy.encounter_id == sa.bindparam("encounter_id", type_=Id))


def of_encounter(session: Session, encounter_id: str) -> Sequence[OtherPolicy]:
    """Every policy that was not let go, first to pay first."""
    rows = session.exec(_OF_ENCOUNTER, params={"encounter_id": encounter_id})
    return sorted((one for one in rows if one.state != DROPPED), key=order)


def order(row: OtherPolicy) -> int:
    """Its place among the payers, from 0."""
    return IN_ORDER.index(row.responsibility)


def next_to_bill(session: Session, encounter_id: str) -> OtherPolicy | None:
    """The policy whose turn is next, or None: one that was never billed, or was before the claim was changed."""
    return next((one for one in of_encounter(session, encounter_id) if one.state in {WAITING, STALE}), None)


def in_order(session: Session, encounter: Encounter, claim: Claim) -> list[OtherPayer]:
    """Every policy of the visit in the order in which they pay, the claim's own among them."""
    rows = of_encounter(session, encounter.id)
    found = [policy_of(one) for one in rows]
    if not any(one.responsibility == claim.coverage.responsibility for one in rows):
        found.append(own_policy(claim))
    return sorted(found, key=lambda one: IN_ORDER.index(one.responsibility))


def plans_of(session: Session, encounter: Encounter, claim: Claim) -> list[str | None]:
    """What kind of plan each policy of the visit is (SBR09); None: nobody knows."""
    return [one.coverage.filing_indicator for one in in_order(session, encounter, claim)]


def add(
    session: Session, encounter: Encounter, other: OtherPayer, *, at: datetime, state: str = WAITING
) -> OtherPolicy:
    """Keep a policy."""
    row = OtherPolicy(
        id=new_id(),
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        payer_id=payer_for(session, encounter, other).id,
        responsibility=other.responsibility,
        record=records.dump(replace(other, decision=None)),
        state=state,
        added_at=at,
    )
    session.add(row)
    session.flush()
    member_ids.keep(session, encounter, other.coverage.member_id)
    return row


def payer_for(session: Session, encounter: Encounter, other: OtherPayer) -> Payer:
    """A policy's payer, found or made, reached through the same partner as the claim's own."""
    own = session.get(Payer, encounter.payer_id)
    assert own is not None, "an encounter's payer is never deleted"
    return office.payer_for(session, other.coverage.payer, practice_id=encounter.practice_id, partner_id=own.partner_id)


def keep_own(session: Session, encounter: Encounter, claim: Claim, *, at: datetime) -> OtherPolicy:
    """Keep the claim's own policy as one of several, as it is on the claim now; a new row's was billed."""
    own = own_policy(claim)
    for row in of_encounter(session, encounter.id):
        if row.responsibility == own.responsibility:
            row.record = records.dump(replace(own, decision=None))
            row.payer_id = encounter.payer_id
            session.add(row)
            session.flush()
            return row
    return add(session, encounter, own, at=at, state=BILLED)


def bill_all_anew(session: Session, encounter_id: str) -> None:
    """Another policy pays first and nobody has a claim any more: the first one goes, each other waits for its turn."""
    for row in of_encounter(session, encounter_id):
        row.state = DROPPED if row.responsibility == PRIMARY else WAITING
        session.add(row)
    session.flush()


def policy_of(row: OtherPolicy) -> OtherPayer:
    """The policy as billing's noun."""
    return records.load(OtherPayer, row.record)
