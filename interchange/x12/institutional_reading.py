"""One claim of an 837I from its segments: the nouns of `billing.institutional_claim` out of loops 2300 and 2400.

Segments come as (loop, elements) in file order. What the nouns have no place for is kept opaque with its loop id.
"""

from dataclasses import dataclass, field
from datetime import date

from billing.claim import OpaqueSegment
from billing.institutional_claim import InstitutionalClaim, InstitutionalLine
from billing.money import Cents
from interchange.x12 import claim_hierarchy, fields
from interchange.x12.claim_hierarchy import Hierarchy, Row
from interchange.x12.fields import Elements, Unreadable, get, maybe, part
from interchange.x12.institutional_codes import ClaimCodes

_REFERENCES = frozenset({"F8", "G1", "9F", "D9", "EA"})
_HOUR_AT = 8
"""DTP*435 DT: the hour follows the eight digits of the day"""


@dataclass(slots=True)
class _Head:
    """What stands between CLM and the first line, providers apart."""

    codes: ClaimCodes = field(default_factory=ClaimCodes)
    references: dict[str, str] = field(default_factory=dict)
    """REF02 by REF01, of those that the claim has a field for"""
    statement: tuple[date, date | None] | None = None
    admission_date: date | None = None
    admission_hour: str | None = None
    discharge_hour: str | None = None
    cl1: Elements | None = None
    patient_estimate_cents: Cents | None = None
    rest: list[OpaqueSegment] = field(default_factory=list)

    def take(self, loop: str, elements: Elements) -> None:
        """One segment; what the claim has no field for, or has filled already, stays opaque."""
        if loop != "2300" or not self._take(elements):
            self.rest.append(OpaqueSegment(loop, elements))

    def _take(self, elements: Elements) -> bool:
        name, kind = elements[0], get(elements, 1)
        if name == "HI":
            return self.codes.take(elements)
        if name == "DTP":
            return self._take_day(kind, elements)
        if name == "CL1" and self.cl1 is None:
            self.cl1 = elements
        elif name == "REF" and kind in _REFERENCES and kind not in self.references and len(elements) == 3:
            self.references[kind] = elements[2]
        elif name == "AMT" and kind == "F3" and self.patient_estimate_cents is None:
            self.patient_estimate_cents = fields.cents(elements, 2)
        else:
            return False
        return True

    def _take_day(self, kind: str, dtp: Elements) -> bool:
        if kind == "434" and self.statement is None:
            self.statement = fields.period(dtp, 3)
        elif kind == "435" and self.admission_date is None:
            self.admission_date, self.admission_hour = read_admission(dtp)
        elif kind == "096" and self.discharge_hour is None:
            self.discharge_hour = maybe(dtp, 3)
        else:
            return False
        return True


def read_claim(hierarchy: Hierarchy, rows: list[Row]) -> InstitutionalClaim:
    """Build the claim whose segments are `rows`, CLM first. Raises Unreadable when a noun cannot be made."""
    billing_provider, pay_to, rest = hierarchy.billing_parties()
    coverage, subscriber, patient, people_rest = hierarchy.people()
    head_rows, lines = claim_hierarchy.head_and_lines(rows, service="SV2")
    providers, head_rows = claim_hierarchy.take_providers(head_rows, "2310")
    head = _Head()
    for loop, elements in head_rows:
        head.take(loop, elements)
    if head.statement is None:
        raise Unreadable("DTP", 1, "is missing: the claim has no statement dates (DTP*434)")
    clm, cl1 = rows[0][1], head.cl1 or ("CL1",)
    diagnoses, procedures = head.codes.in_order()
    return InstitutionalClaim(
        control_number=claim_hierarchy.required(clm, 1),
        charge_cents=fields.cents(clm, 2),
        billing_provider=billing_provider,
        coverage=coverage,
        subscriber=subscriber,
        patient=patient,
        diagnoses=diagnoses,
        lines=tuple(_read_line(group) for group in lines),
        facility_type=part(get(clm, 5), 1) or "",
        statement_from=head.statement[0],
        statement_to=head.statement[1] or head.statement[0],
        patient_status=get(cl1, 3),
        frequency=part(get(clm, 5), 3) or "",
        assignment=maybe(clm, 7),
        benefits_assigned=maybe(clm, 8),
        release=maybe(clm, 9),
        delay_reason=maybe(clm, 20),
        admission_date=head.admission_date,
        admission_hour=head.admission_hour,
        discharge_hour=head.discharge_hour,
        admission_type=maybe(cl1, 1),
        admission_source=maybe(cl1, 2),
        drg=head.codes.drg,
        procedures=procedures,
        occurrence_spans=tuple(head.codes.occurrence_spans),
        occurrences=tuple(head.codes.occurrences),
        values=tuple(head.codes.values),
        conditions=tuple(head.codes.conditions),
        treatments=tuple(head.codes.treatments),
        patient_estimate_cents=head.patient_estimate_cents,
        original_reference=head.references.get("F8"),
        authorization=head.references.get("G1"),
        referral=head.references.get("9F"),
        clearinghouse_trace=head.references.get("D9"),
        medical_record_number=head.references.get("EA"),
        pay_to=pay_to,
        providers=providers,
        other_segments=(*rest, *people_rest, *head.rest),
    )


def read_admission(dtp: Elements) -> tuple[date, str | None]:
    """DTP*435: the day, and the hour when it is told. Raises Unreadable."""
    text = get(dtp, 3)
    day = fields.parse_day(text[:_HOUR_AT])
    if day is None:
        raise Unreadable("DTP", 3, "is not a date CCYYMMDD that exists", dtp)
    return day, text[_HOUR_AT:] or None


def read_procedure(text: str) -> tuple[str | None, str, tuple[str, ...], str | None]:
    """SV202: code, qualifier, modifiers and description; `""` when there is none."""
    code = text.split(fields.COMPONENT)
    code += [""] * (7 - len(code))
    return code[1] or None, code[0] or "HC", tuple([one for one in code[2:6] if one]), code[6] or None


def _read_line(rows: list[Row]) -> InstitutionalLine:
    sv2: Elements | None = None
    days: tuple[date | None, date | None] | None = None
    control_number: str | None = None
    providers, rows = claim_hierarchy.take_providers(rows, "2420")
    rest: list[OpaqueSegment] = []
    for loop, elements in rows:
        name, kind = elements[0], get(elements, 1)
        if name == "SV2" and sv2 is None:
            sv2 = elements
        elif loop == "2400" and name == "DTP" and kind == "472" and days is None:
            days = fields.period(elements, 3)
        elif loop == "2400" and name == "REF" and kind == "6R" and control_number is None:
            control_number = get(elements, 2)
        elif name != "LX":
            rest.append(OpaqueSegment(loop, elements))
    if sv2 is None:
        raise Unreadable("SV2", 1, "is missing: the line names no service")
    first, last = days or (None, None)
    procedure, qualifier, modifiers, description = read_procedure(get(sv2, 2))
    return InstitutionalLine(
        revenue_code=get(sv2, 1),
        charge_cents=fields.cents(sv2, 3),
        units=fields.decimal(sv2, 5),
        unit_basis=get(sv2, 4),
        procedure=procedure,
        procedure_qualifier=qualifier,
        modifiers=modifiers,
        procedure_description=description,
        non_covered_cents=fields.maybe_cents(sv2, 7),
        service_date=first,
        service_date_to=last,
        control_number=control_number,
        providers=providers,
        other_segments=tuple(rest),
    )
