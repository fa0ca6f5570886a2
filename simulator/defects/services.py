"""What was done: defects."""

from datetime import date, timedelta
from decimal import Decimal

from billing.claim import Name, OpaqueSegment, Party, Sex
from billing.coding_rules import AddOn, CountedBy, Indicators, RuleKind, UnitLimit
from simulator.clinic import DOCTOR_NPI
from simulator.defects.putting import (
    GUIDE,
    LONG_AGO,
    NCCI,
    OMISSION,
    VALUE,
    defect,
    first_line,
    more,
    pair,
    patient,
    provider,
    seen_before,
)
from simulator.subjects import ORDERING_NPI, Subject, day_of, insured, medicare


@defect("C01", OMISSION, f"{GUIDE} SV107", "pointers")
def no_pointer(subject: Subject) -> Subject:
    """a line without a pointer"""
    return first_line(subject, diagnosis_pointers=())


@defect("C01", VALUE, f"{GUIDE} SV107", "pointers")
def pointer_into_nothing(subject: Subject) -> Subject:
    """a pointer at a diagnosis that is not there"""
    return first_line(subject, diagnosis_pointers=(12,))


@defect("C02", VALUE, "HIPAA code sets, 45 CFR 162.1002", "lines")
def four_characters(subject: Subject) -> Subject:
    """a procedure of four characters"""
    return more(subject, "9921")


@defect("C02", OMISSION, "HIPAA code sets, 45 CFR 162.1002", "lines")
def no_procedure(subject: Subject) -> Subject:
    """a line without a procedure"""
    return more(subject, "")


@defect("C03", VALUE, f"{GUIDE} SV101", "modifiers")
def modifier_twice(subject: Subject) -> Subject:
    """a modifier stands twice"""
    return first_line(subject, modifiers=("Q6", "Q6"))


@defect("C04", VALUE, NCCI, "lines")
def never_together(subject: Subject) -> Subject:
    """two codes that are never paid together"""
    return pair(more(more(subject, "20553"), "20552", "XS"), "20553", "20552", "0")


@defect("C04", OMISSION, NCCI, "lines")
def no_modifier_between(subject: Subject) -> Subject:
    """two codes that need a modifier between them"""
    return pair(more(more(subject, "11042"), "97597"), "11042", "97597", "1")


@defect("C05", VALUE, NCCI, "lines", "limits")
def too_many_units(subject: Subject) -> Subject:
    """more units than anybody believes"""
    limits = dict(subject.situation.known.limits) | {"82947": UnitLimit("82947", 2, CountedBy.LINE)}
    return more(subject.knows(limits=limits), "82947", units=Decimal(20))


@defect("C06", OMISSION, NCCI, "lines")
def add_on_alone(subject: Subject) -> Subject:
    """an add-on code without its service"""
    rules = {"11045": (AddOn("11045", "1", "11042", LONG_AGO, None),)}
    return more(subject.knows(add_ons=rules), "11045")


@defect("C07", VALUE, f"{NCCI}, manual ch. I", "lines")
def visit_modifier_on_a_test(subject: Subject) -> Subject:
    """modifier 25 on an electrocardiogram"""
    return more(subject, "93000", "25")


@defect("C07", OMISSION, f"{NCCI}, manual ch. I", "lines")
def visit_without_its_modifier(subject: Subject) -> Subject:
    """a visit beside an operation, without modifier 25"""
    return more(more(subject, "99212"), "11200")


@defect("C08", VALUE, f"{NCCI}, manual ch. I", "lines", "needless")
def needless_distinction(subject: Subject) -> Subject:
    """modifier 59 where no pair asks for it"""
    loaded = subject.situation.known.loaded | {RuleKind.PAIRS}
    return more(subject.knows(loaded=loaded), "94010", "59")


@defect("C09", VALUE, "CMS, physician fee schedule", "lines")
def both_components(subject: Subject) -> Subject:
    """26 and TC on one line"""
    return more(subject, "71046", "26", "TC")


@defect("C09", VALUE, "CMS, physician fee schedule", "lines", "indicators")
def component_of_a_visit(subject: Subject) -> Subject:
    """26 on a service without components"""
    facts = {"99211": Indicators("99211", "A", "0", "XXX", "0", "0")}
    return more(subject.knows(indicators=facts), "99211", "26")


@defect("C09", OMISSION, "CMS manual 100-04 ch. 13", "lines", "place", "facility")
def image_read_in_a_hospital(subject: Subject) -> Subject:
    """a hospital's image, billed with the hospital's part"""
    return more(subject.claims(place_of_service="22"), "71045")


@defect("C10", VALUE, "CMS, physician fee schedule", "lines")
def both_sides_twice(subject: Subject) -> Subject:
    """50 with RT"""
    return more(subject, "69210", "50", "RT")


@defect("C11", VALUE, "CMS manual 100-04 ch. 12, 30.6.7", "lines", "past", "rendering")
def new_again(subject: Subject) -> Subject:
    """a new patient whom the physician saw last year"""
    seen = seen_before(subject, "99213", day_of(subject) - timedelta(days=300))
    doctor = Party("82", True, Name("INVENTED", "DOC"), "XX", DOCTOR_NPI)
    return more(provider(seen, doctor), "99203", "25")


@defect("C12", VALUE, "AMA, CPT; CMS place of service set", "lines", "place")
def emergency_in_the_office(subject: Subject) -> Subject:
    """an emergency visit in the office"""
    return more(subject.claims(place_of_service="11"), "99283", "25")


@defect("C13", VALUE, "CMS place of service set", "lines", "place")
def at_a_distance_in_the_office(subject: Subject) -> Subject:
    """a telehealth modifier in the office"""
    return more(subject.claims(place_of_service="11"), "99442", "95")


@defect("C14", VALUE, "AMA, CPT", "lines", "birth")
def check_up_of_another_age(subject: Subject) -> Subject:
    """a baby's check-up of somebody grown"""
    return more(patient(subject, birth_date=date(1980, 1, 15)), "99391", "25")


@defect("C15", VALUE, "CMS manual 100-04 ch. 32, 240", "lines", "sex")
def organ_of_the_other_sex(subject: Subject) -> Subject:
    """a prostate biopsy of a woman"""
    return more(patient(subject, sex=Sex.FEMALE), "55700")


@defect("C16", OMISSION, "CMS manual 100-04 ch. 12, 50", "lines")
def anesthesia_without_minutes(subject: Subject) -> Subject:
    """anesthesia in units, and nobody who gave it"""
    return more(subject, "00400")


@defect("C17", OMISSION, "42 CFR 410.59 to 410.62", "lines")
def therapy_of_no_plan(subject: Subject) -> Subject:
    """therapy without GP, GO or GN"""
    return more(subject, "97140")


@defect("C18", VALUE, f"{GUIDE} 2410 LIN03", "lines")
def ten_digit_drug(subject: Subject) -> Subject:
    """a drug code of ten digits"""
    return more(subject, "J1100", other_segments=(OpaqueSegment("2410", ("LIN", "", "N4", "0409379501")),), charge=1200)


@defect("C18", OMISSION, "42 U.S.C. 1396r-8(a)(7)", "lines", "payer", "member id")
def drug_without_code(subject: Subject) -> Subject:
    """a drug for Medicaid without its code"""
    return more(insured(subject, filing_indicator="MC", member_id="123456789012"), "J1100", charge=1200)


@defect("C19", VALUE, "42 CFR 493", "lines", "clia")
def malformed_certificate(subject: Subject) -> Subject:
    """a CLIA number without its D"""
    bad = (OpaqueSegment("2400", ("REF", "X4", "3600123456")),)
    return more(subject, "84443", other_segments=bad)


@defect("C19", OMISSION, "42 CFR 493.3", "lines", "payer", "member id", "clia", "ordering")
def no_certificate(subject: Subject) -> Subject:
    """a laboratory test for Medicare without the CLIA number"""
    kept = tuple(one for one in subject.claim.other_segments if one.elements[:2] != ("REF", "X4"))
    ordered = provider(medicare(subject), Party("DN", True, Name("INVENTED", "DOC"), "XX", ORDERING_NPI))
    return more(ordered.claims(other_segments=kept), "84439")


@defect("C20", OMISSION, "AMA, CPT", "lines", "vaccines")
def vaccine_alone(subject: Subject) -> Subject:
    """an administration without a vaccine"""
    kept = tuple(one for one in subject.claim.lines if not "90476" <= one.procedure <= "90759")
    return more(subject.claims(lines=kept), "90471")


@defect("C21", VALUE, "CMS manual 100-04 ch. 30", "lines")
def notice_and_none(subject: Subject) -> Subject:
    """GA and GZ on one line"""
    return more(subject, "G0447", "GA", "GZ")


@defect("C22", OMISSION, f"{GUIDE} SV101-7", "lines")
def unlisted_and_silent(subject: Subject) -> Subject:
    """an unlisted procedure without a description"""
    return more(subject, "E1399")
