"""Authorizations: what a payer allowed before the service, and whether a claim stays within it (REF*G1)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

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


class AuthorizationState(StrEnum):
    """How far it has come with the payer."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class AuthorizationRule:
    """What a payer wants authorized: procedures from one code to another, on days of service."""

    payer_id: str
    """NM109 of 2010BB; empty: every payer"""
    first: str
    last: str
    """As long as `first`"""
    begins: date
    ends: date | None = None
    """The last day"""

    def wants(self, procedure: str, payer_id: str | None, day: date) -> bool:
        """Whether this service has to be authorized."""
        is_payers = not self.payer_id or self.payer_id == payer_id
        is_in_force = self.begins <= day and (self.ends is None or day <= self.ends)
        is_between = len(procedure) == len(self.first) and self.first <= procedure <= self.last
        return is_payers and is_in_force and is_between


def lines_to_authorize(claim: Claim, rules: Iterable[AuthorizationRule]) -> frozenset[int]:
    """Lines (from 1) that some rule of the payer wants authorized."""
    rules = tuple(rules)
    payer = claim.coverage.payer.id
    return frozenset(
        number
        for number, line in enumerate(claim.lines, start=1)
        if any(rule.wants(line.billed_code, payer, line.service_date) for rule in rules)
    )


def fitting(claim: Claim, wanted: frozenset[int], known: Sequence[Authorization]) -> Authorization | None:
    """The only authorization that covers every line that wants one; None: none does, or several do."""
    covering = [
        one for one in known if not list(authorization_faults(replace(claim, authorization=one.number), wanted, [one]))
    ]
    return covering[0] if wanted and len(covering) == 1 else None


def why_not_planned(
    procedures: Sequence[str],
    payer_id: str | None,
    day: date,
    rules: Iterable[AuthorizationRule],
    known: Sequence[Authorization],
) -> str:
    """Why planned services may not be given on a day, in words; empty: nothing is to be authorized, or all is."""
    rules = tuple(rules)
    wanted = [one for one in procedures if any(rule.wants(one, payer_id, day) for rule in rules)]
    missing = [one for one in wanted if not any(_covers_plan(held, one, day) for held in known)]
    if not missing:
        return ""
    late = [held for held in known for one in missing if not held.procedures or one in held.procedures]
    words = f"{', '.join(missing)} must be authorized before {day}, and no authorization covers it then"
    if late:
        words += f" ({'; '.join(dict.fromkeys(_in_words(held) for held in late))})"
    return words


def _in_words(held: Authorization) -> str:
    used_up = ", and its units are used up" if _is_used_up(held) else ""
    return f"{held.number} holds from {held.valid_from} to {held.valid_to}{used_up}"


def _covers_plan(held: Authorization, procedure: str, day: date) -> bool:
    is_for_it = not held.procedures or procedure in held.procedures
    return is_for_it and held.valid_from <= day <= held.valid_to and not _is_used_up(held)


def _is_used_up(held: Authorization) -> bool:
    return held.units is not None and held.used >= held.units


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
