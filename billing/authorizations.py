"""Authorizations: what a payer allowed before the service, and whether a claim stays within it (REF*G1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.claim import Claim


@dataclass(frozen=True, slots=True)
class Authorization:
    """One authorization as the payer gave it."""

    number: str
    valid_from: date
    valid_to: date
    """The last day"""
    procedures: frozenset[str] = frozenset()
    """Empty: the payer named none"""
    units: Decimal | None = None
    """How many services it covers in all; None: the payer named no number"""
    used: Decimal = Decimal(0)
    """Units of other visits under it"""
    provider_npi: str | None = None
    """Who may render; None: anybody"""


def authorization_faults(
    claim: Claim, wanted: frozenset[int], known: Sequence[Authorization]
) -> Iterator[tuple[str, str]]:
    """(field, words) for each way in which the claim is not covered. A number the office has no record of is believed:
    the payer gave it to somebody."""
    if wanted and not claim.authorization:
        lines = ", ".join(map(str, sorted(wanted)))
        yield "authorization", f"line {lines}: the payer wants it authorized, and no number is given"
        return
    held = next((one for one in known if one.number == claim.authorization), None)
    if held is not None:
        yield from _outside(claim, wanted or frozenset(range(1, len(claim.lines) + 1)), held)


def _outside(claim: Claim, wanted: frozenset[int], held: Authorization) -> Iterator[tuple[str, str]]:
    covered = [
        (number, claim.lines[number - 1])
        for number in sorted(wanted)
        if not held.procedures or claim.lines[number - 1].procedure in held.procedures
    ]
    for number in sorted(wanted - {number for number, _ in covered}):
        yield f"line.{number}.procedure", f"line {number}: the authorization is for other procedures"
    for number, line in covered:
        if not held.valid_from <= line.service_date <= held.valid_to:
            yield (
                f"line.{number}.service_date",
                f"line {number}: the authorization holds from {held.valid_from} to {held.valid_to}",
            )
    units = sum((line.units for _, line in covered), Decimal(0))
    if held.units is not None and held.used + units > held.units:
        yield "authorization", f"{held.units - held.used} of {held.units} units are left, and the claim has {units}"
    rendering = claim.provider("82") or claim.billing_provider
    if held.provider_npi is not None and rendering.npi != held.provider_npi:
        yield "authorization", "the authorization names another provider"
