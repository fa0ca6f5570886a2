"""Both languages of the help form say the same things, and there are words for whatever may be wrong in it."""

import re

import pytest

from billing.assistance import Help, Missing, Per, State, Takes
from billing.attachments import Unfit
from billing.help_words import ENGLISH, SPANISH, given, missing, say
from billing.statement_words import Language


def test_both_languages_have_the_same_texts_with_the_same_values_and_none_is_left_untranslated() -> None:
    assert list(ENGLISH) == list(SPANISH)
    for key, text in ENGLISH.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", SPANISH[key])), key
    assert [key for key, text in SPANISH.items() if text == ENGLISH[key]] == []


@pytest.mark.parametrize("language", Language)
def test_there_are_words_for_every_state_thing_that_is_missing_and_file_that_does_not_fit(language: Language) -> None:
    keys = [f"state_{one}" for one in State if one != State.PROPOSED]
    keys += [f"missing_{one}" for one in Missing] + [f"per_{one}" for one in Per] + [f"file_{one}" for one in Unfit]
    assert "" not in [say(language, key, megabytes="10") for key in keys]
    assert len({say(language, f"file_{one}", megabytes="10") for one in Unfit}) == len(Unfit)


@pytest.mark.parametrize(
    ("helped", "english", "spanish"),
    [
        (Help(Takes.PERCENT, 75), "75 percent off", "75 por ciento de descuento"),
        (Help(Takes.CAP, 123456), "at most $1,234.56 a visit", "como máximo $1,234.56 por visita"),
    ],
)
def test_help_is_told_in_either_language_and_in_english_as_staff_read_it(
    helped: Help, english: str, spanish: str
) -> None:
    assert (given(helped, Language.ENGLISH), given(helped, Language.SPANISH)) == (english, spanish)
    assert helped.words == english


def test_what_is_missing_is_worded_and_what_the_office_wrote_stays_as_it_is() -> None:
    kept = f"{Missing.INCOME}\na pay stub of May"
    assert missing(kept, Language.SPANISH) == ["los ingresos de su hogar", "a pay stub of May"]
    assert missing("", Language.SPANISH) == []
