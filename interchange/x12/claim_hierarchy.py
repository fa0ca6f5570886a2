"""What stands above and inside every claim of an 837: billing provider, subscriber and patient (loops 2000A to 2010CA),
the providers of a claim or line, and where its lines begin.

Segments come as (loop, elements) in file order. What the nouns have no place for is kept opaque with its loop id.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from billing.claim import Coverage, OpaqueSegment, Party, Person
from interchange.x12 import parties
from interchange.x12.fields import Elements, Unreadable, get, maybe
from interchange.x12.quick import quick

Row = tuple[str, Elements]
"""Loop id and elements."""

_coverage = quick(Coverage)
_opaque_segment = quick(OpaqueSegment)

PARTY_SEGMENTS = {"N3", "N4", "REF", "PRV", "PER", "DMG"}


@dataclass(slots=True)
class Hierarchy:
    """What stands above a claim: each level's segments, and the nouns made of them once per level."""

    billing: list[Row] = field(default_factory=list)
    subscriber: list[Row] = field(default_factory=list)
    patient: list[Row] = field(default_factory=list)
    _billing_read: tuple[Party, Party | None, list[OpaqueSegment]] | None = None
    _subscriber_read: tuple[Coverage, Person, list[OpaqueSegment]] | None = None
    _patient_read: tuple[str, Person, list[OpaqueSegment]] | None = None
    _people: tuple[Coverage, Person, Person, list[OpaqueSegment]] | None = None
    _entered: dict[str, Callable[[], list[Row]]] = field(default_factory=dict)
    """The segments of levels whose nouns came without them, by HL03"""

    def open(self, level: str) -> None:
        """Start anew at HL03 `20`, `22` or `23`, and forget what stood below."""
        if level == "20":
            self.billing, self._billing_read = [], None
            self._entered.clear()
        if level in {"20", "22"}:
            self.subscriber, self._subscriber_read = [], None
            self._entered.pop("22", None)
        self.patient, self._patient_read, self._people = [], None, None
        self._entered.pop("23", None)

    def enter(self, level: str, nouns: Any, rows: Callable[[], list[Row]]) -> None:
        """Start anew at a level whose nouns were made: what `billing_parties`, `coverage` or `dependent` tell. Its
        segments, `rows`, are asked for when one comes later that belongs to them."""
        self.open(level)
        self._entered[level] = rows
        if level == "20":
            self._billing_read = nouns
        elif level == "22":
            self._subscriber_read = nouns
        else:
            self._patient_read = nouns

    def add(self, loop: str, elements: Elements) -> bool:
        """Take a segment of loops 2000A to 2010CA; False for any other loop."""
        level = loop[4:5] if loop.startswith(("2000", "2010")) else ""
        if level == "A":
            self.billing += [*self._rows("20"), (loop, elements)]
            self._billing_read = None
        elif level == "B":
            self.subscriber += [*self._rows("22"), (loop, elements)]
            self._subscriber_read = None
        elif level == "C":
            self.patient += [*self._rows("23"), (loop, elements)]
            self._patient_read = None
        else:
            return False
        self._people = None
        return True

    def _rows(self, level: str) -> list[Row]:
        """What a level holds that was entered, the first time that it is asked for."""
        rows = self._entered.pop(level, None)
        return rows() if rows is not None else []

    def billing_parties(self) -> tuple[Party, Party | None, list[OpaqueSegment]]:
        """Billing provider, pay-to address, and the rest of 2000A."""
        if self._billing_read is None:
            self._billing_read = read_billing(self.billing)
        return self._billing_read

    def coverage(self) -> tuple[Coverage, Person, list[OpaqueSegment]]:
        """The destination payer's policy, its subscriber, and the rest of 2000B."""
        if self._subscriber_read is None:
            self._subscriber_read = _read_subscriber(self.subscriber)
        return self._subscriber_read

    def dependent(self) -> tuple[str, Person, list[OpaqueSegment]] | None:
        """Relationship, patient and the rest of 2000C; None when the subscriber is the patient."""
        if self._patient_read is None and self.patient:
            self._patient_read = _read_patient(self.patient)
        return self._patient_read

    def people(self) -> tuple[Coverage, Person, Person, list[OpaqueSegment]]:
        """Coverage, subscriber, patient, and what else stands in 2000B and 2000C."""
        if self._people is None:
            self._people = self._read_people()
        return self._people

    def _read_people(self) -> tuple[Coverage, Person, Person, list[OpaqueSegment]]:
        coverage, subscriber, rest = self.coverage()
        dependent = self.dependent()
        if dependent is None:
            return coverage, subscriber, subscriber, rest
        relationship, patient, patient_rest = dependent
        return replace(coverage, relationship=relationship), subscriber, patient, [*rest, *patient_rest]


# Above the claim --------------------------------------------------------------------------------------------------


def read_billing(rows: list[Row]) -> tuple[Party, Party | None, list[OpaqueSegment]]:
    """Billing provider, pay-to address, and the rest of 2000A, from its segments. Raises Unreadable."""
    groups, rest = _party_groups(rows, {"2010AA", "2010AB"})
    if not groups.get("2010AA"):
        raise Unreadable("NM1", 1, "names no billing provider (NM1*85)")
    billing, left = parties.read_party(groups["2010AA"][-1])
    rest += _opaque("2010AA", left)
    for prv in [one for one in rest if one.elements[0] == "PRV" and one.loop == "2000A"][:1]:
        billing = replace(billing, taxonomy=maybe(prv.elements, 3))
        rest.remove(prv)
    pay_to = None
    if groups.get("2010AB"):
        pay_to, left = parties.read_party(groups["2010AB"][-1])
        rest += _opaque("2010AB", left)
    return billing, pay_to, [one for one in rest if one.elements[0] != "HL"]


def _read_subscriber(rows: list[Row]) -> tuple[Coverage, Person, list[OpaqueSegment]]:
    groups, rest = _party_groups(rows, {"2010BA", "2010BB"})
    if not groups.get("2010BA"):
        raise Unreadable("NM1", 1, "names no subscriber (NM1*IL)")
    if not groups.get("2010BB"):
        raise Unreadable("NM1", 1, "names no payer (NM1*PR)")
    subscriber, left = parties.read_person(groups["2010BA"][-1])
    rest += _opaque("2010BA", left)
    payer, left = parties.read_party(groups["2010BB"][-1])
    rest += _opaque("2010BB", left)
    sbr: Elements = next((one.elements for one in rest if one.elements[0] == "SBR"), ("SBR",))
    nm1 = groups["2010BA"][-1][0]
    coverage = _coverage(
        payer=payer,
        member_id=maybe(nm1, 9),
        responsibility=get(sbr, 1) or "P",
        relationship=get(sbr, 2) or "18",
        group_number=maybe(sbr, 3),
        group_name=maybe(sbr, 4),
        insurance_type=maybe(sbr, 5),
        filing_indicator=maybe(sbr, 9),
        member_id_qualifier=get(nm1, 8) or "MI",
    )
    return coverage, subscriber, [one for one in rest if one.elements[0] not in {"HL", "SBR"}]


def _read_patient(rows: list[Row]) -> tuple[str, Person, list[OpaqueSegment]]:
    groups, rest = _party_groups(rows, {"2010CA"})
    if not groups.get("2010CA"):
        raise Unreadable("NM1", 1, "names no patient (NM1*QC)")
    patient, left = parties.read_person(groups["2010CA"][-1])
    rest += _opaque("2010CA", left)
    pat: Elements = next((one.elements for one in rest if one.elements[0] == "PAT"), ("PAT",))
    modelled = {"HL", "PAT"} if len(pat) <= 2 else {"HL"}
    return get(pat, 1) or "21", patient, [one for one in rest if one.elements[0] not in modelled]


def _party_groups(rows: list[Row], loops: set[str]) -> tuple[dict[str, list[list[Elements]]], list[OpaqueSegment]]:
    """Gather the segments of each party loop, one list per NM1; whatever stands elsewhere comes back opaque."""
    groups: dict[str, list[list[Elements]]] = {}
    rest: list[OpaqueSegment] = []
    for loop, elements in rows:
        known = groups.setdefault(loop, []) if loop in loops else None
        if known is not None and elements[0] == "NM1":
            known.append([elements])
        elif known and elements[0] in PARTY_SEGMENTS:
            known[-1].append(elements)
        else:
            rest.append(_opaque_segment(loop, elements))
    return groups, rest


def _opaque(loop: str, rows: Iterable[Elements]) -> list[OpaqueSegment]:
    return [_opaque_segment(loop, elements) for elements in rows]


# Inside the claim -------------------------------------------------------------------------------------------------


def head_and_lines(rows: list[Row], *, service: str) -> tuple[list[Row], list[list[Row]]]:
    """What is said of the whole claim after its CLM, and the rows of each line; `service` is the segment id (SV1, SV2)
    that no line has twice, should its LX be missing. Raises Unreadable when there is no line."""
    first = next((at for at, (loop, _) in enumerate(rows) if loop.startswith("24")), len(rows))
    groups: list[list[Row]] = []
    is_told = False
    for row in rows[first:]:
        name = row[1][0]
        if name == "LX" or (name == service and is_told) or not groups:
            groups.append([])
            is_told = False
        is_told = is_told or name == service
        groups[-1].append(row)
    if not groups:
        raise Unreadable("LX", 1, "is missing: the claim has no service line")
    return rows[1:first], groups


def take_providers(rows: list[Row], prefix: str) -> tuple[tuple[Party, ...], list[Row]]:
    """The providers of the loops that begin with `prefix` (2310, 2420), and the rows that belong to none of them."""
    if not any(loop.startswith(prefix) for loop, _ in rows):
        return (), rows
    providers: list[Party] = []
    rest: list[Row] = []
    open_rows: list[Elements] = []
    open_loop = ""

    def close() -> None:
        if open_rows:
            party, left = parties.read_party(open_rows)
            providers.append(party)
            rest.extend((open_loop, elements) for elements in left)

    for loop, elements in rows:
        if elements[0] == "NM1" and loop.startswith(prefix):
            close()
            open_rows, open_loop = [elements], loop
        elif open_rows and loop == open_loop and elements[0] in PARTY_SEGMENTS:
            open_rows.append(elements)
        else:
            rest.append((loop, elements))
    close()
    return tuple(providers), rest


def required(elements: Elements, number: int) -> str:
    """Element text; raises Unreadable when it is empty."""
    text = get(elements, number)
    if not text:
        raise Unreadable(elements[0], number, "is empty", elements)
    return text
