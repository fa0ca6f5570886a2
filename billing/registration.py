"""Step 1, registration: is everything there that a payer will ask about the person?"""

from datetime import date

from billing.characters import unsendable
from billing.claim import Claim, Person, Sex
from billing.consents import Wish


def registration_faults(claim: Claim, *, as_of: date, is_self_pay: bool = False) -> list[str]:
    """Every gap in the registration, each with the field that mends it; empty when complete. Who pays alone needs no
    policy.

    Source: guide 005010X222A1 loops 2010BA and 2010CA (N3, N4 and DMG belong to the patient's loop).
    """
    faults: list[str] = [] if is_self_pay else _coverage_faults(claim)
    faults += _person_faults(claim.patient, "patient", as_of=as_of, address_needed=True)
    faults += _unsendable(claim)
    return faults


def wish_faults(wish: str | None) -> list[str]:
    """Why a visit with a policy may not go to a payer: the patient forbade it. 45 CFR 164.522(a)(1)(vi)."""
    if wish != Wish.DO_NOT_BILL:
        return []
    return [
        "the patient pays in full and asked that no health plan be told: bill this visit as self-pay, or change what "
        "stands on the patient's coverage page"
    ]


def _coverage_faults(claim: Claim) -> list[str]:
    faults: list[str] = []
    if not claim.coverage.member_id:
        faults.append("member id is missing (field member_id)")
    if not claim.coverage.payer.id:
        faults.append("payer id is missing (field payer_id)")
    if not claim.coverage.is_self and claim.coverage.relationship == "":
        faults.append("the patient's relationship to the subscriber is missing (field relationship)")
    return faults


def _unsendable(claim: Claim) -> list[str]:
    """Texts with characters that no payer can be sent: accents, and the marks that separate elements."""
    texts = {"member_id": claim.coverage.member_id, "payer_name": claim.coverage.payer.name.last}
    people = (
        {"patient": claim.patient}
        if claim.coverage.is_self
        else {
            "patient": claim.patient,
            "subscriber": claim.subscriber,
        }
    )
    for who, person in people.items():
        texts |= {f"{who}.last_name": person.name.last, f"{who}.first_name": person.name.first}
        if person.address is not None:
            texts |= {f"{who}.street": person.address.street, f"{who}.city": person.address.city}
    return [
        f"{' '.join(lost)} cannot be sent to a payer; write it with plain letters (field {path})"
        for path, text in texts.items()
        if (lost := unsendable(text))
    ]


def _person_faults(person: Person, who: str, *, as_of: date, address_needed: bool) -> list[str]:
    faults: list[str] = []
    if not person.name.last:
        faults.append(f"the {who}'s last name is missing (field {who}.last_name)")
    if person.birth_date is None:
        faults.append(f"the {who}'s birth date is missing (field {who}.birth_date)")
    elif person.birth_date > as_of:
        faults.append(f"the {who}'s birth date lies in the future (field {who}.birth_date)")
    if person.sex is None or person.sex not in set(Sex):
        faults.append(f"the {who}'s sex is missing (field {who}.sex)")
    if address_needed and (person.address is None or not person.address.street):
        faults.append(f"the {who}'s address is missing (field {who}.street)")
    return faults
