"""The texts of statements: the same in every language, and what the law wants on its days."""

import string
from datetime import date

import pytest

from billing.statement_notices import required
from billing.statement_words import ENGLISH, LANGUAGES, WORDS, Language, long_day, say


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_says_the_same_things_with_the_same_values() -> None:
    assert set(WORDS) == set(LANGUAGES) == set(Language)
    for words in WORDS.values():
        assert {key: _values(text) for key, text in words.items()} == {
            key: _values(text) for key, text in ENGLISH.items()
        }


def test_no_text_is_left_in_english() -> None:
    assert [key for key, text in WORDS[Language.SPANISH].items() if text == ENGLISH[key] and key != "visit_of"] == []


@pytest.mark.parametrize(
    ("language", "written"), [(Language.ENGLISH, "March 1, 2026"), (Language.SPANISH, "1 de marzo de 2026")]
)
def test_a_day_is_written_as_the_language_does(language: Language, written: str) -> None:
    assert long_day(date(2026, 3, 1), language) == written


def test_the_day_of_a_text_is_in_its_place() -> None:
    assert say(Language.SPANISH, "part", amount="$5.00", day="1 de mayo") == "$5.00 a más tardar el 1 de mayo"


@pytest.mark.parametrize(
    ("on", "is_self_pay", "keys"),
    [
        (date(2021, 12, 31), True, []),
        (date(2022, 1, 1), True, ["notice_estimate"]),
        (date(2022, 1, 1), False, []),
        (date(2025, 7, 5), False, ["notice_language"]),
        (date(2026, 1, 1), True, ["notice_estimate", "notice_language"]),
    ],
)
def test_a_notice_stands_where_the_law_wants_it(on: date, is_self_pay: bool, keys: list[str]) -> None:
    assert [one.key for one in required(on, is_self_pay=is_self_pay)] == keys
