"""What the 276 and 277 share (guide 005010X212): payer, receiver, provider, subscriber and dependent above each TRN,
and the references, days and lines below it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Protocol, TypeVar

from billing.claim import Party, Person, Reference, Sex
from billing.claim_status import StatusLine
from interchange.x12 import fields, parties
from interchange.x12.fields import Elements, Joined, Unreadable, get, maybe, print_cents, print_decimal, trimmed

_LEVELS = ("20", "21", "19", "22", "23")
"""HL03 from above to below"""
_SAME_LEVEL = {"PT": "22"}
"""A payer's request (277RFAI) names the patient where an inquiry names the subscriber"""
_NAMED_REFERENCES = ("1K", "BLT", "EJ", "D9")
"""Those that the nouns have a field for"""
_REFERENCE_ORDER = ("1K", "BLT", "LU", "6P", "EJ", "XZ", "VV", "D9")


# Reading ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Trace:
    """One TRN with the segments below it, and who stands above."""

    rows: list[Elements]
    """TRN to the last segment before the next TRN or HL"""
    parties: dict[str, list[Elements]]
    """By HL03: NM1 and what else was said of the party"""

    def party(self, level: str) -> Party | None:
        """Payer (20), receiver (21) or provider (19); the first when several are named."""
        rows = self.parties.get(level)
        return parties.read_party(rows)[0] if rows else None

    def person(self, level: str) -> Person | None:
        """Subscriber (22) or dependent (23)."""
        rows = self.parties.get(level)
        return parties.read_person(rows)[0] if rows else None

    def required_party(self, level: str) -> Party:
        """The same; raises Unreadable when nobody is named there."""
        found = self.party(level)
        if found is None:
            raise Unreadable("NM1", 1, f"is missing at HL level {level}: nobody is named")
        return found

    def member(self) -> tuple[str | None, str]:
        """The subscriber's number and its qualifier (NM109, NM108)."""
        nm1 = (self.parties.get("22") or [("NM1",)])[0]
        return maybe(nm1, 9), get(nm1, 8) or "MI"

    def head_and_lines(self) -> tuple[list[Elements], list[list[Elements]]]:
        """What is said of the whole claim, and the segments of each line, SVC first."""
        first = next((at for at, row in enumerate(self.rows) if row[0] == "SVC"), len(self.rows))
        groups: list[list[Elements]] = []
        for row in self.rows[first:]:
            if row[0] == "SVC":
                groups.append([])
            groups[-1].append(row)
        return self.rows[:first], groups


@dataclass(slots=True)
class _Levels:
    """Follows HL."""

    level: str = ""
    parties: dict[str, list[Elements]] = field(default_factory=dict)

    def open(self, level: str) -> None:
        self.level = level
        depth = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
        self.parties = {above: rows for above, rows in self.parties.items() if _LEVELS.index(above) < depth}

    def add(self, row: Elements) -> None:
        rows = self.parties.setdefault(self.level, []) if self.level in _LEVELS else []
        if row[0] != "NM1":
            rows.append(row)
        elif not any(one[0] == "NM1" for one in rows):
            rows.insert(0, row)

    def named(self) -> dict[str, list[Elements]]:
        return {level: rows for level, rows in self.parties.items() if rows[0][0] == "NM1"}


def traces(rows: Iterable[Elements]) -> Iterator[Trace]:
    """Every TRN of a transaction set, in file order."""
    levels, found = _Levels(), None
    for row in rows:
        if row[0] in {"HL", "TRN", "SE"}:
            if found is not None:
                yield found
            found = Trace([row], levels.named()) if row[0] == "TRN" else None
            if row[0] == "HL":
                levels.open(_SAME_LEVEL.get(get(row, 3), get(row, 3)))
        elif found is not None:
            found.rows.append(row)
        else:
            levels.add(row)
    if found is not None:
        yield found


def read_references(rows: Iterable[Elements]) -> tuple[dict[str, str], tuple[Reference, ...]]:
    """REF02 by REF01 of those that the nouns have a field for, and the others."""
    named: dict[str, str] = {}
    others: list[Reference] = []
    for row in rows:
        if row[0] == "REF" and get(row, 1) in _NAMED_REFERENCES:
            named.setdefault(row[1], get(row, 2))
        elif row[0] == "REF":
            others.append(Reference(get(row, 1), get(row, 2)))
    return named, tuple(others)


def read_days(rows: Iterable[Elements]) -> tuple[date | None, date | None]:
    """DTP*472: first day, and last day of a span."""
    found = next((row for row in rows if row[0] == "DTP" and get(row, 1) == "472"), None)
    return fields.period(found, 3) if found is not None else (None, None)


def read_line(rows: Sequence[Elements]) -> StatusLine:
    """SVC with its DTP and REF. Raises Unreadable."""
    svc = rows[0]
    first, last = read_days(rows)
    return StatusLine(
        procedure=get(svc, 1),
        charge_cents=fields.cents(svc, 2),
        units=fields.maybe_decimal(svc, 7),
        service_date=first,
        service_date_to=last,
        revenue_code=maybe(svc, 4),
        control_number=next((maybe(row, 2) for row in rows if row[0] == "REF" and get(row, 1) == "FJ"), None),
    )


# Writing ----------------------------------------------------------------------------------------------------------


class Placed(Protocol):
    """An inquiry or a status, as far as the levels see it."""

    @property
    def payer(self) -> Party: ...
    @property
    def receiver(self) -> Party: ...
    @property
    def provider(self) -> Party | None: ...
    @property
    def subscriber(self) -> Person | None: ...
    @property
    def member_id(self) -> str | None: ...
    @property
    def member_id_qualifier(self) -> str: ...
    @property
    def dependent(self) -> Person | None: ...


class Referenced(Protocol):
    """The same, as far as its REF go."""

    @property
    def payer_claim_number(self) -> str | None: ...
    @property
    def bill_type(self) -> str | None: ...
    @property
    def patient_control_number(self) -> str | None: ...
    @property
    def clearinghouse_trace(self) -> str | None: ...
    @property
    def references(self) -> tuple[Reference, ...]: ...


PlacedT = TypeVar("PlacedT", bound=Placed)
_Body = Callable[[PlacedT], list[Elements]]


class ProviderUnknown(ValueError):
    """A claim or dependent stands under a level that names nobody: the guide wants provider and subscriber above it."""


def write_levels(items: Sequence[PlacedT], body: _Body[PlacedT], *, demographics: bool) -> list[Elements]:
    """The HL tree over the items, in their order; `body` writes each from its TRN on.

    Neighbours under the same parties share their levels. `demographics` writes the birth date and sex of those the
    nouns know it of: only the 276 asks for it. Raises ProviderUnknown.
    """
    rows: list[Elements] = []
    _write_level(rows, items, 0, "", body, demographics)
    return rows


def _write_level(
    rows: list[Elements], items: Sequence[PlacedT], depth: int, parent: str, body: _Body[PlacedT], demographics: bool
) -> None:
    for _, neighbours in groupby(items, key=lambda one: (_named_at(one, depth), _depth(one) == depth)):
        group = list(neighbours)
        ends = _depth(group[0]) == depth
        repeats = depth >= _LEVELS.index("22")
        for share in [[one] for one in group] if ends and not repeats else [group]:
            number = str(sum(row[0] == "HL" for row in rows) + 1)
            rows.append(trimmed("HL", number, parent, _LEVELS[depth], _child_code(depth, ends=ends)))
            rows += _level_rows(share[0], depth, demographics)
            if ends:
                rows += [row for one in share for row in body(one)]
            else:
                _write_level(rows, share, depth + 1, number, body, demographics)


def _depth(item: Placed) -> int:
    """How deep the item's TRN stands, as a place in _LEVELS."""
    names = (item.provider, item.subscriber, item.dependent)
    given = sum(name is not None for name in names)
    if any(name is not None for name in names[given:]):
        raise ProviderUnknown("a claim status stands under no provider or subscriber: name them")
    return given + 1


def _named_at(item: Placed, depth: int) -> tuple[object, ...]:
    match _LEVELS[depth]:
        case "20":
            return (item.payer,)
        case "21":
            return (item.receiver,)
        case "19":
            return (item.provider,)
        case "22":
            return item.subscriber, item.member_id, item.member_id_qualifier
        case _:
            return (item.dependent,)


def _child_code(depth: int, *, ends: bool) -> str:
    """HL04; the guide does not use it at the last level."""
    if depth == len(_LEVELS) - 1:
        return ""
    return "0" if ends else "1"


def _level_rows(item: Placed, depth: int, demographics: bool) -> list[Elements]:
    """DMG and NM1 of one level, and the payer's contact."""
    if depth == 0:
        return parties.write_party(item.payer)
    party = (item.receiver, item.provider)[depth - 1] if depth <= _LEVELS.index("19") else None
    if party is not None:
        return parties.write_party(party)
    person, role, number = item.subscriber, "IL", item.member_id
    if _LEVELS[depth] == "23":
        person, role, number = item.dependent, "QC", None
    if person is None:
        return []
    nm1 = parties.write_nm1(
        role, person.name, is_person=person.is_person, qualifier=item.member_id_qualifier, number=number
    )
    return [*(_demographics(person) if demographics else []), nm1]


def _demographics(person: Person) -> list[Elements]:
    """DMG, when the birth date is known; the guide has no code for an unknown sex."""
    if person.birth_date is None:
        return []
    sex = None if person.sex is Sex.UNKNOWN else person.sex
    return [trimmed("DMG", "D8", fields.print_day(person.birth_date), sex)]


def write_references(item: Referenced) -> list[Elements]:
    """REF in the guide's order."""
    named = zip(
        _NAMED_REFERENCES,
        (item.payer_claim_number, item.bill_type, item.patient_control_number, item.clearinghouse_trace),
        strict=True,
    )
    rows: list[Elements] = [("REF", code, value) for code, value in named if value]
    rows += [("REF", one.qualifier, one.value) for one in item.references]
    return sorted(rows, key=lambda row: _REFERENCE_ORDER.index(row[1]) if row[1] in _REFERENCE_ORDER else -1)


def write_days(first: date | None, last: date | None) -> list[Elements]:
    """DTP*472, nothing for None."""
    if first is None:
        return []
    if last is None:
        return [("DTP", "472", "D8", fields.print_day(first))]
    return [("DTP", "472", "RD8", f"{fields.print_day(first)}-{fields.print_day(last)}")]


def write_line(line: StatusLine, *, paid: str = "", verdicts: Sequence[Elements] = ()) -> list[Elements]:
    """SVC, the STC given, REF and DTP; `paid` is SVC03."""
    rows = [
        trimmed(
            "SVC",
            Joined(line.procedure),
            print_cents(line.charge_cents),
            paid,
            line.revenue_code,
            *("", ""),
            print_decimal(line.units),
        ),
        *verdicts,
    ]
    if line.control_number:
        rows.append(("REF", "FJ", line.control_number))
    return rows + write_days(line.service_date, line.service_date_to)
