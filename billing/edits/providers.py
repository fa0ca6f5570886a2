"""Who bills and who treats: P."""

import re
from collections.abc import Iterator
from dataclasses import replace

from billing.claim import Claim, Party
from billing.edits.registry import MEDICARE, Bill, Scope, Severity, Situation, edit
from billing.identifiers import npi_is_valid, tax_id_is_plausible
from billing.places import STATES, is_post_office_box
from billing.procedures import IMAGING, LABORATORY, is_in

TAXONOMY = re.compile("[0-9A-Z]{9}X")
RENDERING = "82"
INVENTED = ("0000", "9999")
"""ZIP+4 that stand for none"""
FACILITIES = frozenset({"19", "21", "22", "23", "24", "31", "32", "51", "61", "81"})
"""Places of service that are somebody else's house"""


def _parties(claim: Claim) -> Iterator[tuple[str, Party]]:
    yield "billing_provider", claim.billing_provider
    for party in claim.providers:
        yield f"provider.{party.role}", party
    for number, line in enumerate(claim.lines, start=1):
        for party in line.providers:
            yield f"line.{number}.provider.{party.role}", party


@edit("P01", fix="Enter the provider's own NPI; the last digit checks the others.")
def npi_check_digit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Every NPI has ten digits and a right check digit (policy strict_npi_check_digit; 45 CFR 162.406)."""
    if not situation.policies.value("strict_npi_check_digit", as_of=situation.today):
        return
    for path, party in _parties(claim):
        if party.npi is not None and not npi_is_valid(party.npi):
            yield f"{path}.npi", "the national provider identifier fails its check digit; enter the provider's own"


@edit("P01B", fix="Give the billing provider's NPI in the practice's settings.")
def billing_npi_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has an NPI of ten digits (005010X222A1 2010AA NM109)."""
    npi = claim.billing_provider.npi
    if npi is None or len(npi) != 10 or not npi.isdigit():
        yield "billing_provider.npi", "the billing provider has no ten-digit national provider identifier"


@edit("P04", fix="Give the legal entity's tax id in the practice's settings.")
def tax_id_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has a tax id (2010AA REF*EI or REF*SY)."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is None:
        yield "billing_provider.tax_id", "the billing provider's tax id is missing"


@edit("P04B", Severity.WARNING, fix="Enter the tax id as the IRS wrote it.")
def tax_id_plausible(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The tax id has nine digits and is no placeholder."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is not None and not tax_id_is_plausible(tax_id):
        yield "billing_provider.tax_id", "the billing provider's tax id looks like a placeholder"


@edit("P05", fix="Give the street of the practice; a post office box is a pay-to address.")
def billing_street(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing address is a street: post office boxes belong in the pay-to address (2010AA N301)."""
    address = claim.billing_provider.address
    if address is None or not address.street:
        yield "billing_provider.street", "the billing provider's address is missing"
    elif is_post_office_box(address.street):
        yield "billing_provider.street", "the billing address is a post office box; give the street"
    elif address.country in {None, "US"} and address.state not in STATES:
        yield "billing_provider.state", "the billing address has no state of the United States"


@edit("P05B", Severity.WARNING, fix="Complete the ZIP code with the four digits of the post office.")
def billing_zip(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing ZIP has nine digits, the last four of a real street (2010AA N403)."""
    address = claim.billing_provider.address
    if address is None or address.country not in {None, "US"}:
        return
    if len(address.postal_code or "") != 9:
        yield "billing_provider.postal_code", "the billing ZIP code should have nine digits"
    elif (address.postal_code or "").endswith(INVENTED):
        yield "billing_provider.postal_code", "the last four digits of the billing ZIP code are invented"


@edit("P03", fix="Choose the provider's taxonomy from the NUCC list.")
def taxonomies_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A taxonomy has ten characters, the last an X (PRV03; NUCC)."""
    for path, party in _parties(claim):
        if party.taxonomy and not TAXONOMY.fullmatch(party.taxonomy):
            yield f"{path}.taxonomy", "the taxonomy is no code of ten characters that ends in X, such as 207Q00000X"


def _bills_alone(claim: Claim) -> bool:
    rendering = claim.provider(RENDERING)
    return rendering is not None and rendering.npi is not None and rendering.npi == claim.billing_provider.npi


def _without_rendering(claim: Claim) -> Claim:
    """The billing provider rendered it, and keeps the taxonomy that only the rendering loop had."""
    if not _bills_alone(claim):
        return claim
    rendering = claim.provider(RENDERING)
    taxonomy = claim.billing_provider.taxonomy or (rendering.taxonomy if rendering else None)
    others = tuple(one for one in claim.providers if one.role != RENDERING)
    return replace(claim, billing_provider=replace(claim.billing_provider, taxonomy=taxonomy), providers=others)


@edit("P06", Severity.WARNING, fix="Leave the rendering provider out.", mend=_without_rendering, bill=Bill.PROFESSIONAL)
def rendering_is_somebody_else(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A rendering provider is named only where it is not who bills (2310B NM1*82)."""
    if _bills_alone(claim):
        yield "provider.82.npi", "the rendering provider is who bills: payers want it left out"


@edit(
    "P08",
    Severity.WARNING,
    fix="Add who ordered it (DK on the line, DN on the claim).",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def tests_are_ordered(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Tests and images for Medicare name who ordered them (2310A NM1*DN or 2420E NM1*DK; 42 CFR 410.32)."""
    if claim.coverage.filing_indicator != MEDICARE or claim.provider("DN") is not None:
        return
    for number, line in enumerate(claim.lines, start=1):
        is_ordered = any(one.role in {"DK", "DN"} for one in line.providers)
        if is_in(line.procedure, LABORATORY, IMAGING) and not is_ordered:
            yield f"line.{number}.procedure", f"line {number}: Medicare asks who ordered {line.procedure}"


@edit("P09", Severity.WARNING, fix="Name the physician who supervised, or leave it out.", bill=Bill.PROFESSIONAL)
def supervisor_is_somebody_else(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody supervises themselves (2310D NM1*DQ beside 2310B NM1*82)."""
    rendering, supervising = claim.provider(RENDERING), claim.provider("DQ")
    if supervising is not None and rendering is not None and supervising.npi and supervising.npi == rendering.npi:
        yield "provider.DQ.npi", "the supervising provider is the one who rendered the service"


@edit(
    "P10",
    Severity.WARNING,
    fix="Name the facility with its address and NPI, or correct the place of service.",
    bill=Bill.PROFESSIONAL,
)
def facility_is_named(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service in a facility names it (2310C NM1*77)."""
    facility = claim.provider("77")
    if facility is None and claim.place_of_service in FACILITIES:
        yield "place_of_service", f"place of service {claim.place_of_service} is a facility, and none is named"
    elif facility is not None and facility.address and facility.address == claim.billing_provider.address:
        yield "place_of_service", "the facility has the billing address: payers want it left out then"


@edit("P02", Severity.WARNING, fix="Check the NPI in the national registry.")
def npis_are_active(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An NPI is active on the day of service, and a person's where a person is named (NPPES; NM102)."""
    day = claim.service_from if claim.lines else situation.today
    for path, party in _parties(claim):
        facts = situation.known.providers.get(party.npi or "")
        if facts is None:
            continue
        if not facts.is_active(day):
            yield f"{path}.npi", f"the national provider identifier was deactivated on {facts.deactivated_on}"
        elif facts.is_person is not None and facts.is_person != party.is_person:
            kind = "a person's" if facts.is_person else "an organisation's"
            yield f"{path}.npi", f"the national provider identifier is {kind}"


@edit("P07", Severity.WARNING, fix="See the enrolment matrix.")
def providers_are_enrolled(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer takes claims of these providers (the enrolment matrix; the task enrollment_hold follows)."""
    if situation.known.enrolment_gap:
        yield "payer_id", situation.known.enrolment_gap
