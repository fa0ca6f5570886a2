"""The eligibility answer (271, guide 005010X279A1): benefits of a patient, or why the payer could not say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from billing.claim import Name, Party
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from interchange.x12 import fields, guide_order, parties
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import (
    Elements,
    Joined,
    Unreadable,
    get,
    maybe,
    print_cents,
    print_day,
    print_decimal,
    repeat,
    trimmed,
)
from interchange.x12.guides.x279a1 import RESPONSE
from interchange.x12.issues import Issue
from interchange.x12.reading import walk
from interchange.x12.syntax import Source

VERSION = RESPONSE.version
_UNSTATED_ORIGINATOR = "9000000000"
_Period = tuple[str, date, date]


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """One patient's answer, or the issues of a transaction that answers nobody."""

    response: EligibilityResponse | None
    """None when an amount or date in it cannot be read"""
    issues: tuple[Issue, ...]
    """Those of the whole transaction come with its first patient"""
    transaction: TransactionId | None
    """None: the issues of an interchange"""
    segments: tuple[Elements, ...] = ()
    """Everything the transaction holds, ST to SE, the model's part and the rest; on its first answer"""


def read(source: Source) -> Iterator[ReadResponse]:
    """Read every patient answered. Raises NotX12."""
    for item in walk(source, RESPONSE):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadResponse(None, tuple(item.issues), None)
            continue
        found: list[EligibilityResponse] = []
        try:
            found += _Reader().read(item.rows)
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))
        yield ReadResponse(found[0] if found else None, tuple(item.issues), item.id, item.segments)
        for response in found[1:]:
            yield ReadResponse(response, (), item.id)


class _Member(TypedDict):
    member_id: str | None
    subscriber_name: Name | None


class _Reader:
    """Follows the HL levels of one 271."""

    def __init__(self) -> None:
        self._reference: str | None = None
        self._payer: Party | None = None
        self._member: _Member = {"member_id": None, "subscriber_name": None}
        self._errors: list[InquiryError] = []
        self._level: list[tuple[str, Elements]] = []
        self._answered = False

    def read(self, rows: list[tuple[str, Elements]]) -> Iterator[EligibilityResponse]:
        for loop, row in rows:
            if row[0] == "BHT":
                self._reference = maybe(row, 3)
            elif row[0] in {"HL", "SE"}:
                yield from self._close()
                self._level = [(loop, row)]
            elif self._level:
                self._level.append((loop, row))
        yield from self._close()
        if not self._answered and self._errors:
            yield EligibilityResponse(self._reference, self._payer, None, None, errors=tuple(self._errors))

    def _close(self) -> Iterator[EligibilityResponse]:
        level, self._level = self._level, []
        if not level or level[0][1][0] != "HL":
            return
        rows = [row for _, row in level]
        kind, nm1 = get(rows[0], 3), next((row for row in rows if row[0] == "NM1"), None)
        if kind in {"20", "21"}:
            self._errors += _errors(level)
            if kind == "20" and nm1 is not None:
                self._payer, _ = parties.read_party([nm1])
            return
        if kind == "22" and nm1 is not None:
            self._member = {"member_id": maybe(nm1, 9), "subscriber_name": parties.read_name(nm1)}
        answers = any(row[0] in {"TRN", "EB", "AAA"} for row in rows)
        if kind == "23" or answers or get(rows[0], 4) == "0":
            self._answered = True
            yield self._response(level, rows, is_dependent=kind == "23")

    def _response(
        self, level: list[tuple[str, Elements]], rows: list[Elements], *, is_dependent: bool
    ) -> EligibilityResponse:
        traces = [get(row, 2) for row in rows if row[0] == "TRN" and get(row, 1) == "2"]
        dmg: Elements = next((row for row in rows if row[0] == "DMG"), ("DMG",))
        first = next((at for at, row in enumerate(rows) if row[0] == "EB"), len(rows))
        return EligibilityResponse(
            reference=traces[0] if traces else self._reference,
            payer=self._payer,
            member_id=self._member["member_id"],
            subscriber_name=self._member["subscriber_name"],
            dates=tuple(_period(row) for row in rows[:first] if row[0] == "DTP"),
            benefits=tuple(_benefits(rows[first:])),
            errors=(*self._errors, *_errors(level)),
            birth_date=fields.parse_day(get(dmg, 2)),
            is_dependent=is_dependent,
        )


def _errors(level: list[tuple[str, Elements]]) -> list[InquiryError]:
    return [InquiryError(loop, get(row, 3), maybe(row, 4)) for loop, row in level if row[0] == "AAA"]


def _period(dtp: Elements) -> _Period:
    first, last = fields.period(dtp, 3)
    return get(dtp, 1), first, last or first


def _benefits(rows: list[Elements]) -> Iterator[Benefit]:
    groups: list[list[Elements]] = []
    for row in rows:
        if row[0] == "EB":
            groups.append([])
        if groups:
            groups[-1].append(row)
    for group in groups:
        yield _benefit(group)


def _benefit(rows: list[Elements]) -> Benefit:
    eb = rows[0]
    return Benefit(
        information=get(eb, 1),
        coverage_level=maybe(eb, 2),
        service_types=tuple(code for code in get(eb, 3).split("^") if code),
        insurance_type=maybe(eb, 4),
        plan=maybe(eb, 5),
        period=maybe(eb, 6),
        amount_cents=fields.maybe_cents(eb, 7),
        percent=fields.maybe_decimal(eb, 8),
        quantity_qualifier=maybe(eb, 9),
        quantity=fields.maybe_decimal(eb, 10),
        authorization_required=maybe(eb, 11),
        in_network=maybe(eb, 12),
        procedure=maybe(eb, 13),
        dates=tuple(_period(row) for row in rows if row[0] == "DTP"),
        messages=tuple(get(row, 1) for row in rows if row[0] == "MSG" and get(row, 1)),
        related=tuple(_related(rows)),
        places_of_service=tuple(get(row, 2) for row in rows if row[0] == "III" and get(row, 1) == "ZZ" and get(row, 2)),
    )


def _related(rows: list[Elements]) -> Iterator[Party]:
    group: list[Elements] = []
    for row in rows:
        if row[0] == "NM1":
            if group:
                yield parties.read_party(group)[0]
            group = [row]
        elif group and row[0] in {"N3", "N4", "PER", "PRV"}:
            group.append(row)
    if group:
        yield parties.read_party(group)[0]


# Writing ----------------------------------------------------------------------------------------------------------


def write(response: EligibilityResponse, inquiry: EligibilityInquiry) -> list[Elements]:
    """The body of one ST*271 that answers `inquiry`: people and trace come from there, the verdict from `response`."""
    at: dict[str, list[Elements]] = {}
    for error in response.errors:
        at.setdefault(error.level, []).append(trimmed("AAA", "N", "", error.code, error.follow_up))
    answers = not any(level in {"2000A", "2100A", "2100B"} for level in at)
    rows: list[Elements] = [
        trimmed("BHT", "0022", "11", inquiry.reference, print_day(inquiry.created), inquiry.created_time),
        ("HL", "1", "", "20", "1"),
        *at.get("2000A", []),
        *_party("2100A", response.payer or inquiry.payer, at.get("2100A", [])),
        ("HL", "2", "1", "21", "1" if answers else "0"),
        *_party("2100B", inquiry.provider, at.get("2100B", [])),
    ]
    if answers:
        rows += _people(response, inquiry, at)
    return rows


def _party(loop: str, party: Party, errors: Sequence[Elements] = ()) -> list[Elements]:
    """A party of the answer and what is wrong with it."""
    return guide_order.in_order(RESPONSE, loop, [*parties.write_party(party), *errors])


def _people(
    response: EligibilityResponse, inquiry: EligibilityInquiry, at: dict[str, list[Elements]]
) -> list[Elements]:
    trace = ("TRN", "2", response.reference or inquiry.reference, inquiry.trace_originator or _UNSTATED_ORIGINATOR)
    name = response.subscriber_name or inquiry.subscriber.name
    nm1 = parties.write_nm1("IL", name, is_person=True, qualifier="MI", number=response.member_id or inquiry.member_id)
    born = [trimmed("DMG", "D8", print_day(response.birth_date))] if response.birth_date else []
    rows: list[Elements] = [("HL", "3", "2", "22", "1" if response.is_dependent else "0")]
    letter = "C"
    if response.is_dependent and inquiry.dependent is not None:
        letter = "D"
        rows += [nm1, ("HL", "4", "3", "23", "0"), trace]
        rows.append(parties.write_nm1("03", inquiry.dependent.name, is_person=True))
    else:
        rows += [trace, nm1]
    rows += at.get(f"2100{letter}", [])
    rows += born
    rows += [_dtp(one) for one in response.dates]
    last = len(response.benefits) - 1
    for number, benefit in enumerate(response.benefits):
        rows += _write_benefit(benefit, letter, at.get(f"2110{letter}", []) if number == last else [])
    return rows


def _write_benefit(benefit: Benefit, letter: str, errors: Sequence[Elements]) -> list[Elements]:
    """Loop 2110; what could not be answered stands in the last one."""
    rows = [
        trimmed(
            "EB",
            benefit.information,
            benefit.coverage_level,
            repeat(benefit.service_types),
            benefit.insurance_type,
            benefit.plan,
            benefit.period,
            print_cents(benefit.amount_cents),
            print_decimal(benefit.percent),
            benefit.quantity_qualifier,
            print_decimal(benefit.quantity),
            benefit.authorization_required,
            benefit.in_network,
            Joined(benefit.procedure or ""),
        )
    ]
    rows += [_dtp(one) for one in benefit.dates]
    rows += errors
    rows += [("MSG", text) for text in benefit.messages]
    rows += [("III", "ZZ", code) for code in benefit.places_of_service]
    if benefit.related:
        rows.append(("LS", "2120"))
        for party in benefit.related:
            rows += _party(f"2120{letter}", party)
        rows.append(("LE", "2120"))
    return rows


def _dtp(period: _Period) -> Elements:
    qualifier, first, last = period
    if first == last:
        return ("DTP", qualifier, "D8", print_day(first))
    return ("DTP", qualifier, "RD8", f"{print_day(first)}-{print_day(last)}")
