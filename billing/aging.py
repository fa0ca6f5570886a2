"""How old what is owed is, in the five parts that everybody in the field uses."""

from collections.abc import Iterable
from datetime import date

BUCKETS = ("0-30", "31-60", "61-90", "91-120", "over 120")
"""Days"""
_LAST_DAYS = (30, 60, 90, 120)
OVER_90 = ("91-120", "over 120")
CREDITS = "credits"
"""Paid too much: it has no age"""
PATIENTS = "patients"
"""Who owes a patient's share, beside the payers' ids"""


def bucket_of(day: date, *, as_of: date) -> str:
    """In which part of BUCKETS a day lies; a day to come is in the first one."""
    age = (as_of - day).days
    return next((name for name, last in zip(BUCKETS, _LAST_DAYS, strict=False) if age <= last), BUCKETS[-1])


def owed_since(changes: Iterable[tuple[date, int]]) -> date | None:
    """Since when a balance has stood above zero without a break; None: it does not. Changes in order, in cents."""
    since, balance = None, 0
    for day, cents in changes:
        if balance <= 0 < balance + cents:
            since = day
        balance += cents
    return since if balance > 0 else None


CLASSES = {
    "MA": "Medicare",
    "MB": "Medicare",
    "16": "Medicare Advantage",
    "MC": "Medicaid",
    "CH": "TRICARE",
    "VA": "Veterans Affairs",
    "FI": "Federal employees",
    "OF": "Other federal",
    "BL": "Blue Cross and Blue Shield",
    "CI": "Commercial",
    "HM": "HMO",
    "12": "PPO",
    "13": "Point of service",
    "14": "Exclusive provider",
    "15": "Indemnity",
    "17": "Dental",
    "AM": "Automobile",
    "LM": "Liability",
    "LI": "Liability",
    "WC": "Workers' compensation",
    "DS": "Disability",
    "TV": "Title V",
    "ZZ": "Mutually defined",
}
"""SBR09, the claim filing indicator (005010X222A1, 2000B), as people call its class"""


def class_of(indicator: str | None) -> str:
    """The class of a payer by SBR09 of the visit's claim."""
    return CLASSES.get(indicator or "", f"SBR09 {indicator}" if indicator else "not told")
