"""One claim of an 837P from its segments: the nouns of `billing.claim` out of loops 2300 and 2400.

Segments come as (loop, elements) in file order. What the nouns have no place for is kept opaque with its loop id.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from billing.claim import Claim, Diagnosis, OpaqueSegment, Party, ServiceLine
from billing.money import Cents
from interchange.x12 import claim_hierarchy, fields
from interchange.x12.claim_hierarchy import Hierarchy, Row
from interchange.x12.fields import Elements, Unreadable, get, part
from interchange.x12.quick import quick

_claim = quick(Claim)
_service_line = quick(ServiceLine)
_diagnosis = quick(Diagnosis)
_opaque_segment = quick(OpaqueSegment)

_CLM = ("",) * 21
_SV1 = ("",) * 16
DIAGNOSIS_KINDS = {"ABK", "ABF", "BK", "BF"}


@dataclass(slots=True)
class _Head:
    """What stands between CLM and the first line, providers apart."""

    diagnoses: list[Diagnosis] = field(default_factory=list)
    references: dict[str, str] = field(default_factory=dict)
    """REF02 by REF01, of those that Claim has a field for"""
    patient_paid_cents: Cents | None = None
    rest: list[OpaqueSegment] = field(default_factory=list)


def read_claim(hierarchy: Hierarchy, rows: list[Row]) -> Claim:
    """Build the claim whose segments are `rows`, CLM first. Raises Unreadable when a noun cannot be made."""
    billing_provider, pay_to, rest = hierarchy.billing_parties()
    coverage, subscriber, patient, people_rest = hierarchy.people()
    head_rows, lines = claim_hierarchy.head_and_lines(rows, service="SV1")
    providers, head_rows = claim_hierarchy.take_providers(head_rows, "2310")
    head = _Head()
    for loop, elements in head_rows:
        _read_head_segment(head, loop, elements)
    claim_hierarchy.required(rows[0][1], 1)
    clm = rows[0][1] + _CLM[len(rows[0][1]) :]
    place, _, frequency = (*clm[5].split(":"), "", "")[:3]
    return _claim(
        control_number=clm[1],
        charge_cents=fields.cents(clm, 2),
        billing_provider=billing_provider,
        coverage=coverage,
        subscriber=subscriber,
        patient=patient,
        diagnoses=tuple(head.diagnoses),
        lines=tuple([_read_line(group) for group in lines]),
        place_of_service=place,
        frequency=frequency,
        provider_signature=clm[6],
        assignment=clm[7] or None,
        benefits_assigned=clm[8] or None,
        release=clm[9] or None,
        signature_source=clm[10] or None,
        accident=tuple(clm[11].split(":")) if clm[11] else (),
        delay_reason=clm[20] or None,
        special_program=clm[12] or None,
        patient_paid_cents=head.patient_paid_cents,
        original_reference=head.references.get("F8"),
        authorization=head.references.get("G1"),
        referral=head.references.get("9F"),
        clearinghouse_trace=head.references.get("D9"),
        pay_to=pay_to,
        providers=providers,
        other_segments=(*rest, *people_rest, *head.rest),
    )


def _read_head_segment(head: _Head, loop: str, elements: Elements) -> None:
    kind = get(elements, 1)
    if loop == "2300":
        if elements[0] == "HI" and part(kind, 1) in DIAGNOSIS_KINDS and not head.diagnoses:
            head.diagnoses = [read_diagnosis(text) for text in elements[1:] if text]
            return
        if elements[0] == "REF" and kind in {"F8", "G1", "9F", "D9"} and kind not in head.references:
            head.references[kind] = get(elements, 2)
            return
        if elements[0] == "AMT" and kind == "F5" and head.patient_paid_cents is None:
            head.patient_paid_cents = fields.cents(elements, 2)
            return
    head.rest.append(_opaque_segment(loop, elements))


@lru_cache(maxsize=4096)
def read_diagnosis(text: str) -> Diagnosis:
    """One composite of HI."""
    qualifier, code, *_ = (*text.split(":"), "")
    return _diagnosis(code, qualifier)


# The lines --------------------------------------------------------------------------------------------------------


def _read_line(rows: list[Row]) -> ServiceLine:
    sv1: Elements | None = None
    days: tuple[date, date | None] | None = None
    control_number: str | None = None
    providers, rows = claim_hierarchy.take_providers(rows, "2420")
    rest: list[OpaqueSegment] = []
    for loop, elements in rows:
        name, kind = elements[0], get(elements, 1)
        if name == "SV1" and sv1 is None:
            sv1 = elements
        elif loop == "2400" and name == "DTP" and kind == "472" and days is None:
            days = fields.period(elements, 3)
        elif loop == "2400" and name == "REF" and kind == "6R" and control_number is None:
            control_number = get(elements, 2)
        elif name != "LX":
            rest.append(_opaque_segment(loop, elements))
    if sv1 is None:
        raise Unreadable("SV1", 1, "is missing: the line names no service")
    if days is None:
        raise Unreadable("DTP", 1, "is missing: the line has no date of service (DTP*472)")
    return _read_service(sv1, days, control_number, providers, tuple(rest))


def _read_service(
    sv1: Elements,
    days: tuple[date, date | None],
    control_number: str | None,
    providers: tuple[Party, ...],
    rest: tuple[OpaqueSegment, ...],
) -> ServiceLine:
    sv1 += _SV1[len(sv1) :]
    code = sv1[1].split(":")
    code += [""] * (7 - len(code))
    pointers = read_pointers(sv1[7])
    if pointers is None:
        raise Unreadable("SV1", 7, "holds a diagnosis pointer that is not a number", sv1)
    return _service_line(
        procedure=code[1],
        charge_cents=fields.cents(sv1, 2),
        units=fields.decimal(sv1, 4),
        service_date=days[0],
        modifiers=tuple([text for text in code[2:6] if text]),
        diagnosis_pointers=pointers,
        service_date_to=days[1],
        procedure_qualifier=code[0],
        procedure_description=code[6] or None,
        unit_basis=sv1[3],
        place_of_service=sv1[5] or None,
        emergency=sv1[9] or None,
        epsdt=sv1[11] or None,
        family_planning=sv1[12] or None,
        copay_status=sv1[15] or None,
        control_number=control_number,
        providers=providers,
        other_segments=rest,
    )


@lru_cache(maxsize=1024)
def read_pointers(text: str) -> tuple[int, ...] | None:
    """SV107; None when a pointer is no number."""
    pointers = [one for one in text.split(":") if one]
    if not all(one.isascii() and one.isdigit() for one in pointers):
        return None
    return tuple(int(one) for one in pointers)
