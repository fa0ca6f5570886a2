"""What it costs, when it happened, and the claim as a whole: defects."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from billing.claim import Address, Name, Party
from billing.edits.known import PastService
from billing.money import Cents
from simulator.clinic import CLINIC_NPI, DOCTOR_NPI
from simulator.defects.putting import GUIDE, OMISSION, VALUE, at, defect, more, patient, policy, provider
from simulator.subjects import ORDERING_NPI, Subject, day_of, second


@defect("M01", OMISSION, f"{GUIDE} SV102", "lines")
def for_nothing(subject: Subject) -> Subject:
    """a line without a charge"""
    return more(subject, "99000", charge=0)


@defect("M01", VALUE, "the practice's own limit", "lines")
def point_in_the_wrong_place(subject: Subject) -> Subject:
    """a charge a hundred times too high"""
    return more(subject, "99001", charge=2_600_000)


@defect("M02", VALUE, f"{GUIDE} CLM02", "total")
def wrong_sum(subject: Subject) -> Subject:
    """the claim's charge is not the sum"""
    return subject.claims(charge_cents=Cents(subject.claim.charge_cents + 1))


@defect("M02", OMISSION, f"{GUIDE} SV104", "lines")
def no_units(subject: Subject) -> Subject:
    """a line of no units"""
    return more(subject, "99002", units=Decimal(0))


@defect("M03", VALUE, f"{GUIDE} AMT*F5", "paid")
def paid_too_much(subject: Subject) -> Subject:
    """the patient paid more than the charge"""
    return subject.claims(patient_paid_cents=Cents(99_999_999), charge_cents=subject.claim.charge_cents)


@defect("T01", VALUE, f"{GUIDE} DTP*472", "lines", "now")
def next_week(subject: Subject) -> Subject:
    """a service of next week"""
    return more(subject, "99024", service_date=subject.situation.today + timedelta(days=7))


@defect("T02", VALUE, "42 CFR 424.44", "now")
def too_late(subject: Subject) -> Subject:
    """sent after the filing limit"""
    return at(subject, day_of(subject) + timedelta(days=400))


@defect("T03", OMISSION, f"{GUIDE} DTP*435", "place", "admission", "facility")
def no_admission(subject: Subject) -> Subject:
    """an inpatient without the day of admission"""
    facility = Party("77", False, Name("ANYTOWN HOSPITAL"), "XX", ORDERING_NPI, address=Address("1 A", "B", "OH"))
    kept = tuple(one for one in subject.claim.other_segments if one.elements[:2] != ("DTP", "435"))
    return provider(subject, facility).claims(place_of_service="21", other_segments=kept)


@defect("U01", VALUE, "CARC 18", "past", "frequency", "payer id", "rendering", "biller id")
def billed_before(subject: Subject) -> Subject:
    """another visit has billed the same service"""
    first = subject.claim.lines[0]
    doctor = Party("82", True, Name("INVENTED", "DOC"), "XX", DOCTOR_NPI)
    once = provider(subject, doctor).claims(frequency="1", original_reference=None)
    payer = subject.claim.coverage.payer.id
    before = PastService(first.service_date, first.procedure, first.modifiers, CLINIC_NPI, DOCTOR_NPI, payer)
    return once.knows(past=(*once.situation.known.past, before))


@defect("U02", OMISSION, f"{GUIDE} REF*F8", "frequency")
def replaces_nothing(subject: Subject) -> Subject:
    """a replacement that names no claim"""
    return subject.claims(frequency="7", original_reference=None)


@defect("U02", VALUE, "the payer's own rule", "frequency")
def replaced_where_nobody_takes_it(subject: Subject) -> Subject:
    """a replacement to a payer that takes none"""
    return policy(subject, takes_replacements=0).claims(frequency="7", original_reference="ICN0001")


@defect("U03", VALUE, f"{GUIDE} 2430 CAS", "order", "lines", "pointers", "modifiers", "past")
def answer_does_not_balance(subject: Subject) -> Subject:
    """the first payer's answer is a dollar short"""
    return second(subject, paid=9900)


@defect("X01", VALUE, f"{GUIDE} NM103", "patient name")
def endless_name(subject: Subject) -> Subject:
    """a last name of seventy characters"""
    return patient(subject, name=Name("A" * 70, "B"))


@defect("X02", VALUE, "X12.6", "patient name")
def separator_in_a_name(subject: Subject) -> Subject:
    """a name with the segment terminator in it"""
    return patient(subject, name=Name("DOE~JANE", "B"))


@defect("X03", VALUE, f"{GUIDE} LX", "line count")
def too_many_lines(subject: Subject) -> Subject:
    """fifty-one lines"""
    more = tuple(replace(subject.claim.lines[0], modifiers=("76",)) for _ in range(51))
    return subject.claims(lines=(*subject.claim.lines, *more))
