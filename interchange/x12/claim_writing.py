"""The segments of an 837P claim from its nouns, the opaque segments back in the guide's order."""

from billing.claim import Claim, ClaimBatch, Party, ServiceLine
from interchange.x12 import fields, guide_order, hierarchy_writing
from interchange.x12.fields import Elements, join, trimmed
from interchange.x12.guides.x222a1 import GUIDE

_CLAIM_LOOP = {
    "DN": "2310A",
    "P3": "2310A",
    "82": "2310B",
    "77": "2310C",
    "DQ": "2310D",
    "PW": "2310E",
    "45": "2310F",
}
_LINE_LOOP = {
    "82": "2420A",
    "QB": "2420B",
    "77": "2420C",
    "DQ": "2420D",
    "DK": "2420E",
    "DN": "2420F",
    "P3": "2420F",
    "PW": "2420G",
    "45": "2420H",
}


def write_batch(batch: ClaimBatch) -> list[Elements]:
    """BHT to the last service line, without ST and SE. Raises UnknownProviderRole."""
    return hierarchy_writing.write_batch(GUIDE, batch, batch.claims, _write_claim)


# The claim --------------------------------------------------------------------------------------------------------


def _write_claim(claim: Claim) -> list[Elements]:
    named = [party for party in claim.providers if not _is_billing_again(party, claim.billing_provider)]
    providers = [hierarchy_writing.provider_block(GUIDE, party, _CLAIM_LOOP) for party in named]
    rest = [one for one in claim.other_segments if one.loop.startswith("23")]
    rows = guide_order.joined(GUIDE, "2300", _claim_rows(claim), providers, rest)
    for number, line in enumerate(claim.lines, start=1):
        rows += _write_line(number, line)
    return rows


def _claim_rows(claim: Claim) -> list[Elements]:
    rows = [
        trimmed(
            "CLM",
            claim.control_number,
            fields.print_cents(claim.charge_cents),
            *("", ""),
            join(claim.place_of_service, "B", claim.frequency),
            claim.provider_signature,
            claim.assignment,
            claim.benefits_assigned,
            claim.release,
            claim.signature_source,
            join(*claim.accident),
            claim.special_program,
            *("",) * 7,
            claim.delay_reason,
        )
    ]
    if claim.patient_paid_cents is not None:
        rows.append(("AMT", "F5", fields.print_cents(claim.patient_paid_cents)))
    references = (
        ("9F", claim.referral),
        ("G1", claim.authorization),
        ("F8", claim.original_reference),
        ("D9", claim.clearinghouse_trace),
    )
    rows += [("REF", qualifier, value) for qualifier, value in references if value]
    if claim.diagnoses:
        rows.append(trimmed("HI", *(join(one.qualifier, one.code) for one in claim.diagnoses)))
    return rows


def _is_billing_again(party: Party, billing: Party) -> bool:
    """A rendering provider who is the billing individual and about whom nothing more is said: 2310B is left out."""
    same = (party.name, party.id_qualifier, party.id) == (billing.name, billing.id_qualifier, billing.id)
    says_more = party.references or party.contact or party.taxonomy not in {None, billing.taxonomy}
    return party.role == "82" and billing.is_person and party.is_person and same and not says_more


# The lines --------------------------------------------------------------------------------------------------------


def _write_line(number: int, line: ServiceLine) -> list[Elements]:
    form, days = "D8", fields.print_day(line.service_date)
    if line.service_date_to is not None:
        form, days = "RD8", f"{days}-{fields.print_day(line.service_date_to)}"
    rows: list[Elements] = [("LX", str(number)), _service(line), ("DTP", "472", form, days)]
    if line.control_number:
        rows.append(("REF", "6R", line.control_number))
    providers = [hierarchy_writing.provider_block(GUIDE, party, _LINE_LOOP) for party in line.providers]
    return guide_order.joined(GUIDE, "2400", rows, providers, line.other_segments)


def _service(line: ServiceLine) -> Elements:
    modifiers = [*line.modifiers, "", "", "", ""][:4]
    return trimmed(
        "SV1",
        join(line.procedure_qualifier, line.procedure, *modifiers, line.procedure_description),
        fields.print_cents(line.charge_cents),
        line.unit_basis,
        fields.print_decimal(line.units),
        line.place_of_service,
        "",
        join(*(str(pointer) for pointer in line.diagnosis_pointers)),
        "",
        line.emergency,
        "",
        line.epsdt,
        line.family_planning,
        *("", ""),
        line.copay_status,
    )
