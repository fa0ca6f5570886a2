"""What a payer should allow for each line, by the contract that the practice has with it.

A contract pays by a base: its own schedule, a percentage of the charge, or a percentage of Medicare's fee; single codes
may have prices of their own, and rules about several procedures of one day and about both sides may hold. What a payer
will do is never guessed: where nothing is known the answer is None, and its words say why. Sequestration is no part of
the allowed amount.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.claim import Claim, ServiceLine
from billing.money import Cents, format_dollars
from billing.procedures_together import Reductions, Together, reduced
from billing.relative_values import (
    ALONE,
    BUNDLED,
    COMPONENTS,
    FACILITIES,
    PRICED,
    FeeSchedule,
    RelativeValue,
    fee,
    rounded,
)

WHOLE = Decimal(100)


class Basis(StrEnum):
    """What a contract's prices are worked out from."""

    SCHEDULE = "schedule"
    """The contract's own prices, code by code"""
    CHARGE = "charge"
    """A percentage of what is charged"""
    MEDICARE = "medicare"
    """A percentage of Medicare's fee (RBRVS)"""


class PlaceKind(StrEnum):
    """Where a rate holds."""

    ANY = ""
    FACILITY = "facility"
    """Places of service where Medicare pays the facility rate"""
    OFFICE = "office"
    """All others (non-facility)"""


def kind_of_place(place_of_service: str) -> PlaceKind:
    """By the code of CMS's place of service set (CLM05-1)."""
    return PlaceKind.FACILITY if place_of_service in FACILITIES else PlaceKind.OFFICE


@dataclass(frozen=True, slots=True)
class Rate:
    """What a contract says of one code: an amount, or another percentage of its base."""

    procedure: str
    effective_from: date
    modifier: str = ""
    place: PlaceKind = PlaceKind.ANY
    amount_cents: Cents | None = None
    """Of one unit"""
    percent: Decimal | None = None
    """Of Medicare's fee where that is the base, else of the charge"""

    @property
    def key(self) -> tuple[str, str, PlaceKind, date]:
        """What there is one rate of."""
        return self.procedure, self.modifier, self.place, self.effective_from


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract says beside its rates."""

    basis: Basis
    percent: Decimal = WHOLE
    """Of the charge or of Medicare's fee; a schedule's own prices are paid whole"""
    otherwise: Decimal | None = None
    """Percentage of the charge for what has no price; None: the contract does not say"""
    multiple: tuple[Decimal, ...] = ()
    """Percentages of the first, second ... procedure of a day; empty: each is paid whole"""
    bilateral: Decimal | None = None
    """Percentage for both sides (modifier 50, or LT and RT) of codes that Medicare pays at 150 %; None: the contract
    does not say"""
    takes_lesser: bool = True
    """Never more than the charge is allowed"""
    locality: str | None = None
    """`billing.relative_values.Locality.code`"""
    edition: str | None = None
    """Relative values that the contract names for good; None: those of the day of service"""
    conversion_factor: Decimal | None = None
    """In place of Medicare's"""

    @property
    def asks_relative_values(self) -> bool:
        """For prices, or for which codes are reduced."""
        return self.basis == Basis.MEDICARE or bool(self.multiple) or self.bilateral is not None

    @property
    def in_words(self) -> str:
        """Such as `112.5 % of Medicare's fee; procedures of a day 100, 50 %; both sides 150 %`."""
        base = {
            Basis.SCHEDULE: "its own prices",
            Basis.CHARGE: f"{self.percent:f} % of the charge",
            Basis.MEDICARE: f"{self.percent:f} % of Medicare's fee, locality {self.locality}",
        }[self.basis]
        told = [base]
        told += [f"what has no price {self.otherwise:f} % of the charge"] if self.otherwise is not None else []
        told += [f"relative values {self.edition}"] if self.edition else []
        told += [f"conversion factor {self.conversion_factor:f}"] if self.conversion_factor else []
        told += [f"procedures of a day {', '.join(f'{one:f}' for one in self.multiple)} %"] if self.multiple else []
        told += [f"both sides {self.bilateral:f} %"] if self.bilateral is not None else []
        told += [] if self.takes_lesser else ["more than the charge, too"]
        return "; ".join(told)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with one payer, from a day on."""

    id: str
    name: str
    begins: date
    ends: date | None
    """The last day"""
    terms: Terms
    rates: tuple[Rate, ...] = ()

    def is_in_force(self, day: date) -> bool:
        return self.begins <= day <= (self.ends or date.max)

    def rate_of(self, procedure: str, modifier: str, *, place: PlaceKind, day: date) -> Rate | None:
        """The newest rate of the code that has begun; one for this kind of place before one for any."""
        fitting = [
            one
            for one in self.rates
            if (one.procedure, one.modifier) == (procedure, modifier)
            and one.place in {place, PlaceKind.ANY}
            and one.effective_from <= day
        ]
        return max(fitting, key=lambda one: (one.place == place, one.effective_from), default=None)


@dataclass(frozen=True, slots=True)
class Expected:
    """What should be allowed for one line."""

    cents: Cents | None
    """None: not known"""
    words: str
    """How it comes about, or why it is not known"""


NO_CONTRACT = Expected(None, "not known: no contract with this payer is kept for the day of service")


@dataclass(frozen=True, slots=True)
class InForce:
    """What prices a day of service."""

    contract: Contract | None = None
    schedule: FeeSchedule | None = None


def contract_on(contracts: Sequence[Contract], day: date) -> Contract | None:
    """The contract in force on a day of service: of several the one that began last."""
    return max((one for one in contracts if one.is_in_force(day)), key=lambda one: one.begins, default=None)


def expected_of(claim: Claim, in_force: Callable[[date], InForce]) -> list[Expected]:
    """What should be allowed for each line of a claim, in order; the rules look at each day of service by itself."""
    days: dict[date, list[int]] = defaultdict(list)
    for at, line in enumerate(claim.lines):
        days[line.service_date].append(at)
    found: dict[int, Expected] = {}
    for day, places in days.items():
        lines = [claim.lines[at] for at in places]
        priced = expected_allowed(lines, in_force(day), place_of_service=claim.place_of_service)
        found |= dict(zip(places, priced, strict=True))
    return [found[at] for at in range(len(claim.lines))]


def expected_allowed(lines: Sequence[ServiceLine], by: InForce, *, place_of_service: str) -> list[Expected]:
    """What the contract allows for each line of one day, in order. `place_of_service` is the claim's (CLM05-1)."""
    if by.contract is None:
        return [NO_CONTRACT for _ in lines]
    terms = by.contract.terms
    pricing = _Pricing(by.contract, by.schedule, place_of_service, is_alone=len(lines) == 1)
    priced = [pricing.price(line) for line in lines]
    at_once = reduced(lines, priced, pricing.reductions)
    return [_settled(line, one, terms) for line, one in zip(lines, at_once, strict=True)]


def _settled(line: ServiceLine, priced: Together, terms: Terms) -> Expected:
    words = "; ".join(priced.words)
    if priced.amount is None:
        return Expected(None, f"not known: {words}")
    cents = rounded(priced.amount)
    if terms.takes_lesser and cents > line.charge_cents >= 0:
        return Expected(line.charge_cents, f"{words}; not more than the charge")
    return Expected(cents, words)


UNPRICED = frozenset({"52", "53", "54", "55", "56", "66", "73", "74", "78"})
"""Reduced, ended, split or team services: payers price them case by case"""
ASSISTANTS = {"80": Decimal(16), "81": Decimal(16), "82": Decimal(16), "AS": Decimal("13.6")}
"""Percent of the fee that Medicare pays who assists at surgery (42 CFR 414.40; 42 USC 1395w-4(i)(2))"""
CO_SURGEON, CO_SURGEONS_PERCENT = "62", Decimal("62.5")


@dataclass(frozen=True, slots=True)
class _Price:
    """The price of one unit before rules about modifiers."""

    amount: Decimal | None
    words: str
    is_of_charge: bool = False
    """A share of the whole line's charge: units and modifiers are in it already"""
    value: RelativeValue | None = None
    held: frozenset[str] = field(default_factory=frozenset)
    """Modifiers that are in the price already"""


@dataclass(frozen=True, slots=True)
class _Pricing:
    """One contract on one day."""

    contract: Contract
    schedule: FeeSchedule | None
    place_of_service: str
    is_alone: bool
    """No other line that day"""

    @property
    def reductions(self) -> Reductions:
        terms = self.contract.terms
        return Reductions(terms.multiple, terms.bilateral, self.schedule, self.base_price)

    def price(self, line: ServiceLine) -> Together:
        """The line by itself, as if nothing else had been done that day."""
        price = self._unit_price(line)
        if price.amount is None and self.contract.terms.otherwise is not None:
            price = _of_charge(line, self.contract.terms.otherwise, f"{price.words}; ")
        if price.amount is None:
            return Together(None, (price.words,))
        if price.is_of_charge:
            return Together(price.amount, (price.words,))
        if line.unit_basis != "UN" or line.units <= 0:
            return Together(None, ("the price is one of a unit, and the line counts something else",))
        factor, words = self._factor(line, price)
        if factor is None:
            return Together(None, words)
        told = (price.words, *words)
        return Together(price.amount * line.units * factor / WHOLE, told, unit=price.amount * factor / WHOLE)

    def base_price(self, line: ServiceLine) -> Decimal | None:
        """The price of one unit of an endoscopic base: what each of its family holds already."""
        return self._unit_price(replace(line, modifiers=())).amount

    def _unit_price(self, line: ServiceLine) -> _Price:
        terms = self.contract.terms
        rate, modifier = self._rate(line)
        held = frozenset({modifier} - {""})
        if rate is not None and rate.amount_cents is not None:
            words = f"{format_dollars(rate.amount_cents)} a unit by the contract"
            return _Price(Decimal(rate.amount_cents), words, held=held, value=self._value(line))
        percent = rate.percent if rate is not None and rate.percent is not None else terms.percent
        if terms.basis == Basis.MEDICARE:
            return self._medicare(line, percent)
        if terms.basis == Basis.CHARGE or rate is not None:
            return _of_charge(line, percent)
        return _Price(None, f"the contract has no price of {line.called}")

    def _rate(self, line: ServiceLine) -> tuple[Rate | None, str]:
        """The rate of the code, with the modifier that it is for."""
        place = kind_of_place(line.place_of_service or self.place_of_service)
        for modifier in (*line.modifiers, ""):
            rate = self.contract.rate_of(line.procedure, modifier, place=place, day=line.service_date)
            if rate is not None:
                return rate, modifier
        return None, ""

    def _value(self, line: ServiceLine) -> RelativeValue | None:
        if self.schedule is None:
            return None
        component = next((one for one in line.modifiers if one in COMPONENTS), "")
        return self.schedule.value_of(line.procedure, component)

    def _medicare(self, line: ServiceLine, percent: Decimal) -> _Price:
        if line.revenue is not None:
            return _Price(None, "Medicare pays hospitals by the stay or by the visit, which this office does not price")
        schedule, value = self.schedule, self._value(line)
        if schedule is None:
            return _Price(None, "no relative values are loaded for the day of service")
        if schedule.locality is None:
            return _Price(None, "no cost indices are loaded for the contract's locality and the day of service")
        component = next((one for one in line.modifiers if one in COMPONENTS), "")
        code = f"{line.procedure}{component and '-' + component}"
        if value is None:
            return _Price(None, f"{code} is not in the relative values {schedule.edition}")
        if value.status in BUNDLED:
            return _Price(Decimal(0), f"{code} is bundled: Medicare pays nothing for it apart", value=value)
        if value.status == ALONE and not self.is_alone:
            return _Price(None, f"{code} is paid where nothing else is paid that day (status {ALONE})", value=value)
        place = line.place_of_service or self.place_of_service
        factor = self.contract.terms.conversion_factor
        each = fee(value, schedule.locality, place_of_service=place, factor=factor)
        if value.status not in PRICED or not each:
            return _Price(None, f"Medicare's schedule has no price of {code} (status {value.status})")
        words = f"Medicare's fee of {format_dollars(each)} ({schedule.edition}, locality {schedule.locality.code})"
        told = words if percent == WHOLE else f"{percent:f} % of {words}"
        return _Price(each * percent / WHOLE, told, value=value, held=frozenset({component} - {""}))

    def _factor(self, line: ServiceLine, price: _Price) -> tuple[Decimal | None, tuple[str, ...]]:
        """The percentage that modifiers make of the price; None: not known, and why."""
        factor, words = WHOLE, []
        for modifier in line.modifiers:
            if modifier in price.held:
                continue
            if modifier in UNPRICED or modifier in COMPONENTS:
                return None, (f"modifier {modifier} has no price of its own here",)
            if modifier in ASSISTANTS or modifier == CO_SURGEON:
                share = self._surgeons(modifier, price.value)
                if share is None:
                    return None, (f"who is paid with modifier {modifier} is not known",)
                factor = factor * share / WHOLE
                words.append(f"modifier {modifier}: {share:f} %")
            if modifier == "50":
                both, why = self._both_sides(line)
                if both is None:
                    return None, (why,)
                factor = factor * both / WHOLE
                words.append(f"both sides: {both:f} %")
        return factor, tuple(words)

    def _surgeons(self, modifier: str, value: RelativeValue | None) -> Decimal | None:
        if self.contract.terms.basis != Basis.MEDICARE or value is None:
            return None
        if modifier == CO_SURGEON:
            return CO_SURGEONS_PERCENT if value.co_surgeon in {"1", "2"} else None
        return {"1": Decimal(0), "2": ASSISTANTS[modifier]}.get(value.assistant)

    def _both_sides(self, line: ServiceLine) -> tuple[Decimal | None, str]:
        """The percentage for both sides in one line; None: not known, and why."""
        if self.contract.terms.bilateral is None:
            return None, "the contract does not say what both sides (modifier 50) are paid"
        if line.units != 1:
            return None, "both sides (modifier 50) are one unit, and the line counts others"
        percent = self.reductions.sides_percent(line)
        if percent is None:
            return None, f"what both sides of {line.procedure} are paid: no relative values that are loaded say"
        return percent, ""


def _of_charge(line: ServiceLine, percent: Decimal, before: str = "") -> _Price:
    return _Price(line.charge_cents * percent / WHOLE, f"{before}{percent:f} % of the charge", is_of_charge=True)
