"""One claim of an 837P from its segments: the nouns of `billing.claim` out of loops 2000A to 2440.

Segments come as (loop, elements) in file order. What the nouns have no place for is kept opaque with its loop id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from billing.claim import Claim, Coverage, Diagnosis, OpaqueSegment, Party, Person, ServiceLine
from billing.money import Cents
from interchange.x12 import fields, parties
from interchange.x12.fields import Elements, Unreadable, get, maybe, part
from interchange.x12.quick import quick

Row = tuple[str, Elements]
"""Loop id and elements."""

_claim = quick(Claim)
_coverage = quick(Coverage)
_service_line = quick(ServiceLine)
_diagnosis = quick(Diagnosis)
_opaque_segment = quick(OpaqueSegment)

_DIAGNOSIS_KINDS = {"ABK", "ABF", "BK", "BF"}


@dataclass(slots=True)
class Hierarchy:
    """What stands above a claim: each level's segments, and the nouns made of them once per level."""

    billing: list[Row] = field(default_factory=list)
    subscriber: list[Row] = field(default_factory=list)
    patient: list[Row] = field(default_factory=list)
    _billing_read: tuple[Party, Party | None, list[OpaqueSegment]] | None = None
    _subscriber_read: tuple[Coverage, Person, list[OpaqueSegment]] | None = None
    _patient_read: tuple[str, Person, list[OpaqueSegment]] | None = None

    def open(self, level: str) -> None:
        """Start anew at HL03 `20`, `22` or `23`, and forget what stood below."""
        if level == "20":
            self.billing, self._billing_read = [], None
        if level in {"20", "22"}:
            self.subscriber, self._subscriber_read = [], None
        self.patient, self._patient_read = [], None

    def add(self, loop: str, elements: Elements) -> bool:
        """Take a segment of loops 2000A to 2010CA; False for any other loop."""
        level = loop[4:5] if loop.startswith(("2000", "2010")) else ""
        if level == "A":
            self.billing.append((loop, elements))
        elif level == "B":
            self.subscriber.append((loop, elements))
        elif level == "C":
            self.patient.append((loop, elements))
        else:
            return False
        return True

    def billing_parties(self) -> tuple[Party, Party | None, list[OpaqueSegment]]:
        """Billing provider, pay-to address, and the rest of 2000A."""
        if self._billing_read is None:
            self._billing_read = _read_billing(self.billing)
        return self._billing_read

    def coverage(self) -> tuple[Coverage, Person, list[OpaqueSegment]]:
        """The destination payer's policy, its subscriber, and the rest of 2000B."""
        if self._subscriber_read is None:
            self._subscriber_read = _read_subscriber(self.subscriber)
        return self._subscriber_read

    def dependent(self) -> tuple[str, Person, list[OpaqueSegment]] | None:
        """Relationship, patient and the rest of 2000C; None when the subscriber is the patient."""
        if not self.patient:
            return None
        if self._patient_read is None:
            self._patient_read = _read_patient(self.patient)
        return self._patient_read


@dataclass(slots=True)
class _Head:
    """What stands between CLM and the first line."""

    diagnoses: list[Diagnosis] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    """REF02 by REF01, of those that Claim has a field for"""
    patient_paid_cents: Cents | None = None
    providers: list[Party] = field(default_factory=list)
    rest: list[OpaqueSegment] = field(default_factory=list)


def read_claim(hierarchy: Hierarchy, rows: list[Row]) -> Claim:
    """Build the claim whose segments are `rows`, CLM first. Raises Unreadable when a noun cannot be made."""
    billing_provider, pay_to, rest = hierarchy.billing_parties()
    coverage, subscriber, patient, people_rest = _people(hierarchy)
    first_line = next((at for at, (loop, _) in enumerate(rows) if _is_line(loop)), len(rows))
    head = _read_head(rows[1:first_line])
    clm = rows[0][1]
    place = get(clm, 5)
    return _claim(
        control_number=_required(clm, 1),
        charge_cents=fields.cents(clm, 2),
        billing_provider=billing_provider,
        coverage=coverage,
        subscriber=subscriber,
        patient=patient,
        diagnoses=tuple(head.diagnoses),
        lines=_read_lines(rows[first_line:]),
        place_of_service=part(place, 1) or "",
        frequency=part(place, 3) or "",
        provider_signature=get(clm, 6),
        assignment=maybe(clm, 7),
        benefits_assigned=maybe(clm, 8),
        release=maybe(clm, 9),
        signature_source=maybe(clm, 10),
        accident=tuple(get(clm, 11).split(":")) if get(clm, 11) else (),
        delay_reason=maybe(clm, 20),
        patient_paid_cents=head.patient_paid_cents,
        original_reference=head.references.get("F8"),
        authorization=head.references.get("G1"),
        referral=head.references.get("9F"),
        clearinghouse_trace=head.references.get("D9"),
        pay_to=pay_to,
        providers=tuple(head.providers),
        other_segments=(*rest, *people_rest, *head.rest),
    )


def _people(hierarchy: Hierarchy) -> tuple[Coverage, Person, Person, list[OpaqueSegment]]:
    """Coverage, subscriber, patient, and what else stands in 2000B and 2000C."""
    coverage, subscriber, rest = hierarchy.coverage()
    dependent = hierarchy.dependent()
    if dependent is None:
        return coverage, subscriber, subscriber, rest
    relationship, patient, patient_rest = dependent
    return replace(coverage, relationship=relationship), subscriber, patient, [*rest, *patient_rest]


def _is_line(loop: str) -> bool:
    return loop.startswith("24")


def _required(elements: Elements, number: int) -> str:
    text = get(elements, number)
    if not text:
        raise Unreadable(elements[0], number, "is empty")
    return text


# Above the claim --------------------------------------------------------------------------------------------------


def _read_billing(rows: list[Row]) -> tuple[Party, Party | None, list[OpaqueSegment]]:
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
    subscriber, of_subscriber = parties.read_person(groups["2010BA"][-1])
    payer, of_payer = parties.read_party(groups["2010BB"][-1])
    rest += [*_opaque("2010BA", of_subscriber), *_opaque("2010BB", of_payer)]
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
        elif known and elements[0] in _PARTY_SEGMENTS:
            known[-1].append(elements)
        else:
            rest.append(_opaque_segment(loop, elements))
    return groups, rest


_PARTY_SEGMENTS = {"N3", "N4", "REF", "PRV", "PER", "DMG"}


def _opaque(loop: str, rows: Iterable[Elements]) -> list[OpaqueSegment]:
    return [_opaque_segment(loop, elements) for elements in rows]


# The claim --------------------------------------------------------------------------------------------------------


def _read_head(rows: list[Row]) -> _Head:
    head = _Head()
    provider: list[Elements] = []
    provider_loop = ""
    for loop, elements in rows:
        if loop.startswith("2310"):
            if elements[0] == "NM1":
                _close_provider(head.providers, head.rest, provider_loop, provider)
                provider, provider_loop = [elements], loop
                continue
            if provider and loop == provider_loop and elements[0] in _PARTY_SEGMENTS:
                provider.append(elements)
                continue
        _read_head_segment(head, loop, elements)
    _close_provider(head.providers, head.rest, provider_loop, provider)
    return head


def _read_head_segment(head: _Head, loop: str, elements: Elements) -> None:
    kind = get(elements, 1)
    if loop == "2300":
        if elements[0] == "HI" and part(kind, 1) in _DIAGNOSIS_KINDS and not head.diagnoses:
            head.diagnoses = [_diagnosis(part(text, 2) or "", part(text, 1) or "") for text in elements[1:] if text]
            return
        if elements[0] == "REF" and kind in {"F8", "G1", "9F", "D9"} and kind not in head.references:
            head.references[kind] = get(elements, 2)
            return
        if elements[0] == "AMT" and kind == "F5" and head.patient_paid_cents is None:
            head.patient_paid_cents = fields.cents(elements, 2)
            return
    head.rest.append(_opaque_segment(loop, elements))


def _close_provider(providers: list[Party], rest: list[OpaqueSegment], loop: str, rows: list[Elements]) -> None:
    if rows:
        party, left = parties.read_party(rows)
        providers.append(party)
        rest += _opaque(loop, left)


# The lines --------------------------------------------------------------------------------------------------------


def _read_lines(rows: list[Row]) -> tuple[ServiceLine, ...]:
    groups: list[list[Row]] = []
    for row in rows:
        name = row[1][0]
        starts = name == "LX" or (name == "SV1" and any(one[0] == "SV1" for _, one in (groups[-1] if groups else [])))
        if starts or not groups:
            groups.append([])
        groups[-1].append(row)
    if not groups:
        raise Unreadable("LX", 1, "is missing: the claim has no service line")
    return tuple(_read_line(group) for group in groups)


def _read_line(rows: list[Row]) -> ServiceLine:
    sv1: Elements | None = None
    days: tuple[date, date | None] | None = None
    control_number: str | None = None
    providers: list[Party] = []
    rest: list[OpaqueSegment] = []
    provider: list[Elements] = []
    provider_loop = ""
    for loop, elements in rows:
        name, kind = elements[0], get(elements, 1)
        if loop.startswith("2420") and name == "NM1":
            _close_provider(providers, rest, provider_loop, provider)
            provider, provider_loop = [elements], loop
        elif provider and loop == provider_loop and name in _PARTY_SEGMENTS:
            provider.append(elements)
        elif name == "SV1" and sv1 is None:
            sv1 = elements
        elif loop == "2400" and name == "DTP" and kind == "472" and days is None:
            days = fields.period(elements, 3)
        elif loop == "2400" and name == "REF" and kind == "6R" and control_number is None:
            control_number = get(elements, 2)
        elif name != "LX":
            rest.append(_opaque_segment(loop, elements))
    _close_provider(providers, rest, provider_loop, provider)
    if sv1 is None:
        raise Unreadable("SV1", 1, "is missing: the line names no service")
    if days is None:
        raise Unreadable("DTP", 1, "is missing: the line has no date of service (DTP*472)")
    return _read_service(sv1, days, control_number, tuple(providers), tuple(rest))


def _read_service(
    sv1: Elements,
    days: tuple[date, date | None],
    control_number: str | None,
    providers: tuple[Party, ...],
    rest: tuple[OpaqueSegment, ...],
) -> ServiceLine:
    code = get(sv1, 1).split(":")
    code += [""] * (7 - len(code))
    pointers = [text for text in get(sv1, 7).split(":") if text]
    if not all(text.isascii() and text.isdigit() for text in pointers):
        raise Unreadable("SV1", 7, "holds a diagnosis pointer that is not a number")
    return _service_line(
        procedure=code[1],
        charge_cents=fields.cents(sv1, 2),
        units=fields.decimal(sv1, 4),
        service_date=days[0],
        modifiers=tuple(text for text in code[2:6] if text),
        diagnosis_pointers=tuple(int(text) for text in pointers),
        service_date_to=days[1],
        procedure_qualifier=code[0],
        procedure_description=code[6] or None,
        unit_basis=get(sv1, 3),
        place_of_service=maybe(sv1, 5),
        emergency=maybe(sv1, 9),
        epsdt=maybe(sv1, 11),
        family_planning=maybe(sv1, 12),
        copay_status=maybe(sv1, 15),
        control_number=control_number,
        providers=providers,
        other_segments=rest,
    )
