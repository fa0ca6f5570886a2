"""Institutional claims that pass an edit and that do not; the rest of each claim is clean."""

from dataclasses import replace
from datetime import date
from typing import Any

from billing.claim import Claim, Diagnosis
from billing.hospital_bill import OccurrenceSpan, Procedure, Revenue, ValueAmount
from billing.money import Cents
from billing.policies import Policies, PolicyRow
from tests.builders import a_hospital_claim, a_revenue_line, a_stay

OUTPATIENT, STAY = a_hospital_claim(), a_stay()
STRICT = Policies.of([PolicyRow("needs_outpatient_procedures", 1, date(2000, 1, 1))])
EARLY, LATE = date(2026, 10, 1), date(2026, 10, 31)
OPERATION = (Procedure("0DTJ4ZZ", date(2026, 10, 13), "BBR"),)


def of(claim: Claim, **changes: Any) -> Claim:
    """The claim with these facts of its bill changed."""
    assert claim.hospital is not None
    return replace(claim, hospital=replace(claim.hospital, **changes))


def billed_as(claim: Claim, series: str, **changes: Any) -> Claim:
    return replace(of(claim, series=series, **changes), frequency=series)


def first(claim: Claim, **changes: Any) -> Claim:
    return replace(claim, lines=(replace(claim.lines[0], **changes), *claim.lines[1:]))


def coded(claim: Claim, *diagnoses: Diagnosis) -> Claim:
    return replace(claim, diagnoses=diagnoses)


def many(count: int) -> Claim:
    return a_hospital_claim(*(a_revenue_line("0270", 100) for _ in range(count)))


OPERATOR = replace(STAY.providers[0], role="72")
MARKED = tuple(replace(one, present_on_admission="Y") for one in STAY.diagnoses[:2])

PASSES: list[tuple[str, Claim, dict[str, Any]]] = [
    ("H01", OUTPATIENT, {}),
    ("H01", replace(STAY, frequency="7", original_reference="ICN1"), {}),
    ("H02", STAY, {}),
    ("H02", billed_as(STAY, "2", patient_status="30"), {}),
    ("H02", of(OUTPATIENT, patient_status="30"), {}),
    ("H03", STAY, {}),
    ("H03B", STAY, {}),
    ("H03B", first(OUTPATIENT, service_date_to=date(2026, 10, 20)), {}),
    ("H04", STAY, {}),
    ("H04", OUTPATIENT, {}),
    ("H04B", STAY, {}),
    ("H04B", billed_as(STAY, "2", patient_status="30", discharge_hour=None), {}),
    ("H04C", STAY, {}),
    ("H05", OUTPATIENT, {}),
    ("H06", of(OUTPATIENT, patient_status="66"), {}),
    ("H07", STAY, {}),
    ("H07", OUTPATIENT, {}),
    ("H08", STAY, {}),
    ("H08B", STAY, {}),
    ("H08B", OUTPATIENT, {}),
    ("H09", STAY, {}),
    ("H10", STAY, {}),
    ("H11", OUTPATIENT, {}),
    ("H11", STAY, {"policies": STRICT}),
    ("H12", STAY, {}),
    ("H13", OUTPATIENT, {}),
    ("H13", replace(a_hospital_claim(a_revenue_line("0540", 50000, "A0429")), providers=()), {}),
    ("H13B", replace(of(STAY, procedures=OPERATION), providers=(*STAY.providers, OPERATOR)), {}),
    ("H14", of(STAY, drg="194"), {}),
    ("H14", of(STAY, drg="1393"), {}),
    ("H15", many(999), {}),
]

FAILS: list[tuple[str, Claim, dict[str, Any], str]] = [
    ("H01", of(OUTPATIENT, facility_type="1"), {}, "type_of_bill"),
    ("H01", replace(OUTPATIENT, frequency="5"), {}, "type_of_bill"),
    ("H02", billed_as(STAY, "3"), {}, "patient_status"),
    ("H02", of(STAY, patient_status="30"), {}, "patient_status"),
    ("H03", of(STAY, statement_to=EARLY), {}, "statement_to"),
    ("H03", of(STAY, statement_to=date(2027, 1, 1)), {}, "statement_to"),
    ("H03B", first(OUTPATIENT, service_date=EARLY), {}, "line.1.service_date"),
    ("H03B", first(OUTPATIENT, service_date_to=LATE), {}, "line.1.service_date"),
    ("H04", of(STAY, admission_date=None), {}, "admitted_on"),
    ("H04B", of(STAY, admission_hour=None), {}, "admission_hour"),
    ("H04B", of(STAY, admission_source=None), {}, "admission_source"),
    ("H04B", of(STAY, discharge_hour=None), {}, "discharge_hour"),
    ("H04C", of(STAY, admission_date=LATE), {}, "admitted_on"),
    ("H05", of(OUTPATIENT, admission_type=None), {}, "admission_type"),
    ("H05", of(OUTPATIENT, admission_type="E"), {}, "admission_type"),
    ("H06", of(OUTPATIENT, patient_status=""), {}, "patient_status"),
    ("H07", coded(OUTPATIENT, Diagnosis("J069", "ABF")), {}, "diagnoses"),
    ("H07", coded(STAY, *STAY.diagnoses[:2]), {}, "admitting_diagnosis"),
    ("H07", coded(OUTPATIENT, STAY.diagnoses[0], *(Diagnosis("I10", "ABF"),) * 25), {}, "diagnoses"),
    ("H08", coded(STAY, replace(MARKED[0], present_on_admission="X"), *STAY.diagnoses[1:]), {}, "diagnoses"),
    ("H08B", coded(STAY, replace(MARKED[0], present_on_admission=None), *STAY.diagnoses[1:]), {}, "diagnoses"),
    ("H09", first(OUTPATIENT, revenue=Revenue("300")), {}, "line.1.revenue_code"),
    ("H09", first(OUTPATIENT, revenue=Revenue("0001")), {}, "line.1.revenue_code"),
    ("H10", first(OUTPATIENT, unit_basis="MJ"), {}, "line.1.unit_basis"),
    ("H11", OUTPATIENT, {"policies": STRICT}, "line.2.procedure"),
    ("H12", of(STAY, conditions=("9",)), {}, "condition_codes"),
    ("H12", of(STAY, values=(ValueAmount("80", Cents(-1)),)), {}, "value_codes"),
    ("H12", of(STAY, occurrence_spans=(OccurrenceSpan("74", LATE, EARLY),)), {}, "occurrence_spans"),
    ("H13", replace(OUTPATIENT, providers=()), {}, "attending"),
    ("H13B", of(STAY, procedures=OPERATION), {}, "procedure_codes"),
    ("H14", of(STAY, drg="19"), {}, "drg"),
    ("H15", many(1000), {}, "lines"),
]
