"""The paper claim: what belongs into each box of the CMS-1500 (02/12), for payers without EDI.

Data only: a form's wording belongs to its owner, and pre-printed forms carry it. One form holds six lines; a longer
claim goes on several, each with the whole head and its own total. Dates are MM DD YYYY, amounts dollars and cents
apart by a space, codes without dots, as the form's instructions ask.
"""

from collections.abc import Sequence
from datetime import date

from billing.claim import Claim, Person, ServiceLine, Sex
from billing.coordination import OtherPayer
from billing.letters import address_lines
from billing.money import Cents
from billing.paper_claims import (
    Box,
    Form,
    FormLine,
    PaperClaim,
    address_text,
    amount_text,
    name_text,
    party_text,
    short_day,
)

LINES_PER_FORM = 6
LETTERS = "ABCDEFGHIJKL"
"""Box 21: the letters that box 24E points at"""
ON_FILE = "SOF"
"""Signature on file"""
_PLAN_BOX = {
    "MA": "Medicare",
    "MB": "Medicare",
    "MC": "Medicaid",
    "CH": "TRICARE",
    "VA": "CHAMPVA",
    "12": "group health plan",
    "13": "group health plan",
    "14": "group health plan",
    "BL": "group health plan",
    "CI": "group health plan",
    "HM": "group health plan",
    "WC": "FECA or black lung",
}
"""Box 1 by SBR09; any other kind is `other`"""
_RELATION_BOX = {"18": "self", "01": "spouse", "19": "child"}
"""Box 6 by SBR02 and PAT01"""
_CAUSES = {"EM": "10a", "AA": "10b", "OA": "10c"}
"""CLM11"""
_REFERRING = {"DN": "DN", "P3": "DN", "DK": "DK", "DQ": "DQ"}
"""Box 17: which kind of provider is named"""


def paper_claim(claim: Claim, others: Sequence[OtherPayer] = ()) -> PaperClaim:
    """The claim as it is printed; its control number is the submission's own."""
    payer = claim.coverage.payer
    return PaperClaim(
        title=f"Paper claim {claim.control_number}",
        addressee=(payer.name.last, *address_lines(payer.address)),
        control_number=claim.control_number,
        forms=forms_of(claim, others),
    )


def forms_of(claim: Claim, others: Sequence[OtherPayer] = ()) -> tuple[Form, ...]:
    """The sheets of one claim. `others`: the patient's other policies, with what they decided."""
    groups = [claim.lines[at : at + LINES_PER_FORM] for at in range(0, len(claim.lines), LINES_PER_FORM)]
    return tuple(
        Form(
            page=number,
            pages=len(groups),
            boxes=tuple(one for one in _boxes(claim, others, lines) if one.value),
            lines=tuple(_line(claim, line) for line in lines),
        )
        for number, lines in enumerate(groups, start=1)
    )


def _boxes(claim: Claim, others: Sequence[OtherPayer], lines: Sequence[ServiceLine]) -> list[Box]:
    return [
        *_people(claim),
        *_other_policy(others),
        *_accident(claim),
        *_policy(claim, has_other=bool(others)),
        *_providers_above(claim),
        *_codes(claim),
        *_foot(claim, others, lines),
    ]


def _people(claim: Claim) -> list[Box]:
    coverage, patient = claim.coverage, claim.patient
    insured = patient if coverage.is_self else claim.subscriber
    return [
        Box("1", "kind of plan", _PLAN_BOX.get(coverage.filing_indicator or "", "other")),
        Box("1a", "insured's member id", coverage.member_id or ""),
        Box("2", "patient", name_text(patient.name)),
        Box("3", "patient's birth date and sex", _born(patient)),
        Box("4", "insured", name_text(insured.name)),
        Box("5", "patient's address", address_text(patient.address)),
        Box("6", "patient to insured", _RELATION_BOX.get(coverage.relationship, "other")),
        Box("7", "insured's address", address_text(insured.address)),
    ]


def _other_policy(others: Sequence[OtherPayer]) -> list[Box]:
    if not others:
        return []
    other = others[0]
    return [
        Box("9", "other insured", name_text(other.subscriber.name)),
        Box("9a", "other policy or group", other.coverage.group_number or other.coverage.member_id or ""),
        Box("9d", "other plan", other.coverage.payer.name.last),
    ]


def _accident(claim: Claim) -> list[Box]:
    causes = [cause for cause in claim.accident if cause in _CAUSES]
    state = claim.accident[3] if len(claim.accident) > 3 and claim.accident[3] else ""
    return [
        Box(number, words, "yes" + (f" {state}" if cause == "AA" and state else "") if cause in causes else "no")
        for cause, number, words in (
            ("EM", "10a", "caused by employment"),
            ("AA", "10b", "caused by an automobile accident"),
            ("OA", "10c", "caused by another accident"),
        )
    ]


def _policy(claim: Claim, *, has_other: bool) -> list[Box]:
    coverage = claim.coverage
    insured = claim.patient if coverage.is_self else claim.subscriber
    return [
        Box("11", "insured's group", coverage.group_number or ("NONE" if not has_other else "")),
        Box("11a", "insured's birth date and sex", _born(insured)),
        Box("11c", "insured's plan", coverage.group_name or coverage.payer.name.last),
        Box("11d", "another plan", "yes" if has_other else "no"),
        Box("12", "patient's signature", ON_FILE if claim.release == "Y" else ""),
        Box("13", "insured's signature", ON_FILE if claim.benefits_assigned == "Y" else ""),
    ]


def _providers_above(claim: Claim) -> list[Box]:
    named = next((party for party in claim.providers if party.role in _REFERRING), None)
    if named is None:
        return []
    name = named.name
    full = " ".join(part for part in (name.first, name.middle, name.last) if part)
    return [
        Box("17", "referring, ordering or supervising", f"{_REFERRING[named.role]} {full}"),
        Box("17b", "its NPI", named.npi or ""),
    ]


def _codes(claim: Claim) -> list[Box]:
    is_icd10 = all(one.qualifier in {"ABK", "ABF"} for one in claim.diagnoses)
    diagnoses = [
        Box(f"21{letter}", "diagnosis", one.code) for letter, one in zip(LETTERS, claim.diagnoses, strict=False)
    ]
    again = f"{claim.frequency} {claim.original_reference or ''}".strip() if claim.frequency != "1" else ""
    return [
        Box("21 ind.", "edition of the codes: 0 is ICD-10-CM, 9 is ICD-9-CM", "0" if is_icd10 else "9"),
        *diagnoses,
        Box("22", "resubmission code and payer's claim number", again),
        Box("23", "authorization or referral", claim.authorization or claim.referral or ""),
    ]


def _foot(claim: Claim, others: Sequence[OtherPayer], lines: Sequence[ServiceLine]) -> list[Box]:
    billing = claim.billing_provider
    employer, social = billing.reference("EI"), billing.reference("SY")
    facility = claim.provider("77")
    paid = (claim.patient_paid_cents or 0) + sum(one.decision.paid_cents or 0 for one in others if one.decision)
    rendering = claim.provider("82") or billing
    return [
        Box("25", "tax id, and which", f"{employer} EIN" if employer else f"{social} SSN" if social else ""),
        Box("26", "patient's account number", claim.control_number),
        Box("27", "accepts assignment", "yes" if claim.assignment in {"A", "B"} else "no"),
        Box("28", "total charge of this sheet", amount_text(Cents(sum(line.charge_cents for line in lines)))),
        Box("29", "paid already", amount_text(Cents(paid)) if paid else ""),
        Box("31", "physician", f"{name_text(rendering.name)} {ON_FILE}" if claim.provider_signature == "Y" else ""),
        Box("32", "where the service was given", party_text(facility) if facility else ""),
        Box("32a", "its NPI", (facility.npi or "") if facility else ""),
        Box("33", "billing provider", party_text(billing)),
        Box("33a", "its NPI", billing.npi or ""),
        Box("33b", "its taxonomy", f"ZZ{billing.taxonomy}" if billing.taxonomy else ""),
    ]


def _line(claim: Claim, line: ServiceLine) -> FormLine:
    rendering = next((one for one in line.providers if one.role == "82"), None) or claim.provider("82")
    return FormLine(
        service_from=short_day(line.service_date),
        service_to=short_day(line.service_date_to or line.service_date),
        place_of_service=line.place_of_service or claim.place_of_service,
        emergency=line.emergency or "",
        procedure=line.procedure,
        modifiers=line.modifiers,
        pointers="".join(LETTERS[number - 1] for number in line.diagnosis_pointers),
        charge=amount_text(line.charge_cents),
        units=f"{line.units.normalize():f}",
        rendering_npi=(rendering or claim.billing_provider).npi or "",
    )


def _born(person: Person) -> str:
    sex = {Sex.FEMALE: "F", Sex.MALE: "M"}.get(person.sex) if person.sex else None
    return " ".join(part for part in (_long_day(person.birth_date), sex) if part)


def _long_day(day: date | None) -> str:
    return f"{day:%m %d %Y}" if day else ""
