"""`zerobalance edi ...` as an operator meets it: exit codes, plain sentences, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
CLAIM = GOLDEN / "x222a1" / "made-dependent-and-telehealth.edi"


def edi(*arguments: object, text: bytes = b"") -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    done = subprocess.run(
        [sys.executable, "cli.py", "edi", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=text,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


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
