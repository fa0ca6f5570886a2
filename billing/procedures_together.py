"""Several procedures of one day: the dearest is paid whole, the others in part (42 CFR 414.40; CMS claims manual, 12).

Which codes the rule is about is Medicare's: the indicator for multiple procedures of the relative value file. 2 is
surgery; 3 is endoscopy, where a family is paid its dearest member whole and of each other what exceeds the family's
base, and then counts as one procedure. 4 to 7 (imaging, therapy, heart, eyes) are not worked out: one alone is whole,
of several it is not known. A side that was done on the left and on the right in two lines counts as one procedure.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from billing.claim import ServiceLine
from billing.relative_values import FeeSchedule, RelativeValue

SURGERY, ENDOSCOPY = "2", "3"
OTHER_KINDS = ("1", "4", "5", "6", "7")
WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Together:
    """What a line is worth, first by itself and then beside the others of its day."""

    amount: Decimal | None
    """Cents, not rounded; None: not known"""
    words: tuple[str, ...]
    unit: Decimal | None = None
    """Of one unit, where the price is one of a unit"""


@dataclass(frozen=True, slots=True)
class Reductions:
    """What a contract says of several procedures of one day, and who knows which codes it means."""

    percents: tuple[Decimal, ...]
    """Of the first, second ... procedure; empty: each is paid whole"""
    both_sides: Decimal | None
    """Of a code that Medicare pays at 150 % for both sides; None: the contract does not say"""
    schedule: FeeSchedule | None
    base_price: Callable[[ServiceLine], Decimal | None]
    """The price of one unit of an endoscopic base"""

    def value_of(self, line: ServiceLine) -> RelativeValue | None:
        return None if self.schedule is None else self.schedule.value_of(line.procedure)

    def sides_percent(self, line: ServiceLine) -> Decimal | None:
        """For both sides of a code, of the price of one; None: not known."""
        value = self.value_of(line)
        if value is None or self.both_sides is None:
            return None
        return {"0": WHOLE, "1": self.both_sides, "2": WHOLE, "3": 2 * WHOLE}.get(value.bilateral)


Parts = list[tuple[int, Decimal]]
"""One procedure: places of lines with what each brings in"""


def reduced(lines: Sequence[ServiceLine], priced: Sequence[Together], by: Reductions) -> list[Together]:
    """Every line of one day after the rules. The order of lines changes nothing."""
    found = _sides(lines, priced, by)
    if not by.percents or _units_of(lines) < 2:
        return found
    if by.schedule is None:
        words = ("several procedures of one day, and no relative values are loaded that say which are reduced",)
        return [Together(None, words) for _ in lines]
    kinds = [value.multiple if (value := by.value_of(line)) else "" for line in lines]
    for kind in OTHER_KINDS:
        among = [at for at, one in enumerate(kinds) if one == kind]
        if _units_of([lines[at] for at in among]) > 1:
            for at in among:
                found[at] = Together(None, (f"several services that Medicare reduces by its rule {kind}",))
    surgical = [at for at, one in enumerate(kinds) if one in {SURGERY, ENDOSCOPY}]
    if _units_of([lines[at] for at in surgical]) < 2:
        return found
    return _ranked(lines, found, surgical, by)


def _units_of(lines: Sequence[ServiceLine]) -> int:
    return sum(max(1, int(line.units)) for line in lines)


def _sides(lines: Sequence[ServiceLine], priced: Sequence[Together], by: Reductions) -> list[Together]:
    """LT and RT of one procedure in two lines are together what modifier 50 in one line is."""
    found = list(priced)
    for left, right in _pairs(lines) if by.both_sides is not None else ():
        amount, both = found[right].amount, by.sides_percent(lines[right])
        if amount is None:
            continue
        if both is None:
            words = f"whether the second side of {lines[right].procedure} is reduced: the relative values do not say"
            found[right] = Together(None, (words,))
            continue
        second = max(both - WHOLE, Decimal(0))
        told = (*found[right].words, f"the other side of line {left + 1}: {second:f} %")
        found[right] = Together(amount * second / WHOLE, told, unit=amount * second / WHOLE)
    return found


def _pairs(lines: Sequence[ServiceLine]) -> list[tuple[int, int]]:
    """Places of one line with LT and one with RT, alike otherwise, one unit each."""
    sides: dict[tuple[str, frozenset[str]], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, line in enumerate(lines):
        for side in {"LT", "RT"} & set(line.modifiers):
            sides[line.procedure, frozenset(line.modifiers) - {"LT", "RT"}][side].append(at)
    found = [(one["LT"][0], one["RT"][0]) for one in sides.values() if len(one["LT"]) == len(one["RT"]) == 1]
    return [(left, right) for left, right in found if left != right and lines[left].units == lines[right].units == 1]


def _ranked(
    lines: Sequence[ServiceLine], found: Sequence[Together], surgical: Sequence[int], by: Reductions
) -> list[Together]:
    """The procedures of the day by what they are worth, each at the percentage of its place."""
    procedures = _procedures(lines, found, surgical, by)
    if procedures is None:
        words = ("another procedure of the day has no known price, so which is paid whole is not known",)
        return [
            Together(None, words if one.amount is not None else one.words) if at in surgical else one
            for at, one in enumerate(found)
        ]
    procedures.sort(key=lambda parts: (-sum(amount for _, amount in parts), _likeness(lines[parts[0][0]])))
    after = list(found)
    for at in surgical:
        after[at] = _summed(found[at], at, procedures, by.percents)
    return after


def _summed(alone: Together, at: int, procedures: Sequence[Parts], percents: Sequence[Decimal]) -> Together:
    """A line as the sum of what it brings to each procedure that it is part of."""
    amount: Decimal | None = Decimal(0)
    told: list[str] = []
    for place, parts in enumerate(procedures):
        brought = [part for line, part in parts if line == at]
        if not brought:
            continue
        percent = percents[place] if place < len(percents) else None
        amount = None if percent is None or amount is None else amount + sum(brought) * percent / WHOLE
        share = "priced by report" if percent is None else f"{percent:f} %"
        told.append(f"procedure {place + 1} of the day: {share}")
    return replace(alone, amount=amount, words=(*alone.words, *told))


def _likeness(line: ServiceLine) -> tuple[str, tuple[str, ...], int, Decimal]:
    return line.procedure, tuple(sorted(line.modifiers)), -line.charge_cents, line.units


def _procedures(
    lines: Sequence[ServiceLine], found: Sequence[Together], surgical: Sequence[int], by: Reductions
) -> list[Parts] | None:
    """What counts as one procedure each; None: a price is not known."""
    if any(found[at].amount is None for at in surgical):
        return None
    families = _families(lines, surgical, by)
    in_family = {at for members in families.values() for at in members}
    second_sides = {right: left for left, right in _pairs(lines)}
    joined: dict[int, Parts] = defaultdict(list)
    procedures: list[Parts] = []
    for at in surgical:
        if at in in_family:
            continue
        if at in second_sides or at in second_sides.values():
            joined[second_sides.get(at, at)] += _units(at, lines[at], found[at])
        else:
            procedures += [[one] for one in _units(at, lines[at], found[at])]
    for base, members in families.items():
        parts = _family(lines, found, members, base, by)
        if parts is None:
            return None
        procedures.append(parts)
    return [*procedures, *joined.values()]


def _families(lines: Sequence[ServiceLine], surgical: Sequence[int], by: Reductions) -> dict[str, list[int]]:
    """Endoscopies by their base. The base itself names none, and belongs to the family that is keyed by its code."""
    families: dict[str, list[int]] = defaultdict(list)
    for at in surgical:
        value = by.value_of(lines[at])
        if value is not None and value.multiple == ENDOSCOPY and value.endoscopic_base:
            families[value.endoscopic_base].append(at)
    for at in surgical:
        if lines[at].procedure in families and at not in families[lines[at].procedure]:
            families[lines[at].procedure].append(at)
    return families


def _units(at: int, line: ServiceLine, one: Together) -> Parts:
    whole = one.amount or Decimal(0)
    if one.unit is None or line.units <= 1 or line.units != line.units.to_integral_value():
        return [(at, whole)]
    return [(at, one.unit)] * int(line.units)


def _family(
    lines: Sequence[ServiceLine], found: Sequence[Together], members: Sequence[int], base: str, by: Reductions
) -> Parts | None:
    """The dearest endoscopy whole, of each other what exceeds the base."""
    parts = [part for at in members for part in _units(at, lines[at], found[at])]
    if len(parts) == 1:
        return parts
    within = by.base_price(replace(lines[members[0]], procedure=base))
    if within is None:
        return None
    first, *rest = sorted(parts, key=lambda part: (-part[1], _likeness(lines[part[0]])))
    return [first, *((at, max(amount - within, Decimal(0))) for at, amount in rest)]
