"""Places of service and modifiers, as tables: complete, and found by number or by words."""

import pytest

from billing import own_tables
from billing.code_search import question
from billing.own_tables import OwnTable
from billing.places import PLACES_OF_SERVICE


def test_the_places_are_those_that_a_claim_may_have() -> None:
    assert set(own_tables.codes(OwnTable.POS)) == PLACES_OF_SERVICE


def test_every_code_stands_once_with_words() -> None:
    for table in OwnTable:
        found = own_tables.codes(table)
        assert len(found) == len(set(found)) >= 50
        assert {len(one) for one in found} == {2}


@pytest.mark.parametrize(
    ("table", "text", "first"),
    [
        ("pos", "11", "11"),
        ("pos", "office", "11"),
        ("pos", "er", "23"),
        ("pos", "nursing home", "32"),
        ("pos", "telehealth home", "10"),
        ("pos", "surgery center", "24"),
        ("pos", "urgant care", "20"),
        ("modifier", "25", "25"),
        ("modifier", "lt", "LT"),
        ("modifier", "left side", "LT"),
        ("modifier", "bilateral", "50"),
        ("modifier", "video visit", "95"),
        ("modifier", "abn on file", "GA"),
        ("modifier", "right big toe", "T5"),
        ("modifier", "professional component", "26"),
        ("modifier", "clia waived", "QW"),
    ],
)
def test_a_code_is_found_by_number_or_words(table: str, text: str, first: str) -> None:
    found = own_tables.find(OwnTable(table), question(text), limit=10)
    assert found[0][0].code == first


@pytest.mark.parametrize("text", ["", "%", "zzzz"])
def test_nothing_is_found_for_nothing(text: str) -> None:
    assert own_tables.find(OwnTable.POS, question(text), limit=10) == []
