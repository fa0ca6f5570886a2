"""Letters about help say the same things in both languages, and every reason of a decision has its words."""

import re
from datetime import date

import pytest

from billing.assistance import Band, Help, Household, Per, Reason, ReasonCode, Scale, Takes, propose
from billing.assistance_letters import Head, closed_letter, granted_letter, missing_letter, revoked_letter
from billing.help_letter_words import ENGLISH, SPANISH, reason, reasons
from billing.poverty_guidelines import Guideline, Region
from billing.statement_words import Language

LEVEL = Guideline(2026, Region.CONTIGUOUS, date(2026, 1, 1), 1_600_000, 600_000, "90 FR 5917")
SCALE = Scale(Region.CONTIGUOUS, (Band(100, Takes.CAP, 2000), Band(200, Takes.PERCENT, 75)))
HEAD = Head(("Family practice",), ("María Peña",), date(2026, 3, 2), date(2026, 3, 1), "María Peña")


def in_spanish() -> Head:
    return Head(HEAD.sender, HEAD.addressee, HEAD.written_on, HEAD.received_on, "", "clinic.test", Language.SPANISH)


def test_both_languages_have_the_same_texts_with_the_same_values_and_none_is_left_untranslated() -> None:
    assert list(ENGLISH) == list(SPANISH)
    for key, text in ENGLISH.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", SPANISH[key])), key
    assert [key for key, text in SPANISH.items() if text == ENGLISH[key]] == ["reason_own_words"]


def test_every_reason_has_words_and_no_words_are_of_no_reason() -> None:
    assert {f"reason_{one}" for one in ReasonCode} == {key for key in ENGLISH if key.startswith("reason_")}


def test_a_reason_carries_every_value_that_its_words_need() -> None:
    one = Reason(ReasonCode.OWN_WORDS, 100, 200, 300, 2026, 3, 94, Help(Takes.PERCENT, 75), "un motivo")
    for code in ReasonCode:
        words = reason(Reason(code, *_values(one)), Language.SPANISH)
        assert "{" not in words
        assert "$0.00" not in words


def _values(one: Reason) -> tuple[int, int, int, int, int, int, Help | None, str]:
    return (
        one.income_cents,
        one.yearly_cents,
        one.line_cents,
        one.year,
        one.people,
        one.percent,
        one.help,
        one.said,
    )


@pytest.mark.parametrize(
    ("household", "words"),
    [
        (
            Household(2, 100_000, Per.MONTH),
            [
                "Ingresos: $1,000.00 al mes, que son $12,000.00 al año.",
                "La guía federal de pobreza de 2026 para un hogar de tamaño 2 es de $22,000.00 al año (90 FR 5917).",
                "Los ingresos son el 55 por ciento de esa cantidad.",
                "La escala da esta ayuda hasta el 100 por ciento: como máximo $20.00 por visita.",
            ],
        ),
        (
            Household(1, 3_200_100, Per.YEAR),
            [
                "Ingresos: $32,001.00 al año.",
                "La guía federal de pobreza de 2026 para un hogar de tamaño 1 es de $16,000.00 al año (90 FR 5917).",
                "Los ingresos son el 201 por ciento de esa cantidad.",
                "La escala termina en el 200 por ciento: no da ayuda.",
            ],
        ),
    ],
)
def test_the_scales_reasoning_is_told_in_spanish(household: Household, words: list[str]) -> None:
    assert reasons(propose(SCALE, LEVEL, household).reasons, Language.SPANISH) == words


def test_a_letter_is_in_the_language_of_its_head_from_its_title_to_its_end() -> None:
    reminder = missing_letter(in_spanish(), missing=["un talón"], answer_by=date(2026, 4, 1), is_reminder=True)
    assert (reminder.language, reminder.closing) == (Language.SPANISH, "Atentamente,")
    assert reminder.paragraphs[0].startswith("Todavía no hemos recibido su respuesta.")
    assert [one.value for one in reminder.facts] == ["1 de marzo de 2026", "1 de abril de 2026"]
    taken_back = revoked_letter(in_spanish(), why="un error", appeal_by=date(2026, 4, 1))
    assert taken_back.paragraphs[-1].endswith("Puede leer nuestra política en clinic.test.")
    closed = closed_letter(in_spanish(), why=Reason(ReasonCode.NOTHING_CAME))
    assert closed.paragraphs[0].startswith("La cerramos: no llegó lo que faltaba.")


def test_a_letter_in_english_says_what_it_said_before() -> None:
    given = {"basis": [], "from_on": date(2025, 7, 4), "until": date(2026, 8, 28), "appeal_by": date(2026, 4, 1)}
    said = granted_letter(HEAD, Help(Takes.PERCENT, 75), **given)  # type: ignore[arg-type]
    assert (said.language, said.closing, said.title) == (
        Language.ENGLISH,
        "Sincerely,",
        "Your application for help with the bill: granted",
    )
    assert said.paragraphs[0] == (
        "We help you with your share of the bill: 75 percent off. It counts for visits from July 4, 2025 until August "
        "28, 2026, and for those before of which we wrote to you lately. A statement will tell you what is left to pay."
    )
    whole = granted_letter(HEAD, Help(Takes.PERCENT, 100), **given)  # type: ignore[arg-type]
    assert "left to pay" not in whole.paragraphs[0]
