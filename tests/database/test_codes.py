"""Editions on both databases: loaded whole, loaded again, asked, searched."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import col, func, select

from billing.code_search import question
from billing.code_tables import CodeEntry, CodeSystem, CodeTerm, CodeUse, Edition, TermKind
from database import codes
from database.codes import Loaded
from database.engine import Database
from database.tables import Code
from interchange.code_files import read
from tests.builders import NOON
from tests.code_editions import CPT2026, FY2026, FY2027, Q4, TEXTS, load

SEP, OCT = date(2026, 9, 30), date(2026, 10, 1)


def put(database: Database, edition: Edition, entries: list[CodeEntry]) -> Loaded:
    with database.writing() as session:
        return codes.load(session, edition, entries, source="a file", at=NOON)


def entries(edition: Edition) -> list[CodeEntry]:
    return [one for one in read(TEXTS[edition], edition) if isinstance(one, CodeEntry)]


def test_an_edition_loaded_twice_is_there_once_and_a_changed_file_changes_it(database: Database) -> None:
    whole = entries(FY2026)
    first, again = put(database, FY2026, whole), put(database, FY2026, whole)
    assert (first.codes, first.added, first.before) == (10, 10, None)
    assert (again.codes, again.added, again.changed, again.removed) == (10, 0, 0, 0)
    other = [replace(whole[0], long="Another title"), *whole[2:], replace(whole[0], code="Z999")]
    changed = put(database, FY2026, other)
    assert (changed.codes, changed.added, changed.changed, changed.removed) == (10, 1, 1, 1)
    assert put(database, FY2027, entries(FY2027)).before == 10
    with database.reading() as session:
        counted = session.exec(select(func.count()).where(col(Code.edition) == "FY2026")).one()
        title = session.get_one(Code, ("icd10cm", "FY2026", whole[0].code)).long
        listed = [(one.edition.name, one.codes, one.source) for one in codes.editions(session)]
    assert (counted, title) == (10, "Another title")
    assert listed == [("FY2026", 10, "a file"), ("FY2027", 11, "a file")]


@pytest.mark.parametrize(
    ("system", "code", "day", "fault"),
    [
        ("icd10cm", "J069", SEP, None),
        ("icd10cm", "J069", OCT, None),
        ("icd10cm", "J068", SEP, None),
        ("icd10cm", "J068", OCT, "J06.8 ended on 2026-09-30; nearest: J06.81, J06.82"),
        ("icd10cm", "J0681", SEP, "J06.81 begins on 2026-10-01, after the service"),
        ("icd10cm", "J0681", OCT, None),
        ("icd10cm", "E11", OCT, "E11 needs more characters; nearest: E11.9, E11.10"),
        ("icd10cm", "E1199", OCT, "E11.99 is unknown to ICD-10-CM FY2027; nearest: E11.9"),
        ("icd10cm", "J0699XA", OCT, "J06.99XA is unknown to ICD-10-CM FY2027; nearest: J06.9"),
        ("icd10cm", "S999", OCT, "S99.9 is unknown to ICD-10-CM FY2027"),
        ("icd10cm", "S999", date(2027, 10, 1), None),
        ("hcpcs", "J0001", OCT, None),
        ("hcpcs", "J0001", SEP, None),
        ("hcpcs", "J0002", date(2026, 10, 15), None),
        ("hcpcs", "J0002", date(2026, 10, 16), "J0002 ended on 2026-10-15; see: J0001"),
        ("hcpcs", "J0003", OCT, "J0003 begins on 2026-11-01, after the service"),
        ("hcpcs", "J0009", OCT, "J0009 is unknown to HCPCS 2026Q4"),
        ("cpt", "99213", OCT, None),
        ("cpt", "99999", OCT, "99999 is unknown to CPT 2026"),
        ("cpt", "99999", date(2027, 1, 1), None),
    ],
)
def test_the_edition_of_the_day_is_asked(
    database: Database, system: str, code: str, day: date, fault: str | None
) -> None:
    load(database, FY2026, FY2027, Q4, CPT2026)
    use = CodeUse(CodeSystem(system), code, day)
    with database.reading() as session:
        assert codes.tables_for(session, [use]).fault(use) == fault


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("diab", ["E119", "E1110"]),
        ("diabetes type 2", ["E119", "E1110"]),
        ("diabetes coma", ["E1110"]),
        ("acne", ["L705"]),
        ("ACN\u00c9", ["L705"]),
        ("abetes", []),
        ("%", []),
        ("infection mild", ["J0681"]),
        ("infect", ["N390", "J069", "J0681", "J0682"]),
    ],
)
def test_codes_are_found_plainly_by_words_best_first(database: Database, text: str, found: list[str]) -> None:
    load(database, FY2026, FY2027)
    with database.reading() as session:
        assert [one.code for one in codes.search(session, FY2027, question(text), limit=20)] == found


def test_codes_are_found_by_their_beginning_headings_first(database: Database) -> None:
    load(database, FY2026, FY2027)
    with database.reading() as session:
        begun = [codes.beginning_with(session, FY2027, prefix, limit=20) for prefix in ("J06", "E111", "")]
    assert [[one.code for one in part] for part in begun] == [
        ["J06", "J060", "J069", "J0681", "J0682"],
        ["E1110"],
        [],
    ]


def test_other_words_are_replaced_and_outlive_the_codes(database: Database) -> None:
    load(database, FY2026, FY2027)
    grippe, chill = CodeTerm("J06", "Grippe", TermKind.INCLUDES), CodeTerm("J069", "A chill", TermKind.INCLUSION)
    with database.writing() as session:
        first = codes.load_terms(session, FY2026, [grippe], at=NOON)
        again = codes.load_terms(session, FY2026, [grippe, chill], at=NOON)
    load(database, FY2026)
    with database.reading() as session:
        known, terms = codes.whole(session, FY2026)
        others = codes.whole(session, FY2027)[1]
    assert (first, again, terms, others) == (1, 2, [grippe, chill], [])
    assert sorted(one.code for one in known) == sorted(one.code for one in entries(FY2026))
