"""The commands on code tables: files of both kinds into one edition, and the proof of the search over it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from search_proof import PART, Phrase, read_phrases
from settings import OperatorError
from tests.code_editions import order_line

TABULAR = """<?xml version="1.0" encoding="utf-8"?><ICD10CM.tabular><chapter><section>
<diag><name>J00</name><desc>Acute nasopharyngitis [common cold]</desc>
<inclusionTerm><note>Acute rhinitis</note><note>Coryza (acute)</note></inclusionTerm></diag>
<diag><name>I10</name><desc>Essential (primary) hypertension</desc></diag>
</section></chapter></ICD10CM.tabular>"""
ORDER = "\n".join(
    [
        order_line(1, "I10", True, "Essential (primary) hypertension"),
        order_line(2, "J00", True, "Acute nasopharyngitis [common cold]"),
        order_line(3, "R05", False, "Cough"),
        order_line(4, "R059", True, "Cough, unspecified"),
    ]
)
EDITION = ["--system", "icd10cm", "--edition", "FY2027", "--from", "2026-10-01", "--to", "2027-09-30"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("ZEROBALANCE_DATABASE_URL", raising=False)
    (tmp_path / "order.txt").write_text(ORDER)
    (tmp_path / "tabular.xml").write_text(TABULAR)
    return CliRunner()


def load(run: CliRunner, file: Path) -> str:
    result = run.invoke(app, ["codes", "load", str(file), *EDITION])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_tabular_list_adds_words_to_an_order_file_and_is_an_edition_alone(run: CliRunner, tmp_path: Path) -> None:
    whole = load(run, tmp_path / "order.txt")
    added = load(run, tmp_path / "tabular.xml")
    again = load(run, tmp_path / "order.txt")
    assert "4 codes, 4 added" in whole
    assert "2 other words for its codes; the codes stay those of the order file" in added
    assert "4 codes, 0 added, 0 changed, 0 removed" in again
    assert len(list((tmp_path / "var" / "code-search").glob("*.db"))) == 1


def test_the_tabular_list_alone_is_an_edition(run: CliRunner, tmp_path: Path) -> None:
    first = load(run, tmp_path / "tabular.xml")
    assert "2 codes, 2 added" in first
    assert "2 other words for them" in first
    assert "2 codes, 0 added, 0 changed" in load(run, tmp_path / "tabular.xml")


def prove(run: CliRunner, phrases: Path) -> tuple[int, dict[str, object]]:
    result = run.invoke(app, ["prove", "search", "--phrases", str(phrases)])
    return result.exit_code, json.loads(result.stdout.splitlines()[-1])


def test_the_proof_searches_the_office_and_fails_on_a_miss(run: CliRunner, tmp_path: Path) -> None:
    load(run, tmp_path / "order.txt")
    load(run, tmp_path / "tabular.xml")
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("high blood pressure\tI10\nCoryza\tj00\ncouhg\tR05.9|R05.8\n")
    held, figures = prove(run, phrases)
    phrases.write_text("cough\tI10\n# a remark\nhypertenson\tI10\n")
    failed, missed = prove(run, phrases)

    assert (held, figures["holds"], figures["hit_rate_first_3"], figures["edition"]) == (0, True, 1.0, "FY2027")
    assert (failed, missed["holds"], missed["hit_rate_first_3"]) == (1, False, 0.5)
    assert missed["missed"] == [{"phrase": "cough", "expected": ["I10"], "got": ["R05.9"]}]


def test_phrases_are_read_with_their_part_and_a_line_that_is_none_is_named() -> None:
    [one, other] = read_phrases(["a cold\tJ00\n", f"{PART}held out\n", "\n", "cough\tr05.9 | R05.8\n"])
    assert one == Phrase("a cold", frozenset({"J00"}))
    assert other == Phrase("cough", frozenset({"R059", "R058"}), "held out")
    with pytest.raises(OperatorError, match="line 1 of the phrases"):
        list(read_phrases(["cough R05.9"]))
