"""What a charge reviewer is asked, by policy."""

from datetime import date
from decimal import Decimal

import pytest

from billing.charge_review import ChargeRules, charge_questions
from billing.charges import ChargeMaster, Price
from billing.claim import ServiceLine
from billing.contracts import Expected
from billing.money import Cents
from tests.builders import a_claim, a_line

MASTER = ChargeMaster((Price("99213", Cents(15000), date(2026, 1, 1)),))
SERVICE = date(2026, 10, 20)
ALL = ChargeRules(outlier_times=3, late_days=5, needs_price=True)


def asked(
    *lines: ServiceLine, rules: ChargeRules = ALL, expected: int | None = None, entered_on: date = SERVICE
) -> list[str]:
    known = [Expected(None if expected is None else Cents(expected), "x") for _ in lines]
    return charge_questions(a_claim(*lines), MASTER, rules, expected=known, entered_on=entered_on)


@pytest.mark.parametrize(
    ("line", "expected", "words"),
    [
        (a_line(), None, None),
        (a_line(charge=45000), None, None),
        (
            a_line(charge=45001),
            None,
            "line 1: charged $450.01, more than 3 times the $150.00 that the charge master asks (field line.1.charge)",
        ),
        (a_line(charge=90000, units=Decimal(2)), None, None),
        (a_line(charge=90001, units=Decimal(2)), None, "3 times the $300.00 that the charge master asks"),
        (a_line(charge=90001, unit_basis="MJ"), None, None),
        (a_line(charge=45000), 100, None),
        (a_line(charge=0), None, None),
    ],
)
def test_a_charge_far_above_the_master_is_asked_about(
    line: ServiceLine, expected: int | None, words: str | None
) -> None:
    found = asked(line, rules=ChargeRules(outlier_times=3), expected=expected)
    assert len(found) == (words is not None)
    assert (words or "") in "".join(found)


@pytest.mark.parametrize(
    ("charge", "expected", "is_asked"),
    [(30000, 10000, False), (30001, 10000, True), (30001, None, False), (1, 0, False)],
)
def test_without_a_price_the_contract_is_the_measure(charge: int, expected: int | None, is_asked: bool) -> None:
    found = asked(a_line("93000", charge), rules=ChargeRules(outlier_times=3), expected=expected)
    assert found == (
        [
            "line 1: charged $300.01, more than 3 times the $100.00 that the payer's contract allows "
            "(field line.1.charge)"
        ]
        if is_asked
        else []
    )


@pytest.mark.parametrize(("entered_on", "is_asked"), [(date(2026, 10, 25), False), (date(2026, 10, 26), True)])
def test_a_visit_that_came_late_is_asked_about(entered_on: date, is_asked: bool) -> None:
    found = asked(a_line(), a_line(service_date=date(2026, 10, 24)), entered_on=entered_on)
    assert found == (
        [
            "entered on 2026-10-26, 6 days after the first service; the office asks after 5: see that the payer still "
            "takes the claim, and why it came late"
        ]
        if is_asked
        else []
    )


def test_a_code_that_is_not_in_the_master_is_asked_about() -> None:
    [found] = asked(a_line(), a_line("93000", 6000))
    assert found.startswith("line 2: 93000 has no price in the charge master (field line.2.charge)")


def test_nothing_is_asked_while_every_policy_is_off() -> None:
    late = date(2027, 10, 20)
    assert asked(a_line(charge=9_999_999), a_line("93000", 6000), rules=ChargeRules(), entered_on=late) == []
