"""Codes by date, as tables: what an edition says on a day, and the words a coder reads."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Diagnosis
from billing.code_search import Question, plain_words, question
from billing.code_tables import (
    CodeEntry,
    CodeOnDay,
    CodeSystem,
    CodeTables,
    CodeUse,
    Edition,
    in_force,
    system_of_procedure,
    without_edition,
)
from billing.coding import codes_used, table_faults, tables_missing
from tests.builders import a_claim, a_line

ICD, HCPCS, CPT = CodeSystem
OLD = Edition(ICD, "FY2026", date(2025, 10, 1), date(2026, 9, 30))
APRIL = Edition(ICD, "FY2026-04", date(2026, 4, 1), date(2026, 9, 30))
NEW = Edition(ICD, "FY2027", date(2026, 10, 1), date(2027, 9, 30))


def entry(code: str = "J068", *, billable: bool = True, of: Edition = OLD, see: tuple[str, ...] = ()) -> CodeEntry:
    return CodeEntry(code, "", "", billable, of.valid_from, of.valid_to, see)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2025, 9, 30), None),
        (date(2025, 10, 1), "FY2026"),
        (date(2026, 3, 31), "FY2026"),
        (date(2026, 4, 1), "FY2026-04"),
        (date(2026, 9, 30), "FY2026-04"),
        (date(2026, 10, 1), "FY2027"),
        (date(2027, 9, 30), "FY2027"),
        (date(2027, 10, 1), None),
    ],
)
def test_the_edition_that_began_last_governs_the_day(day: date, name: str | None) -> None:
    found = in_force([OLD, NEW, APRIL], ICD, day)
    assert (found and found.name) == name
    assert in_force([OLD, NEW, APRIL], HCPCS, day) is None


BEFORE, AFTER = date(2026, 9, 30), date(2026, 10, 1)


@pytest.mark.parametrize(
    ("day", "said", "fault"),
    [
        (AFTER, CodeOnDay(), None),
        (BEFORE, CodeOnDay(OLD, entry()), None),
        (AFTER, CodeOnDay(NEW, entry(of=NEW)), None),
        (
            AFTER,
            CodeOnDay(NEW, None, (OLD, entry()), ("J0681", "J0682")),
            "J06.8 ended on 2026-09-30; nearest: J06.81, J06.82",
        ),
        (date(2026, 4, 1), CodeOnDay(APRIL, None, (OLD, entry())), "J06.8 ended on 2026-03-31"),
        (BEFORE, CodeOnDay(OLD, None, (NEW, entry(of=NEW))), "J06.8 begins on 2026-10-01, after the service"),
        (BEFORE, CodeOnDay(OLD, None, None, ("J069",)), "J06.8 is unknown to ICD-10-CM FY2026; nearest: J06.9"),
        (BEFORE, CodeOnDay(OLD, None), "J06.8 is unknown to ICD-10-CM FY2026"),
        (
            BEFORE,
            CodeOnDay(OLD, entry(billable=False), None, ("J0681", "J0682")),
            "J06.8 needs more characters; nearest: J06.81, J06.82",
        ),
    ],
)
def test_a_diagnosis_is_known_billable_and_valid_on_its_day(day: date, said: CodeOnDay, fault: str | None) -> None:
    use = CodeUse(ICD, "J068", day)
    assert CodeTables({use: said}).fault(use) == fault


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        (date(2019, 12, 31), "J0001 begins on 2020-01-01, after the service"),
        (date(2020, 1, 1), None),
        (date(2026, 8, 15), None),
        (date(2026, 8, 16), "J0001 ended on 2026-08-15; see: J0002, J0003"),
    ],
)
def test_a_procedure_has_days_of_its_own_within_an_edition(day: date, fault: str | None) -> None:
    edition = Edition(HCPCS, "2026Q3", date(2019, 1, 1), date(2026, 9, 30))
    ended = CodeEntry("J0001", "", "", True, date(2020, 1, 1), date(2026, 8, 15), ("J0002", "J0003"))
    use = CodeUse(HCPCS, "J0001", day)
    assert CodeTables({use: CodeOnDay(edition, ended)}).fault(use) == fault


@pytest.mark.parametrize(
    ("code", "system"),
    [("J0001", HCPCS), ("99213", CPT), ("0001F", CPT), ("0042T", CPT), ("0001U", CPT), ("D0120", None), ("X1", None)],
)
def test_the_form_of_a_procedure_names_its_system_and_dental_codes_have_none(
    code: str, system: CodeSystem | None
) -> None:
    assert system_of_procedure(code) == system


def test_a_diagnosis_is_asked_for_on_the_days_of_the_lines_that_point_at_it() -> None:
    lines = (
        a_line("99213", service_date=BEFORE, diagnosis_pointers=(1,)),
        a_line("J0001", service_date=AFTER, diagnosis_pointers=(1, 2)),
        a_line("D0120", service_date=AFTER, diagnosis_pointers=(2,)),
    )
    diagnoses = (Diagnosis("J069"), Diagnosis("E119"), Diagnosis("I10"), Diagnosis("4659", "BF"), Diagnosis("bad"))
    claim = replace(a_claim(*lines), diagnoses=diagnoses)
    assert codes_used(claim) == [
        CodeUse(ICD, "J069", BEFORE),
        CodeUse(ICD, "J069", AFTER),
        CodeUse(ICD, "E119", AFTER),
        CodeUse(ICD, "I10", BEFORE),
        CodeUse(CPT, "99213", BEFORE),
        CodeUse(HCPCS, "J0001", AFTER),
    ]


def test_a_fault_names_its_place_and_field_once() -> None:
    claim = replace(a_claim(a_line(), a_line("J0001")), diagnoses=(Diagnosis("J068"),))
    edition = Edition(HCPCS, "2026Q4", date(2026, 10, 1), date(2026, 12, 31))
    said = {ICD: CodeOnDay(NEW), HCPCS: CodeOnDay(edition), CPT: CodeOnDay()}
    tables = CodeTables({use: said[use.system] for use in codes_used(claim)})
    assert table_faults(claim, tables) == [
        "diagnosis 1: J06.8 is unknown to ICD-10-CM FY2027 (field diagnoses)",
        "line 2: J0001 is unknown to HCPCS 2026Q4 (field line.2.procedure)",
    ]


def test_without_an_edition_nothing_is_concluded_and_it_is_said_without_a_code() -> None:
    claim = a_claim(a_line(), a_line("J0001"), a_line("J0002", service_date=date(2026, 10, 22)))
    tables = CodeTables({use: CodeOnDay() for use in codes_used(claim)})
    assert table_faults(claim, tables) == []
    assert tables_missing(tables) == [
        "HCPCS codes were checked for their form only: no edition in force on 2026-10-20, 2026-10-22 is loaded",
        "ICD-10-CM codes were checked for their form only: no edition in force on 2026-10-20, 2026-10-22 is loaded",
    ]


def test_a_licensed_system_is_missed_only_where_it_was_once_loaded() -> None:
    use = CodeUse(CPT, "99213", AFTER)
    assert CodeTables({use: CodeOnDay()}).missing() == {}
    assert CodeTables({use: CodeOnDay()}, frozenset({CPT})).missing() == {CPT: [AFTER]}
    old = Edition(CPT, "2025", date(2025, 1, 1), date(2025, 12, 31))
    assert without_edition([NEW], AFTER) == [HCPCS]
    assert without_edition([NEW, old], AFTER) == [HCPCS, CPT]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("j06.9", Question("J069", ("j06", "9"))),
        ("QA0", Question("QA0", ("qa0",))),
        ("992", Question("992", ("992",))),
        ("Type 2 DIABETES", Question("", ("type", "2", "diabetes"))),
        ("uti, chronic", Question("", ("uti", "chronic"))),
        ("N/V", Question("", ("n", "v"))),
        ("chest pain R/O MI", Question("", ("chest", "pain"))),
        ("r/o MI", Question("", ("r", "o", "mi"))),
        ("s/p MI 2019", Question("", ("s", "p", "mi"))),
        ("excori\u00e9e", Question("", ("excoriee",))),
        ("100% _", Question("", ("100",))),
        ("e", Question("", ())),
        ("  ", Question("", ())),
        ("a b c", Question("", ())),
    ],
)
def test_a_question_is_the_beginning_of_a_code_or_words(text: str, asked: Question) -> None:
    assert question(text) == asked


def test_words_are_stored_once_and_plain() -> None:
    assert plain_words("Acn\u00e9 (acn\u00e9), type 2-B") == ("acne", "type", "2", "b")
