"""Opening balances: how a moved visit enters the ledger, and the claim that it is from now on.

Each line is one entry. What the old system took and gave stands on the `MOVED_` accounts, what is open on the
receivables, so that an auditor adds up the old books and the new ones alike:

    charge = insurance_paid + adjusted + patient_paid + owed by payers + owed by the patient - held for the patient

What a patient has paid towards a visit that a payer has yet to answer is held for the patient until there is a share.
"""

from collections.abc import Sequence
from dataclasses import replace

from billing.amendments import SELF_PAY
from billing.claim import Address, Claim, Coverage, Diagnosis, Name, Party, Person, ServiceLine
from billing.coordination import OtherPayer
from billing.ledger import MOVED, Account, Entry, EntryKind, Side
from billing.money import Cents
from billing.moving import MovedCoverage, MovedLine, MovedPatient, MovedVisit, MovingOffice, OwedBy
from billing.patients import Registration


def registration(patient: MovedPatient) -> Registration:
    """Who the patient is."""
    address = None
    if patient.street and patient.city:
        address = Address(patient.street, patient.city, patient.state, patient.postal_code, street_2=patient.street_2)
    return Registration(
        last_name=patient.last_name,
        first_name=patient.first_name,
        middle_name=patient.middle_name,
        suffix=patient.suffix,
        birth_date=patient.birth_date,
        sex=patient.sex,
        address=address,
        telephone=patient.telephone,
        email=patient.email,
    )


def policy(coverage: MovedCoverage, patient: Person) -> OtherPayer:
    """A policy with who holds it."""
    number = coverage.payer_id or None
    payer = Party(
        "PR", is_person=False, name=Name(coverage.payer_name), id_qualifier="PI" if number else None, id=number
    )
    held = Coverage(
        payer=payer,
        member_id=coverage.member_id or None,
        responsibility=coverage.responsibility,
        relationship=coverage.relationship,
        group_number=coverage.group_number,
        filing_indicator=coverage.filing_indicator,
    )
    if held.is_self:
        return OtherPayer(held, patient)
    name = Name(coverage.subscriber_last_name or patient.name.last, coverage.subscriber_first_name)
    return OtherPayer(held, Person(name, coverage.subscriber_birth_date, coverage.subscriber_sex, patient.address))


def policies_of(visit: MovedVisit, office: MovingOffice, patient: Person) -> list[OtherPayer]:
    """The policies in force on the visit's day, first to pay first."""
    return [policy(one, patient) for one in office.coverages_of(visit.patient, visit.service_date)]


def claim_to(
    visit: MovedVisit, payer: OtherPayer | None, *, patient: Person, billing: Party, rendering: Party | None
) -> Claim:
    """The visit's claim as it goes to one of its payers; None: the patient pays alone."""
    codes = tuple(dict.fromkeys(code for one in visit.lines for code in one.diagnoses))
    lines = tuple(_service_line(one, codes) for one in visit.lines)
    return Claim(
        control_number=visit.number,
        charge_cents=Cents(sum(one.charge_cents for one in lines)),
        billing_provider=billing,
        coverage=payer.coverage if payer else SELF_PAY,
        subscriber=payer.subscriber if payer else patient,
        patient=patient,
        diagnoses=tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(codes)),
        lines=lines,
        place_of_service=visit.lines[0].place_of_service,
        providers=(rendering,) if rendering else (),
    )


def _service_line(line: MovedLine, codes: Sequence[str]) -> ServiceLine:
    return ServiceLine(
        procedure=line.procedure,
        charge_cents=line.charge,
        units=line.units,
        service_date=line.service_date,
        modifiers=line.modifiers,
        diagnosis_pointers=tuple(codes.index(code) + 1 for code in line.diagnoses),
        place_of_service=line.place_of_service,
    )


def with_line_numbers(claim: Claim, line_ids: Sequence[str], *, control_number: str) -> Claim:
    """The claim under the office's own numbers, as a payer's answer is compared with it."""
    lines = tuple(
        replace(line, control_number=line_id.upper()) for line_id, line in zip(line_ids, claim.lines, strict=True)
    )
    return replace(claim, control_number=control_number, lines=lines)


def opening_entries(visit: MovedVisit, line_ids: Sequence[str], *, payer_id: str) -> list[Entry]:
    """One entry a line. Of an unbilled visit only what was paid ahead: its charges are posted when they are reviewed.

    `payer_id`: sub-account of what a payer owes.
    """
    is_open_to_payers = visit.owing_payer is not None
    entries = [
        Entry(
            EntryKind.OPENING,
            f"opening:{line_id}",
            (*_before(line, line_id), *_open(line, line_id, payer_id, is_held=is_open_to_payers)),
            line.service_date,
        )
        for line_id, line in zip(line_ids, visit.lines, strict=True)
    ]
    return [one for one in entries if not one.is_empty]


def _before(line: MovedLine, line_id: str) -> tuple[Side, ...]:
    """What the old books say of the line."""
    if line.owed_by == OwedBy.UNBILLED:
        return (Side(Account.MOVED_PATIENT_PAID, line.patient_paid, line_id),)
    return (
        Side(Account.MOVED_CHARGES, Cents(-line.charge), line_id),
        Side(Account.MOVED_INSURANCE_PAID, line.insurance_paid, line_id),
        Side(Account.MOVED_ADJUSTMENTS, line.adjusted, line_id),
        Side(Account.MOVED_PATIENT_PAID, line.patient_paid, line_id),
    )


def _open(line: MovedLine, line_id: str, payer_id: str, *, is_held: bool) -> tuple[Side, ...]:
    """What is open on the line, and for whom money is held. Money is held of a visit, without a line."""
    if line.is_with_payer and is_held:
        owed = Cents(line.balance + line.patient_paid - line.patient_part)
        return (
            Side(Account.AR_INSURANCE, owed, line_id, payer_id),
            Side(Account.AR_PATIENT, line.patient_part, line_id, MOVED),
            Side(Account.PATIENT_UNAPPLIED, Cents(-line.patient_paid), None),
        )
    if line.owed_by in {OwedBy.PATIENT, OwedBy.UNBILLED} and line.balance < 0:
        return (Side(Account.PATIENT_UNAPPLIED, line.balance, None),)
    return (Side(Account.AR_PATIENT, line.balance, line_id, MOVED),)
