"""How long the answers to Medicare's questions are good for."""

from datetime import date

import pytest

from billing.msp import questions_due


@pytest.mark.parametrize(
    ("asked_on", "words"),
    [
        (None, "were never asked"),
        (date(2026, 5, 31), ""),
        (date(2026, 5, 30), "were answered on 2026-05-30, and are asked again after 90 days"),
        (date(2026, 11, 27), ""),
        (date(2026, 11, 28), "were answered on 2026-11-28, and are asked again after 90 days"),
    ],
)
def test_answers_are_good_for_so_many_days_either_way(asked_on: date | None, words: str) -> None:
    said = questions_due(asked_on, day=date(2026, 8, 29), good_for_days=90)
    assert said.removeprefix("the Medicare secondary payer questions ") == words
