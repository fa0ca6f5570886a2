"""Who bills and who treats: P."""

import re
from collections.abc import Iterator

from billing.claim import Claim, Party
from billing.edits.registry import MEDICARE, Severity, Situation, edit
from billing.identifiers import npi_is_valid, tax_id_is_plausible
from billing.procedures import IMAGING, LABORATORY, is_in

TAXONOMY = re.compile("[0-9A-Z]{9}X")
RENDERING = "82"
FACILITIES = frozenset({"19", "21", "22", "23", "24", "31", "32", "51", "61", "81"})
"""Places of service that are somebody else's house"""


def _parties(claim: Claim) -> Iterator[tuple[str, Party]]:
    yield "billing_provider", claim.billing_provider
    for party in claim.providers:
        yield f"provider.{party.role}", party
    for number, line in enumerate(claim.lines, start=1):
        for party in line.providers:
            yield f"line.{number}.provider.{party.role}", party


@edit("P01")
def npi_check_digit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Every NPI has ten digits and a right check digit (policy strict_npi_check_digit; 45 CFR 162.406)."""
    if not situation.policies.value("strict_npi_check_digit", as_of=situation.today):
        return
    for path, party in _parties(claim):
        if party.npi is not None and not npi_is_valid(party.npi):
            yield f"{path}.npi", "the national provider identifier fails its check digit; enter the provider's own"


@edit("P01B")
def billing_npi_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has an NPI of ten digits (005010X222A1 2010AA NM109)."""
    npi = claim.billing_provider.npi
    if npi is None or len(npi) != 10 or not npi.isdigit():
        yield "billing_provider.npi", "the billing provider has no ten-digit national provider identifier"


@edit("P04")
def tax_id_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has a tax id (2010AA REF*EI or REF*SY)."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is None:
        yield "billing_provider.tax_id", "the billing provider's tax id is missing"


@edit("P04B", Severity.WARNING)
def tax_id_plausible(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The tax id has nine digits and is no placeholder."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is not None and not tax_id_is_plausible(tax_id):
        yield "billing_provider.tax_id", "the billing provider's tax id looks like a placeholder"


@edit("P05")
def billing_street(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing address is a street: post office boxes belong in the pay-to address (2010AA N301)."""
    address = claim.billing_provider.address
    if address is None or not address.street:
        yield "billing_provider.street", "the billing provider's address is missing"
    elif address.street.upper().replace(".", "").startswith(("PO BOX", "P O BOX", "LOCK BOX", "LOCKBOX")):
        yield "billing_provider.street", "the billing address is a post office box; give the street"


@edit("P05B", Severity.WARNING)
def billing_zip(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing ZIP has nine digits (2010AA N403)."""
    address = claim.billing_provider.address
    if address is not None and address.country in {None, "US"} and len(address.postal_code or "") != 9:
        yield "billing_provider.postal_code", "the billing ZIP code should have nine digits"


@edit("P03")
def taxonomies_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A taxonomy has ten characters, the last an X (PRV03; NUCC)."""
    for path, party in _parties(claim):
        if party.taxonomy and not TAXONOMY.fullmatch(party.taxonomy):
            yield f"{path}.taxonomy", "the taxonomy is no code of ten characters that ends in X, such as 207Q00000X"


@edit("P06", Severity.WARNING)
def rendering_is_somebody_else(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A rendering provider is named only where it is not who bills (2310B NM1*82)."""
    rendering = claim.provider(RENDERING)
    if rendering is not None and rendering.npi is not None and rendering.npi == claim.billing_provider.npi:
        yield (
            "provider.82.npi",
            "the rendering provider is who bills: payers want it left out",
        )


@edit("P08", Severity.WARNING)
def tests_are_ordered(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Tests and images for Medicare name who ordered them (2310A NM1*DN or 2420E NM1*DK; 42 CFR 410.32)."""
    if claim.coverage.filing_indicator != MEDICARE or claim.provider("DN") is not None:
        return
    for number, line in enumerate(claim.lines, start=1):
        is_ordered = any(one.role in {"DK", "DN"} for one in line.providers)
        if is_in(line.procedure, LABORATORY, IMAGING) and not is_ordered:
            yield f"line.{number}.procedure", f"line {number}: Medicare asks who ordered {line.procedure}"


@edit("P09", Severity.WARNING)
def supervisor_is_somebody_else(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody supervises themselves (2310D NM1*DQ beside 2310B NM1*82)."""
    rendering, supervising = claim.provider(RENDERING), claim.provider("DQ")
    if supervising is not None and rendering is not None and supervising.npi and supervising.npi == rendering.npi:
        yield "provider.DQ.npi", "the supervising provider is the one who rendered the service"


@edit("P10", Severity.WARNING)
def facility_is_named(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service in a facility names it (2310C NM1*77)."""
    facility = claim.provider("77")
    if facility is None and claim.place_of_service in FACILITIES:
        yield "place_of_service", f"place of service {claim.place_of_service} is a facility, and none is named"
    elif facility is not None and facility.address and facility.address == claim.billing_provider.address:
        yield "place_of_service", "the facility has the billing address: payers want it left out then"
