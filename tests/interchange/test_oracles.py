"""The judges from outside can say no, and say so of what they passed over."""

from pathlib import Path

import pytest

from tests.interchange import oracles


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
