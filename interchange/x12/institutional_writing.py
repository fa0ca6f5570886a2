"""The segments of an 837I claim from its nouns, the opaque segments back in the guide's order."""

from billing.institutional_claim import InstitutionalBatch, InstitutionalClaim, InstitutionalLine
from interchange.x12 import fields, forms, guide_order, hierarchy_writing, institutional_codes
from interchange.x12.fields import Elements, join, print_cents, print_day, trimmed
from interchange.x12.guides.x223a2 import GUIDE

MOST_LINES = 999
"""LX of one claim"""
_CLAIM_LOOP = {"71": "2310A", "72": "2310B", "ZZ": "2310C", "82": "2310D", "77": "2310E", "DN": "2310F"}
_LINE_LOOP = {"72": "2420A", "ZZ": "2420B", "82": "2420C", "DN": "2420D"}


def write_batch(batch: InstitutionalBatch) -> list[Elements]:
    """BHT to the last service line, without ST and SE. Raises UnknownProviderRole, or writing.DoesNotFit for a claim
    with no line, with too many, or with too many modifiers on one."""
    return hierarchy_writing.write_batch(GUIDE, batch, batch.claims, _write_claim)


def _write_claim(claim: InstitutionalClaim) -> list[Elements]:
    rows = [_clm(claim), *_days(claim), _cl1(claim)]
    if claim.patient_estimate_cents is not None:
        rows.append(("AMT", "F3", print_cents(claim.patient_estimate_cents)))
    references = (
        ("9F", claim.referral),
        ("G1", claim.authorization),
        ("F8", claim.original_reference),
        ("D9", claim.clearinghouse_trace),
        ("EA", claim.medical_record_number),
    )
    rows += [("REF", qualifier, value) for qualifier, value in references if value]
    rows += institutional_codes.write_codes(claim)
    blocks = [guide_order.block(GUIDE, "2300", row) for row in rows]
    blocks += [hierarchy_writing.provider_block(GUIDE, party, _CLAIM_LOOP) for party in claim.providers]
    rest = [one for one in claim.other_segments if one.loop.startswith("23")]
    written = guide_order.merged(GUIDE, blocks, rest, base="2300")
    hierarchy_writing.prove_lines(len(claim.lines), most=MOST_LINES)
    for number, line in enumerate(claim.lines, start=1):
        written += _write_line(number, line)
    return written


def _clm(claim: InstitutionalClaim) -> Elements:
    return trimmed(
        "CLM",
        claim.control_number,
        print_cents(claim.charge_cents),
        *("", ""),
        join(claim.facility_type, "A", claim.frequency),
        "",
        claim.assignment,
        claim.benefits_assigned,
        claim.release,
        *("",) * 10,
        claim.delay_reason,
    )


def _days(claim: InstitutionalClaim) -> list[Elements]:
    """Discharge hour, statement dates, admission."""
    rows: list[Elements] = []
    if claim.discharge_hour:
        rows.append(("DTP", "096", "TM", claim.discharge_hour))
    rows.append(("DTP", "434", "RD8", f"{print_day(claim.statement_from)}-{print_day(claim.statement_to)}"))
    if claim.admission_date:
        hour = claim.admission_hour or ""
        rows.append(("DTP", "435", "DT" if hour else "D8", print_day(claim.admission_date) + hour))
    return rows


def _cl1(claim: InstitutionalClaim) -> Elements:
    return trimmed("CL1", claim.admission_type, claim.admission_source, claim.patient_status)


def _write_line(number: int, line: InstitutionalLine) -> list[Elements]:
    rows: list[Elements] = [("LX", str(number)), _service(line)]
    if line.service_date is not None:
        form, days = "D8", print_day(line.service_date)
        if line.service_date_to is not None:
            form, days = "RD8", f"{days}-{print_day(line.service_date_to)}"
        rows.append(("DTP", "472", form, days))
    if line.control_number:
        rows.append(("REF", "6R", line.control_number))
    blocks = [guide_order.block(GUIDE, "2400", row) for row in rows]
    blocks += [hierarchy_writing.provider_block(GUIDE, party, _LINE_LOOP) for party in line.providers]
    return guide_order.merged(GUIDE, blocks, line.other_segments, base="2400")


def _service(line: InstitutionalLine) -> Elements:
    code = ""
    if line.procedure:
        modifiers = forms.spread(line.modifiers, 4, "SV2", 2)
        code = join(line.procedure_qualifier, line.procedure, *modifiers, line.procedure_description)
    return trimmed(
        "SV2",
        line.revenue_code,
        code,
        print_cents(line.charge_cents),
        line.unit_basis,
        fields.print_decimal(line.units),
        "",
        print_cents(line.non_covered_cents),
    )
