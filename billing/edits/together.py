"""Services beside each other, on this claim and on earlier ones: C04 to C08, C11."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import permutations

from billing.claim import Claim, ServiceLine
from billing.coding_rules import CONTRACTOR_DEFINED, NEVER, PAIR_MODIFIERS, WITH_MODIFIER, CodePair, CountedBy, RuleKind
from billing.edits.registry import GOVERNMENT, Bill, Scope, Severity, Situation, edit
from billing.procedures import BLOOD_DRAWS, EVALUATION, SURGERY, is_in, is_new_patient

DISTINCT = frozenset({"59", "XE", "XP", "XS", "XU"})
SMALL_OPERATION, MAJOR_SURGERY = "000", "090"
OPERATIONS = frozenset({SMALL_OPERATION, "010", MAJOR_SURGERY})
"""Global days of the fee schedule: what is paid together with the visit of the day"""
THREE_YEARS = 3


def _rendering(claim: Claim, line: ServiceLine) -> str | None:
    named = next((one for one in line.providers if one.role == "82"), None) or claim.provider("82")
    return (named or claim.billing_provider).npi


def _pairs(claim: Claim, situation: Situation) -> Iterator[tuple[int, int, CodePair]]:
    """(line of column 1, line of column 2, pair) of one day and provider; lines count from 1."""
    by_codes = defaultdict(list)
    for pair in situation.known.pairs:
        by_codes[pair.first, pair.second].append(pair)
    if not by_codes:
        return
    for (one, first), (two, second) in permutations(enumerate(claim.lines, start=1), 2):
        day = first.service_date
        if day == second.service_date and _rendering(claim, first) == _rendering(claim, second):
            for pair in by_codes[first.procedure, second.procedure]:
                if pair.is_in_force(day) and pair.indicator in {NEVER, WITH_MODIFIER}:
                    yield one, two, pair


@edit(
    "C04",
    Severity.WARNING,
    fix="Bill the first code alone; where both were truly distinct, say so by a modifier (XE, XS, XP, XU or 59).",
    scope=Scope.LINE,
    errors_for=GOVERNMENT,
    bill=Bill.PROFESSIONAL,
)
def pairs_stand_together(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The second code of an NCCI pair is not paid beside the first on one day (42 CFR 414.40; CMS quarterly files)."""
    for one, two, pair in _pairs(claim, situation):
        told = PAIR_MODIFIERS.intersection(claim.lines[one - 1].modifiers + claim.lines[two - 1].modifiers)
        if pair.indicator == NEVER:
            yield f"line.{two}.procedure", f"line {two}: {pair.second} is never paid beside {pair.first} (line {one})"
        elif not told:
            yield (
                f"line.{two}.modifiers",
                f"line {two}: {pair.second} is part of {pair.first} (line {one}) unless a modifier says otherwise",
            )


@edit(
    "C08",
    Severity.WARNING,
    fix="Leave the modifier out where no pair asks for it.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def distinct_from_something(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """59, XE, XP, XS and XU part the codes of an NCCI pair, and nothing else (NCCI policy manual, chapter I)."""
    if RuleKind.PAIRS not in situation.known.loaded:
        return
    paired = {line for one, two, _ in _pairs(claim, situation) for line in (one, two)}
    for number, line in enumerate(claim.lines, start=1):
        needless = sorted(DISTINCT.intersection(line.modifiers))
        if needless and number not in paired:
            yield f"line.{number}.modifiers", f"line {number}: {needless[0]} parts it from no code of this claim"


def _by_day(claim: Claim) -> dict[tuple[str, date, str | None], list[int]]:
    """Lines (from 1) of each procedure, day and rendering provider."""
    found: dict[tuple[str, date, str | None], list[int]] = defaultdict(list)
    for number, line in enumerate(claim.lines, start=1):
        found[line.procedure, line.service_date, _rendering(claim, line)].append(number)
    return found


@edit(
    "C05",
    Severity.WARNING,
    fix="Correct the units; units that were truly given go on lines of their own with a modifier where one applies.",
    scope=Scope.LINE,
    errors_for=GOVERNMENT,
    bill=Bill.PROFESSIONAL,
)
def units_are_believed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """No more units than the NCCI limit of the line (MAI 1) or of the day by policy (MAI 2; CMS quarterly files)."""
    limits = situation.known.limits
    for number, line in enumerate(claim.lines, start=1):
        limit = limits.get(line.procedure)
        if limit is not None and limit.counted_by == CountedBy.LINE and line.units > limit.units:
            yield f"line.{number}.units", f"line {number}: {line.procedure} is paid {limit.units} times a line"
    yield from _over_the_day(claim, situation, CountedBy.DAY_ABSOLUTE)


@edit(
    "C05B",
    Severity.WARNING,
    fix="Check the units; keep the records ready, since more is paid on appeal only.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def units_are_usual(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """More units than the NCCI limit of the day by clinical experience want records (MAI 3)."""
    yield from _over_the_day(claim, situation, CountedBy.DAY)


def _over_the_day(claim: Claim, situation: Situation, counted_by: CountedBy) -> Iterator[tuple[str, str]]:
    for (procedure, _, _), numbers in _by_day(claim).items():
        limit = situation.known.limits.get(procedure)
        if limit is None or limit.counted_by != counted_by:
            continue
        units = sum((claim.lines[number - 1].units for number in numbers), Decimal(0))
        if units > limit.units:
            last = numbers[-1]
            yield f"line.{last}.units", f"line {last}: {procedure} is paid {limit.units} times a day; here are {units}"


@edit(
    "C06",
    Severity.WARNING,
    fix="Add the service that the code is added to, or bill the code of the service alone.",
    scope=Scope.LINE,
    errors_for=GOVERNMENT,
    bill=Bill.PROFESSIONAL,
)
def add_ons_have_their_primary(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An add-on code stands beside one of its primaries, the same day (NCCI add-on file, types 1 and 3)."""
    for number, line in enumerate(claim.lines, start=1):
        rules = [one for one in situation.known.add_ons.get(line.procedure, ()) if one.is_in_force(line.service_date)]
        if not rules:
            continue
        beside = _beside(claim, number, situation)
        primaries = {one.primary_code for one in rules}
        is_open = CONTRACTOR_DEFINED in primaries or any(one.kind != "1" for one in rules)
        if not (beside if is_open else beside & primaries):
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is added to a service that is missing"


def _beside(claim: Claim, number: int, situation: Situation) -> set[str]:
    """Procedures of the same day on this claim and on the patient's others; other add-ons count for nothing."""
    day = claim.lines[number - 1].service_date
    here = {one.procedure for one in claim.lines if one.service_date == day}
    elsewhere = {one.procedure for one in situation.known.past if one.service_date == day}
    return (here | elsewhere) - situation.known.add_ons.keys()


@edit(
    "C07B",
    Severity.WARNING,
    fix="Add 25 to a visit that was more than the procedure's own, 57 where it decided on a major operation.",
    scope=Scope.LINE,
)
def visit_beside_a_procedure(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A visit on the day of an operation says why it is paid (25; 57 for one of 90 global days; NCCI manual, ch. I)."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_in(line.procedure, *EVALUATION) or {"24", "25", "57"} & set(line.modifiers):
            continue
        beside = [one.procedure for one in claim.lines if one.service_date == line.service_date]
        operations = [one for one in beside if _global_days(one, situation) in OPERATIONS]
        if operations:
            is_major = any(_global_days(one, situation) == MAJOR_SURGERY for one in operations)
            word = "57" if is_major else "25"
            yield f"line.{number}.modifiers", f"line {number}: a visit beside {operations[0]} is paid with {word} only"


def _global_days(procedure: str, situation: Situation) -> str:
    """By the fee schedule; where it is not loaded every operation but a blood draw counts as a small one."""
    facts = situation.known.indicators.get(procedure)
    if facts is not None:
        return facts.global_days
    return SMALL_OPERATION if is_in(procedure, SURGERY) and not is_in(procedure, BLOOD_DRAWS) else ""


def _three_years_before(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return date(day.year - THREE_YEARS, day.month, 28 if leap_day else day.day)


@edit("C11", fix="Bill the code of an established patient.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def new_patients_are_new(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody is new whom the same physician saw within three years (CMS manual 100-04, chapter 12, 30.6.7)."""
    for number, line in enumerate(claim.lines, start=1):
        if is_new_patient(line.procedure) and _seen_by(claim, line, situation, same_physician=True):
            yield f"line.{number}.procedure", f"line {number}: the same physician saw the patient within three years"


@edit(
    "C11B",
    Severity.WARNING,
    fix="Look up whether the other physician has the same specialty.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def new_patients_are_new_to_the_group(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody is new to a physician whose group saw them in the same specialty within three years."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_new_patient(line.procedure) or _seen_by(claim, line, situation, same_physician=True):
            continue
        if _seen_by(claim, line, situation, same_physician=False):
            yield f"line.{number}.procedure", f"line {number}: a colleague saw the patient within three years"


def _seen_by(claim: Claim, line: ServiceLine, situation: Situation, *, same_physician: bool) -> bool:
    since = _three_years_before(line.service_date)
    for one in situation.known.past:
        if one.is_same_visit:
            continue
        is_visit = is_in(one.procedure, *EVALUATION, SURGERY)
        if not is_visit or not since < one.service_date < line.service_date:
            continue
        if same_physician and one.rendering_npi == _rendering(claim, line):
            return True
        if not same_physician and one.billing_npi == claim.billing_provider.npi:
            return True
    return False
