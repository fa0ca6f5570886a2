"""A visit's form filled in from an earlier visit of the patient: nobody types twice what the office knows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from api import person_form
from api.person_form import Typed
from api.visit_form import DIAGNOSES, LINES, line_texts, with_row
from billing.amendments import SELF_PAY
from billing.claim import Claim, Party, Person
from billing.coordination import OtherPayer
from billing.money import format_amount
from database.favourites import Favourites, KnownPayer
from templates import rendering


def of_claim(
    claim: Claim, policies: Sequence[OtherPayer], patient: Person, offered: Favourites, *, today: date, with_codes: bool
) -> Typed:
    """A new visit of the patient, as they are known today, under these policies, like an earlier one: providers and
    place; with diagnoses and lines when asked for."""
    typed = {
        **person_form.texts_of("patient", patient),
        **of_policies(policies, offered),
        "place_of_service": claim.place_of_service,
        "location": _location_of(claim, offered),
        "billing": _known(offered.billing, claim.billing_provider),
        "rendering": _known(offered.rendering, claim.provider("82")),
    }
    if not with_codes:
        return with_row(typed, today=today)
    for place, one in enumerate(claim.diagnoses[:DIAGNOSES]):
        typed[f"diagnoses.{place}"] = rendering.diagnosis(one.code)
    return typed | _lines(claim, offered, today)


def of_policies(policies: Sequence[OtherPayer], offered: Favourites) -> Typed:
    """The coverage of a visit: the policy that pays first, and the one after it."""
    if not policies:
        return {"coverage.relationship": "18", "second.relationship": "18"}
    first, *others = policies
    coverage = first.coverage
    if coverage.payer.id == SELF_PAY.payer.id:
        return {"coverage.relationship": "18", "second.relationship": "18", "self_pay": "yes"}
    typed = _policy(first, offered, "payer", "coverage")
    return typed | _second(others[0], offered) if others else typed


def _second(policy: OtherPayer, offered: Favourites) -> Typed:
    return _policy(policy, offered, "second", "second") | {
        "second.insurance_type": policy.coverage.insurance_type or ""
    }


def _policy(policy: OtherPayer, offered: Favourites, chosen_in: str, prefix: str) -> Typed:
    coverage = policy.coverage
    payer = _payer_like(offered.payers, coverage.payer)
    typed = {
        chosen_in: payer.id if payer else "",
        f"{prefix}.payer.name": "" if payer else coverage.payer.name.last,
        f"{prefix}.payer.id": "" if payer else coverage.payer.id or "",
        f"{prefix}.member_id": coverage.member_id or "",
        f"{prefix}.group_number": coverage.group_number or "",
        f"{prefix}.filing_indicator": coverage.filing_indicator or "",
        f"{prefix}.relationship": coverage.relationship,
    }
    return typed if coverage.is_self else typed | person_form.texts_of(f"{prefix}.subscriber", policy.subscriber)


def _lines(claim: Claim, offered: Favourites, today: date) -> Typed:
    """The lines with today's date; a charge is copied only where the charge master has no price."""
    priced = {one.code for one in offered.procedures if one.price_cents is not None}
    typed: Typed = {}
    for row, line in enumerate(claim.lines[:LINES]):
        typed |= line_texts(
            row,
            service_date=str(today),
            procedure=line.procedure,
            modifiers=" ".join(line.modifiers),
            diagnosis_pointers=",".join(str(one) for one in line.diagnosis_pointers),
            units=f"{line.units.normalize():f}",
            unit_basis=line.unit_basis,
            charge="" if line.procedure in priced else format_amount(line.charge_cents),
        )
    return typed


def _known(parties: Mapping[str, Party], party: Party | None) -> str:
    return party.npi if party and party.npi and party.npi in parties else ""


def _payer_like(payers: Iterable[KnownPayer], payer: Party) -> KnownPayer | None:
    return next((one for one in payers if one.number == (payer.id or "")), None)


def _location_of(claim: Claim, offered: Favourites) -> str:
    """The practice's location that a claim names as its facility; empty where it names none."""
    facility = claim.provider("77")
    return next((one.id for one in offered.locations if facility and one.name == facility.name.last), "")
