"""In which order a patient's policies pay, and why; what cannot be told from what is known is said, never guessed.

Source: NAIC model regulation 120 (coordination of benefits) for the plans of employers and families; 42 CFR 411 for
Medicare, 42 CFR 433.139 for Medicaid, 32 CFR 199.8 for TRICARE.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from billing.claim import Person
from billing.held_policies import Basis, Custody, HeldPolicy, in_force, is_minor, placed
from billing.msp import QUESTIONS, MedicarePlace


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of two policies pays first."""

    is_first_first: bool
    reason: str
    is_known: bool = True
    """False: something that decides it is not known; the order as given stands"""


@dataclass(frozen=True, slots=True)
class PayerOrder:
    """The policies in the order in which they pay."""

    policies: Sequence[HeldPolicy]
    """With their places"""
    reasons: Sequence[str]
    """Why each but the last pays before the one after it"""
    unknown: Sequence[str]
    """What has to be found out before the order is certain"""


Rule = Callable[[HeldPolicy, HeldPolicy], Verdict | None]

_LAST = {Basis.MEDICAID: "Medicaid pays last", Basis.TRICARE: "TRICARE pays after every plan but Medicaid"}
_BY_CUSTODY = {one: place for place, one in enumerate(Custody)}
_CUSTODY_WORDS = {
    Custody.ORDERED: "a court made this parent answer for the child's health care",
    Custody.WITH_THE_CHILD: "the child lives with this parent",
    Custody.SPOUSE_OF_THAT: "the spouse of the parent with the child comes before the other parent",
    Custody.APART: "the other parent comes before that parent's spouse",
}
FORMER = frozenset({Basis.FORMER_EMPLOYMENT, Basis.CONTINUATION})


def payer_order(
    held: Sequence[HeldPolicy], *, patient: Person, day: date, medicare: MedicarePlace | None = None
) -> PayerOrder:
    """The policies in force on a day, first to pay first. `medicare`: what the Medicare questions came to, or None.

    Policies between which nothing decides keep the order in which they are given.
    """
    given = in_force(held, day)
    is_child = is_minor(patient, day)
    has_medicare = any(one.covers_through == Basis.MEDICARE for one in given)

    def verdict(one: HeldPolicy, other: HeldPolicy) -> Verdict:
        return between(one, other, is_child=is_child, has_medicare=has_medicare, medicare=medicare)

    ordered = _sorted(given, verdict)
    verdicts = [verdict(one, other) for one, other in pairwise(ordered)]
    return PayerOrder(
        placed(_with_medicare_reason(one, place, medicare) for place, one in enumerate(ordered)),
        [found.reason for found in verdicts if found.is_known],
        [found.reason for found in verdicts if not found.is_known],
    )


def _sorted(given: Sequence[HeldPolicy], verdict: Callable[[HeldPolicy, HeldPolicy], Verdict]) -> list[HeldPolicy]:
    """Each time the first that nothing left is known to pay before."""
    left = list(given)
    ordered: list[HeldPolicy] = []
    while left:
        free = (one for one in left if not any(_is_before(other, one, verdict) for other in left if other is not one))
        ordered.append(next(free, left[0]))
        left.remove(ordered[-1])
    return ordered


def _is_before(one: HeldPolicy, other: HeldPolicy, verdict: Callable[[HeldPolicy, HeldPolicy], Verdict]) -> bool:
    found = verdict(one, other)
    return found.is_known and found.is_first_first


def between(
    one: HeldPolicy, other: HeldPolicy, *, is_child: bool, has_medicare: bool, medicare: MedicarePlace | None
) -> Verdict:
    """Which of two policies pays first, by the first rule that says so."""
    rules: tuple[Rule, ...] = (
        _accident_first,
        _last_of_all,
        lambda left, right: _medicare(left, right, medicare),
        _active_beside_medicare if has_medicare else _nothing,
        _own_first,
        _parents if is_child else _nothing,
        _active_first,
        _longest_first,
    )
    for rule in rules:
        found = rule(one, other)
        if found is None and (swapped := rule(other, one)) is not None:
            found = replace(swapped, is_first_first=not swapped.is_first_first)
        if found is not None:
            return found
    return Verdict(True, f"{_pair(one, other)}: nothing known tells which pays first", is_known=False)


def _nothing(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    return None


def _pair(one: HeldPolicy, other: HeldPolicy) -> str:
    return " and ".join(sorted((one.name, other.name)))


def _first(one: HeldPolicy, why: str) -> Verdict:
    return Verdict(True, f"{one.name} first: {why}")


def _accident_first(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    if one.covers_through == Basis.ACCIDENT != other.covers_through:
        return _first(one, "it pays for the accident before health plans do")
    return None


def _last_of_all(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    for basis, why in _LAST.items():
        if other.covers_through == basis != one.covers_through:
            return _first(one, why)
        if one.covers_through == basis != other.covers_through:
            return None
    return None


def _medicare(one: HeldPolicy, other: HeldPolicy, place: MedicarePlace | None) -> Verdict | None:
    if one.covers_through != Basis.MEDICARE or other.covers_through == Basis.MEDICARE:
        return None
    if other.covers_through in FORMER | {Basis.INDIVIDUAL}:
        return _first(one, "Medicare pays before a plan that is not of current employment")
    if place is None:
        words = f"{_pair(one, other)}: ask {QUESTIONS}"
        return Verdict(False, words, is_known=False)
    return Verdict(place.is_first, f"{one.name if place.is_first else other.name} first: {place.reason}")


def _active_beside_medicare(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    """Who has Medicare between the spouse's working plan and the own retiree's one: the order is turned round."""
    if one.covers_through == Basis.ACTIVE_EMPLOYMENT and other.covers_through in FORMER and not one.is_own:
        return _first(one, "beside Medicare a plan of current employment pays before one of former employment")
    return None


def _own_first(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    if one.is_own and not other.is_own:
        return _first(one, "the patient's own plan pays before one that covers them as a dependant")
    return None


def _parents(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    if one.is_own or other.is_own:
        return None
    if one.custody is not None and other.custody is not None:
        if _BY_CUSTODY[one.custody] < _BY_CUSTODY[other.custody]:
            return _first(one, _CUSTODY_WORDS[one.custody])
        return None
    if one.custody is not None or other.custody is not None:
        told = one if one.custody is not None else other
        silent = other if told is one else one
        if told.custody == Custody.ORDERED:
            return Verdict(told is one, f"{told.name} first: {_CUSTODY_WORDS[Custody.ORDERED]}")
        words = f"{_pair(one, other)}: say whether the child lives with the parent who holds {silent.name}"
        return Verdict(True, words, is_known=False)
    return _birthday(one, other)


def _birthday(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    """The parent whose birthday comes first in the year; the years of birth do not matter."""
    born, others = one.policy.subscriber.birth_date, other.policy.subscriber.birth_date
    if born is None or others is None:
        silent = one.name if born is None else other.name
        words = f"{_pair(one, other)}: the birth date of the subscriber of {silent} is missing (birthday rule)"
        return Verdict(True, words, is_known=False)
    if (born.month, born.day) < (others.month, others.day):
        return _first(one, f"birthday rule, {born:%B} {born.day} comes before {others:%B} {others.day}")
    return None


def _active_first(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    if one.covers_through not in FORMER and other.covers_through in FORMER:
        return _first(one, "a plan of current employment pays before one of former employment")
    if one.covers_through == Basis.FORMER_EMPLOYMENT and other.covers_through == Basis.CONTINUATION:
        return _first(one, "continuation coverage (COBRA) pays after other plans")
    return None


def _longest_first(one: HeldPolicy, other: HeldPolicy) -> Verdict | None:
    if one.valid_from is None or other.valid_from is None or one.valid_from >= other.valid_from:
        return None
    return _first(one, f"it has covered the longer, since {one.valid_from}")


def _with_medicare_reason(held: HeldPolicy, place: int, medicare: MedicarePlace | None) -> HeldPolicy:
    """Medicare that does not pay first says why (SBR05)."""
    coverage = held.policy.coverage
    if held.covers_through != Basis.MEDICARE:
        return held
    told = medicare.insurance_type if medicare else coverage.insurance_type
    return replace(
        held, policy=replace(held.policy, coverage=replace(coverage, insurance_type=told if place else None))
    )
