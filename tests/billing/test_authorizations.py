"""What payers want authorized, and whether what they authorized covers it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.authorizations import (
    Authorization,
    AuthorizationRule,
    fitting,
    lines_to_authorize,
    why_not_planned,
)
from tests.builders import a_claim, a_line

DAY = date(2026, 10, 20)
MRI = AuthorizationRule("99999", "70540", "70559", date(2026, 1, 1))
HELD = Authorization("A1", date(2026, 10, 1), date(2026, 10, 31), frozenset({"70551"}), Decimal(1))
CLAIM = a_claim(a_line("70551"), a_line("99213"))


@pytest.mark.parametrize(
    ("procedure", "payer", "day", "wanted"),
    [
        ("70540", "99999", DAY, True),
        ("70559", "99999", DAY, True),
        ("70539", "99999", DAY, False),
        ("70560", "99999", DAY, False),
        ("70551", "88888", DAY, False),
        ("70551", "99999", date(2025, 12, 31), False),
        ("J7054", "99999", DAY, False),
        ("705", "99999", DAY, False),
    ],
)
def test_a_rule_is_of_a_payer_a_span_of_codes_and_days(procedure: str, payer: str, day: date, wanted: bool) -> None:
    assert MRI.wants(procedure, payer, day) is wanted


def test_a_rule_holds_to_its_last_day_and_one_of_nobody_for_every_payer() -> None:
    ended = replace(MRI, payer_id="", ends=DAY)
    assert ended.wants("70551", "88888", DAY)
    assert not ended.wants("70551", "88888", date(2026, 10, 21))


def test_the_lines_that_want_one_and_the_only_one_that_fits() -> None:
    wanted = lines_to_authorize(CLAIM, [MRI])
    assert wanted == frozenset({1})
    assert fitting(CLAIM, wanted, [HELD]) == HELD
    assert fitting(CLAIM, wanted, [HELD, replace(HELD, number="A2")]) is None, "a person chooses among several"
    assert fitting(CLAIM, wanted, [replace(HELD, used=Decimal(1))]) is None
    assert fitting(CLAIM, frozenset(), [HELD]) is None


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ([HELD], ""),
        ([], "70551 must be authorized before 2026-10-20, and no authorization covers it then"),
        ([replace(HELD, valid_to=date(2026, 10, 19))], "A1 holds from 2026-10-01 to 2026-10-19"),
        ([replace(HELD, used=Decimal(1))], "its units are used up"),
        ([replace(HELD, procedures=frozenset({"70553"}))], "no authorization covers it then"),
        ([replace(HELD, procedures=frozenset())], ""),
    ],
)
def test_planned_services(held: list[Authorization], words: str) -> None:
    found = why_not_planned(["99213", "70551"], "99999", DAY, [MRI], held)
    assert words in found
    assert bool(words) == bool(found)
