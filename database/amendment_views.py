"""The policies of a visit and the changes of what was billed, as its page shows them."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from billing.amendments import FORMS, Change
from billing.claim import Claim
from database import amendments, coverages, users
from database.tables import Amendment, Encounter


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
    made_by: str | None
    """Name of who made it; None: it came in as a file"""
    said: list[tuple[str, str]]
    """What changes, and why: label and text as they were typed"""
    ended_at: datetime | None


def amendments_of(session: Session, encounter_id: str) -> list[AmendmentView]:
    """Every amendment of one encounter, oldest first."""
    rows = amendments.of_encounter(session, encounter_id)
    makers = {one.made_by for one in rows if one.made_by}
    names = users.names_of(session, makers)
    return [
        AmendmentView(
            id=one.id,
            change=Change(one.kind),
            label=FORMS[Change(one.kind)].label,
            state=one.state,
            made_at=one.made_at,
            made_by=None if one.made_by is None else names.get(one.made_by, one.made_by),
            said=_said(one),
            ended_at=one.ended_at,
        )
        for one in rows
    ]


def _said(row: Amendment) -> list[tuple[str, str]]:
    """What a person typed; the body of one that came in as a file is a claim."""
    if row.made_by is None:
        return []
    typed = json.loads(row.body)
    return [(one.label, typed[one.name]) for one in FORMS[Change(row.kind)].fields if typed.get(one.name)]


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
