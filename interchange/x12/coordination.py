"""Other payers' decisions on a claim, out of the segments that the claim keeps opaque: 2320, 2330B and 2430."""

from collections.abc import Iterable, Iterator, Sequence

from billing.claim import Claim, Coverage, Name, OpaqueSegment, Party, Person
from billing.coordination import LineDecision, OtherDecision, OtherPayer, coordination_imbalances
from billing.remittance import Adjustment, Imbalance
from interchange.x12 import fields, parties
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


def read_other_payers(claim: Claim) -> tuple[OtherPayer, ...]:
    """The patient's other policies, each with what its payer decided when it did. Raises Unreadable."""
    groups = _groups([one for one in claim.other_segments if one.loop.startswith("23")], "SBR", "2320")
    decisions = read_decisions(claim)
    return tuple(
        OtherPayer(_coverage(rows), _subscriber(rows), None if decision.paid_cents is None else decision)
        for rows, decision in zip(groups, decisions, strict=True)
    )


def _coverage(rows: Sequence[OpaqueSegment]) -> Coverage:
    sbr = rows[0].elements
    insured = _of(rows, "2330A")
    payer = [one for one in _of(rows, "2330B") if one[:2] != ("REF", "F8")]  # that is of its decision
    nm1 = insured[0] if insured else ()
    return Coverage(
        payer=parties.read_party(payer)[0] if payer else Party("PR", is_person=False, name=Name("")),
        member_id=maybe(nm1, 9),
        responsibility=get(sbr, 1),
        relationship=get(sbr, 2),
        group_number=maybe(sbr, 3),
        group_name=maybe(sbr, 4),
        insurance_type=maybe(sbr, 5),
        filing_indicator=maybe(sbr, 9),
        member_id_qualifier=get(nm1, 8) or "MI",
    )


def _subscriber(rows: Sequence[OpaqueSegment]) -> Person:
    insured = _of(rows, "2330A")
    return parties.read_person(insured)[0] if insured else Person(Name(""))


def _of(rows: Sequence[OpaqueSegment], loop: str) -> list[Elements]:
    return [one.elements for one in rows if one.loop == loop]


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
    procedure = get(svd, 3)
    modifiers = (part(procedure, place) for place in range(3, 7))
    return LineDecision(
        line=number,
        payer_id=get(svd, 1),
        paid_cents=fields.cents(svd, 2),
        procedure=part(procedure, 2) or "",
        units=fields.maybe_decimal(svd, 5),
        modifiers=tuple(one for one in modifiers if one),
        procedure_qualifier=part(procedure, 1) or "HC",
        adjustments=_adjustments(one.elements for one in rows),
        adjudicated_on=fields.parse_day(get(_first(rows, "DTP", "573"), 3)),
        revenue_code=maybe(svd, 4),
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
        remarks=tuple(one for one in _first(own, "MOA", None)[3:8] if one),
    )


def _adjustments(rows: Iterable[Elements]) -> tuple[Adjustment, ...]:
    return tuple(one for row in rows if row[0] == "CAS" for one in read_adjustments(row))


def _first(rows: Iterable[OpaqueSegment], name: str, qualifier: str | None) -> Elements:
    """The first segment so named and, unless `qualifier` is None, so qualified."""
    found: Iterator[Elements] = (
        one.elements for one in rows if one.elements[0] == name and qualifier in {None, get(one.elements, 1)}
    )
    return next(found, ())
