"""The policies of a visit and the changes of what was billed, as its page shows them."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from billing.amendments import FORMS, Change
from billing.claim import Claim
from database import amendments, coverages
from database.tables import Encounter


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One policy of the visit."""

    responsibility: str
    """SBR01: P, S, T"""
    payer: str
    member_id: str | None
    filing_indicator: str | None
    state: str
    """current (the claim is there now), waiting, billed"""


@dataclass(frozen=True, slots=True)
class AmendmentView:
    """One change of what was billed."""

    id: str
    change: Change
    label: str
    state: str
    """waiting, voiding, done, dropped"""
    made_at: datetime
    ended_at: datetime | None


def amendments_of(session: Session, encounter_id: str) -> list[AmendmentView]:
    """Every amendment of one encounter, oldest first."""
    return [
        AmendmentView(one.id, Change(one.kind), FORMS[Change(one.kind)].label, one.state, one.made_at, one.ended_at)
        for one in amendments.of_encounter(session, encounter_id)
    ]


def policies_of(session: Session, row: Encounter, claim: Claim) -> list[PolicyView]:
    """Every policy of one visit in the order in which they pay."""
    states = {one.responsibility: one.state for one in coverages.of_encounter(session, row.id)}
    states[claim.coverage.responsibility] = "current"
    return [
        PolicyView(
            responsibility=one.responsibility,
            payer=one.coverage.payer.name.last,
            member_id=one.coverage.member_id,
            filing_indicator=one.coverage.filing_indicator,
            state=states[one.responsibility],
        )
        for one in coverages.in_order(session, row, claim)
    ]
