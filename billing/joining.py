"""Joining: visits of one patient that go to one payer as one claim, as monthly therapy does.

The earliest visit's claim is the frame; the others bring their lines, each with its own days, place of service,
rendering provider and diagnoses. What a claim says once must be said alike by all: where it is not, the visits do not
fit, and what stands in the way is named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from billing import parting
from billing.claim import Claim, Party, ServiceLine
from billing.money import Cents
from billing.parting import Rules

MOST_DIAGNOSES = 12
"""HI of one professional claim"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that is to be billed with others."""

    name: str
    """As people call it"""
    claim: Claim


@dataclass(frozen=True, slots=True)
class Joined:
    """The claim that bills them all."""

    claim: Claim
    visit_of: tuple[int, ...]
    """Of each line: the place of its visit among those that were joined"""


_SAID_ONCE: tuple[tuple[str, Callable[[Claim], object]], ...] = (
    ("patient", lambda claim: (claim.patient.name.last, claim.patient.name.first, claim.patient.birth_date)),
    ("payer", lambda claim: claim.coverage.payer.id),
    ("member id", lambda claim: claim.coverage.member_id),
    ("place of the payer among the patient's (first, second)", lambda claim: claim.coverage.responsibility),
    (
        "subscriber",
        lambda claim: (claim.coverage.relationship, claim.subscriber.name.last, claim.subscriber.name.first),
    ),
    ("group number", lambda claim: claim.coverage.group_number),
    ("reason why Medicare pays second", lambda claim: claim.coverage.insurance_type),
    ("billing provider", lambda claim: (claim.billing_provider.npi, claim.billing_provider.reference("EI"))),
    ("pay-to address", lambda claim: claim.pay_to),
    ("authorization", lambda claim: claim.authorization),
    ("referral", lambda claim: claim.referral),
    ("accident", lambda claim: claim.accident),
    ("reason for the delay", lambda claim: claim.delay_reason),
    ("special program", lambda claim: claim.special_program),
    ("assignment", lambda claim: (claim.assignment, claim.benefits_assigned, claim.release)),
    ("other providers or service location", lambda claim: [one for one in claim.providers if one.role != "82"]),
    ("further details of the claim (other payers, dates, notes)", lambda claim: claim.other_segments),
)
"""What stands on a claim once, and what it is called"""


def why_not(visits: Sequence[Visit], rules: Rules) -> list[str]:
    """Everything that keeps the visits off one claim; empty: they fit."""
    if any(one.claim.hospital is not None for one in visits):
        return ["an institutional claim is billed by itself: its type of bill says how it goes on"]
    first = visits[0]
    found = [
        f"visit {one.name} has another {words} than visit {first.name}"
        for one in visits[1:]
        for words, said in _SAID_ONCE
        if said(one.claim) != said(first.claim)
    ]
    if any(not one.claim.is_original for one in visits):
        found.append("a replacement or void of an earlier claim is billed by itself")
    if found:
        return found
    claim = joined(visits).claim
    if len(claim.diagnoses) > MOST_DIAGNOSES:
        found.append(f"together they have {len(claim.diagnoses)} diagnoses, and a claim holds {MOST_DIAGNOSES}")
    if words := parting.why(claim, rules):
        found.append(words.replace("the visit has", "together they have"))
    return found


def joined(visits: Sequence[Visit]) -> Joined:
    """One claim of them all, the first one's with the others' lines after its own."""
    frame = visits[0].claim
    diagnoses = list(frame.diagnoses)
    places = {one.code: place for place, one in reversed(list(enumerate(diagnoses, start=1)))}
    lines, visit_of = list(frame.lines), [0] * len(frame.lines)
    for ordinal, one in enumerate(visits[1:], start=1):
        for diagnosis in one.claim.diagnoses:
            if diagnosis.code not in places:
                diagnoses.append(diagnosis)
                places[diagnosis.code] = len(diagnoses)
        for line in one.claim.lines:
            lines.append(_brought(line, one.claim, frame, places))
            visit_of.append(ordinal)
    paid = [one.claim.patient_paid_cents for one in visits if one.claim.patient_paid_cents is not None]
    claim = replace(
        frame,
        diagnoses=parting.ranked(diagnoses),
        lines=tuple(lines),
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        patient_paid_cents=Cents(sum(paid)) if paid else None,
    )
    return Joined(claim, tuple(visit_of))


def _brought(line: ServiceLine, own: Claim, frame: Claim, places: dict[str, int]) -> ServiceLine:
    """A line as it stands on another visit's claim: it says itself what its own claim said for it."""
    known = range(1, len(own.diagnoses) + 1)
    pointers = tuple(places[own.diagnoses[one - 1].code] for one in line.diagnosis_pointers if one in known)
    place = line.place_of_service or own.place_of_service
    return replace(
        line,
        diagnosis_pointers=tuple(dict.fromkeys(pointers)),
        place_of_service=None if place == frame.place_of_service else place,
        providers=_rendering_said(line, own, frame),
    )


def _rendering_said(line: ServiceLine, own: Claim, frame: Claim) -> tuple[Party, ...]:
    if parting.rendering_of(own, line) == parting.rendering_of(frame, replace(line, providers=())):
        return tuple(one for one in line.providers if one.role != "82")
    if any(one.role == "82" for one in line.providers):
        return line.providers
    named = own.provider("82") or replace(own.billing_provider, role="82", address=None, references=(), contact=None)
    return (named, *line.providers)


def taken_out(own: Claim, bill: Claim, places: Sequence[int]) -> Claim:
    """A visit's own claim again, with its lines as they stand on the claim that billed them."""
    part = parting.with_lines(bill, places, unpointed={one.code for one in own.diagnoses})
    lines = tuple(_as_own(line, own, bill) for line in part.lines)
    return replace(own, diagnoses=part.diagnoses, lines=lines, charge_cents=part.charge_cents)


def with_paid(claim: Claim, cents: Cents | None) -> Claim:
    """The claim with what the patient has paid (AMT*F5)."""
    return replace(claim, patient_paid_cents=cents)


def _as_own(line: ServiceLine, own: Claim, bill: Claim) -> ServiceLine:
    place = line.place_of_service or bill.place_of_service
    providers = tuple(one for one in line.providers if one.role != "82")
    named = next((one for one in line.providers if one.role == "82"), None) or bill.provider("82")
    if named is not None and named.npi != parting.rendering_of(own, replace(line, providers=())):
        providers = (named, *providers)
    return replace(
        line,
        place_of_service=None if place == own.place_of_service else place,
        providers=providers,
    )
