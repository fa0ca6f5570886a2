"""A visit's form filled in from an earlier visit of the patient: nobody types twice what the office knows."""

from collections.abc import Iterable, Mapping
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
    claim: Claim, second: OtherPayer | None, patient: Person, offered: Favourites, *, today: date, with_codes: bool
) -> Typed:
    """A new visit of the patient, as they are known today, like an earlier one: coverage and providers; with diagnoses
    and lines when asked for."""
    coverage = claim.coverage
    payer = _payer_like(offered.payers, coverage.payer)
    typed = {
        **person_form.texts_of("patient", patient),
        "coverage.member_id": coverage.member_id or "",
        "coverage.group_number": coverage.group_number or "",
        "coverage.filing_indicator": coverage.filing_indicator or "",
        "coverage.relationship": coverage.relationship,
        "place_of_service": claim.place_of_service,
        "location": _location_of(claim, offered),
        "billing": _known(offered.billing, claim.billing_provider),
        "rendering": _known(offered.rendering, claim.provider("82")),
    }
    if payer is not None:
        typed["payer"] = payer.id
    if coverage.payer.id == SELF_PAY.payer.id:
        typed["self_pay"] = "yes"
    if not coverage.is_self:
        typed |= person_form.texts_of("coverage.subscriber", claim.subscriber)
    if second is not None:
        typed |= _second(second, offered)
    if not with_codes:
        return with_row(typed, today=today)
    for place, one in enumerate(claim.diagnoses[:DIAGNOSES]):
        typed[f"diagnoses.{place}"] = rendering.diagnosis(one.code)
    return typed | _lines(claim, offered, today)


def _second(policy: OtherPayer, offered: Favourites) -> Typed:
    coverage = policy.coverage
    payer = _payer_like(offered.payers, coverage.payer)
    typed = {
        "second": payer.id if payer else "",
        "second.payer.name": "" if payer else coverage.payer.name.last,
        "second.payer.id": "" if payer else coverage.payer.id or "",
        "second.member_id": coverage.member_id or "",
        "second.group_number": coverage.group_number or "",
        "second.filing_indicator": coverage.filing_indicator or "",
        "second.insurance_type": coverage.insurance_type or "",
        "second.relationship": coverage.relationship,
    }
    return typed if coverage.is_self else typed | person_form.texts_of("second.subscriber", policy.subscriber)


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
