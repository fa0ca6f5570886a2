"""The segments of an 837 above its claims: header, billing providers, subscribers, patients, whatever kind of claims
hang on them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, Protocol, TypeVar

from billing.claim import BatchHeader, Coverage, OpaqueSegment, Party, Person
from interchange.x12 import fields, guide_order, parties
from interchange.x12.fields import Elements, trimmed
from interchange.x12.grammar import Guide
from interchange.x12.guide_order import Block


class UnknownProviderRole(ValueError):
    """A provider's role (NM101) has no loop in the 837 at that level."""


class Billed(Protocol):
    """A claim, as far as the levels above it see it."""

    @property
    def billing_provider(self) -> Party: ...
    @property
    def pay_to(self) -> Party | None: ...
    @property
    def coverage(self) -> Coverage: ...
    @property
    def subscriber(self) -> Person: ...
    @property
    def patient(self) -> Person: ...
    @property
    def other_segments(self) -> tuple[OpaqueSegment, ...]: ...


BilledT = TypeVar("BilledT", bound=Billed)


def write_batch(
    guide: Guide, header: BatchHeader, claims: Iterable[BilledT], write_claim: Callable[[BilledT], list[Elements]]
) -> list[Elements]:
    """BHT to the last service line, without ST and SE; neighbours under the same parties share their levels."""
    rows: list[Elements] = [
        trimmed(
            "BHT",
            "0019",
            header.purpose,
            header.reference,
            fields.print_day(header.created),
            header.created_time,
            header.kind,
        )
    ]
    rows += parties.write_party(header.submitter, suffixed=False)
    rows += guide_order.of_loop(header.other_segments, "1000A")
    rows += parties.write_party(header.receiver) + guide_order.of_loop(header.other_segments, "1000B")
    tree = _Tree(guide, write_claim)
    for _, group in groupby(claims, key=_billing_key):
        rows += tree.write_billing(list(group))
    return rows


def provider_block(guide: Guide, party: Party, loops: dict[str, str]) -> Block:
    """A provider of the claim or line in the loop that `loops` gives its role. Raises UnknownProviderRole."""
    loop = loops.get(party.role)
    if loop is None:
        raise UnknownProviderRole(f"guide {guide.version} has no loop for a provider in role {party.role} here")
    return guide_order.loop_block(guide, loop, parties.write_party(party))


def _billing_key(claim: Billed) -> tuple[object, ...]:
    return claim.billing_provider, claim.pay_to, _above(claim, "A")


def _subscriber_key(claim: Billed) -> tuple[object, ...]:
    coverage = claim.coverage
    shared = (coverage.payer, coverage.member_id, coverage.responsibility, coverage.group_number, coverage.group_name)
    more = (coverage.insurance_type, coverage.filing_indicator, coverage.is_self)
    return claim.subscriber, *shared, *more, _above(claim, "B")


def _patient_key(claim: Billed) -> tuple[object, ...]:
    return claim.patient, claim.coverage.relationship, _above(claim, "C")


def _above(claim: Billed, level: str) -> tuple[OpaqueSegment, ...]:
    """The opaque segments of 2000A, 2000B or 2000C that the claim carries."""
    return tuple(one for one in claim.other_segments if one.loop[:4] in {"2000", "2010"} and one.loop[4:5] == level)


@dataclass(slots=True)
class _Tree(Generic[BilledT]):
    """Writes the levels and counts HL01."""

    guide: Guide
    write_claim: Callable[[BilledT], list[Elements]]
    last: int = 0

    def _next(self) -> str:
        self.last += 1
        return str(self.last)

    def write_billing(self, claims: Sequence[BilledT]) -> list[Elements]:
        first = claims[0]
        number = self._next()
        provider = first.billing_provider
        blocks: list[Block] = [self._block("2000A", ("HL", number, "", "20", "1"))]
        if provider.taxonomy:
            blocks.append(self._block("2000A", ("PRV", "BI", "PXC", provider.taxonomy)))
        blocks.append((self.guide.loop_rank("2010AA"), parties.write_party(provider, qualified=False)))
        if first.pay_to:
            blocks.append((self.guide.loop_rank("2010AB"), parties.write_party(first.pay_to, qualified=False)))
        rows = guide_order.merged(self.guide, blocks, _above(first, "A"), base="2000A")
        for _, group in groupby(claims, key=_subscriber_key):
            rows += self._write_subscriber(list(group), parent=number)
        return rows

    def _write_subscriber(self, claims: Sequence[BilledT], *, parent: str) -> list[Elements]:
        first = claims[0]
        number, coverage = self._next(), first.coverage
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
        own = [("HL", number, parent, "22", "0" if coverage.is_self else "1"), sbr]
        below = [
            (self.guide.loop_rank("2010BA"), person),
            (self.guide.loop_rank("2010BB"), parties.write_party(coverage.payer)),
        ]
        rows = guide_order.joined(self.guide, "2000B", own, below, _above(first, "B"))
        if coverage.is_self:
            for claim in claims:
                rows += self.write_claim(claim)
            return rows
        for _, group in groupby(claims, key=_patient_key):
            rows += self._write_patient(list(group), parent=number)
        return rows

    def _write_patient(self, claims: Sequence[BilledT], *, parent: str) -> list[Elements]:
        first = claims[0]
        rest = _above(first, "C")
        blocks = [self._block("2000C", ("HL", self._next(), parent, "23", "0"))]
        if not any(one.elements[0] == "PAT" for one in rest):
            blocks.append(self._block("2000C", ("PAT", first.coverage.relationship)))
        blocks.append((self.guide.loop_rank("2010CA"), parties.write_person("QC", first.patient)))
        rows = guide_order.merged(self.guide, blocks, rest, base="2000C")
        for claim in claims:
            rows += self.write_claim(claim)
        return rows

    def _block(self, loop: str, row: Elements) -> Block:
        return guide_order.block(self.guide, loop, row)
