"""What a patient will owe for services to come, from fee schedule, contract and benefits: a range, and why.

Nothing is guessed: what is not known widens the range, and the words say so. A line's allowed amount lies between
nothing and its charge until a contract prices it; a deductible, a coinsurance or both that nobody told of may take the
whole of it. Copay and deductible are used up in the order of the lines; lines whose allowed amount is not known come
after those where it is, so that no doubt about one line makes another doubtful.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.claim import ServiceLine
from billing.contracts import Expected
from billing.eligibility import EligibilityResponse
from billing.money import ZERO, Cents, format_dollars
from billing.relative_values import rounded
from billing.verification import remaining_amount

PERCENT = 100


@dataclass(frozen=True, slots=True)
class KnownBenefits:
    """What a payer told of the patient's benefits; None: it told nothing of that."""

    answered_on: date
    copay_cents: Cents | None = None
    """Of one visit"""
    deductible_remaining_cents: Cents | None = None
    coinsurance: Decimal | None = None
    """The patient's share: 0.2 is 20 %"""
    out_of_pocket_remaining_cents: Cents | None = None
    """What the patient can still owe this year"""

    def on(self, day: date) -> "KnownBenefits":
        """What of it holds on a day of service: in another year deductible and limit begin anew."""
        if day.year == self.answered_on.year:
            return self
        return replace(self, deductible_remaining_cents=None, out_of_pocket_remaining_cents=None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an estimate is worked out from, as it was known then: the same gives the same estimate at any time."""

    day: date
    lines: tuple[ServiceLine, ...]
    """Priced by the charge master"""
    place_of_service: str
    diagnoses: tuple[str, ...] = ()
    payer: str | None = None
    """Who pays first, by name; None: the patient pays alone"""
    expected: tuple[Expected, ...] = ()
    """What that payer should allow for each line"""
    contract: str | None = None
    """By which contract"""
    benefits: KnownBenefits | None = None
    later_payers: tuple[str, ...] = ()
    forbids: str = ""
    """Why nothing may be collected from the patient; empty: it may"""
    discount_percent: int = 0
    """For who pays alone"""


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """What the patient will owe for one line."""

    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    charge_cents: Cents
    allowed_cents: Cents | None
    """By the contract; None: not known"""
    copay_cents: Cents | None
    """These three at their most; None: not known"""
    deductible_cents: Cents | None
    coinsurance_cents: Cents | None
    low_cents: Cents
    high_cents: Cents
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the patient will owe, line by line."""

    lines: tuple[EstimateLine, ...]
    notes: tuple[str, ...]
    """What the whole rests on"""
    is_self_pay: bool = False
    """Nobody but the patient pays"""

    @property
    def charge_cents(self) -> Cents:
        return Cents(sum(one.charge_cents for one in self.lines))

    @property
    def low_cents(self) -> Cents:
        return Cents(sum(one.low_cents for one in self.lines))

    @property
    def high_cents(self) -> Cents:
        return Cents(sum(one.high_cents for one in self.lines))


def work_out(asked: Asked) -> Estimate:
    """The estimate."""
    if asked.payer is None:
        return alone(asked.lines, discount_percent=asked.discount_percent)
    if asked.forbids:
        return forbidden(asked.lines, asked.expected, why=asked.forbids)
    return insured(asked.lines, asked.expected, asked.benefits, later_payers=asked.later_payers)


def alone(lines: Sequence[ServiceLine], *, discount_percent: int) -> Estimate:
    """For who pays alone: each line's charge less the self-pay discount, whose cents are cut, as it will be billed."""
    told = f", less {discount_percent} % for who pays alone" if discount_percent else ""
    made = []
    for line in lines:
        owed = Cents(line.charge_cents - line.charge_cents * discount_percent // PERCENT)
        reason = f"the charge of {format_dollars(line.charge_cents)}{told}"
        made.append(_line(line, allowed=None, low=owed, high=owed, reason=reason))
    return Estimate(tuple(made), ("Nobody but the patient pays.",), is_self_pay=True)


def forbidden(lines: Sequence[ServiceLine], expected: Sequence[Expected], *, why: str) -> Estimate:
    """For a patient of whom nothing may be collected (`billing.patient_share`)."""
    none = {"copay": ZERO, "deductible": ZERO, "coinsurance": ZERO, "low": ZERO, "high": ZERO}
    made = [_line(line, allowed=one.cents, reason=why, **none) for line, one in zip(lines, expected, strict=True)]
    return Estimate(tuple(made), (f"Nothing may be collected: {why}.",))


def insured(
    lines: Sequence[ServiceLine],
    expected: Sequence[Expected],
    benefits: KnownBenefits | None,
    *,
    later_payers: Sequence[str] = (),
) -> Estimate:
    """For who is insured. `expected` is what the first payer should allow for each line (`billing.contracts`);
    `later_payers` are the names of those who pay after it, who may take over the whole share."""
    parts = _parts(lines, expected, benefits)
    limit = benefits.out_of_pocket_remaining_cents if benefits else None
    left = limit
    made = []
    for line, one, part in zip(lines, expected, parts, strict=True):
        high = part.high if left is None else min(left, part.high)
        left = None if left is None else Cents(left - high)
        low = ZERO if later_payers else min(part.low, high)
        words = part.words(one, benefits)
        words += [f"the plan's yearly limit leaves {format_dollars(high)}"] if high < part.high else []
        made.append(
            _line(
                line,
                allowed=one.cents,
                copay=part.copay if benefits and benefits.copay_cents is not None else None,
                deductible=part.deductible if part.tells_deductible else None,
                coinsurance=part.coinsurance if part.tells_coinsurance else None,
                low=Cents(low),
                high=Cents(high),
                reason="; ".join(words),
            )
        )
    return Estimate(tuple(made), tuple(_notes(benefits, later_payers)))


def out_of_pocket_remaining(response: EligibilityResponse) -> Cents | None:
    """What the patient can still owe this year, by a stored 271; None: it does not say."""
    return remaining_amount(response, "G")


@dataclass(frozen=True, slots=True)
class _Part:
    """One line before the yearly limit."""

    copay: Cents
    deductible: Cents
    coinsurance: Cents
    low: Cents
    tells_deductible: bool
    tells_coinsurance: bool
    rest: Cents
    """Of which the coinsurance is taken"""

    @property
    def high(self) -> Cents:
        return Cents(self.copay + self.deductible + self.coinsurance)

    def words(self, expected: Expected, benefits: KnownBenefits | None) -> list[str]:
        """Why, part by part."""
        if expected.cents is None:
            told = [f"the allowed amount is {expected.words}; at most the charge"]
        else:
            told = [f"allowed {format_dollars(expected.cents)}: {expected.words}"]
        if benefits is None:
            return [*told, "the patient's benefits are not known: from nothing to the whole allowed amount"]
        if self.copay:
            only = ", which may be all that the plan asks for this line" if self.high > self.copay else ""
            told.append(f"copay {format_dollars(self.copay)}{only}")
        if benefits.deductible_remaining_cents is None:
            told.append("what is left of the deductible is not known: it may take the whole")
        elif self.deductible:
            told.append(f"deductible {format_dollars(self.deductible)}")
        if benefits.coinsurance is None:
            told += ["the coinsurance is not known: it may take what is left"] if self.rest else []
        elif self.coinsurance:
            percent = (benefits.coinsurance * PERCENT).normalize()
            told.append(f"coinsurance {percent:f} % of {format_dollars(self.rest)}")
        return told


def _parts(
    lines: Sequence[ServiceLine], expected: Sequence[Expected], benefits: KnownBenefits | None
) -> Iterable[_Part]:
    """Each line's parts, in the order of the lines: with all that is not known at its most and at its least."""
    most = [line.charge_cents if one.cents is None else one.cents for line, one in zip(lines, expected, strict=True)]
    in_turn = sorted(range(len(lines)), key=lambda at: expected[at].cents is None)
    copays = _used_up(benefits.copay_cents if benefits else None, most, in_turn)
    rests = [Cents(cents - copay) for cents, copay in zip(most, copays, strict=True)]
    in_turn.sort(key=lambda at: (expected[at].cents is None, copays[at] > 0))
    deductible = benefits.deductible_remaining_cents if benefits else None
    share = benefits.coinsurance if benefits else None
    deducted = rests if deductible is None else _used_up(deductible, rests, in_turn)
    found = []
    for at, copay in enumerate(copays):
        is_priced = expected[at].cents is not None
        rest = Cents(rests[at] - deducted[at])
        coinsurance = rest if share is None else rounded(rest * share)
        low = copay
        if copay == 0:
            sure = ZERO if deductible is None else deducted[at]
            low = Cents(sure + rounded((rests[at] - sure) * (share or Decimal(0))))
        found.append(
            _Part(
                copay,
                deducted[at],
                coinsurance,
                low if is_priced else ZERO,
                tells_deductible=is_priced and deductible is not None,
                tells_coinsurance=is_priced and deductible is not None and share is not None,
                rest=rest,
            )
        )
    return found


def _used_up(total: Cents | None, most: Sequence[Cents], in_turn: Sequence[int]) -> list[Cents]:
    """How much of `total` each line takes, at most its own amount, in this order; nothing where none is told."""
    left = total or ZERO
    taken = [ZERO] * len(most)
    for at in in_turn:
        taken[at] = Cents(min(left, max(most[at], 0)))
        left = Cents(left - taken[at])
    return taken


def _notes(benefits: KnownBenefits | None, later_payers: Sequence[str]) -> list[str]:
    if benefits is None:
        told = ["No answer of the payer about the patient's benefits is kept: verify the coverage to narrow this."]
    else:
        told = [f"Benefits as the payer told them on {benefits.answered_on}."]
        if benefits.copay_cents is None:
            told.append("The payer names no copay: none is counted.")
        if benefits.out_of_pocket_remaining_cents is None:
            told.append("The payer does not say what is left of the year's out-of-pocket limit: it is not counted.")
    if later_payers:
        told.append(f"{', '.join(later_payers)} pays after the first payer and may take over the whole share.")
    return told


def _line(
    line: ServiceLine,
    *,
    allowed: Cents | None,
    low: Cents,
    high: Cents,
    reason: str,
    copay: Cents | None = None,
    deductible: Cents | None = None,
    coinsurance: Cents | None = None,
) -> EstimateLine:
    return EstimateLine(
        line.procedure,
        line.modifiers,
        line.units,
        line.charge_cents,
        allowed,
        copay,
        deductible,
        coinsurance,
        low,
        high,
        reason,
    )
