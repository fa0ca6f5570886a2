"""Words brought to one form, as tables: which meet and which stay apart."""

import pytest

from billing.code_words import american, stem, words_of


@pytest.mark.parametrize(
    "family",
    [
        "diabetes diabetic",
        "hypertension hypertensive",
        "fracture fractures fractured",
        "infection infections infected infective",
        "allergy allergies allergic",
        "obesity obese",
        "anaemia anemia anaemic",
        "oedema edema",
        "diarrhoea diarrhea",
        "haemorrhoids hemorrhoid",
        "tumour tumors",
        "ulcer ulcers ulcerative ulceration",
        "sprain sprains sprained",
        "immunization immunisation immunizations",
        "vaccine vaccination vaccinated",
        "obstruction obstructive obstructed",
        "toe toes",
    ],
)
def test_a_family_meets_in_one_stem(family: str) -> None:
    assert len({stem(one) for one in family.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["hives hiv", "abscess absence", "gout goiter", "renal rental", "flu flow", "t2dm t1dm"]
)
def test_others_stay_apart(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("british", "written"),
    [("oesophagitis", "esophagitis"), ("litre", "liter"), ("behaviour", "behavior"), ("toe", "toe"), ("four", "four")],
)
def test_british_words_are_spelled_as_american_ones(british: str, written: str) -> None:
    assert american(british) == written


def test_words_are_plain_and_roman_numbers_are_numbers() -> None:
    assert words_of("Crohn\u2019s disease (type II), s/p Acn\u00e9 \u2014 grade IV") == [
        *("crohns", "disease", "type", "2", "s", "p", "acne", "grade", "4")
    ]
