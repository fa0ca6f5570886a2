"""The segments of an 837P from its nouns: the HL tree, the claims, the opaque segments back in the guide's order."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from billing.claim import Claim, ClaimBatch, OpaqueSegment, Party, ServiceLine
from interchange.x12 import fields, parties
from interchange.x12.fields import Elements, Joined, join, trimmed
from interchange.x12.guides.x222a1 import GUIDE

_CLAIM_LOOP = {
    "DN": "2310A",
    "P3": "2310A",
    "82": "2310B",
    "77": "2310C",
    "DQ": "2310D",
    "PW": "2310E",
    "45": "2310F",
}
_LINE_LOOP = {
    "82": "2420A",
    "QB": "2420B",
    "77": "2420C",
    "DQ": "2420D",
    "DK": "2420E",
    "DN": "2420F",
    "P3": "2420F",
    "PW": "2420G",
    "45": "2420H",
}

_Block = tuple[int, list[Elements]]
"""Rank in the guide's order, and segments that stay together."""


class UnknownProviderRole(ValueError):
    """A provider's role (NM101) has no loop in the 837P at that level."""


def write_batch(batch: ClaimBatch) -> list[Elements]:
    """BHT to the last service line, without ST and SE."""
    rows: list[Elements] = [
        trimmed(
            "BHT",
            "0019",
            batch.purpose,
            batch.reference,
            fields.print_day(batch.created),
            batch.created_time,
            batch.kind,
        )
    ]
    rows += parties.write_party(batch.submitter) + _loop_rest(batch.other_segments, "1000A")
    rows += parties.write_party(batch.receiver) + _loop_rest(batch.other_segments, "1000B")
    numbers = _Numbers()
    for _, claims in groupby(batch.claims, key=_billing_key):
        rows += _write_billing(list(claims), numbers)
    return rows


class _Numbers:
    """Counts HL01."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> str:
        self.last += 1
        return str(self.last)


def _billing_key(claim: Claim) -> tuple[object, ...]:
    return claim.billing_provider, claim.pay_to, _above(claim, "A")


def _subscriber_key(claim: Claim) -> tuple[object, ...]:
    coverage = claim.coverage
    shared = (coverage.payer, coverage.member_id, coverage.responsibility, coverage.group_number, coverage.group_name)
    more = (coverage.insurance_type, coverage.filing_indicator, coverage.is_self)
    return claim.subscriber, *shared, *more, _above(claim, "B")


def _patient_key(claim: Claim) -> tuple[object, ...]:
    return claim.patient, claim.coverage.relationship, _above(claim, "C")


def _above(claim: Claim, level: str) -> tuple[OpaqueSegment, ...]:
    """The opaque segments of 2000A, 2000B or 2000C that the claim carries."""
    return tuple(one for one in claim.other_segments if one.loop[:4] in {"2000", "2010"} and one.loop[4:5] == level)


# Above the claim --------------------------------------------------------------------------------------------------


def _write_billing(claims: Sequence[Claim], numbers: _Numbers) -> list[Elements]:
    first = claims[0]
    number = numbers.next()
    provider = first.billing_provider
    blocks: list[_Block] = [_block("2000A", ("HL", number, "", "20", "1"))]
    if provider.taxonomy:
        blocks.append(_block("2000A", ("PRV", "BI", "PXC", provider.taxonomy)))
    blocks.append((GUIDE.loop_rank("2010AA"), parties.write_party(provider, qualified=False)))
    if first.pay_to:
        blocks.append((GUIDE.loop_rank("2010AB"), parties.write_party(first.pay_to, qualified=False)))
    rows = _merged(blocks, _above(first, "A"), base="2000A")
    for _, group in groupby(claims, key=_subscriber_key):
        rows += _write_subscriber(list(group), numbers, parent=number)
    return rows


def _write_subscriber(claims: Sequence[Claim], numbers: _Numbers, *, parent: str) -> list[Elements]:
    first = claims[0]
    number, coverage = numbers.next(), first.coverage
    sbr = trimmed(
        "SBR",
        coverage.responsibility,
        "18" if coverage.is_self else None,
        coverage.group_number,
        coverage.group_name,
        coverage.insurance_type,
        *("", "", ""),
        coverage.filing_indicator,
    )
    person = parties.write_person(
        "IL", first.subscriber, qualifier=coverage.member_id_qualifier, number=coverage.member_id
    )
    blocks = [
        _block("2000B", ("HL", number, parent, "22", "0" if coverage.is_self else "1")),
        _block("2000B", sbr),
        (GUIDE.loop_rank("2010BA"), person),
        (GUIDE.loop_rank("2010BB"), parties.write_party(coverage.payer)),
    ]
    rows = _merged(blocks, _above(first, "B"), base="2000B")
    if coverage.is_self:
        for claim in claims:
            rows += _write_claim(claim)
        return rows
    for _, group in groupby(claims, key=_patient_key):
        rows += _write_patient(list(group), numbers, parent=number)
    return rows


def _write_patient(claims: Sequence[Claim], numbers: _Numbers, *, parent: str) -> list[Elements]:
    first = claims[0]
    rest = _above(first, "C")
    blocks = [_block("2000C", ("HL", numbers.next(), parent, "23", "0"))]
    if not any(one.elements[0] == "PAT" for one in rest):
        blocks.append(_block("2000C", ("PAT", first.coverage.relationship)))
    blocks.append((GUIDE.loop_rank("2010CA"), parties.write_person("QC", first.patient)))
    rows = _merged(blocks, rest, base="2000C")
    for claim in claims:
        rows += _write_claim(claim)
    return rows


# The claim --------------------------------------------------------------------------------------------------------


def _write_claim(claim: Claim) -> list[Elements]:
    blocks = [_block("2300", row) for row in _claim_rows(claim)]
    named = [party for party in claim.providers if not _is_billing_again(party, claim.billing_provider)]
    blocks += [_provider_block(party, _CLAIM_LOOP) for party in named]
    rest = [one for one in claim.other_segments if one.loop.startswith("23")]
    rows = _merged(blocks, rest, base="2300")
    for number, line in enumerate(claim.lines, start=1):
        rows += _write_line(number, line)
    return rows


def _claim_rows(claim: Claim) -> list[Elements]:
    rows = [
        trimmed(
            "CLM",
            claim.control_number,
            fields.print_cents(claim.charge_cents),
            *("", ""),
            join(claim.place_of_service, "B", claim.frequency),
            claim.provider_signature,
            claim.assignment,
            claim.benefits_assigned,
            claim.release,
            claim.signature_source,
            join(*claim.accident),
            *("",) * 8,
            claim.delay_reason,
        )
    ]
    if claim.patient_paid_cents is not None:
        rows.append(("AMT", "F5", fields.print_cents(claim.patient_paid_cents)))
    references = (
        ("9F", claim.referral),
        ("G1", claim.authorization),
        ("F8", claim.original_reference),
        ("D9", claim.clearinghouse_trace),
    )
    rows += [("REF", qualifier, value) for qualifier, value in references if value]
    if claim.diagnoses:
        rows.append(trimmed("HI", *(join(one.qualifier, one.code) for one in claim.diagnoses)))
    return rows


def _is_billing_again(party: Party, billing: Party) -> bool:
    """A rendering provider who is the billing individual and about whom nothing more is said: 2310B is left out."""
    same = (party.name, party.id_qualifier, party.id) == (billing.name, billing.id_qualifier, billing.id)
    says_more = party.references or party.contact or party.taxonomy not in {None, billing.taxonomy}
    return party.role == "82" and billing.is_person and party.is_person and same and not says_more


def _provider_block(party: Party, loops: dict[str, str]) -> _Block:
    loop = loops.get(party.role)
    if loop is None:
        raise UnknownProviderRole(f"the 837P has no loop for a provider in role {party.role} here")
    return GUIDE.loop_rank(loop), parties.write_party(party)


# The lines --------------------------------------------------------------------------------------------------------


def _write_line(number: int, line: ServiceLine) -> list[Elements]:
    form, days = "D8", fields.print_day(line.service_date)
    if line.service_date_to is not None:
        form, days = "RD8", f"{days}-{fields.print_day(line.service_date_to)}"
    rows: list[Elements] = [("LX", str(number)), _service(line), ("DTP", "472", form, days)]
    if line.control_number:
        rows.append(("REF", "6R", line.control_number))
    blocks = [_block("2400", row) for row in rows]
    blocks += [_provider_block(party, _LINE_LOOP) for party in line.providers]
    return _merged(blocks, line.other_segments, base="2400")


def _service(line: ServiceLine) -> Elements:
    modifiers = [*line.modifiers, "", "", "", ""][:4]
    return trimmed(
        "SV1",
        join(line.procedure_qualifier, line.procedure, *modifiers, line.procedure_description),
        fields.print_cents(line.charge_cents),
        line.unit_basis,
        fields.print_decimal(line.units),
        line.place_of_service,
        "",
        join(*(str(pointer) for pointer in line.diagnosis_pointers)),
        "",
        line.emergency,
        "",
        line.epsdt,
        line.family_planning,
        *("", ""),
        line.copay_status,
    )


# Order ------------------------------------------------------------------------------------------------------------


def _block(loop: str, row: Elements) -> _Block:
    return GUIDE.rank(loop, row), [row]


def _merged(blocks: Iterable[_Block], rest: Iterable[OpaqueSegment], *, base: str) -> list[Elements]:
    """Put the opaque segments among the blocks where the guide wants them; equals keep the order they came in.

    What stands in a loop below `base` stays together under the first segment of that loop, since a loop may repeat.
    """
    ranked = list(blocks)
    for one in rest:
        row = tuple(text if number == 0 else Joined(text) for number, text in enumerate(one.elements))
        ranked.append((GUIDE.rank(base, row) if one.loop == base else GUIDE.loop_rank(_top(one.loop)), [row]))
    ranked.sort(key=lambda block: block[0])
    return [row for _, rows in ranked for row in rows]


def _top(loop: str) -> str:
    """The loop below the base that `loop` belongs to: 2330A hangs on 2320."""
    return "2320" if loop.startswith("233") else loop


def _loop_rest(rest: Iterable[OpaqueSegment], loop: str) -> list[Elements]:
    return [tuple(Joined(text) for text in one.elements) for one in rest if one.loop == loop]
