"""The proof that names of patients stand in the book alone: it holds for a few visits, and the reader finds them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from phi_proof import Identifiers, Place

ROOT = Path(__file__).parents[2]
KNOWN = Identifiers(
    [("a name", "SAMPLEWELL"), ("a name", "ANNA"), ("a birth date", "1970-05-01"), ("a diagnosis", "S52.501A")]
)


def test_a_small_office_holds() -> None:
    run = [sys.executable, "cli.py", "prove", "phi", "--encounters", "6"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, (done.stdout[-4000:], done.stderr[-4000:])
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["proof"], figures["encounters"], figures["holds"]) == ("phi", 6, True)
    assert all(one["looked_at"] for one in figures["proofs"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("visit of Samplewell, A.", ["a name"]),
        ("born 1970-05-01 with S52.501a", ["a birth date", "a diagnosis"]),
        ("SAMPLEWELLS", []),
        ("ANNA", []),
        ("x1970-05-01", []),
        ("", []),
    ],
)
def test_what_is_found_is_told_by_its_kind_alone(text: str, kinds: list[str]) -> None:
    place = Place("logs", "no line of a log names a patient")
    KNOWN.look(place, "api.log", text)
    assert place.found == [f"{kind} in api.log" for kind in kinds]
    assert place.proof().holds == (not kinds)


def test_packed_bytes_are_read_too_and_nothing_read_proves_nothing() -> None:
    place = Place("engine", "the engine's database names no patient")
    assert not place.proof().holds
    KNOWN.look_into(place, "temporal.sqlite3", b"\x00\x01SAMPLEWELL\xff")
    assert place.found == ["a name in temporal.sqlite3"]
