"""What hospitals bill: defects of institutional claims."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from billing.claim import Diagnosis
from billing.hospital_bill import HospitalBill, Procedure, Revenue, ValueAmount
from billing.money import Cents
from simulator.defects.putting import OMISSION, VALUE, defect, first_line, policy
from simulator.subjects import Subject

GUIDE = "005010X223A2"
MANUAL = "CMS manual 100-04 ch. 25"
MOST_LINES = 999


def bill_of(subject: Subject) -> HospitalBill:
    assert subject.claim.hospital is not None, "put on institutional claims only"
    return subject.claim.hospital


def billed(subject: Subject, **changes: Any) -> Subject:
    return subject.claims(hospital=replace(bill_of(subject), **changes))


def admitted(subject: Subject, **changes: Any) -> Subject:
    """A stay in a hospital, whatever it was; it lacks nothing but what is changed."""
    bill = bill_of(subject)
    stay = replace(
        bill,
        facility_type="11",
        admission_date=bill.statement_from,
        admission_hour="0930",
        admission_source="1",
        discharge_hour="1100",
    )
    coded = [one for one in subject.claim.diagnoses if one.qualifier != "ABJ"]
    marked = tuple(replace(one, present_on_admission="Y") for one in coded)
    return subject.claims(hospital=replace(stay, **changes), diagnoses=(*marked, Diagnosis("R0602", "ABJ")))


def first_revenue(subject: Subject, **changes: Any) -> Subject:
    revenue = subject.claim.lines[0].revenue
    assert revenue is not None, "put on institutional claims only"
    return first_line(subject, revenue=replace(revenue, **changes))


@defect("H01", VALUE, f"{GUIDE} CLM05", "facility", is_hospitals=True)
def facility_of_one_digit(subject: Subject) -> Subject:
    """a type of bill without its second digit"""
    return billed(subject, facility_type="1")


@defect("H01", VALUE, f"{GUIDE} CLM05", "frequency", is_hospitals=True)
def unknown_frequency(subject: Subject) -> Subject:
    """a frequency that nobody knows"""
    return subject.claims(frequency="X")


@defect("H02", VALUE, MANUAL, "frequency", "status", "facility", is_hospitals=True)
def last_bill_of_a_patient_who_stays(subject: Subject) -> Subject:
    """the whole stay is billed, and the patient is still there"""
    return admitted(subject, series="1", patient_status="30").claims(frequency="1")


@defect("H02", VALUE, MANUAL, "frequency", "status", is_hospitals=True)
def interim_bill_of_a_patient_who_left(subject: Subject) -> Subject:
    """more bills follow, and the patient has left"""
    return billed(subject, series="3", patient_status="01").claims(frequency="3")


@defect("H03", VALUE, f"{GUIDE} DTP*434", "statement", is_hospitals=True)
def statement_backwards(subject: Subject) -> Subject:
    """a statement that ends before it begins"""
    return billed(subject, statement_to=bill_of(subject).statement_from - timedelta(days=1))


@defect("H03", VALUE, f"{GUIDE} DTP*434", "statement", is_hospitals=True)
def line_after_the_statement(subject: Subject) -> Subject:
    """a line on a day that the statement does not hold"""
    return first_line(subject, service_date=bill_of(subject).statement_from - timedelta(days=9))


@defect("H04", OMISSION, f"{GUIDE} DTP*435", "facility", "admission", "codes", is_hospitals=True)
def stay_without_admission(subject: Subject) -> Subject:
    """a stay without the day of admission"""
    return admitted(subject, admission_date=None, admission_hour=None)


@defect("H04", VALUE, MANUAL, "admission", "statement", is_hospitals=True)
def admitted_after_leaving(subject: Subject) -> Subject:
    """an admission after the statement's last day"""
    return billed(subject, admission_date=bill_of(subject).statement_to + timedelta(days=1))


@defect("H04", OMISSION, f"{GUIDE} CL102", "facility", "admission", "codes", is_hospitals=True)
def stay_without_origin(subject: Subject) -> Subject:
    """a stay that does not say where the patient came from"""
    return admitted(subject, admission_source=None)


@defect("H05", OMISSION, f"{GUIDE} CL101", "priority", is_hospitals=True)
def no_priority(subject: Subject) -> Subject:
    """no priority of the visit"""
    return billed(subject, admission_type=None)


@defect("H06", VALUE, f"{GUIDE} CL103", "status", is_hospitals=True)
def status_of_one_digit(subject: Subject) -> Subject:
    """a patient status of one digit"""
    return billed(subject, patient_status="1")


@defect("H07", OMISSION, f"{GUIDE} HI*ABK", "codes", is_hospitals=True)
def no_principal(subject: Subject) -> Subject:
    """no diagnosis is the principal one"""
    return subject.claims(diagnoses=tuple(replace(one, qualifier="ABF") for one in subject.claim.diagnoses))


@defect("H07", OMISSION, f"{GUIDE} HI*ABJ", "codes", "facility", "admission", is_hospitals=True)
def no_admitting_diagnosis(subject: Subject) -> Subject:
    """a stay without its admitting diagnosis"""
    stay = admitted(subject)
    return stay.claims(diagnoses=tuple(one for one in stay.claim.diagnoses if one.qualifier != "ABJ"))


@defect("H08", VALUE, f"{GUIDE} HIxx-9", "codes", is_hospitals=True)
def odd_mark(subject: Subject) -> Subject:
    """a present-on-admission mark that is none"""
    first, *others = subject.claim.diagnoses
    return subject.claims(diagnoses=(replace(first, present_on_admission="X"), *others))


@defect("H08", OMISSION, "42 U.S.C. 1395ww(d)(4)(D)", "codes", "facility", "admission", is_hospitals=True)
def no_mark(subject: Subject) -> Subject:
    """a diagnosis of a stay without its mark"""
    stay = admitted(subject)
    first, *others = stay.claim.diagnoses
    return stay.claims(diagnoses=(replace(first, present_on_admission=None), *others))


@defect("H09", VALUE, f"{GUIDE} SV201", "revenue", is_hospitals=True)
def revenue_of_three_digits(subject: Subject) -> Subject:
    """a revenue code of three digits"""
    return first_revenue(subject, code="300")


@defect("H09", VALUE, f"{GUIDE} SV201", "revenue", is_hospitals=True)
def total_as_a_line(subject: Subject) -> Subject:
    """the total of the paper form as a line"""
    return first_revenue(subject, code="0001")


@defect("H10", VALUE, f"{GUIDE} SV204", "units", is_hospitals=True)
def counted_in_minutes(subject: Subject) -> Subject:
    """a line counted in minutes"""
    return first_line(subject, unit_basis="MJ")


@defect("H11", OMISSION, f"{GUIDE} SV202", "facility", "lines", is_hospitals=True)
def no_procedure_beside_the_revenue_code(subject: Subject) -> Subject:
    """an outpatient line without the procedure that its payer wants"""
    wanted = policy(billed(subject, facility_type="13"), needs_outpatient_procedures=1)
    return first_line(wanted, procedure="")


@defect("H12", VALUE, f"{GUIDE} HI*BG", "conditions", is_hospitals=True)
def condition_of_one_character(subject: Subject) -> Subject:
    """a condition code of one character"""
    return billed(subject, conditions=("9",))


@defect("H12", VALUE, f"{GUIDE} HI*BE", "values", is_hospitals=True)
def value_below_zero(subject: Subject) -> Subject:
    """a value code with an amount below zero"""
    return billed(subject, values=(ValueAmount("80", Cents(-100)),))


@defect("H13", OMISSION, f"{GUIDE} 2310A", "attending", is_hospitals=True)
def nobody_attended(subject: Subject) -> Subject:
    """no attending provider"""
    return subject.claims(providers=())


@defect("H13", OMISSION, f"{GUIDE} 2310B", "attending", "procedures", is_hospitals=True)
def nobody_operated(subject: Subject) -> Subject:
    """a procedure, and nobody who operated"""
    return billed(subject, procedures=(Procedure("0DTJ4ZZ", date(2026, 1, 2), "BBR"),))


@defect("H14", VALUE, MANUAL, "group", is_hospitals=True)
def group_of_two_digits(subject: Subject) -> Subject:
    """a diagnosis related group of two digits"""
    return billed(subject, drg="19")


@defect("H15", VALUE, f"{GUIDE} LX", "lines", "total", is_hospitals=True)
def too_many_lines(subject: Subject) -> Subject:
    """a thousand lines"""
    first = subject.claim.lines[0]
    added = (replace(first, revenue=Revenue("0270", is_dated=False)),) * MOST_LINES
    return subject.claims(lines=(first, *added))
