"""The eligibility inquiry (270, guide 005010X279A1): one patient and one payer at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing.claim import Party, Person
from billing.eligibility import EligibilityInquiry
from interchange.x12 import fields, guide_order, parties
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import Elements, Unreadable, get, maybe, print_day, trimmed
from interchange.x12.guides.x279a1 import INQUIRY
from interchange.x12.issues import Issue
from interchange.x12.reading import walk
from interchange.x12.syntax import Source

VERSION = INQUIRY.version
_UNSTATED_ORIGINATOR = "9000000000"
"""TRN03 must have ten characters; sent when the office has not said who it is."""


@dataclass(frozen=True, slots=True)
class ReadInquiry:
    """One patient of a 270, or the issues of a transaction that asks about nobody."""

    inquiry: EligibilityInquiry | None
    """None when payer, provider or subscriber are not named"""
    issues: tuple[Issue, ...]
    """Those of the whole transaction come with its first patient"""
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest; on its first inquiry"""


def read(source: Source) -> Iterator[ReadInquiry]:
    """Read every patient asked about. Raises NotX12."""
    for item in walk(source, INQUIRY):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadInquiry(None, tuple(item.issues), None)
            continue
        found: list[EligibilityInquiry] = []
        try:
            found += _Reader().read([elements for _, elements in item.rows])
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        issues = tuple(item.issues)
        yield ReadInquiry(found[0] if found else None, issues, item.id, item.segments)
        for inquiry in found[1:]:
            yield ReadInquiry(inquiry, (), item.id)


class _Reader:
    """Follows the HL levels of one 270."""

    def __init__(self) -> None:
        self._payer: Party | None = None
        self._provider: Party | None = None
        self._subscriber: list[Elements] = []
        self._level: list[Elements] = []
        self._bht: Elements = ("BHT",)

    def read(self, rows: list[Elements]) -> Iterator[EligibilityInquiry]:
        for row in rows:
            if row[0] == "BHT":
                self._bht = row
            elif row[0] in {"HL", "SE"}:
                yield from self._close()
                self._level = [row]
            elif self._level:
                self._level.append(row)
        yield from self._close()

    def _close(self) -> Iterator[EligibilityInquiry]:
        rows, self._level = self._level, []
        if not rows or rows[0][0] != "HL":
            return
        level = get(rows[0], 3)
        named = rows[next((at for at, row in enumerate(rows) if row[0] == "NM1"), len(rows)) :]
        if not named:
            raise Unreadable("NM1", 1, f"is missing at HL level {level}: nobody is named")
        if level == "20":
            self._payer, _ = parties.read_party(named)
        elif level == "21":
            self._provider, _ = parties.read_party(named)
        elif level == "22":
            self._subscriber = named
        if level == "23" or (level == "22" and any(row[0] == "EQ" for row in rows)):
            yield self._inquiry(rows, named, is_dependent=level == "23")

    def _inquiry(self, rows: list[Elements], named: list[Elements], *, is_dependent: bool) -> EligibilityInquiry:
        if self._payer is None or self._provider is None or not self._subscriber:
            raise Unreadable("HL", 2, "stands under no payer, provider or subscriber")
        trace: Elements = next((row for row in rows if row[0] == "TRN"), ("TRN",))
        ins: Elements = next((row for row in rows if row[0] == "INS"), ("INS",))
        day: date | None = None
        for row in rows:
            if row[0] == "DTP" and get(row, 1) == "291":
                day = fields.period(row, 3)[0]
        dependent: Person | None = parties.read_person(named)[0] if is_dependent else None
        return EligibilityInquiry(
            reference=get(trace, 2) or get(self._bht, 3),
            payer=self._payer,
            provider=self._provider,
            subscriber=parties.read_person(self._subscriber)[0],
            member_id=maybe(self._subscriber[0], 9),
            created=fields.day(self._bht, 4),
            created_time=get(self._bht, 5),
            dependent=dependent,
            dependent_relationship=maybe(ins, 2) if is_dependent else None,
            service_types=tuple(code for row in rows if row[0] == "EQ" for code in get(row, 1).split("^") if code),
            service_date=day,
            trace_originator=maybe(trace, 3),
        )


def write(inquiry: EligibilityInquiry) -> list[Elements]:
    """The body of one ST*270, BHT to the last EQ."""
    depends = inquiry.dependent is not None
    trace = ("TRN", "1", inquiry.reference, inquiry.trace_originator or _UNSTATED_ORIGINATOR)
    day = print_day(inquiry.created)
    rows: list[Elements] = [
        trimmed("BHT", "0022", "13", inquiry.reference, day, inquiry.created_time),
        ("HL", "1", "", "20", "1"),
        *parties.write_party(inquiry.payer),
        ("HL", "2", "1", "21", "1"),
        *guide_order.in_order(INQUIRY, "2100B", parties.write_party(inquiry.provider)),
        ("HL", "3", "2", "22", "1" if depends else "0"),
    ]
    if not depends:
        rows.append(trace)
    subscriber = parties.write_person("IL", inquiry.subscriber, qualifier="MI", number=inquiry.member_id)
    rows += guide_order.in_order(INQUIRY, "2100C", subscriber)
    if inquiry.dependent is not None:
        rows += [("HL", "4", "3", "23", "0"), trace]
        rows += guide_order.in_order(INQUIRY, "2100D", parties.write_person("03", inquiry.dependent))
        if inquiry.dependent_relationship:
            rows.append(("INS", "N", inquiry.dependent_relationship))
    if inquiry.service_date:
        rows.append(("DTP", "291", "D8", print_day(inquiry.service_date)))
    rows += [("EQ", code) for code in inquiry.service_types]
    return rows
