"""English texts of statements read as a patient needs them: docs/reading-level.md prints each."""

import pytest

from tests.house.reading_level import MOST, grade, syllables, texts


@pytest.mark.parametrize("key", texts())
def test_no_text_of_a_statement_is_above_grade_eight(key: str) -> None:
    assert grade(texts()[key]) <= MOST


def test_a_hard_text_is_seen() -> None:
    hard = (
        "Notwithstanding adjudicated coordination of benefits, remuneration of outstanding liabilities is obligatory."
    )
    assert grade(hard) > MOST
    assert grade("The cat sat on the mat.") == pytest.approx(-1.45, abs=0.01)


@pytest.mark.parametrize(
    ("word", "count"),
    [("paid", 1), ("insurance", 3), ("please", 1), ("billed", 1), ("copayment", 3), ("the", 1), ("estimate", 3)],
)
def test_syllables_are_counted(word: str, count: int) -> None:
    assert syllables(word) == count
