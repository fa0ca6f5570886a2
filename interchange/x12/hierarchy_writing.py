"""The segments of an 837 above its claims: header, billing providers, subscribers, patients, whatever kind of claims
hang on them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from billing.claim import BatchHeader, Coverage, OpaqueSegment, Party, Person
from interchange.x12 import fields, guide_order, parties, writing
from interchange.x12.fields import Elements, trimmed
from interchange.x12.forms import Form, Say
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

_SUBSCRIBER = Form(
    "HL number parent =22 child",
    "SBR responsibility relationship group_number group_name insurance_type - - - filing_indicator",
    given=("number", "parent", "child", "relationship"),
)
"""Of a Coverage: the head of 2000B"""


def write_batch(
    guide: Guide, header: BatchHeader, claims: Iterable[BilledT], write_claim: Callable[[BilledT], list[Elements]]
) -> list[Elements]:
    """BHT to the last service line, without ST and SE; neighbours under the same parties share their levels."""
    rows = _header(header)
    for level, claim, number, parent in _levels(claims):
        if level:
            rows += _WRITTEN[level](guide, claim, str(number), str(parent))
        else:
            rows += write_claim(claim)
    return rows


def batch_text(
    guide: Guide,
    header: BatchHeader,
    claims: Iterable[BilledT],
    claim_text: Callable[[BilledT, Say], str],
    say: Say,
) -> str:
    """The same with the delimiters of our interchanges; what went into it unproven is said. Raises UnwritableData or
    NotPlain, not always for the first that cannot be sent."""
    texts = [writing.text_of(_header(header))]
    for level, claim, number, parent in _levels(claims):
        if not level:
            texts.append(claim_text(claim, say))
        elif level == "B" and not (claim.other_segments and _above(claim, "B")):
            texts.append(_subscriber_text(claim, str(number), str(parent), say))
        else:
            texts.append(writing.text_of(_WRITTEN[level](guide, claim, str(number), str(parent))))
    return "".join(texts)


def provider_loop(guide: Guide, party: Party, loops: dict[str, str]) -> str:
    """The loop that `loops` gives a provider's role. Raises UnknownProviderRole."""
    loop = loops.get(party.role)
    if loop is None:
        raise UnknownProviderRole(f"guide {guide.version} has no loop for a provider in role {party.role} here")
    return loop


def provider_block(guide: Guide, party: Party, loops: dict[str, str]) -> Block:
    """A provider of the claim or line in the loop of its role. Raises UnknownProviderRole."""
    return guide_order.loop_block(guide, provider_loop(guide, party, loops), parties.write_party(party))


def prove_lines(count: int, *, most: int) -> None:
    """Raises writing.DoesNotFit when a claim has no service line, or more than the guide allows."""
    if not 1 <= count <= most:
        raise writing.DoesNotFit("LX", 1, f"stands for {count} lines where one to {most} are allowed: split the claim")


# The levels -------------------------------------------------------------------------------------------------------


def _levels(claims: Iterable[BilledT]) -> Iterator[tuple[str, BilledT, int, int]]:
    """Each level as it opens, A, B or C, with the first claim under it, its number and that of the level above; and,
    as level `""`, each claim."""
    last: BilledT | None = None
    count = billing = subscriber = 0
    for claim in claims:
        is_new = last is None or not _is_same_billing(claim, last)
        if is_new:
            count = billing = count + 1
            yield "A", claim, count, 0
        is_new = is_new or last is None or not _is_same_subscriber(claim, last)
        if is_new:
            count = subscriber = count + 1
            yield "B", claim, count, billing
        is_self = claim.coverage.relationship == "18"
        if not is_self and (is_new or last is None or _patient_key(claim) != _patient_key(last)):
            count += 1
            yield "C", claim, count, subscriber
        yield "", claim, 0, 0
        last = claim


def _is_same_billing(one: Billed, other: Billed) -> bool:
    if one.billing_provider is not other.billing_provider and one.billing_provider != other.billing_provider:
        return False
    return one.pay_to == other.pay_to and _above(one, "A") == _above(other, "A")


def _is_same_subscriber(one: Billed, other: Billed) -> bool:
    if one.subscriber is not other.subscriber and one.subscriber != other.subscriber:
        return False
    return _policy_key(one.coverage) == _policy_key(other.coverage) and _above(one, "B") == _above(other, "B")


def _policy_key(coverage: Coverage) -> tuple[object, ...]:
    shared = (coverage.payer, coverage.member_id, coverage.responsibility, coverage.group_number, coverage.group_name)
    return *shared, coverage.insurance_type, coverage.filing_indicator, coverage.is_self


def _patient_key(claim: Billed) -> tuple[object, ...]:
    return claim.patient, claim.coverage.relationship, _above(claim, "C")


def _above(claim: Billed, level: str) -> tuple[OpaqueSegment, ...]:
    """The opaque segments of 2000A, 2000B or 2000C that the claim carries."""
    if not claim.other_segments:
        return ()
    return tuple(one for one in claim.other_segments if one.loop[:4] in {"2000", "2010"} and one.loop[4:5] == level)


# Their segments ---------------------------------------------------------------------------------------------------


def _header(header: BatchHeader) -> list[Elements]:
    created = fields.print_day(header.created)
    rows = [trimmed("BHT", "0019", header.purpose, header.reference, created, header.created_time, header.kind)]
    rows += parties.write_party(header.submitter, suffixed=False)
    rows += guide_order.of_loop(header.other_segments, "1000A")
    return rows + parties.write_party(header.receiver) + guide_order.of_loop(header.other_segments, "1000B")


def _billing_rows(guide: Guide, claim: Billed, number: str, parent: str) -> list[Elements]:
    provider = claim.billing_provider
    blocks = [guide_order.block(guide, "2000A", ("HL", number, "", "20", "1"))]
    if provider.taxonomy:
        blocks.append(guide_order.block(guide, "2000A", ("PRV", "BI", "PXC", provider.taxonomy)))
    blocks.append((guide.loop_rank("2010AA"), parties.write_party(provider, qualified=False)))
    if claim.pay_to:
        blocks.append((guide.loop_rank("2010AB"), parties.write_party(claim.pay_to, qualified=False)))
    return guide_order.merged(guide, blocks, _above(claim, "A"), base="2000A")


def _subscriber_rows(guide: Guide, claim: Billed, number: str, parent: str) -> list[Elements]:
    coverage = claim.coverage
    own = _SUBSCRIBER.rows(coverage, number, parent, *_relation(coverage))
    person = parties.write_person(
        "IL", claim.subscriber, qualifier=coverage.member_id_qualifier, number=coverage.member_id
    )
    below = [
        (guide.loop_rank("2010BA"), person),
        (guide.loop_rank("2010BB"), parties.write_party(coverage.payer)),
    ]
    return guide_order.joined(guide, "2000B", own, below, _above(claim, "B"))


def _relation(coverage: Coverage) -> tuple[str, str | None]:
    """HL04 and SBR02: a patient who is the subscriber has no level of his own."""
    return ("0", "18") if coverage.is_self else ("1", None)


def _subscriber_text(claim: Billed, number: str, parent: str, say: Say) -> str:
    coverage = claim.coverage
    head = _SUBSCRIBER.text(coverage, say, number, parent, *_relation(coverage))
    person = parties.person_text(
        "IL", claim.subscriber, say, qualifier=coverage.member_id_qualifier, number=coverage.member_id
    )
    return head + person + parties.party_text(coverage.payer)


def _patient_rows(guide: Guide, claim: Billed, number: str, parent: str) -> list[Elements]:
    rest = _above(claim, "C")
    blocks = [guide_order.block(guide, "2000C", ("HL", number, parent, "23", "0"))]
    if not any(one.elements[0] == "PAT" for one in rest):
        blocks.append(guide_order.block(guide, "2000C", ("PAT", claim.coverage.relationship)))
    blocks.append((guide.loop_rank("2010CA"), parties.write_person("QC", claim.patient)))
    return guide_order.merged(guide, blocks, rest, base="2000C")


_WRITTEN: dict[str, Callable[[Guide, Billed, str, str], list[Elements]]] = {
    "A": _billing_rows,
    "B": _subscriber_rows,
    "C": _patient_rows,
}
"""What opens each level"""
