"""`zerobalance edi ...` as an operator meets it: exit codes, plain sentences, never a traceback."""

import json
import os
import subprocess
import sys
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi import app
from interchange.x12 import validate

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
CLAIM = GOLDEN / "x222a1" / "made-dependent-and-telehealth.edi"


def edi(*arguments: object, text: bytes = b"") -> tuple[int, str, str]:
    """Exit code, stdout, stderr; what is raised beyond an exit code is a failure."""
    done = CliRunner().invoke(app, [str(one) for one in arguments], input=text, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_the_office_has_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "cli.py", "edi", "show", CLAIM], cwd=ROOT, capture_output=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, edi("show", CLAIM)[1], b"")


def test_show_prints_a_tree_and_reads_standard_input() -> None:
    code, printed, _ = edi("show", CLAIM)
    assert code == 0
    assert "2010AA  billing provider" in printed
    assert edi("show", "-", text=CLAIM.read_bytes()) == (0, printed, "")


def test_show_says_what_it_cannot_do(tmp_path: Path) -> None:
    code, printed, said = edi("show", "--claim", "NONE", CLAIM)
    assert (code, printed, "no claim of that number" in said) == (1, "", True)
    noise = tmp_path / "noise"
    noise.write_bytes(bytes(range(256)) * 9)
    for unreadable in (noise, tmp_path / "is-not-there", tmp_path):
        code, _, said = edi("show", unreadable)
        assert (code, str(unreadable) in said) == (2, True)


def test_show_lets_nothing_steer_the_terminal() -> None:
    _, printed, _ = edi("show", "--elements", "-", text=CLAIM.read_bytes().replace(b"OKAFOR", b"O\x1b[2J\x07"))
    assert "\x1b" not in printed


def test_validate_points_at_the_element(golden: Path) -> None:
    fault = golden / "broken" / "p07_bad_NM108_qualifier.edi"
    code, printed, _ = edi("validate", fault)
    lines = printed.splitlines()
    raw = next(at for at, line in enumerate(lines) if line.lstrip().startswith("NM1*85"))
    assert code == 1
    assert lines[raw + 1].index("^") == lines[raw].index("QQ")
    assert "element 7 (IK403), segment 8 NM108, loop 2010AA, byte 401" in printed
    assert edi("validate", "-", text=fault.read_bytes())[1].splitlines()[1:] == lines[1:]


def test_validate_speaks_one_object_per_file(golden: Path, tmp_path: Path) -> None:
    code, printed, said = edi("validate", "--json", CLAIM, golden / "broken" / "e01_BPR02_off.edi")
    well, unbalanced = map(json.loads, printed.splitlines())
    assert (code, said) == (1, "")
    assert well == {
        "file": str(CLAIM),
        "ok": True,
        "transactions": [{"st01": "837", "st02": "0001", "ok": True, "claims": 2, "issues": [], "balanced": True}],
    }
    [transaction] = unbalanced["transactions"]
    assert (unbalanced["ok"], transaction["ok"], transaction["balanced"]) == (False, False, False)
    [issue] = transaction["issues"]
    assert set(issue) == {"code", "segment", "element", "loop", "segment_index", "severity", "message"}
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "claim").write_bytes(CLAIM.read_bytes())
    assert edi("validate", "--json", tmp_path)[0] == 0
    (tmp_path / "noise").write_bytes(b"noise")
    code, printed, _ = edi("validate", "--json", tmp_path)
    assert (code, [json.loads(line)["ok"] for line in printed.splitlines()]) == (2, [True, False])


def test_stats_counts_in_cents_and_dollars(golden: Path) -> None:
    code, printed, _ = edi("stats", "--json", golden / "x221a1" / "made-plb-recovery-interest.edi")
    [totals] = json.loads(printed)["sets"]
    assert code == 0
    assert (totals["payment_cents"], totals["payment_dollars"]) == (16125, "$161.25")
    assert (
        "adjusted_CO_cents              6000  $60.00"
        in edi("stats", golden / "x221a1" / "made-plb-recovery-interest.edi")[1]
    )


def test_deidentify_writes_numbered_copies_that_nobody_can_lead_back(tmp_path: Path) -> None:
    code, printed, said = edi("deidentify", CLAIM)
    assert (code, said, "OKAFOR" in printed, "CLM*" in printed) == (0, "", False, True)
    assert edi("deidentify", CLAIM)[1] != printed, "the key is thrown away"
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    copies = tmp_path / "copies"
    assert edi("deidentify", "--key-file", key, "--into", copies, CLAIM)[0] == 0
    assert (copies / "0001.x12").read_text() == edi("deidentify", "--key-file", key, CLAIM)[1]
    assert [one.name for one in copies.iterdir()] == ["0001.x12"]
    assert edi("deidentify", "--into", copies, CLAIM)[0] == 2, "a copy is never overwritten"
    assert edi("validate", copies)[0] == 0


def test_deidentify_leaves_nothing_of_what_it_cannot_read(tmp_path: Path) -> None:
    noise, key = tmp_path / "noise", tmp_path / "key"
    noise.write_bytes(b"Dear OKAFOR")
    key.write_bytes(b"short")
    code, printed, said = edi("deidentify", "--into", tmp_path / "copies", noise)
    assert (code, printed, "OKAFOR" in said) == (2, "", False)
    assert not (tmp_path / "copies").exists()
    assert edi("deidentify", "--key-file", key, CLAIM)[0] == 2


def test_what_looks_like_a_picture_stays_text() -> None:
    _, printed, _ = edi("validate", GOLDEN / "broken" / "p31_bad_freq.edi")
    lines = printed.splitlines()
    at = next(number for number, line in enumerate(lines) if "*11:B:Q*" in line)
    assert lines[at].index(":Q*") + 1 == lines[at + 1].index("^")


def test_a_closed_standard_input_is_said() -> None:
    command = f"{sys.executable} cli.py edi validate - <&-"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert (done.returncode, b"Traceback" in done.stderr, b"standard input is closed" in done.stderr) == (
        2,
        False,
        True,
    )


def test_a_copy_does_not_fail_on_a_letter_as_separator(tmp_path: Path) -> None:
    odd = tmp_path / "odd.edi"
    odd.write_bytes(CLAIM.read_bytes().replace(b"*^*00501*", b"*\xd9\xa1*00501*", 1))
    assert edi("deidentify", odd, "--into", tmp_path / "out")[0] in {0, 2}


def test_a_target_that_is_taken_is_named(tmp_path: Path) -> None:
    assert edi("deidentify", CLAIM, "--into", tmp_path)[0] == 0
    code, _, said = edi("deidentify", CLAIM, "--into", tmp_path)
    assert (code, "choose an empty directory" in said) == (2, True)


def run_in_shell(command: str) -> subprocess.CompletedProcess[bytes]:
    """With `PYTHON` for the command line of the office."""
    line = command.replace("PYTHON", f"{sys.executable} cli.py edi")
    return subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, timeout=300, check=False)


@pytest.mark.parametrize("command", ["show", "validate --json", "deidentify"])
def test_a_full_disk_is_one_sentence(command: str) -> None:
    done = run_in_shell(f"PYTHON {command} {CLAIM} > /dev/full")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"the output cannot be written" in done.stderr


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    long = tmp_path / "long.edi"
    long.write_bytes(CLAIM.read_bytes() * 200)
    done = run_in_shell(f"PYTHON show {long} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.edi").touch()
    for command in ("show", "validate", "stats", "deidentify"):
        code, _, said = edi(command, tmp_path / "empty.edi")
        assert (code, "the file is empty" in said) == (2, True)


def test_a_set_without_a_guide_is_placed() -> None:
    text = CLAIM.read_bytes().replace(b"ST*837*", b"ST*278*")
    assert "segment 1 ST, byte " in edi("validate", "-", text=text)[1]


def test_issues_are_not_kept_in_memory() -> None:
    def peak(count: int) -> int:
        text = CLAIM.read_bytes().replace(b"*IA*", b"*ZZ*") * count
        tracemalloc.start()
        told = list(islice(validate.verdicts(text, lambda issue: None), 0, None, 2 * count))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert told
        return size

    few = peak(5)
    assert peak(100) < few + 500_000
