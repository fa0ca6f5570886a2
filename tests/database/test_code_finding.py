"""The search over loaded editions: the search file, what does without one, and whole ICD-10-CM as people speak."""

import importlib.util
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import code_loading
import search_proof
from billing import spoken_words
from billing.code_search import question
from billing.code_tables import CodeTerm, TermKind
from billing.code_words import STOP, words_of
from billing.spoken_words import Reading
from database import code_finding, codes
from database.code_finding import CodeFinder
from database.codes import LoadedEdition
from database.engine import Database
from database.setup import upgrade
from tests.builders import NOON
from tests.code_editions import CPT2026, FY2026, FY2027, Q4, load

PROCEDURES = "# Procedures and supplies (HCPCS, CPT)"


def loaded(database: Database, name: str) -> LoadedEdition:
    with database.reading() as session:
        return next(one for one in codes.editions(session) if one.edition.name == name)


def found(finder: CodeFinder, database: Database, name: str, text: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        answers = finder.find(session, loaded(database, name), question(text), limit=20)
    return [(one.entry.code, one.why) for one in answers]


@pytest.fixture
def finder(database: Database, tmp_path: Path) -> CodeFinder:
    load(database, FY2026, FY2027, Q4, CPT2026)
    return CodeFinder(database, tmp_path / "search")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("e11", ("E11", "")),
        ("E11.1", ("E1110", "")),
        ("diabetes", ("E119", "")),
        ("diabtes", ("E119", "spelled diabetes")),
        ("diab", ("E119", "")),
        ("HTN", ("I10", "htn: essential primary hypertension")),
        ("tract infection of the urine", ("N390", "urine infection: urinary tract infection site not specified")),
        ("a mild invented infection", ("J0681", "")),
    ],
)
def test_a_code_says_why_it_is_found(finder: CodeFinder, database: Database, text: str, first: tuple[str, str]) -> None:
    assert found(finder, database, "FY2027", text)[0] == first


def test_procedures_are_found_by_their_own_descriptions(finder: CodeFinder, database: Database) -> None:
    assert found(finder, database, "2026Q4", "drug november")[0][0] == "J0003"
    assert found(finder, database, "2026", "visit in words")[0][0] == "99213"


@pytest.mark.parametrize("text", ["", "  ", "%", "zzzzzz", "of the", "'; --", '"*', "NEAR(a b)"])
def test_a_question_that_says_nothing_finds_nothing(finder: CodeFinder, database: Database, text: str) -> None:
    assert found(finder, database, "FY2027", text) == []


def test_other_words_are_searched_once_they_are_loaded(finder: CodeFinder, database: Database) -> None:
    before = found(finder, database, "FY2027", "grippe")
    with database.writing() as session:
        term = CodeTerm("J069", "Grippe", TermKind.INCLUSION)
        codes.load_terms(session, FY2027, [term], at=NOON + timedelta(hours=1))
    assert before == []
    assert found(finder, database, "FY2027", "grippe") == [("J069", "Grippe")]


def test_an_edition_loaded_again_has_one_search_file(finder: CodeFinder, database: Database, tmp_path: Path) -> None:
    found(finder, database, "FY2027", "fever")
    with database.writing() as session:
        codes.load_terms(session, FY2027, [], at=NOON + timedelta(hours=1))
    found(finder, database, "FY2027", "fever")
    assert len(list((tmp_path / "search").iterdir())) == 1


def test_many_at_once_make_one_file_and_all_find(database: Database, tmp_path: Path) -> None:
    load(database, FY2027)
    folder = tmp_path / "search"
    finders = [CodeFinder(database, folder) for _ in range(2)]
    answers: list[list[tuple[str, str]]] = []
    threads = [
        threading.Thread(target=lambda one=one: answers.append(found(one, database, "FY2027", "hypertension")))
        for one in finders * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one[0][0] for one in answers} == {"I10"}
    assert [one.suffix for one in folder.iterdir()] == [".db"]


@pytest.mark.parametrize(("text", "codes_found"), [("infect", ["N390", "J069", "J0681", "J0682"]), ("uti", ["N390"])])
def test_where_no_file_can_be_written_the_rows_are_searched(
    database: Database, tmp_path: Path, text: str, codes_found: list[str]
) -> None:
    load(database, FY2027)
    (tmp_path / "taken").write_text("no folder")
    finder = CodeFinder(database, tmp_path / "taken" / "search")
    assert [code for code, _ in found(finder, database, "FY2027", text)] == codes_found
    assert not finder.prepare(FY2027)


def test_a_large_edition_is_answered_plainly_until_its_file_is_there(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_finding, "AT_ONCE", 3)
    load(database, FY2027)
    finder = CodeFinder(database, tmp_path)
    assert found(finder, database, "FY2027", "hypertension")[0][0] == "I10"
    for thread in threading.enumerate():
        if thread.name == "code search file":
            thread.join()
    assert found(finder, database, "FY2027", "hypertenson")[0] == (
        "I10",
        "spelled hypertension",
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, CodeFinder, LoadedEdition]]:
    """The edition that the development dependency carries."""
    assert importlib.util.find_spec("simple_icd_10_cm"), "make venv-dev installs it"
    folder = tmp_path_factory.mktemp("codes")
    database = Database(f"sqlite:///{folder / 'codes.sqlite3'}")
    upgrade(database)
    code_loading.take_public(database, at=datetime.now(UTC))
    finder = CodeFinder(database, folder)
    assert finder.prepare(code_loading.PUBLIC_EDITION)
    yield database, finder, loaded(database, code_loading.PUBLIC_EDITION.name)
    database.close()


def test_the_package_holds_the_whole_release(whole: tuple[Database, CodeFinder, LoadedEdition]) -> None:
    with whole[0].reading() as session:
        entries, terms = codes.whole(session, code_loading.PUBLIC_EDITION)
    assert (len(entries), sum(one.is_billable for one in entries), len(terms)) == (98_186, 74_719, 13_487)


def test_every_phrase_of_the_list_finds_its_code(whole: tuple[Database, CodeFinder, LoadedEdition]) -> None:
    phrases = search_proof.own_phrases()
    assert len(phrases) >= 150
    missed = [one.phrase.text for one in search_proof.look(*whole, phrases) if not one.is_within(search_proof.FIRST)]
    assert missed == []


def test_every_saying_means_something_that_the_tables_have(whole: tuple[Database, CodeFinder, LoadedEdition]) -> None:
    index = whole[1]._index(whole[2])
    assert index is not None
    lost = []
    for section, said, meant in spoken_words._lines():
        for meaning in meant.split("|") if section not in {spoken_words.SAME, PROCEDURES} else []:
            stems = [spoken_words.stem(one) for one in words_of(meaning) if one not in {*STOP, "without"}]
            if stems and not index.candidates(stems, every=True, limit=1):
                lost.append((said, Reading(tuple(words_of(meaning))).words))
    assert lost == []


def test_a_proof_without_an_edition_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_loading.importlib.util, "find_spec", lambda _: None)
    settings = search_proof.Settings(data_dir=tmp_path)
    what_to_do = r"zerobalance codes load.*pip install simple-icd-10-cm"
    with pytest.raises(search_proof.NoEdition, match=what_to_do), search_proof.searchable(settings):
        pass
