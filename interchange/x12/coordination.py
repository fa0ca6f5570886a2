"""Other payers' decisions on a claim, out of the segments that the claim keeps opaque: 2320, 2330B and 2430."""

from collections.abc import Iterable, Iterator, Sequence

from billing.claim import Claim, OpaqueSegment
from billing.coordination import LineDecision, OtherDecision, coordination_imbalances
from billing.remittance import Adjustment, Imbalance
from interchange.x12 import fields
from interchange.x12.fields import Elements, get, maybe, part
from interchange.x12.payment_reading import read_adjustments


def has_other_payers(claim: Claim) -> bool:
    """Whether the claim says anything of another payer."""
    return any(one.loop == "2320" for one in claim.other_segments)


def read_decisions(claim: Claim) -> tuple[OtherDecision, ...]:
    """What each other payer decided, in file order. Raises Unreadable when an amount or date cannot be read."""
    groups = _groups([one for one in claim.other_segments if one.loop.startswith("23")], "SBR", "2320")
    lines = [
        _line_decision(number, rows)
        for number, line in enumerate(claim.lines, start=1)
        for rows in _groups([one for one in line.other_segments if one.loop == "2430"], "SVD", "2430")
    ]
    return tuple(_decision(rows, lines) for rows in groups)


def imbalances(claim: Claim) -> list[Imbalance]:
    """The sums of other payers' decisions that do not come out. Raises Unreadable."""
    charges = [line.charge_cents for line in claim.lines]
    return [
        found
        for number, one in enumerate(read_decisions(claim), start=1)
        for found in coordination_imbalances(one, charge_cents=claim.charge_cents, line_charges=charges, ordinal=number)
    ]


def _groups(segments: Iterable[OpaqueSegment], first: str, loop: str) -> list[list[OpaqueSegment]]:
    """One list per loop that opens with `first`; what stands before the first of them is no part of any."""
    groups: list[list[OpaqueSegment]] = []
    for one in segments:
        if one.loop == loop and one.elements[0] == first:
            groups.append([])
        if groups:
            groups[-1].append(one)
    return groups


def _line_decision(number: int, rows: Sequence[OpaqueSegment]) -> LineDecision:
    svd = rows[0].elements
    return LineDecision(
        line=number,
        payer_id=get(svd, 1),
        paid_cents=fields.cents(svd, 2),
        procedure=part(get(svd, 3), 2) or "",
        units=fields.maybe_decimal(svd, 5),
        adjustments=_adjustments(one.elements for one in rows),
        adjudicated_on=fields.parse_day(get(_first(rows, "DTP", "573"), 3)),
    )


def _decision(rows: Sequence[OpaqueSegment], lines: Sequence[LineDecision]) -> OtherDecision:
    own = [one for one in rows if one.loop == "2320"]
    payer = [one for one in rows if one.loop == "2330B"]
    payer_id = maybe(_first(payer, "NM1", "PR"), 9)
    amounts = {get(one.elements, 1): one.elements for one in own if one.elements[0] == "AMT"}
    return OtherDecision(
        responsibility=get(rows[0].elements, 1),
        payer_id=payer_id,
        paid_cents=fields.cents(amounts["D"], 2) if "D" in amounts else None,
        payer_claim_number=maybe(_first(payer, "REF", "F8"), 2),
        adjustments=_adjustments(one.elements for one in own),
        remaining_cents=fields.cents(amounts["EAF"], 2) if "EAF" in amounts else None,
        non_covered_cents=fields.cents(amounts["A8"], 2) if "A8" in amounts else None,
        adjudicated_on=fields.parse_day(get(_first(payer, "DTP", "573"), 3)),
        lines=tuple(one for one in lines if one.payer_id == payer_id),
    )


def _adjustments(rows: Iterable[Elements]) -> tuple[Adjustment, ...]:
    return tuple(one for row in rows if row[0] == "CAS" for one in read_adjustments(row))


def _first(rows: Iterable[OpaqueSegment], name: str, qualifier: str) -> Elements:
    found: Iterator[Elements] = (
        one.elements for one in rows if one.elements[0] == name and get(one.elements, 1) == qualifier
    )
    return next(found, ())
