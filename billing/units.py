"""Units of a service line as people and programs write them (SV104 of 005010X222A1)."""

import re
from decimal import Decimal

_PLAIN = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")


class NotUnits(ValueError):
    """The text is no number of units."""


def parse_units(text: str) -> Decimal:
    """Read `"1"`, `"2.5"`, `" 30 "`. Raises NotUnits for anything else: `"1e5"` is a slip, not a hundred thousand."""
    plain = text.strip()
    if not _PLAIN.fullmatch(plain) or not Decimal(plain):
        raise NotUnits("must be a number above zero with at most three decimals, such as 1 or 2.5")
    return Decimal(plain)
