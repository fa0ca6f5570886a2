"""The claim status inquiry (276, guide 005010X212): what has become of these claims?"""

from collections.abc import Iterator
from dataclasses import dataclass

from billing.claim_status import ClaimStatusInquiry, ClaimStatusRequest
from interchange.x12 import claim_status_levels as levels
from interchange.x12 import fields
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import Elements, Unreadable, get, print_cents, print_day, trimmed
from interchange.x12.guides.x212 import INQUIRY
from interchange.x12.issues import Issue
from interchange.x12.reading import WalkedTransaction, walk
from interchange.x12.syntax import Source

VERSION = INQUIRY.version


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One ST*276 of the file."""

    request: ClaimStatusRequest | None
    """None when BHT is missing or its date unreadable; an unreadable inquiry is left out, its issue says why"""
    issues: tuple[Issue, ...]
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest"""


def read(source: Source) -> Iterator[ReadRequest]:
    """Read every 276 of the file. Raises NotX12."""
    for item in walk(source, INQUIRY):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadRequest(None, tuple(item.issues), None)
            continue
        request: ClaimStatusRequest | None = None
        try:
            request = _request(item)
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        yield ReadRequest(request, tuple(item.issues), item.id, item.segments)


def _request(item: WalkedTransaction) -> ClaimStatusRequest:
    rows = [elements for _, elements in item.rows]
    bht: Elements = next((row for row in rows if row[0] == "BHT"), ("BHT",))
    created = fields.day(bht, 4)
    found: list[ClaimStatusInquiry] = []
    for trace in levels.traces(rows):
        try:
            found.append(_inquiry(trace))
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
    return ClaimStatusRequest(get(bht, 3), created, get(bht, 5), tuple(found))


def _inquiry(trace: levels.Trace) -> ClaimStatusInquiry:
    subscriber = trace.person("22")
    if subscriber is None:
        raise Unreadable("NM1", 1, "is missing at HL level 22: nobody is named")
    head, lines = trace.head_and_lines()
    named, others = levels.read_references(head)
    amount = next((row for row in head if row[0] == "AMT"), None)
    first, last = levels.read_days(head)
    member_id, qualifier = trace.member()
    return ClaimStatusInquiry(
        reference=get(trace.rows[0], 2),
        payer=trace.required_party("20"),
        receiver=trace.required_party("21"),
        provider=trace.required_party("19"),
        subscriber=subscriber,
        member_id=member_id,
        member_id_qualifier=qualifier,
        dependent=trace.person("23"),
        payer_claim_number=named.get("1K"),
        bill_type=named.get("BLT"),
        patient_control_number=named.get("EJ"),
        clearinghouse_trace=named.get("D9"),
        references=others,
        charge_cents=fields.cents(amount, 2) if amount is not None else None,
        service_from=first,
        service_to=last,
        lines=tuple(levels.read_line(rows) for rows in lines),
    )


def write(request: ClaimStatusRequest) -> list[Elements]:
    """The body of one ST*276, BHT to the last line. Inquiries keep their order."""
    bht = trimmed("BHT", "0010", "13", request.reference, print_day(request.created), request.created_time)
    return [bht, *levels.write_levels(request.inquiries, _claim, demographics=True)]


def _claim(inquiry: ClaimStatusInquiry) -> list[Elements]:
    rows: list[Elements] = [("TRN", "1", inquiry.reference), *levels.write_references(inquiry)]
    if inquiry.charge_cents is not None:
        rows.append(("AMT", "T3", print_cents(inquiry.charge_cents)))
    rows += levels.write_days(inquiry.service_from, inquiry.service_to)
    return rows + [row for line in inquiry.lines for row in levels.write_line(line)]
