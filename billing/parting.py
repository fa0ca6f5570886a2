"""Parting: a visit whose lines do not fit one claim becomes several, each with its own lines and diagnoses.

An 837P holds at most fifty lines (005010X222A1, 2400 LX); some payers want one rendering provider, or one calendar
month, on a claim. Every line goes into exactly one part, in its order; an add-on code stays with its primary. An
institutional claim is not parted: its stay is one, however many lines it has.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing.claim import Claim, Diagnosis, ServiceLine
from billing.money import Cents
from billing.policies import Policies

MOST_LINES = 50
"""LX of one professional claim"""
LINES_OF_A_VISIT = 300
"""The most that a visit comes in with: what one claim does not hold goes on further ones"""
_PRINCIPAL_OF = {"ABF": "ABK", "BF": "BK"}
_OTHER_OF = {after: before for before, after in _PRINCIPAL_OF.items()}

Places = tuple[int, ...]
"""Places of lines on their claim, from 0"""
Primaries = Mapping[str, Collection[str]]
"""By add-on code: the codes that it is added to; none where the payer says"""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one claim may hold."""

    lines_at_most: int = MOST_LINES
    one_rendering_provider: bool = False
    one_month: bool = False

    @classmethod
    def of(cls, policies: Policies, *, as_of: date) -> "Rules":
        """The payer's."""
        return cls(
            policies.value("claim_lines_at_most", as_of=as_of),
            bool(policies.value("one_rendering_provider_per_claim", as_of=as_of)),
            bool(policies.value("one_month_per_claim", as_of=as_of)),
        )


def rendering_of(claim: Claim, line: ServiceLine) -> str | None:
    """The NPI of who rendered a line: the line's own provider, the claim's, or who bills (2420A, 2310B, 2010AA)."""
    named = next((one for one in line.providers if one.role == "82"), None) or claim.provider("82")
    return (named or claim.billing_provider).npi


def parts(claim: Claim, rules: Rules, primaries: Primaries | None = None) -> tuple[Places, ...]:
    """The lines of each claim that the visit takes; one part when all fits."""
    if claim.hospital is not None:
        return (tuple(range(len(claim.lines))),)
    by_key: dict[tuple[object, ...], list[Places]] = {}
    for bundle in _bundles(claim, primaries or {}):
        by_key.setdefault(_key(claim, claim.lines[bundle[0]], rules), []).append(bundle)
    found = [part for bundles in by_key.values() for part in _filled(bundles, rules.lines_at_most)]
    return tuple(sorted(found))


def why(claim: Claim, rules: Rules) -> str:
    """Why the visit does not fit one claim, in words; empty when it does."""
    if claim.hospital is not None:
        return ""
    said = []
    if rules.one_rendering_provider and len({rendering_of(claim, one) for one in claim.lines}) > 1:
        said.append("the payer takes one rendering provider on a claim")
    if rules.one_month and len({_month(one) for one in claim.lines}) > 1:
        said.append("the payer takes one calendar month on a claim")
    if len(claim.lines) > rules.lines_at_most:
        said.append(f"a claim to this payer holds {rules.lines_at_most} lines, and the visit has {len(claim.lines)}")
    return " and ".join(said)


def with_lines(claim: Claim, places: Sequence[int], *, unpointed: Collection[str] | None = None) -> Claim:
    """The claim with these lines alone: of its diagnoses those that they point at, and those that no line points at
    (`unpointed`: of these only such codes); the first is the principal one."""
    everywhere = {one for line in claim.lines for one in line.diagnosis_pointers}
    here = {one for place in places for one in claim.lines[place].diagnosis_pointers}
    loose = {one.code for one in claim.diagnoses} if unpointed is None else set(unpointed)
    kept = [
        number
        for number, one in enumerate(claim.diagnoses, start=1)
        if number in here or (number not in everywhere and one.code in loose)
    ]
    if claim.hospital is not None or not here:
        kept = list(range(1, len(claim.diagnoses) + 1))
    now = {before: after for after, before in enumerate(kept, start=1)}
    lines = tuple(_pointing(claim.lines[place], now) for place in places)
    return replace(
        claim,
        diagnoses=ranked([claim.diagnoses[one - 1] for one in kept]),
        lines=lines,
        charge_cents=Cents(sum(one.charge_cents for one in lines)),
    )


def ranked(diagnoses: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
    """The first as the principal one, the rest as others (HI01-1); an institutional claim's say it themselves."""
    known = _PRINCIPAL_OF.keys() | _OTHER_OF.keys()
    found = []
    for place, one in enumerate(diagnoses):
        ranks = _OTHER_OF if place else _PRINCIPAL_OF
        found.append(replace(one, qualifier=ranks.get(one.qualifier, one.qualifier)) if one.qualifier in known else one)
    return tuple(found)


def shared_out(paid: Cents | None, charges: Sequence[int]) -> list[Cents | None]:
    """What the patient has paid (AMT*F5), on the first parts as far as their charges go; None where nothing is left."""
    if paid is None:
        return [None] * len(charges)
    left, found = int(paid), list[Cents | None]()
    for place, charge in enumerate(charges):
        is_last = place == len(charges) - 1
        here = left if is_last else min(left, charge)
        left -= here
        found.append(Cents(here) if here or not place else None)
    return found


def _pointing(line: ServiceLine, now: Mapping[int, int]) -> ServiceLine:
    return replace(line, diagnosis_pointers=tuple(now[one] for one in line.diagnosis_pointers if one in now))


def _bundles(claim: Claim, primaries: Primaries) -> list[Places]:
    """Lines that stay together, in the order of the first of each."""
    of_primary: dict[int, list[int]] = {}
    for place, line in enumerate(claim.lines):
        primary = _primary_of(claim, place, primaries) if line.procedure in primaries else None
        of_primary.setdefault(place if primary is None else primary, []).append(place)
    return sorted(tuple(sorted(places)) for places in of_primary.values())


def _primary_of(claim: Claim, place: int, primaries: Primaries) -> int | None:
    """The nearest line of the same day and provider that the add-on may be added to, those before it first."""
    line, wanted = claim.lines[place], primaries[claim.lines[place].procedure]
    fitting = [
        other
        for other, one in enumerate(claim.lines)
        if one.service_date == line.service_date
        and rendering_of(claim, one) == rendering_of(claim, line)
        and one.procedure not in primaries
        and (not wanted or one.procedure in wanted)
    ]
    return min(fitting, key=lambda other: (other > place, abs(other - place)), default=None)


def _key(claim: Claim, line: ServiceLine, rules: Rules) -> tuple[object, ...]:
    return (
        rendering_of(claim, line) if rules.one_rendering_provider else None,
        _month(line) if rules.one_month else None,
    )


def _month(line: ServiceLine) -> tuple[int, int]:
    return line.service_date.year, line.service_date.month


def _filled(bundles: Sequence[Places], most: int) -> list[Places]:
    """Part after part filled with whole bundles in order; one that is larger than a claim is cut."""
    found: list[list[int]] = [[]]
    for bundle in bundles:
        if found[-1] and len(found[-1]) + len(bundle) > most:
            found.append([])
        for place in bundle:
            if len(found[-1]) == most:
                found.append([])
            found[-1].append(place)
    return [tuple(sorted(one)) for one in found if one]
