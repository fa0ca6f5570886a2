"""Money as whole cents, and the only places where it becomes text or is shared out.

No float ever touches money. Text is parsed and printed at the edges (X12, JSON, templates); rates and
quantities are `Decimal`; every rounding has a name that says which way it goes.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NewType

Cents = NewType("Cents", int)

ZERO = Cents(0)
LARGEST = 10**12
"""Ten thousand million dollars in cents: what is more is a slip"""


_WITH_COMMAS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{0,2})?")


_NO_NUMBER = "amount is not a number; write digits such as 120.00"


class NotAnAmount(ValueError):
    """The text is no amount of dollars with at most two decimals."""


def parse_cents(text: str) -> Cents:
    """Read an X12 `R` amount or a plain decimal: `"150"`, `"39.2"`, `"-80"`, `".8"` -> cents.

    Raises NotAnAmount for anything else, sub-cent amounts and exponents included: an amount is never rounded
    on the way in.
    """
    whole, _, fraction = text.partition(".")
    if whole and len(whole) <= 10 and len(fraction) <= 2 and text.isascii() and f"{whole}{fraction}".isdecimal():
        return Cents(int(whole) * 100 + int(f"{fraction:0<2}"))
    if not text.isascii():
        raise NotAnAmount(_NO_NUMBER)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise NotAnAmount(_NO_NUMBER) from None
    if not value.is_finite() or "e" in text.lower() or "_" in text or text != text.strip():
        raise NotAnAmount("amount is not a plain decimal number")
    cents = value * 100
    if abs(cents) > LARGEST:
        raise NotAnAmount("amount is larger than any bill")
    if cents != cents.to_integral_value():
        raise NotAnAmount("amount has a fraction of a cent")
    return Cents(int(cents))


def parse_typed(text: str) -> Cents:
    """Read an amount as people write it: `"$20"`, `"1,000.00"`, `"39.2"` -> cents.

    Commas stand before each three digits or nowhere: `"1,5"` might be one dollar fifty elsewhere. Raises NotAnAmount.
    """
    plain = text.strip().removeprefix("$").strip()
    if "," in plain:
        if not _WITH_COMMAS.fullmatch(plain):
            raise NotAnAmount("amount has a comma that is not before three digits; write cents after a point")
        plain = plain.replace(",", "")
    return parse_cents(plain)


def format_amount(cents: Cents | int) -> str:
    """Print cents as X12 wants them: no trailing zeros, no plus sign: 15000 -> `"150"`, 80 -> `"0.8"`."""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    if rest == 0:
        return f"{sign}{dollars}"
    return f"{sign}{dollars}.{rest:02d}".rstrip("0")


def format_dollars(cents: Cents | int) -> str:
    """Print cents for people: 123456 -> `"$1,234.56"`, -500 -> `"-$5.00"`."""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


def share_pro_rata(total: Cents, weights: Sequence[int]) -> list[Cents]:
    """Share `total` over `weights`, each share cut towards zero, the cents left over to the largest weight.

    The shares always sum to `total`. All weights zero: everything goes to the first. Source: domain rule for
    claim-level CAS of the 835 (pro rata to SVC03, last cent to the largest line).
    """
    if not weights:
        raise ValueError("nothing to share over")
    whole = sum(weights)
    if whole == 0:
        return [total, *[ZERO] * (len(weights) - 1)]
    shares = [_cut(total * weight, whole) for weight in weights]
    largest = max(range(len(weights)), key=lambda index: abs(weights[index]))
    shares[largest] = Cents(shares[largest] + total - sum(shares))
    return shares


def _cut(amount: int, divisor: int) -> Cents:
    """The quotient without its fraction, towards zero."""
    cents = abs(amount) // abs(divisor)
    return Cents(cents if (amount < 0) == (divisor < 0) else -cents)
