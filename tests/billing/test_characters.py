"""What may stand in an element of ours, and that the writer agrees."""

import pytest

from billing.characters import DELIMITERS, unsendable
from interchange.x12.syntax import Delimiters


def test_our_delimiters_are_those_the_writer_writes() -> None:
    assert set(Delimiters().all()) == DELIMITERS


@pytest.mark.parametrize("text", ["O'BRIEN-SMITH JR.", "A & B (NORTH)", "", None])
def test_plain_text_can_be_sent(text: str | None) -> None:
    assert unsendable(text) == []


@pytest.mark.parametrize("text", ["JOS\u00c9", "DO*E", "A~B", "A:B", "A^B", "A\nB"])
def test_accents_and_delimiters_cannot(text: str) -> None:
    assert len(unsendable(text)) == 1


@pytest.mark.parametrize(
    ("text", "lost"),
    [("JOS\u00c9 * \u00c9", ["\u00c9", "*"]), ("A\u200bB\n", ["U+200B", "U+000A"]), ("A B", []), (None, [])],
)
def test_each_lost_character_is_named_once(text: str | None, lost: list[str]) -> None:
    assert unsendable(text) == lost
