"""The claim status answer (277, guide 005010X212): where each claim stands at the payer, and what was paid."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing.acknowledgment import StatusReason
from billing.claim_status import ClaimStatus, ClaimStatusAnswer, LineStatus, StatusVerdict
from interchange.x12 import claim_status_levels as levels
from interchange.x12 import fields
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import (
    Elements,
    Unreadable,
    get,
    join,
    maybe,
    maybe_cents,
    parse_day,
    print_cents,
    print_day,
    trimmed,
)
from interchange.x12.guides.x212 import RESPONSE
from interchange.x12.issues import Issue
from interchange.x12.reading import WalkedTransaction, walk
from interchange.x12.syntax import Source

VERSION = RESPONSE.version
_REASONS_AT = (1, 10, 11)
_REASONS_PER_STC = len(_REASONS_AT)


class TooManyReasons(ValueError):
    """A verdict has more reasons than one STC holds."""


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """One ST*277 of the file."""

    answer: ClaimStatusAnswer | None
    """None when BHT is missing or its date unreadable; an unreadable status is left out, its issue says why"""
    issues: tuple[Issue, ...]
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest"""


def read(source: Source) -> Iterator[ReadAnswer]:
    """Read every 277 of the file. Raises NotX12."""
    for item in walk(source, RESPONSE):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadAnswer(None, tuple(item.issues), None)
            continue
        answer: ClaimStatusAnswer | None = None
        try:
            answer = _answer(item)
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        yield ReadAnswer(answer, tuple(item.issues), item.id, item.segments)


def _answer(item: WalkedTransaction) -> ClaimStatusAnswer:
    rows = [elements for _, elements in item.rows]
    bht: Elements = next((row for row in rows if row[0] == "BHT"), ("BHT",))
    created = fields.day(bht, 4)
    found: list[ClaimStatus] = []
    for trace in levels.traces(rows):
        try:
            found.append(read_status(trace))
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
    return ClaimStatusAnswer(get(bht, 3), created, get(bht, 5), tuple(found))


def read_status(trace: levels.Trace) -> ClaimStatus:
    """One TRN with who stands above it. Raises Unreadable."""
    head, lines = trace.head_and_lines()
    named, others = levels.read_references(head)
    first, last = levels.read_days(head)
    subscriber = trace.person("22")
    member_id, qualifier = trace.member()
    return ClaimStatus(
        reference=get(trace.rows[0], 2),
        payer=trace.required_party("20"),
        receiver=trace.required_party("21"),
        verdicts=_verdicts(head),
        provider=trace.required_party("19") if subscriber is not None else trace.party("19"),
        subscriber=subscriber,
        member_id=member_id,
        member_id_qualifier=qualifier,
        dependent=trace.person("23") if subscriber is not None else None,
        payer_claim_number=named.get("1K"),
        bill_type=named.get("BLT"),
        patient_control_number=named.get("EJ"),
        clearinghouse_trace=named.get("D9"),
        references=others,
        service_from=first,
        service_to=last,
        lines=tuple(_line(rows) for rows in lines),
    )


def _line(rows: Sequence[Elements]) -> LineStatus:
    line = levels.read_line(rows)
    return LineStatus(
        procedure=line.procedure,
        charge_cents=line.charge_cents,
        units=line.units,
        service_date=line.service_date,
        service_date_to=line.service_date_to,
        revenue_code=line.revenue_code,
        control_number=line.control_number,
        paid_cents=maybe_cents(rows[0], 3),
        verdicts=_verdicts(rows),
    )


def _verdicts(rows: Iterable[Elements]) -> tuple[StatusVerdict, ...]:
    return tuple(
        StatusVerdict(
            reasons=tuple(_reason(get(stc, number)) for number in _REASONS_AT if get(stc, number)),
            effective=parse_day(get(stc, 2)),
            charge_cents=maybe_cents(stc, 4),
            paid_cents=maybe_cents(stc, 5),
            adjudicated=parse_day(get(stc, 6)),
            payment_date=parse_day(get(stc, 8)),
            check_number=maybe(stc, 9),
        )
        for stc in rows
        if stc[0] == "STC"
    )


def _reason(text: str) -> StatusReason:
    category, status, entity, code_list = (fields.part(text, number) for number in range(1, 5))
    return StatusReason(category or "", status or "", entity, code_list)


# Writing ----------------------------------------------------------------------------------------------------------


def write(answer: ClaimStatusAnswer) -> list[Elements]:
    """The body of one ST*277, BHT to the last line. Statuses keep their order. Raises TooManyReasons."""
    bht = trimmed("BHT", "0010", "08", answer.reference, print_day(answer.created), answer.created_time, "DG")
    return [bht, *levels.write_levels(answer.statuses, _trace, demographics=False)]


def _trace(status: ClaimStatus) -> list[Elements]:
    kind = "1" if status.level == "provider" else "2"
    rows: list[Elements] = [("TRN", kind, status.reference), *map(_stc, status.verdicts)]
    rows += levels.write_references(status)
    rows += levels.write_days(status.service_from, status.service_to)
    for line in status.lines:
        rows += levels.write_line(line, paid=print_cents(line.paid_cents), verdicts=[*map(_stc, line.verdicts)])
    return rows


def _stc(verdict: StatusVerdict) -> Elements:
    if not 1 <= len(verdict.reasons) <= _REASONS_PER_STC:
        raise TooManyReasons(f"a verdict has {len(verdict.reasons)} reasons, an STC holds 1 to 3: use one more verdict")
    first, *more = [join(one.category, one.status, one.entity, one.code_list) for one in verdict.reasons]
    return trimmed(
        "STC",
        first,
        print_day(verdict.effective),
        "",
        print_cents(verdict.charge_cents),
        print_cents(verdict.paid_cents),
        print_day(verdict.adjudicated),
        "",
        print_day(verdict.payment_date),
        verdict.check_number,
        *more,
    )
