"""The figures of the board: each a ratio with what it is made of, so that anybody can work it out again."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Unit(StrEnum):
    """What a figure is told in."""

    PERCENT = "percent"
    DAYS = "days"


class Of(StrEnum):
    """What numerator and denominator count."""

    VISITS = "visits"
    CENTS = "cents"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio of one month. The denominator may be an average: `over` says of how many months or days."""

    name: str
    title: str
    formula: str
    """In words: numerator / denominator"""
    target: str
    numerator: int
    denominator: int
    unit: Unit = Unit.PERCENT
    counts: tuple[Of, Of] = (Of.VISITS, Of.VISITS)
    over: int = 1
    """The denominator is divided by it"""
    hits: frozenset[str] = field(default=frozenset())
    """Ids of the visits in the numerator"""
    visits: frozenset[str] = field(default=frozenset())
    """Ids of the visits in the denominator; none: it is made of the ledger's sums"""

    @property
    def value(self) -> Decimal | None:
        """With one decimal, half up; None: nothing to divide by, which is not zero: none, or
        less taken in than given up, as in a month of adjustments without charges."""
        if self.denominator <= 0:
            return None
        factor = 100 if self.unit == Unit.PERCENT else 1
        exact = Decimal(self.numerator) * self.over * factor / Decimal(self.denominator)
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
