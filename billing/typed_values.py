"""Days and amounts as people type them into corrections. Raises ValueError with what should be typed."""

from datetime import date

from billing.money import Cents, parse_typed


def typed_amount(value: str) -> Cents:
    """`20.00`; never below zero."""
    cents = parse_typed(value)
    if cents < 0:
        raise ValueError("must not be below zero")
    return cents


def typed_day(value: str) -> date:
    """`2026-01-31`."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("write the day as YYYY-MM-DD") from None
