"""The command that moves an office here, as an operator meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import app
from tests.old_system import files_of, old_office


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("ZEROBALANCE_DATABASE_URL", raising=False)
    old = tmp_path / "old"
    old.mkdir()
    for name, body in files_of(old_office(12)).items():
        (old / name).write_bytes(body)
    return CliRunner()


def told(result: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


def test_it_looks_first_then_takes_over_then_finds_nothing_to_do(run: CliRunner, tmp_path: Path) -> None:
    looked = run.invoke(app, ["migrate", str(tmp_path / "old")])
    assert looked.exit_code == 0, looked.output
    assert "It ties to the cent. Nothing was written" in looked.stdout
    done = run.invoke(app, ["migrate", str(tmp_path / "old"), "--write", "--json"])
    assert (done.exit_code, told(done)["ties"], told(done)["known_visits"]) == (0, True, 0)
    again = run.invoke(app, ["migrate", str(tmp_path / "old"), "--write", "--json"])
    assert (again.exit_code, told(again)["taken_visits"]) == (0, 0)
    assert told(again)["known_visits"] == told(done)["taken_visits"] > 0


def test_an_office_leaves_into_an_empty_directory_only(run: CliRunner, tmp_path: Path) -> None:
    run.invoke(app, ["migrate", str(tmp_path / "old"), "--write"])
    out = tmp_path / "out"
    done = run.invoke(app, ["export", str(out), "--json"])
    assert (done.exit_code, told(done)["open_cents"], told(done)["patients"]) == (0, told(done)["ledger_cents"], 12)
    assert "do not hold" in (out / "not-exported.txt").read_text()
    again = run.invoke(app, ["export", str(out)])
    assert again.exit_code != 0
    assert "is not empty" in str(again.exception)


def test_data_for_analysis_leave_into_a_new_file_only(run: CliRunner, tmp_path: Path) -> None:
    run.invoke(app, ["migrate", str(tmp_path / "old"), "--write"])
    out = tmp_path / "analysis.zip"
    done = run.invoke(app, ["deidentify", str(out)])
    assert (done.exit_code, "rows in visits.csv" in done.stdout) == (0, True), done.output
    written = out.read_bytes()
    again = run.invoke(app, ["deidentify", str(out)])
    assert "is there already" in str(again.exception)
    assert out.read_bytes() == written


def test_files_named_in_capitals_are_read_and_one_name_twice_is_told(run: CliRunner, tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "claims.csv").rename(old / "CLAIMS.CSV")
    looked = run.invoke(app, ["migrate", str(old), "--json"])
    assert (looked.exit_code, told(looked)["faults"]) == (0, []), looked.output
    (old / "Claims.csv").write_bytes((old / "CLAIMS.CSV").read_bytes())
    twice = run.invoke(app, ["migrate", str(old)])
    assert "claims.csv twice" in str(twice.exception)


def test_an_office_does_not_leave_onto_a_file(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for place in (tmp_path / "out", tmp_path / "out" / "deeper"):
        done = run.invoke(app, ["export", str(place)])
        assert f"{tmp_path / 'out'} is a file, not a directory" in str(done.exception)
    assert (tmp_path / "out").read_text() == "mine"


def test_faults_end_it_with_their_places(run: CliRunner, tmp_path: Path) -> None:
    aging = tmp_path / "old" / "aging.csv"
    aging.write_text(aging.read_text().replace("insurance", "insurer", 1))
    result = run.invoke(app, ["migrate", str(tmp_path / "old"), "--write"])
    assert result.exit_code == 1
    assert "aging.csv line 2, owed_by: insurer is none of: insurance, patient" in result.stdout
    assert "nothing was written" in result.stdout


def test_a_directory_that_is_not_there_is_said_plainly(run: CliRunner, tmp_path: Path) -> None:
    result = run.invoke(app, ["migrate", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "is no directory" in result.stderr
