"""What the law wants on a patient's bill, from when on, and on which bills.

Sources: 45 CFR 149.610 and 149.620 (good-faith estimate and dispute, for who pays alone; only what concerns a bill);
45 CFR 92.11(c)(5) (language help on bills). The surprise-billing disclosure of 45 CFR 149.430 is for facilities and
goes with no statement.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class RequiredText:
    """One notice."""

    key: str
    """In the tables of words"""
    since: date
    """Papers of this day and later"""
    source: str
    only_self_pay: bool = False
    """On papers about a visit that no insurance was billed for"""
    in_every_language: bool = False
    """Also in the languages that the paper is not in: its reader may not read it"""


REQUIRED = (
    RequiredText("notice_estimate", date(2022, 1, 1), "45 CFR 149.610, 149.620", only_self_pay=True),
    RequiredText("notice_language", date(2025, 7, 5), "45 CFR 92.11", in_every_language=True),
)


def required(on: date, *, is_self_pay: bool) -> list[RequiredText]:
    """What a paper of this day has to say."""
    return [one for one in REQUIRED if on >= one.since and (is_self_pay or not one.only_self_pay)]
