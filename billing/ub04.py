"""The hospital's paper bill: what belongs into each form locator of the UB-04 (CMS-1450), from an institutional claim.

Data only, in words of our own: the form and its manual belong to the National Uniform Billing Committee. One form holds
22 lines; a longer claim goes on several, the total on the last. Days are MM DD YY, amounts dollars and cents apart by a
blank, codes without dots. What has more places than the form is named in locator 80.
"""

from collections.abc import Sequence

from billing.claim import Claim, Diagnosis, ServiceLine
from billing.coordination import IN_ORDER, OtherPayer, own_policy
from billing.hospital_bill import ADMITTING, CAUSES, OTHER, PRINCIPAL, REASONS, HospitalBill
from billing.letters import address_lines
from billing.money import Cents
from billing.paper_claims import (
    UB_04,
    BillLine,
    Box,
    Form,
    PaperClaim,
    address_text,
    amount_text,
    name_text,
    party_text,
    short_day,
)

LINES_PER_FORM = 22
TOTAL = "0001"
OTHER_DIAGNOSES = "ABCDEFGHIJKLMNOPQ"
"""67A to 67Q"""
_CONDITIONS = tuple(str(number) for number in range(18, 29))
_OCCURRENCES = tuple(f"{number}{row}" for row in "ab" for number in range(31, 35))
_SPANS = tuple(f"{number}{row}" for row in "ab" for number in (35, 36))
_VALUES = tuple(f"{number}{row}" for row in "abcd" for number in range(39, 42))
_CARED = {
    "71": ("76", "attending"),
    "72": ("77", "operating"),
    "ZZ": ("78", "other operating"),
    "82": ("79", "rendering"),
}
_RELATIONS = {"18": "self", "01": "spouse", "19": "child"}
TAXONOMY = "B3"
"""Qualifier of a taxonomy in locator 81"""


def paper_bill(claim: Claim, others: Sequence[OtherPayer] = ()) -> PaperClaim:
    """An institutional claim as it is printed. `others`: the patient's other policies, with what they decided."""
    payer = claim.coverage.payer
    return PaperClaim(
        title=f"Paper claim {claim.control_number}",
        addressee=(payer.name.last, *address_lines(payer.address)),
        control_number=claim.control_number,
        forms=forms_of(claim, others),
        form_name=UB_04,
    )


def forms_of(claim: Claim, others: Sequence[OtherPayer] = ()) -> tuple[Form, ...]:
    """The sheets of one claim, each with the whole head."""
    assert claim.hospital is not None, "a professional claim goes on another form"
    head = tuple(box for box in _boxes(claim, claim.hospital, others) if box.value)
    groups = [claim.lines[at : at + LINES_PER_FORM] for at in range(0, len(claim.lines), LINES_PER_FORM)]
    count = len(groups)
    return tuple(
        Form(page, count, head, (), (*map(_line, lines), *([_total(claim)] if page == count else [])))
        for page, lines in enumerate(groups, start=1)
    )


def _boxes(claim: Claim, bill: HospitalBill, others: Sequence[OtherPayer]) -> list[Box]:
    taxonomy = claim.billing_provider.taxonomy
    return [
        *_head(claim, bill),
        *_stay(claim, bill),
        *_codes(bill),
        *_payers(claim, bill, others),
        *_diagnoses(claim, bill),
        *_procedures(bill),
        *_people(claim),
        Box("80", "beyond the form's places", "; ".join(_beyond(claim, bill))),
        Box("81", "taxonomy", f"{TAXONOMY} {taxonomy}" if taxonomy else ""),
    ]


def _head(claim: Claim, bill: HospitalBill) -> list[Box]:
    billing = claim.billing_provider
    tax_id = billing.reference("EI") or billing.reference("SY") or ""
    return [
        Box("1", "billing provider", party_text(billing)),
        Box("2", "pay to", party_text(claim.pay_to) if claim.pay_to else ""),
        Box("3a", "patient control number", claim.control_number),
        Box("3b", "medical record number", bill.medical_record_number or ""),
        Box("4", "type of bill", bill.type_of_bill(claim.frequency)),
        Box("5", "tax id", tax_id),
        Box("6", "statement from and through", f"{short_day(bill.statement_from)} - {short_day(bill.statement_to)}"),
    ]


def _stay(claim: Claim, bill: HospitalBill) -> list[Box]:
    patient = claim.patient
    return [
        Box("8b", "patient", name_text(patient.name)),
        Box("9", "patient's address", address_text(patient.address)),
        Box("10", "birth date", f"{patient.birth_date:%m %d %Y}" if patient.birth_date else ""),
        Box("11", "sex", str(patient.sex or "")),
        Box("12", "admitted on", short_day(bill.admission_date)),
        Box("13", "hour of admission", (bill.admission_hour or "")[:2]),
        Box("14", "priority", bill.admission_type or ""),
        Box("15", "point of origin", bill.admission_source or ""),
        Box("16", "hour of discharge", (bill.discharge_hour or "")[:2]),
        Box("17", "patient's status", bill.patient_status),
    ]


def _codes(bill: HospitalBill) -> list[Box]:
    occurrences = [f"{one.code} {short_day(one.day)}" for one in bill.occurrences]
    spans = [f"{one.code} {short_day(one.first)} - {short_day(one.last)}" for one in bill.occurrence_spans]
    values = [f"{one.code} {amount_text(one.amount_cents)}" for one in bill.values]
    return [
        *_placed(_CONDITIONS, "condition", bill.conditions),
        *_placed(_OCCURRENCES, "occurrence", occurrences),
        *_placed(_SPANS, "occurrence span", spans),
        *_placed(_VALUES, "value", values),
    ]


def _placed(places: Sequence[str], about: str, texts: Sequence[str]) -> list[Box]:
    return [Box(place, about, text) for place, text in zip(places, texts, strict=False)]


def _payers(claim: Claim, bill: HospitalBill, others: Sequence[OtherPayer]) -> list[Box]:
    policies = sorted([own_policy(claim), *others], key=lambda one: IN_ORDER.index(one.responsibility))
    boxes: list[Box] = []
    for row, one in zip("ABC", policies, strict=False):
        coverage, is_own = one.coverage, one.responsibility == claim.coverage.responsibility
        insured = claim.patient if coverage.is_self else one.subscriber
        paid = one.decision.paid_cents if one.decision else None
        estimate = bill.patient_estimate_cents if is_own else None
        boxes += [
            Box(f"50{row}", "payer", coverage.payer.name.last),
            Box(f"51{row}", "payer's number", coverage.payer.id or ""),
            Box(f"52{row}", "release of information", claim.release or ""),
            Box(f"53{row}", "benefits assigned", claim.benefits_assigned or ""),
            Box(f"54{row}", "paid before", "" if paid is None else amount_text(paid)),
            Box(f"55{row}", "estimated amount due", "" if estimate is None else amount_text(estimate)),
            Box(f"58{row}", "insured", name_text(insured.name)),
            Box(f"59{row}", "patient to insured", _RELATIONS.get(coverage.relationship, coverage.relationship)),
            Box(f"60{row}", "member id", coverage.member_id or ""),
            Box(f"61{row}", "group", coverage.group_name or ""),
            Box(f"62{row}", "group number", coverage.group_number or ""),
            Box(f"63{row}", "authorization", (claim.authorization or claim.referral or "") if is_own else ""),
            Box(f"64{row}", "payer's claim number", (claim.original_reference or "") if is_own else ""),
        ]
    return [*boxes, Box("56", "billing provider's NPI", claim.billing_provider.npi or "")]


def _of(claim: Claim, kinds: Sequence[str]) -> list[Diagnosis]:
    return [one for one in claim.diagnoses if one.qualifier in kinds]


def _marked(one: Diagnosis) -> str:
    """The code, and the present-on-admission mark in its own place."""
    return f"{one.code} {one.present_on_admission or ''}".strip()


def _diagnoses(claim: Claim, bill: HospitalBill) -> list[Box]:
    is_icd10 = all(one.qualifier.startswith("A") for one in claim.diagnoses)
    others = [f"67{letter}" for letter in OTHER_DIAGNOSES]
    return [
        Box("66", "edition of the codes: 0 is ICD-10, 9 is ICD-9", "0" if is_icd10 else "9"),
        *_placed(("67",), "principal diagnosis", [_marked(one) for one in _of(claim, PRINCIPAL)]),
        *_placed(others, "other diagnosis", [_marked(one) for one in _of(claim, OTHER)]),
        *_placed(("69",), "admitting diagnosis", [one.code for one in _of(claim, ADMITTING)]),
        *_placed(("70a", "70b", "70c"), "reason for the visit", [one.code for one in _of(claim, REASONS)]),
        Box("71", "diagnosis related group", bill.drg or ""),
        *_placed(("72a", "72b", "72c"), "external cause", [_marked(one) for one in _of(claim, CAUSES)]),
    ]


def _procedures(bill: HospitalBill) -> list[Box]:
    texts = [f"{one.code} {short_day(one.performed)}".strip() for one in bill.procedures]
    return [
        *_placed(("74",), "principal procedure", texts),
        *_placed(tuple(f"74{row}" for row in "abcde"), "other procedure", texts[1:]),
    ]


def _people(claim: Claim) -> list[Box]:
    return [
        Box(place, f"{about}: NPI and name", f"{party.npi or ''} {name_text(party.name)}".strip())
        for role, (place, about) in _CARED.items()
        if (party := claim.provider(role)) is not None
    ]


def _beyond(claim: Claim, bill: HospitalBill) -> list[str]:
    """What there are more of than the form has places."""
    counted = (
        ("condition codes", bill.conditions[len(_CONDITIONS) :]),
        ("occurrence codes", [one.code for one in bill.occurrences[len(_OCCURRENCES) :]]),
        ("occurrence spans", [one.code for one in bill.occurrence_spans[len(_SPANS) :]]),
        ("value codes", [one.code for one in bill.values[len(_VALUES) :]]),
        ("diagnoses", [one.code for one in _of(claim, OTHER)[len(OTHER_DIAGNOSES) :]]),
        ("procedures", [one.code for one in bill.procedures[6:]]),
    )
    return [f"{about} {', '.join(codes)}" for about, codes in counted if codes]


def _line(line: ServiceLine) -> BillLine:
    revenue = line.revenue
    is_dated = revenue is None or revenue.is_dated
    non_covered = revenue.non_covered_cents if revenue else None
    return BillLine(
        revenue_code=revenue.code if revenue else "",
        description=line.procedure_description or "",
        code=" ".join((line.procedure, *line.modifiers)).strip(),
        service_date=short_day(line.service_date) if is_dated else "",
        units=f"{line.units.normalize():f}",
        charge=amount_text(line.charge_cents),
        non_covered="" if non_covered is None else amount_text(non_covered),
    )


def _total(claim: Claim) -> BillLine:
    """Line 23: the only place where the total has a revenue code."""
    left_out = sum(line.revenue.non_covered_cents or 0 for line in claim.lines if line.revenue)
    not_covered = amount_text(Cents(left_out)) if left_out else ""
    return BillLine(TOTAL, "total", "", "", "", amount_text(claim.charge_cents), not_covered)
