"""The fuzzer holds what it promises: an exit code, the bytes of a failure, and eyes for what goes wrong."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interchange.x12 import claims_837p, detect, shapes
from tests.interchange import fuzz

SEED = 4


def damaged(name: str = "stu-commercial-health-insurance.edi") -> fuzz.Damaged:
    whole = (fuzz.GOLDEN / "x222a1" / name).read_bytes()
    return fuzz.Damaged(whole, whole, len(whole))


def test_it_ends_well_when_the_time_is_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--minutes", "0.01", "--seed", "1"]) == 0
    assert capsys.readouterr().out.endswith("all well\n")


def test_it_keeps_the_bytes_of_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(_: bytes) -> None:
        raise KeyError("slip")

    monkeypatch.setattr(fuzz, "KEPT", tmp_path)
    monkeypatch.setattr(detect, "identify", fails)
    assert fuzz.main(["--minutes", "1", "--seed", str(SEED)]) == 1
    (kept,) = tmp_path.iterdir()
    assert (kept.name, kept.read_bytes()) == (f"{SEED}.edi", fuzz.damage(random.Random(SEED)).data)


def test_it_bites_when_reading_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "ENDS_IN_SECONDS", 1)
    monkeypatch.setattr(detect, "identify", lambda data: time.sleep(60))
    _, complaints = fuzz.one(SEED)
    assert [one.partition(" ")[0] for one in complaints] == ["ReadingDoesNotEnd"]


def without_the_last(read: Callable[[bytes], Iterator[object]]) -> Callable[[bytes], Iterator[object]]:
    def shorter(data: bytes) -> Iterator[object]:
        items = list(read(data))
        last = max(at for at, one in enumerate(items) if isinstance(one, claims_837p.ReadClaim))
        yield from items[:last] + items[last + 1 :]

    return shorter


def test_it_sees_a_claim_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fuzz.complaints_about(damaged()) == []
    monkeypatch.setattr(claims_837p, "read", without_the_last(claims_837p.read))
    (complaint,) = fuzz.complaints_about(damaged())
    assert complaint.startswith("1 CLM and 0 CLP gave 0")


def test_it_sees_a_claim_that_is_read_otherwise_behind_the_damage() -> None:
    name = "stu-commercial-health-insurance.edi"
    whole = damaged(name).whole
    two = whole.replace(b"SE*", whole[whole.index(b"CLM*") : whole.index(b"SE*")].replace(b"CLM*", b"CLM*X") + b"SE*")
    other = two.replace(b"CLM*", b"CLM*Y", 1)
    assert fuzz.complaints_about(fuzz.Damaged(two, two, len(two))) == []
    (complaint,) = fuzz.complaints_about(fuzz.Damaged(two, other, len(two)))
    assert complaint.startswith("one of the first 1 CLM")


def test_a_file_that_was_unreadable_before_the_damage_promises_nothing() -> None:
    whole = (fuzz.GOLDEN / "broken" / "p23_no_ISA.edi").read_bytes()
    assert fuzz.complaints_about(fuzz.Damaged(whole, damaged().whole, len(whole))) == []


def test_it_sees_two_readings_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    walk_only = without_the_last(claims_837p.read)
    read = claims_837p.read

    def differs(data: bytes) -> Iterator[object]:
        return (walk_only if shapes.Recogniser.recognise is fuzz.nothing_is_known else read)(data)

    monkeypatch.setattr(claims_837p, "read", differs)
    (complaint,) = fuzz.complaints_about(damaged())
    assert complaint == "what is recognised is read otherwise than what is walked"
