"""The office's own list of what people say: its form, and how a question is read by it."""

import pytest

from billing.code_words import words_of
from billing.spelling import nearest
from billing.spoken_words import SAME, _lines, key, readings, sayings


def test_every_line_is_a_saying_with_meanings_and_none_stands_twice() -> None:
    lines = [(said, meant) for section, said, meant in _lines() if section != SAME]
    assert [said for said, meant in lines if not said or not all(one.strip() for one in meant.split("|"))] == []
    assert len(sayings()) == len(lines)
    assert len({frozenset(one) if len(set(one)) > 1 else one for one in sayings()}) == len(lines)


def read_as(text: str) -> set[str]:
    return {" ".join(one.words) for one in readings(words_of(text))}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("heart attacks", "acute myocardial infarction unspecified"),
        ("attack of the heart", "acute myocardial infarction unspecified"),
        ("h/o breast ca", "personal history of malignant neoplasm of breast"),
        ("breast cancer history", "personal history of malignant neoplasm of breast"),
        ("n/v", "nausea with vomiting unspecified"),
        ("fx left wrist", "fracture of unspecified carpal bone left"),
        ("high risk meds", "other long term current drug therapy"),
        ("annual exam", "encounter for general adult medical examination without abnormal findings"),
        ("gerd with esophagitis", "gastro esophageal reflux disease esophagitis esophagitis"),
    ],
)
def test_a_question_is_read_in_the_tables_words_too(text: str, meant: str) -> None:
    assert meant in read_as(text)


def test_a_question_is_read_as_it_stands_first() -> None:
    assert readings(words_of("stroke of the left side"))[0].words == ("stroke", "left", "side")


def test_words_of_one_meaning_are_one_in_sayings() -> None:
    assert key(words_of("hx of cancer")) == key(words_of("history ca")) == key(words_of("prior malignancy"))


VOCABULARY = {
    "diabetes": 400,
    "pneumonia": 90,
    "hypertension": 120,
    "hypotension": 20,
    "arthritis": 300,
    "arteritis": 9,
}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("diabtes", "diabetes"),
        ("pnuemonia", "pneumonia"),
        ("newmonia", "pneumonia"),
        ("hypertenson", "hypertension"),
        ("athritis", "arthritis"),
        ("diabetees", "diabetes"),
    ],
)
def test_a_misspelled_word_is_the_nearest_known_one(typed: str, meant: str) -> None:
    assert nearest(typed, VOCABULARY)[0] == (meant, 1.0)


@pytest.mark.parametrize("typed", ["zzzzzz", "dia", "e119", "window"])
def test_what_is_near_to_nothing_is_left_alone(typed: str) -> None:
    assert nearest(typed, VOCABULARY) == []
