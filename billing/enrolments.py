"""Enrolments: which provider may do what with which payer, and from when to when.

A payer refuses a claim for good when the billing provider has no agreement to send it electronically, and pays little
or nothing when the rendering provider has no contract on the day of the visit. Both can be known before the claim
leaves; this module says whether they are in force, and in words why not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.claim import Claim, Party

RENDERING = "82"
"""NM101"""


class EnrolmentKind(StrEnum):
    """What a provider is enrolled for with a payer."""

    CONTRACT = "contract"
    """The payer's contract with a rendering provider (credentialing): what is paid, and whether"""
    CLAIMS = "837"
    """The billing provider's agreement to send claims electronically"""
    REMITTANCES = "835"
    """The billing provider gets electronic remittances"""
    TRANSFER = "eft"
    """The billing provider is paid by bank transfer"""
    ELIGIBILITY = "270"
    """The billing provider may ask for eligibility electronically"""


class EnrolmentState(StrEnum):
    """How far an enrolment has come."""

    REQUESTED = "requested"
    """Asked for, not answered yet"""
    ACTIVE = "active"
    """In force between its days"""
    REFUSED = "refused"
    """The payer said no"""
    ENDED = "ended"
    """It was in force until its last day"""
    NOT_NEEDED = "not_needed"
    """The payer asks for none"""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One cell of the matrix, of one payer."""

    npi: str
    """The provider's: billing (2010AA NM109) or rendering (2310B, 2420A NM109)"""
    kind: EnrolmentKind
    state: EnrolmentState
    effective_from: date | None = None
    """First day of service that it covers; None: every day up to the last"""
    effective_to: date | None = None
    """Last day of service that it covers; None: open"""

    def covers(self, day: date) -> bool:
        """Whether it is in force on the day of service. What has ended still covers the days before its end."""
        match self.state:
            case EnrolmentState.NOT_NEEDED:
                return True
            case EnrolmentState.REQUESTED | EnrolmentState.REFUSED:
                return False
            case EnrolmentState.ENDED if self.effective_to is None:
                return False
        return (self.effective_from or day) <= day <= (self.effective_to or day)


@dataclass(frozen=True, slots=True)
class Need:
    """An enrolment that a claim cannot do without, on the day of service."""

    npi: str
    kind: EnrolmentKind
    day: date


@dataclass(frozen=True, slots=True)
class Gap:
    """A need that is not met."""

    need: Need
    why: str
    """In words: who, what for, and what is missing; without the payer"""


def needs(claim: Claim, *, is_paper: bool) -> tuple[Need, ...]:
    """What the claim needs: 837 for the billing provider unless it goes on paper, a contract for whoever rendered it.

    A claim without a rendering provider was rendered by the billing provider (005010X222A1, 2310B). Who has no national
    provider identifier is left to edit P01.
    """
    found: dict[Need, None] = {}
    billing = claim.billing_provider.npi
    if billing and not is_paper:
        found[Need(billing, EnrolmentKind.CLAIMS, claim.service_from)] = None
    of_claim = _rendering(claim.providers) or ((billing,) if billing else ())
    for line in claim.lines:
        for npi in _rendering(line.providers) or of_claim:
            found[Need(npi, EnrolmentKind.CONTRACT, line.service_date)] = None
    return tuple(found)


def _rendering(providers: Iterable[Party]) -> tuple[str, ...]:
    return tuple(one.npi for one in providers if one.role == RENDERING and one.npi)


def gaps(wanted: Iterable[Need], rows: Sequence[Enrolment], *, holds_without_row: bool) -> tuple[Gap, ...]:
    """The needs that are not met by one payer's `rows`, in words.

    A provider without any row is in order unless `holds_without_row` (policy `hold_without_enrolment`): an office that
    has not begun to keep its matrix loses no claim to it.
    """
    by_cell: Mapping[tuple[str, str], Enrolment] = {(one.npi, one.kind): one for one in rows}
    found = []
    for need in wanted:
        row = by_cell.get((need.npi, need.kind))
        if row is None and holds_without_row:
            found.append(Gap(need, f"{named(need.kind)} of provider {need.npi}: there is no row in the matrix"))
        elif row is not None and not row.covers(need.day):
            found.append(Gap(need, f"{named(need.kind)} of provider {need.npi}: {why_not(row, need.day)}"))
    return tuple(found)


def named(kind: EnrolmentKind) -> str:
    """The kind as a sentence begins with it."""
    return "contract" if kind == EnrolmentKind.CONTRACT else f"{kind.upper()} enrolment"


def why_not(row: Enrolment, day: date) -> str:
    """Why the row does not cover the day of service."""
    match row.state:
        case EnrolmentState.REQUESTED:
            return "requested, not active yet"
        case EnrolmentState.REFUSED:
            return "refused by the payer"
    if row.effective_from is not None and day < row.effective_from:
        return f"in force from {row.effective_from}, the visit was on {day}"
    if row.effective_to is not None and day > row.effective_to:
        return f"ended on {row.effective_to}, the visit was on {day}"
    return "ended"


def row_faults(row: Enrolment) -> dict[str, str]:
    """What contradicts itself in a row, by field."""
    if row.effective_from and row.effective_to and row.effective_to < row.effective_from:
        return {"effective_to": "the last day lies before the first one"}
    if row.state == EnrolmentState.ENDED and row.effective_to is None:
        return {"effective_to": "say on which day it ended"}
    return {}


def standing(row: Enrolment, today: date) -> str:
    """Where the row stands today, in words."""
    match row.state:
        case EnrolmentState.REQUESTED | EnrolmentState.REFUSED:
            return row.state
        case EnrolmentState.NOT_NEEDED:
            return "not needed"
    if row.effective_to is not None and row.effective_to < today:
        return f"ended on {row.effective_to}"
    if row.state == EnrolmentState.ENDED:
        return f"ends on {row.effective_to}" if row.effective_to else "ended"
    if row.effective_from is not None and row.effective_from > today:
        return f"active from {row.effective_from}"
    return f"active until {row.effective_to}" if row.effective_to else "active"
