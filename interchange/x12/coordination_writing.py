"""Other payers of a claim as segments: 2320 with 2330A and 2330B, and what each decided on the lines (2430)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from billing.claim import Claim, OpaqueSegment, ServiceLine
from billing.coordination import LineDecision, OtherDecision, OtherPayer
from interchange.x12 import forms, parties
from interchange.x12.fields import Elements, join, print_cents, print_day, print_decimal, trimmed
from interchange.x12.payment_writing import write_adjustments

_ASSIGNED_UNLESS_SAID = "Y"


def with_other_payers(claim: Claim, others: Sequence[OtherPayer]) -> Claim:
    """The claim with exactly these other payers: what it said of any (2320 to 2330G, 2430) gives way.

    Source: 005010X222A1 2320, 2330A, 2330B, 2430. The adjudication date (DTP*573) stands on the lines where there are
    any, else with the payer. Balanced when the answers were: nothing is rounded or added here.
    """
    kept = tuple(one for one in claim.other_segments if one.loop[:3] not in {"232", "233"})
    written = tuple(segment for other in others for segment in _other_payer(claim, other))
    lines = []
    for number, line in enumerate(claim.lines, start=1):
        rest = tuple(one for one in line.other_segments if one.loop != "2430")
        decided = tuple(
            segment
            for other in others
            if other.decision is not None
            for one in other.decision.lines
            if one.line == number
            for segment in _opaque("2430", _line(one, line))
        )
        lines.append(replace(line, other_segments=(*rest, *decided)))
    return replace(claim, other_segments=(*kept, *written), lines=tuple(lines))


def _opaque(loop: str, rows: Iterable[Elements]) -> Iterator[OpaqueSegment]:
    return (OpaqueSegment(loop, row) for row in rows)


def _other_payer(claim: Claim, other: OtherPayer) -> Iterator[OpaqueSegment]:
    coverage = other.coverage
    subscriber = claim.patient if coverage.is_self else other.subscriber
    insured = [
        parties.write_nm1(
            "IL",
            subscriber.name,
            is_person=subscriber.is_person,
            qualifier=coverage.member_id_qualifier,
            number=coverage.member_id,
        ),
        *parties.write_address(subscriber.address),
    ]
    yield from _opaque("2320", _policy(claim, other))
    yield from _opaque("2330A", insured)
    yield from _opaque("2330B", _payer(other))


def _policy(claim: Claim, other: OtherPayer) -> list[Elements]:
    """SBR, CAS, AMT, OI, MOA."""
    coverage, decision = other.coverage, other.decision
    rows = [
        trimmed(
            "SBR",
            coverage.responsibility,
            coverage.relationship,
            coverage.group_number,
            None if coverage.group_number else coverage.group_name,
            coverage.insurance_type if claim.hospital is None else None,
            *("",) * 3,
            coverage.filing_indicator,
        )
    ]
    if decision is not None:
        rows += write_adjustments(decision.adjustments)
        rows += _amounts(decision)
    assigned = claim.benefits_assigned or _ASSIGNED_UNLESS_SAID
    rows.append(trimmed("OI", "", "", assigned, claim.signature_source, "", claim.release or _ASSIGNED_UNLESS_SAID))
    if decision is not None and decision.remarks:
        rows.append(trimmed("MOA", "", "", *decision.remarks))
    return rows


def _amounts(decision: OtherDecision) -> list[Elements]:
    pairs = (
        ("D", decision.paid_cents),
        ("A8", decision.non_covered_cents),
        ("EAF", decision.remaining_cents),
    )
    return [("AMT", qualifier, print_cents(cents)) for qualifier, cents in pairs if cents is not None]


def _payer(other: OtherPayer) -> list[Elements]:
    payer, decision = other.coverage.payer, other.decision
    rows = [parties.write_nm1("PR", payer.name, is_person=False, qualifier=payer.id_qualifier, number=payer.id)]
    rows += parties.write_address(payer.address)
    if decision is not None and decision.adjudicated_on is not None:
        rows.append(("DTP", "573", "D8", print_day(decision.adjudicated_on)))
    if decision is not None and decision.payer_claim_number:
        rows.append(("REF", "F8", decision.payer_claim_number))
    return rows


def _line(one: LineDecision, line: ServiceLine) -> list[Elements]:
    """SVD, CAS, DTP. An institutional line's revenue code (SVD04) is ours where the payer named none."""
    modifiers = forms.spread(one.modifiers, 4, "SVD", 3)
    procedure = join(one.procedure_qualifier, one.procedure, *modifiers) if one.procedure else ""
    revenue = None if line.revenue is None else one.revenue_code or line.revenue.code
    return [
        trimmed("SVD", one.payer_id, print_cents(one.paid_cents), procedure, revenue, print_decimal(one.units)),
        *write_adjustments(one.adjustments),
        ("DTP", "573", "D8", print_day(one.adjudicated_on)),
    ]
