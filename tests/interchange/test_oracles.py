"""What our writers write is taken by validators from outside, who can say no, and say so of what they passed over."""

import dataclasses
from pathlib import Path

import pytest

from tests.interchange import generated, oracles

SETS_PER_FILE = 5
FILES = {"837P": 8, "835": 8, "270": 6, "271": 8, "999": 6, "277CA": 6}
"""Of each kind: about two hundred transactions, and twice as many claims"""


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind, count in FILES.items() for seed in range(count)])
def test_what_is_written_reads_back_and_nobody_complains(kind: str, seed: int) -> None:
    assert generated.faults(generated.draw_file(kind, seed=seed, count=SETS_PER_FILE)) == []


@pytest.mark.parametrize(
    ("kind", "written", "tampered", "judges"),
    [
        ("837P", "~\nHL*2*1*22", "~\nHL*2*7*22", {"ours", "pyx12", "x12sdk"}),
        ("835", "~\nBPR*I*", "~\nBPR*I*1", {"ours", "oxedi"}),
        ("270", "~\nHL*2*1*21*1", "~\nHL*2*7*21*1", {"x12sdk"}),
        ("271", "~\nHL*2*1*21*1", "~\nHL*2*7*21*1", {"x12sdk"}),
        ("999", "~\nAK9*", "~\nAK9*Z", {"ours", "pyx12"}),
        ("277CA", "~\nDTP*050*", "~\nDTP*051*", {"ours", "pyx12"}),
    ],
)
def test_a_judge_finds_what_was_tampered_with(kind: str, written: str, tampered: str, judges: set[str]) -> None:
    drawn = generated.draw_file(kind, seed=2, count=2)
    assert written in drawn.text
    worse = dataclasses.replace(drawn, text=drawn.text.replace(written, tampered, 1))
    assert judges <= {one.partition(":")[0] for one in generated.faults(worse)}


def test_a_seed_gives_the_same_file_again() -> None:
    first, again, other = (generated.draw_file("837P", seed=seed, count=1).text for seed in (5, 5, 6))
    assert first == again != other


def test_pyx12_does_not_accept_a_transaction_that_it_passed_over(golden: Path) -> None:
    text = (golden / "x222a1" / "stu-ambulance.edi").read_text()
    head, tail = text[: text.index("ST*")], text[text.index("GE*") :]
    assert oracles.pyx12(f"{head}ST*999*0001*X~ZZZ*GARBAGE~SE*3*0001~{tail}") == ["0 of 1 transactions were judged"]


@pytest.mark.parametrize(
    ("name", "segment"), [("p15_bad_date.edi", "DTP"), ("p13_CLM01_too_long.edi", "CLM"), ("e05_bad_group.edi", "CAS")]
)
def test_pyx12_names_the_segment(name: str, segment: str, golden: Path) -> None:
    complaints = oracles.pyx12((golden / "broken" / name).read_text())
    assert [one.partition(":")[0] for one in complaints] == [segment]


def test_pyx12_refuses_a_guide_it_does_not_know(golden: Path) -> None:
    assert oracles.pyx12((golden / "x212-276" / "made-one-claim.edi").read_text()) != []


@pytest.mark.parametrize("path", ["x214/made-rejected-whole-batch.edi", "x214/made-all-accepted.edi"])
def test_pyx12_raises_no_known_false_alarm(path: str, golden: Path) -> None:
    assert oracles.pyx12((golden / path).read_text()) == []


def test_x12sdk_does_not_accept_a_file_that_was_cut(golden: Path) -> None:
    text = (golden / "x212-276" / "made-one-claim.edi").read_text()
    assert oracles.x12sdk(text) == []
    assert oracles.x12sdk(text[: text.index("SE*")]) == ["0 of 1 transactions were judged"]
    assert oracles.x12sdk(text.replace("HL*2*1*21", "HL*2*7*21")) != []
