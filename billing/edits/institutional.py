"""What only an institutional claim says: H. Sources: 005010X223A2, and CMS manual 100-04, chapter 25."""

import re
from collections.abc import Iterator

from billing.claim import Claim
from billing.edits.registry import Bill, Scope, Severity, Situation, edit
from billing.hospital_bill import (
    ADMITTING,
    CAUSES,
    CODED,
    LINE_UNITS,
    PRESENT,
    PRINCIPAL,
    REPLACED,
    SERIES,
    STILL_PATIENT,
    HospitalBill,
    Revenue,
)

HOSPITAL = Bill.INSTITUTIONAL
MOST_DIAGNOSES, MOST_LINES = 25, 999
TOTAL = "0001"
"""The revenue code under which a paper form prints the sum of its lines"""
TRANSPORT = "054"
"""Revenue codes of ambulance services, which nobody attends"""
MARKED = (*CODED, *CAUSES)
"""HIxx-1 of diagnoses that say whether they were present on admission"""
INTERIM, LEAVES = frozenset({"2", "3"}), frozenset({"1", "4"})
"""CLM05-3: more of the same stay will be billed; nothing will"""
_CODE = re.compile("[0-9A-Z]{2}")
_DRG = re.compile("[0-9]{3,4}")

Found = Iterator[tuple[str, str]]


def _bill(claim: Claim) -> HospitalBill:
    assert claim.hospital is not None, "these edits look at institutional claims only"
    return claim.hospital


def _revenues(claim: Claim) -> Iterator[tuple[int, Revenue]]:
    for number, line in enumerate(claim.lines, start=1):
        if line.revenue is not None:
            yield number, line.revenue


@edit("H01", fix="Give facility and frequency as the UB-04 prints them, such as 0131.", bill=HOSPITAL)
def type_of_bill_well_formed(claim: Claim, situation: Situation) -> Found:
    """The type of bill is a facility of two digits and a frequency that is known (CLM05-1, CLM05-3)."""
    facility = _bill(claim).facility_type
    if not (len(facility) == 2 and facility.isascii() and facility.isdecimal()):
        yield "type_of_bill", "the facility of the type of bill has not two digits"
    if claim.frequency not in {*SERIES, *REPLACED}:
        yield "type_of_bill", "the type of bill ends in a frequency that is not known here"


@edit("H02", Severity.WARNING, fix="Correct the frequency or the patient's status.", bill=HOSPITAL)
def series_fits_status(claim: Claim, situation: Situation) -> Found:
    """More bills follow (frequency 2, 3) while the patient stays (status 30), and none once they left (1, 4)."""
    bill = _bill(claim)
    stays = bill.patient_status == STILL_PATIENT
    if bill.series in INTERIM and not stays:
        yield "patient_status", "more bills of the stay are to follow, and the status says that the patient left"
    if bill.is_stay and bill.series in LEAVES and stays:
        yield "patient_status", "the patient is still there (status 30): an interim bill ends in 2 or 3"


@edit("H03", fix="Correct the statement's dates.", bill=HOSPITAL)
def statement_runs_forwards(claim: Claim, situation: Situation) -> Found:
    """The statement begins before it ends, and has ended (DTP*434)."""
    bill = _bill(claim)
    if bill.statement_from > bill.statement_to:
        yield "statement_to", "the statement ends before it begins"
    if bill.statement_to > situation.today:
        yield "statement_to", "the statement's last day lies in the future"


@edit("H03B", Severity.WARNING, fix="Correct the line's date, or the statement's.", scope=Scope.LINE, bill=HOSPITAL)
def lines_within_the_statement(claim: Claim, situation: Situation) -> Found:
    """Each line's days lie within the statement (2400 DTP*472, 2300 DTP*434)."""
    bill = _bill(claim)
    for number, line in enumerate(claim.lines, start=1):
        last = line.service_date_to or line.service_date
        if line.service_date < bill.statement_from or last > bill.statement_to:
            yield f"line.{number}.service_date", f"line {number}: its date lies outside of the statement's days"


@edit("H04", fix="Give the day of admission.", bill=HOSPITAL)
def stay_has_its_admission(claim: Claim, situation: Situation) -> Found:
    """A stay says when it began (2300 DTP*435; types of bill 11x, 18x, 21x, 41x, 65x, 66x, 86x)."""
    if _bill(claim).is_stay and _bill(claim).admission_date is None:
        yield "admitted_on", "the bill is for a stay, and the day of admission is missing"


@edit("H04B", Severity.WARNING, fix="Complete the hours and the point of origin.", bill=HOSPITAL)
def stay_is_told_in_full(claim: Claim, situation: Situation) -> Found:
    """A stay names the hour of admission and where the patient came from, its last bill the hour of discharge (DTP*435
    DT, CL102, DTP*096)."""
    bill = _bill(claim)
    if not bill.is_stay:
        return
    if bill.admission_date is not None and bill.admission_hour is None:
        yield "admission_hour", "the hour of admission is missing"
    if bill.admission_source is None:
        yield "admission_source", "the point of origin is missing"
    if bill.series in LEAVES and bill.patient_status != STILL_PATIENT and bill.discharge_hour is None:
        yield "discharge_hour", "the patient left, and the hour of discharge is missing"


@edit("H04C", Severity.WARNING, fix="Correct the day of admission or the statement's.", bill=HOSPITAL)
def admission_before_the_end(claim: Claim, situation: Situation) -> Found:
    """Nobody is admitted after the statement's last day (DTP*435, DTP*434)."""
    bill = _bill(claim)
    if bill.admission_date is not None and bill.admission_date > bill.statement_to:
        yield "admitted_on", "the patient is admitted after the statement's last day"


@edit(
    "H05",
    fix="Say how urgent it was: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma, 9 unknown.",
    bill=HOSPITAL,
)
def priority_is_told(claim: Claim, situation: Situation) -> Found:
    """The priority of the admission or visit is one digit (CL101)."""
    kind = _bill(claim).admission_type or ""
    if not (len(kind) == 1 and kind.isascii() and kind.isdecimal()):
        yield "admission_type", "the priority of the admission or visit is missing or malformed"


@edit("H06", fix="Say how the patient left: 01 home, 20 died, 30 still a patient ...", bill=HOSPITAL)
def status_is_told(claim: Claim, situation: Situation) -> Found:
    """The patient's status has two digits (CL103)."""
    status = _bill(claim).patient_status
    if not (len(status) == 2 and status.isascii() and status.isdecimal()):
        yield "patient_status", "the patient's status at the end of the statement is missing or malformed"


@edit("H07", fix="Put one principal diagnosis first; a stay also has an admitting one.", bill=HOSPITAL)
def principal_diagnosis_stands(claim: Claim, situation: Situation) -> Found:
    """One principal diagnosis, at most 24 others, and on a stay the admitting one (HI ABK, ABF, ABJ)."""
    kinds = [one.qualifier for one in claim.diagnoses]
    principal = sum(kind in PRINCIPAL for kind in kinds)
    if principal != 1:
        yield "diagnoses", f"an institutional claim has one principal diagnosis; this one has {principal}"
    if sum(kind in CODED for kind in kinds) > MOST_DIAGNOSES:
        yield "diagnoses", f"an institutional claim has at most {MOST_DIAGNOSES} diagnoses"
    if _bill(claim).is_stay and not set(ADMITTING).intersection(kinds):
        yield "admitting_diagnosis", "the bill is for a stay, and the admitting diagnosis is missing"


@edit("H08", fix="Mark it by Y, N, U or W.", bill=HOSPITAL)
def presence_well_formed(claim: Claim, situation: Situation) -> Found:
    """A present-on-admission mark is Y, N, U or W (HIxx-9)."""
    for number, one in enumerate(claim.diagnoses, start=1):
        if one.present_on_admission is not None and one.present_on_admission not in PRESENT:
            yield "diagnoses", f"diagnosis {number}: its present-on-admission mark is none of Y, N, U and W"


@edit(
    "H08B",
    Severity.WARNING,
    fix="Mark each, as K35.80/Y; leave out only the mark of an exempt code.",
    bill=HOSPITAL,
)
def presence_told(claim: Claim, situation: Situation) -> Found:
    """A hospital's inpatient bill says of each diagnosis whether it was present on admission (42 U.S.C.
    1395ww(d)(4)(D); codes that are exempt have no mark)."""
    unmarked = [one for one in claim.diagnoses if one.qualifier in MARKED and one.present_on_admission is None]
    if _bill(claim).facility_type == "11" and unmarked:
        count = len(unmarked)
        yield "diagnoses", f"{count} {'diagnosis has' if count == 1 else 'diagnoses have'} no present-on-admission mark"


@edit("H09", fix="Give the four digits; the sum of the lines is no line.", scope=Scope.LINE, bill=HOSPITAL)
def revenue_codes_well_formed(claim: Claim, situation: Situation) -> Found:
    """Each line has a revenue code of four digits, and none is the total 0001 (SV201)."""
    for number, revenue in _revenues(claim):
        code = revenue.code
        if not (len(code) == 4 and code.isascii() and code.isdecimal()):
            yield f"line.{number}.revenue_code", f"line {number}: the revenue code has not four digits"
        elif code == TOTAL:
            yield f"line.{number}.revenue_code", f"line {number}: 0001 is the total of a paper form and is never sent"


@edit("H10", fix="Count units (UN) or days (DA).", scope=Scope.LINE, bill=HOSPITAL)
def units_have_their_basis(claim: Claim, situation: Situation) -> Found:
    """Units are counted as units or days (SV204)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.unit_basis not in LINE_UNITS:
            yield f"line.{number}.unit_basis", f"line {number}: an institutional line counts units (UN) or days (DA)"


@edit("H11", fix="Give the HCPCS code of the service.", scope=Scope.LINE, bill=HOSPITAL)
def outpatient_lines_have_procedures(claim: Claim, situation: Situation) -> Found:
    """Outpatient lines have a procedure where the payer wants one (SV202; policy needs_outpatient_procedures)."""
    if _bill(claim).is_stay or not situation.allows("needs_outpatient_procedures"):
        return
    for number, line in enumerate(claim.lines, start=1):
        if not line.procedure:
            yield f"line.{number}.procedure", f"line {number}: the payer wants a procedure beside the revenue code"


@edit("H12", fix="Give codes of two characters, with days that run forwards and amounts above zero.", bill=HOSPITAL)
def billing_codes_well_formed(claim: Claim, situation: Situation) -> Found:
    """Condition, occurrence and value codes have two characters; spans run forwards; no amount is below zero (HI BG,
    BH, BI, BE)."""
    bill = _bill(claim)
    lists = {
        "condition_codes": bill.conditions,
        "occurrence_codes": [one.code for one in bill.occurrences],
        "occurrence_spans": [one.code for one in bill.occurrence_spans],
        "value_codes": [one.code for one in bill.values],
    }
    for path, codes in lists.items():
        if any(not _CODE.fullmatch(code) for code in codes):
            yield path, f"one of the {path.replace('_', ' ')} has not two characters"
    if any(one.last < one.first for one in bill.occurrence_spans):
        yield "occurrence_spans", "an occurrence span ends before it begins"
    if any(one.amount_cents < 0 for one in bill.values):
        yield "value_codes", "a value code has an amount below zero"


@edit("H13", fix="Name who attended: attending = NPI, last and first name.", bill=HOSPITAL)
def somebody_attended(claim: Claim, situation: Situation) -> Found:
    """The attending provider is named, unless the patient was only transported (2310A NM1*71)."""
    codes = [revenue.code for _, revenue in _revenues(claim)]
    if claim.provider("71") is None and not all(code.startswith(TRANSPORT) for code in codes):
        yield "attending", "the attending provider is missing"


@edit("H13B", Severity.WARNING, fix="Send the operating physician (2310B) with the claim.", bill=HOSPITAL)
def somebody_operated(claim: Claim, situation: Situation) -> Found:
    """A claim with a surgical procedure names who operated (HI BBR, BBQ; 2310B NM1*72)."""
    if _bill(claim).procedures and claim.provider("72") is None:
        yield "procedure_codes", "procedures are listed, and nobody is named who operated"


@edit(
    "H14",
    Severity.WARNING,
    fix="Give the three digits of the group, or four with its severity.",
    bill=HOSPITAL,
)
def group_well_formed(claim: Claim, situation: Situation) -> Found:
    """A diagnosis related group has three or four digits (HI DR)."""
    drg = _bill(claim).drg
    if drg is not None and not _DRG.fullmatch(drg):
        yield "drg", "the diagnosis related group has not three or four digits"


@edit("H15", fix="Make two claims.", scope=Scope.LINE, bill=HOSPITAL)
def hospital_lines_counted(claim: Claim, situation: Situation) -> Found:
    """An institutional claim has one to 999 lines (2400 LX)."""
    if not 1 <= len(claim.lines) <= MOST_LINES:
        yield "lines", f"an institutional claim has 1 to {MOST_LINES} lines; this one has {len(claim.lines)}"
