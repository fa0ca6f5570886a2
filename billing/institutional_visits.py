"""An institutional claim as a visit that the office works on, and back as the 837I says it: nothing is lost either way.

The office's Claim is professional in form; what an institutional one says besides stands in its HospitalBill, and on
each line in its Revenue.
"""

from dataclasses import replace

from billing.claim import Claim, ServiceLine
from billing.hospital_bill import APART, CODED, OTHER, PRINCIPAL, SERIES, HospitalBill, Revenue
from billing.institutional_claim import InstitutionalClaim, InstitutionalLine

_AS_TOLD = {kind: rank for rank, pair in enumerate((PRINCIPAL, *APART, OTHER)) for kind in pair}
"""The guide's order of diagnoses"""


def visit_of(told: InstitutionalClaim) -> Claim:
    """The claim of an 837I as the office's noun: what the patient was treated for stands first."""
    bill = HospitalBill(
        facility_type=told.facility_type,
        statement_from=told.statement_from,
        statement_to=told.statement_to,
        patient_status=told.patient_status,
        series=told.frequency if told.frequency in SERIES else "1",
        admission_date=told.admission_date,
        admission_hour=told.admission_hour,
        discharge_hour=told.discharge_hour,
        admission_type=told.admission_type,
        admission_source=told.admission_source,
        drg=told.drg,
        procedures=told.procedures,
        occurrence_spans=told.occurrence_spans,
        occurrences=told.occurrences,
        values=told.values,
        conditions=told.conditions,
        treatments=told.treatments,
        patient_estimate_cents=told.patient_estimate_cents,
        medical_record_number=told.medical_record_number,
    )
    return Claim(
        control_number=told.control_number,
        charge_cents=told.charge_cents,
        billing_provider=told.billing_provider,
        coverage=told.coverage,
        subscriber=told.subscriber,
        patient=told.patient,
        diagnoses=tuple(sorted(told.diagnoses, key=lambda one: one.qualifier not in CODED)),
        lines=tuple(_line(line, bill) for line in told.lines),
        place_of_service=bill.place_of_service,
        frequency=told.frequency,
        assignment=told.assignment,
        benefits_assigned=told.benefits_assigned,
        release=told.release,
        delay_reason=told.delay_reason,
        original_reference=told.original_reference,
        authorization=told.authorization,
        referral=told.referral,
        clearinghouse_trace=told.clearinghouse_trace,
        pay_to=told.pay_to,
        providers=told.providers,
        other_segments=told.other_segments,
        hospital=bill,
    )


def _line(told: InstitutionalLine, bill: HospitalBill) -> ServiceLine:
    day = told.service_date
    return ServiceLine(
        procedure=told.procedure or "",
        charge_cents=told.charge_cents,
        units=told.units,
        service_date=bill.statement_from if day is None else day,
        modifiers=told.modifiers,
        service_date_to=told.service_date_to,
        procedure_qualifier=told.procedure_qualifier,
        procedure_description=told.procedure_description,
        unit_basis=told.unit_basis,
        control_number=told.control_number,
        providers=told.providers,
        other_segments=told.other_segments,
        revenue=Revenue(told.revenue_code, told.non_covered_cents, is_dated=day is not None),
    )


def bill_of(claim: Claim) -> InstitutionalClaim:
    """The visit as the 837I says it. Only of a claim with a HospitalBill."""
    bill = claim.hospital
    assert bill is not None, "only an institutional claim is written as one"
    return InstitutionalClaim(
        control_number=claim.control_number,
        charge_cents=claim.charge_cents,
        billing_provider=claim.billing_provider,
        coverage=replace(claim.coverage, insurance_type=None),
        subscriber=claim.subscriber,
        patient=claim.patient,
        diagnoses=tuple(sorted(claim.diagnoses, key=lambda one: _AS_TOLD.get(one.qualifier, 0))),
        lines=tuple(_told_line(line) for line in claim.lines),
        facility_type=bill.facility_type,
        statement_from=bill.statement_from,
        statement_to=bill.statement_to,
        patient_status=bill.patient_status,
        frequency=claim.frequency,
        assignment=claim.assignment,
        benefits_assigned=claim.benefits_assigned,
        release=claim.release,
        delay_reason=claim.delay_reason,
        admission_date=bill.admission_date,
        admission_hour=bill.admission_hour,
        discharge_hour=bill.discharge_hour,
        admission_type=bill.admission_type,
        admission_source=bill.admission_source,
        drg=bill.drg,
        procedures=bill.procedures,
        occurrence_spans=bill.occurrence_spans,
        occurrences=bill.occurrences,
        values=bill.values,
        conditions=bill.conditions,
        treatments=bill.treatments,
        patient_estimate_cents=bill.patient_estimate_cents,
        original_reference=claim.original_reference,
        authorization=claim.authorization,
        referral=claim.referral,
        clearinghouse_trace=claim.clearinghouse_trace,
        medical_record_number=bill.medical_record_number,
        pay_to=claim.pay_to,
        providers=claim.providers,
        other_segments=claim.other_segments,
    )


def _told_line(line: ServiceLine) -> InstitutionalLine:
    revenue = line.revenue or Revenue("")
    return InstitutionalLine(
        revenue_code=revenue.code,
        charge_cents=line.charge_cents,
        units=line.units,
        unit_basis=line.unit_basis,
        procedure=line.procedure or None,
        procedure_qualifier=line.procedure_qualifier,
        modifiers=line.modifiers,
        procedure_description=line.procedure_description,
        non_covered_cents=revenue.non_covered_cents,
        service_date=line.service_date if revenue.is_dated else None,
        service_date_to=line.service_date_to,
        control_number=line.control_number,
        providers=line.providers,
        other_segments=line.other_segments,
    )
