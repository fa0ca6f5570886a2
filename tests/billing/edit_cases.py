"""Claims that pass an edit and claims that do not; the rest of each claim is clean. More: `edit_cases_known`."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.claim import Address, Claim, Diagnosis, Name, OpaqueSegment, Party, Person, Reference, ServiceLine
from billing.edits.registry import Situation
from billing.money import Cents
from billing.policies import Policies, PolicyRow
from tests.builders import CLINIC_NPI, DOCTOR_NPI, NOON, a_claim, a_line

CLEAN = a_claim()
BAD_NPI = "1999999985"
LENIENT = Policies.of([PolicyRow("strict_npi_check_digit", 0, date(2000, 1, 1))])
DOCTOR = CLEAN.providers[0]


def situation(**changes: Any) -> Situation:
    return replace(Situation(NOON, Policies.of([]), is_verified=True), **changes)


def billed_by(**changes: Any) -> Claim:
    return replace(CLEAN, billing_provider=replace(CLEAN.billing_provider, **changes))


def at_address(**changes: Any) -> Claim:
    assert CLEAN.billing_provider.address is not None
    return billed_by(address=replace(CLEAN.billing_provider.address, **changes))


def covered_by(**changes: Any) -> Claim:
    return replace(CLEAN, coverage=replace(CLEAN.coverage, **changes))


def of_patient(**changes: Any) -> Claim:
    return replace(CLEAN, patient=replace(CLEAN.patient, **changes))


def tax_id(number: str) -> Claim:
    return billed_by(references=(Reference("EI", number),))


def doctor(npi: str) -> Party:
    return replace(DOCTOR, id=npi)


def of_role(role: str, npi: str = DOCTOR_NPI) -> Party:
    return replace(DOCTOR, role=role, id=npi)


def born(day: date) -> Person:
    return replace(CLEAN.patient, birth_date=day)


def medicare(*lines: ServiceLine) -> Claim:
    return replace(a_claim(*lines), coverage=replace(CLEAN.coverage, filing_indicator="MB", member_id="1EG4TE5MK73"))


def at(place: str, *providers: Party, line: str = "99213", modifiers: tuple[str, ...] = ()) -> Claim:
    """A claim of this place of service, with a facility (NM1*77) where one is given."""
    return replace(a_claim(a_line(line, modifiers=modifiers)), place_of_service=place, providers=(DOCTOR, *providers))


SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 2)
AT_HOME = replace(of_role("77", CLINIC_NPI), address=CLEAN.billing_provider.address)

PASSES: list[tuple[str, Claim, dict[str, Any]]] = [
    ("P01", CLEAN, {}),
    ("P01", billed_by(id=BAD_NPI), {"policies": LENIENT}),
    ("P01", replace(CLEAN, providers=(replace(DOCTOR, id="123", id_qualifier="24"),)), {}),
    ("P01B", CLEAN, {}),
    ("P04", CLEAN, {}),
    ("P04", billed_by(references=(Reference("SY", "987654320"),)), {}),
    ("P04B", tax_id("98-7654320"), {}),
    ("P05", at_address(street="12 POBOX LANE"), {}),
    ("P05B", at_address(postal_code="441011234"), {}),
    ("P05B", at_address(postal_code="M5V2T6", country="CA"), {}),
    ("S01", covered_by(filing_indicator="MB", member_id="1EG4-TE5-MK73"), {}),
    ("S01", covered_by(filing_indicator="CI", member_id="ANYTHING"), {}),
    ("S04", of_patient(birth_date=date(2026, 10, 20)), {}),
    ("S06", replace(covered_by(relationship="19"), subscriber=Person(Name("DOE", "JOHN"))), {}),
    ("S07", CLEAN, {}),
    ("S10", CLEAN, {}),
    ("D01", a_claim(diagnoses=tuple(Diagnosis(f"J0{number:02d}") for number in range(12))), {}),
    ("D02", CLEAN, {}),
    ("D02", a_claim(a_line(service_date=date(2015, 9, 30)), diagnoses=(Diagnosis("4659", "BK"),)), {}),
    ("C01", CLEAN, {}),
    ("C02", a_claim(a_line("J1885")), {}),
    ("C03", a_claim(a_line(modifiers=("25", "59", "RT", "GT"))), {}),
    ("M01", CLEAN, {}),
    ("M02", CLEAN, {}),
    ("M02B", a_claim(a_line(units=Decimal("0.5"))), {}),
    ("M03", a_claim(patient_paid_cents=Cents(15000)), {}),
    ("T01", a_claim(a_line(service_date=NOON.date(), service_date_to=NOON.date())), {}),
    ("T02", medicare(), {"at": datetime(2027, 10, 20, 23, 58, tzinfo=UTC)}),
    ("T02", CLEAN, {"at": datetime(2027, 10, 21, tzinfo=UTC)}),
    ("X01", of_patient(name=Name("D" * 60, "J" * 35)), {}),
    ("X03", a_claim(*(a_line() for _ in range(50))), {}),
    ("P03", billed_by(taxonomy="207Q00000X"), {}),
    ("P06", CLEAN, {}),
    ("P08", medicare(a_line("85025", providers=(of_role("DK"),))), {}),
    ("P08", replace(medicare(a_line("71046")), providers=(of_role("DN"),)), {}),
    ("P08", a_claim(a_line("85025")), {}),
    ("P09", replace(CLEAN, providers=(DOCTOR, of_role("DQ", CLINIC_NPI))), {}),
    ("P10", CLEAN, {}),
    ("P10", at("22", of_role("77", CLINIC_NPI)), {}),
    ("S02", covered_by(member_id="ABC123"), {}),
    ("S05", CLEAN, {}),
    ("S09", covered_by(filing_indicator="MB", responsibility="S", insurance_type="12", member_id="1EG4TE5MK73"), {}),
    ("D05", a_claim(diagnoses=(Diagnosis("S52501A"), Diagnosis("W1830XA"))), {}),
    ("D09", a_claim(diagnoses=(Diagnosis("S52501A"),), accident=("OA",)), {}),
    ("C07", a_claim(a_line("99213", modifiers=("25",))), {}),
    ("C09", a_claim(a_line("71046", modifiers=("26",))), {}),
    ("C10", a_claim(a_line("20610", modifiers=("50",))), {}),
    ("C12", at("23", line="99284"), {}),
    ("C12B", a_claim(a_line(place_of_service="22")), {}),
    ("C13", at("10", line="99213", modifiers=("95",)), {}),
    ("C14", a_claim(a_line("99396")), {}),
    ("C14", a_claim(a_line("99391"), patient=born(date(2026, 1, 15))), {}),
    ("C16", a_claim(a_line("00790", modifiers=("AA",), unit_basis="MJ")), {}),
    ("C17", a_claim(a_line("97110", modifiers=("GP",))), {}),
    ("C20", a_claim(a_line("90471"), a_line("90686")), {}),
    ("C20", CLEAN, {}),
    ("C21", a_claim(a_line("99213", modifiers=("GA",))), {}),
    ("C22", a_claim(a_line("64999", procedure_description="NERVE BLOCK OF A NEW KIND")), {}),
    ("M02C", a_claim(a_line(units=Decimal("1.5"), unit_basis="MJ")), {}),
    ("T01B", a_claim(a_line(service_date=date(2026, 10, 1), service_date_to=date(2026, 10, 31))), {}),
    ("T03", replace(at("21"), other_segments=(OpaqueSegment("2300", ("DTP", "435", "D8", "20261019")),)), {}),
    ("U02", a_claim(frequency="7", original_reference="ICN1"), {}),
]

FAILS: list[tuple[str, Claim, dict[str, Any], str]] = [
    ("P01", billed_by(id=BAD_NPI), {}, "billing_provider.npi"),
    ("P01", replace(CLEAN, providers=(doctor(BAD_NPI),)), {}, "provider.82.npi"),
    ("P01", a_claim(a_line(providers=(doctor(BAD_NPI),))), {}, "line.1.provider.82.npi"),
    ("P01B", billed_by(id=None), {"policies": LENIENT}, "billing_provider.npi"),
    ("P01B", billed_by(id="199999998"), {"policies": LENIENT}, "billing_provider.npi"),
    ("P04", billed_by(references=()), {}, "billing_provider.tax_id"),
    ("P04B", tax_id("123456789"), {}, "billing_provider.tax_id"),
    ("P05", at_address(street="P.O. Box 12"), {}, "billing_provider.street"),
    ("P05", billed_by(address=None), {}, "billing_provider.street"),
    ("P05B", at_address(postal_code="44101"), {}, "billing_provider.postal_code"),
    ("S01", covered_by(filing_indicator="MB", member_id="1SG4TE5MK73"), {}, "member_id"),
    ("S04", of_patient(birth_date=date(2026, 10, 21)), {}, "patient.birth_date"),
    ("S04", of_patient(birth_date=None), {}, "patient.birth_date"),
    ("S04", of_patient(birth_date=date(1905, 1, 1)), {}, "patient.birth_date"),
    ("S06", replace(covered_by(relationship="19"), subscriber=Person(Name(""))), {}, "subscriber.last_name"),
    ("S07", CLEAN, {"is_verified": False}, "member_id"),
    ("S10", covered_by(payer=replace(CLEAN.coverage.payer, id=None)), {}, "payer_id"),
    ("D01", a_claim(diagnoses=()), {}, "diagnoses"),
    ("D01", a_claim(diagnoses=tuple(Diagnosis(f"J0{number:02d}") for number in range(13))), {}, "diagnoses"),
    ("D01", a_claim(diagnoses=(Diagnosis("J069"), Diagnosis("J069"))), {}, "diagnoses"),
    ("D02", a_claim(diagnoses=(Diagnosis("J06.9"),)), {}, "diagnoses"),
    ("D02", a_claim(diagnoses=(Diagnosis("4659", "BK"),)), {}, "diagnoses"),
    ("C01", a_claim(a_line(diagnosis_pointers=())), {}, "line.1.pointers"),
    ("C01", a_claim(a_line(diagnosis_pointers=(2,))), {}, "line.1.pointers"),
    ("C01", a_claim(a_line(diagnosis_pointers=(1, 1, 1, 1, 1))), {}, "line.1.pointers"),
    ("C02", a_claim(a_line("9921X")), {}, "line.1.procedure"),
    ("C03", a_claim(a_line(modifiers=("25", "25"))), {}, "line.1.modifiers"),
    ("C03", a_claim(a_line(modifiers=("2",))), {}, "line.1.modifiers"),
    ("C03", a_claim(a_line(modifiers=("25", "59", "RT", "GT", "95"))), {}, "line.1.modifiers"),
    ("M01", a_claim(a_line(charge=0)), {}, "line.1.charge"),
    ("M02", a_claim(charge_cents=Cents(14999)), {}, "charge"),
    ("M02B", a_claim(a_line(units=Decimal(0))), {}, "line.1.units"),
    ("M03", a_claim(patient_paid_cents=Cents(15001)), {}, "patient_paid"),
    ("T01", a_claim(a_line(service_date=NOON.date() + timedelta(days=1))), {}, "line.1.service_date"),
    ("T01", a_claim(a_line(service_date_to=date(2026, 10, 19))), {}, "line.1.service_date"),
    ("T02", medicare(), {"at": datetime(2027, 10, 21, tzinfo=UTC)}, "delay_reason"),
    ("X01", of_patient(name=Name("D" * 61)), {}, "patient.last_name"),
    ("X01", of_patient(address=Address("1" * 56, "ANYTOWN")), {}, "patient.street"),
    ("X01", covered_by(member_id="1" * 81), {}, "member_id"),
    ("X03", a_claim(*(a_line() for _ in range(51))), {}, "lines"),
    ("P03", billed_by(taxonomy="207Q00000"), {}, "billing_provider.taxonomy"),
    ("P03", replace(CLEAN, providers=(replace(DOCTOR, taxonomy="207q00000x"),)), {}, "provider.82.taxonomy"),
    ("P06", replace(CLEAN, providers=(doctor(CLINIC_NPI),)), {}, "provider.82.npi"),
    ("P08", medicare(a_line("85025")), {}, "line.1.procedure"),
    ("P09", replace(CLEAN, providers=(DOCTOR, of_role("DQ", DOCTOR_NPI))), {}, "provider.DQ.npi"),
    ("P10", at("22"), {}, "place_of_service"),
    (
        "P10",
        at("11", replace(of_role("77", CLINIC_NPI), address=CLEAN.billing_provider.address)),
        {},
        "place_of_service",
    ),
    ("S02", covered_by(member_id="abc-1 23"), {}, "member_id"),
    ("S05", of_patient(sex=None), {}, "patient.sex"),
    ("S09", covered_by(filing_indicator="MB", responsibility="S", member_id="1EG4TE5MK73"), {}, "insurance_type"),
    ("D05", a_claim(diagnoses=(Diagnosis("W1830XA"), Diagnosis("S52501A"))), {}, "diagnoses"),
    ("D09", a_claim(diagnoses=(Diagnosis("S52501A"),)), {}, "diagnoses"),
    ("C07", a_claim(a_line("93000", modifiers=("25",))), {}, "line.1.modifiers"),
    ("C09", a_claim(a_line("71046", modifiers=("26", "TC"))), {}, "line.1.modifiers"),
    ("C10", a_claim(a_line("20610", modifiers=("50", "RT"))), {}, "line.1.modifiers"),
    ("C10", a_claim(a_line("20610", modifiers=("50",), units=Decimal(2))), {}, "line.1.units"),
    ("C12", a_claim(a_line("99284")), {}, "line.1.procedure"),
    ("C12B", replace(a_claim(), place_of_service="00"), {}, "place_of_service"),
    ("C12B", a_claim(a_line(place_of_service="98")), {}, "line.1.place_of_service"),
    ("C13", a_claim(a_line("99213", modifiers=("95",))), {}, "line.1.modifiers"),
    ("C14", a_claim(a_line("99391")), {}, "line.1.procedure"),
    ("C14", a_claim(a_line("99397")), {}, "line.1.procedure"),
    ("C16", a_claim(a_line("00790", modifiers=("AA",))), {}, "line.1.units"),
    ("C16", a_claim(a_line("00790", unit_basis="MJ")), {}, "line.1.modifiers"),
    ("C17", a_claim(a_line("97110")), {}, "line.1.modifiers"),
    ("C20", a_claim(a_line("90471")), {}, "lines"),
    ("C20", a_claim(a_line("90686")), {}, "lines"),
    ("C21", a_claim(a_line("99213", modifiers=("GA", "GZ"))), {}, "line.1.modifiers"),
    ("C21", a_claim(a_line("99213", modifiers=("GZ",))), {}, "line.1.modifiers"),
    ("C22", a_claim(a_line("J3490")), {}, "line.1.procedure"),
    ("M02C", a_claim(a_line(units=Decimal("1.5"))), {}, "line.1.units"),
    (
        "T01B",
        a_claim(a_line(service_date=date(2026, 9, 30), service_date_to=date(2026, 10, 2))),
        {},
        "line.1.service_date",
    ),
    ("T03", at("21"), {}, "admitted_on"),
    ("U02", a_claim(frequency="7"), {}, "frequency"),
    ("U02", a_claim(frequency="8"), {}, "frequency"),
]
