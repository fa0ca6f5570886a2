"""Notices of non-coverage: which lines want one, what a signed one does, and what is said where none was."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Claim, Diagnosis
from billing.coding_rules import CodeRange
from billing.noncoverage import (
    Choice,
    Notice,
    NoticeRule,
    faults,
    lines_to_notice,
    newest,
    not_noticed,
    with_signed_notices,
)
from tests.builders import a_claim, a_line

DAY = a_line().service_date
TOO_OFTEN = NoticeRule("80061", "80061", "not so often", date(2026, 1, 1))
SCREENING = NoticeRule("82947", "82951", "not for this", date(2026, 1, 1), None, (CodeRange("E10", "E13"),))
RULES = [TOO_OFTEN, SCREENING]
MEDICARE = replace(a_claim().coverage, filing_indicator="MB")


def claim(*procedures: str, code: str = "J069") -> Claim:
    return replace(
        a_claim(*(a_line(one) for one in procedures)), coverage=MEDICARE, diagnoses=(Diagnosis(code, "ABK"),)
    )


def signed(choice: Choice = Choice.BILL_MEDICARE, on: date = DAY) -> Notice:
    return Notice(frozenset({"80061"}), choice, on)


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (claim("99213", "80061"), {2: "not so often"}),
        (claim("82950"), {1: "not for this"}),
        (claim("82950", code="E119"), {}),
        (claim("82952"), {}),
        (replace(claim("80061"), coverage=a_claim().coverage), {}),
        (replace(claim("80061"), lines=(a_line("80061", service_date=date(2025, 12, 31)),)), {}),
    ],
)
def test_lines_want_a_notice_by_payer_code_day_and_diagnosis(made: Claim, wanted: dict[int, str]) -> None:
    assert lines_to_notice(made, RULES) == wanted


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (DAY, True),
        (date(DAY.year - 1, DAY.month, DAY.day), True),
        (date(DAY.year - 1, DAY.month, DAY.day - 1), False),
        (date(DAY.year, DAY.month, DAY.day + 1), False),
    ],
)
def test_a_notice_holds_for_a_year_from_before_the_service(on: date, holds: bool) -> None:
    assert signed(on=on).covers("80061", DAY) is holds
    assert not signed(on=on).covers("80062", DAY)


def test_the_last_choice_counts() -> None:
    earlier = signed(Choice.DECLINED, date(2026, 3, 1))
    assert newest([signed(), earlier], "80061", DAY) == signed()


def test_a_signed_notice_goes_on_the_line_once() -> None:
    made = with_signed_notices(claim("99213", "80061"), {2: "not so often"}, [signed()])
    assert [line.modifiers for line in made.lines] == [(), ("GA",)]
    assert with_signed_notices(made, {2: "not so often"}, [signed()]) == made


@pytest.mark.parametrize(
    ("modifiers", "notices", "words"),
    [
        ((), [], "expected to refuse it (not so often)"),
        ((), [signed(Choice.PAY_ALONE)], "Medicare is not billed"),
        ((), [signed(Choice.DECLINED)], "did not want this service"),
        ((), [signed(Choice.NOT_SIGNED)], "did not sign"),
        (("59", "76", "LT", "RT"), [signed()], "does not fit"),
        (("GZ",), [], None),
        (("GA",), [], None),
    ],
)
def test_what_does_not_say_how_it_stands_is_told_what_to_do(
    modifiers: tuple[str, ...], notices: list[Notice], words: str | None
) -> None:
    made = replace(claim("80061"), lines=(a_line("80061", modifiers=modifiers),))
    wanted = lines_to_notice(made, RULES)
    made = with_signed_notices(made, wanted, notices)
    assert made.lines[0].modifiers == modifiers
    said = [text for _, text in faults(made, wanted, notices)]
    assert len(said) == (words is not None)
    assert all(words in text for text in said if words)


def test_planned_services_without_a_notice_are_told_with_the_reason() -> None:
    assert not_noticed(["99213", "80061", "82950"], DAY, RULES, [signed()]) == [("82950", "not for this")]
    assert not_noticed(["80061"], DAY, RULES, []) == [("80061", "not so often")]
    assert not_noticed(["80061"], date(2025, 12, 31), RULES, []) == []
