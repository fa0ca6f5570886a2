"""`python -m tests.interchange.fuzz [--minutes 10] [--seed N]`: the X12 codec under files that nobody has seen before.

One file in ten is generated and judged by validators from outside. The others are generated or golden files with bytes
changed, cut out, swapped or doubled, and of each of them it must hold that

- nothing but NotX12 is raised, and reading ends;
- every CLM and CLP gives exactly one read item;
- what stood before the first damage is still read as it was;
- what is recognised by its shape is read as what is walked.

Exit code 0 when the time is up, 1 at the first file that breaks this: it is kept under var/fuzz/, and its seed is told.
"""

import argparse
import functools
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from billing.claim import Name, Party
from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    answering,
    claim_status_276,
    claim_status_277,
    claims_837p,
    deidentify,
    detect,
    eligibility_270,
    eligibility_271,
    remittance_835,
    shapes,
    statistics,
    tree,
    validate,
)
from interchange.x12.claims_837p import ReadClaim
from interchange.x12.pseudonyms import Pseudonyms
from interchange.x12.remittance_835 import ReadPayment
from interchange.x12.syntax import NotX12, SegmentReader
from tests.interchange import generated
from tests.interchange.conftest import GOLDEN

KEPT = Path(__file__).parents[2] / "var" / "fuzz"
GENERATED_IN = 10
"""One file of so many is generated and judged"""
LONGEST = 12_000
"""Bytes of a file that is damaged"""
ENDS_IN_SECONDS = 20
SENDER = Party("PR", False, Name("SAMPLE MUTUAL HEALTH"), "PI", "SX101")
NAMES = Pseudonyms(b"a key for files that name nobody")
SPLINTERS = (
    *(b"~", b"*", b":", b"^", b"\n", b"\x00", b"\xff", b"*-", b"99999999999999999999", b"20261399", b"1e5", b"."),
    *(b"ISA*", b"~IEA*1*1~", b"~GS*HC~", b"~GE~", b"~ST*837*1~", b"~ST*835*1~", b"~SE*1~", b"~HL*1**20*1~"),
    *(b"~HL*9*9*23~", b"~CLM*1*x~", b"~CLM~", b"~CLP*1*1*1e5*1~", b"~CLP~", b"~LX*1~", b"~SVC~", b"~SV1~"),
    *(b"~PLB~", b"~CAS*CO*1~", b"~NM1~", b"~NM1*IL*1~", b"~DTM*472*1~", b"~TA1~", b"~LS*2120~", b"~EB~", b"~STC~"),
)


class ReadingDoesNotEnd(Exception):
    """The watchdog's word."""


@dataclass(frozen=True)
class Damaged:
    """A file, the same damaged, and the first byte that differs."""

    whole: bytes
    data: bytes
    first: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run for the time given; 0 when all was well."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; by default another one each time")
    options = parser.parse_args(arguments)
    seed = time.time_ns() % 10**9 if options.seed is None else options.seed
    until = time.monotonic() + options.minutes * 60
    first = seed
    while time.monotonic() < until:
        data, complaints = one(seed)
        if complaints:
            KEPT.mkdir(parents=True, exist_ok=True)
            path = KEPT / f"{seed}.edi"
            path.write_bytes(data)
            sys.stdout.write("".join(f"{complaint}\n" for complaint in complaints))
            sys.stdout.write(f"seed {seed} after {seed - first} files: kept as {path}\n")
            return 1
        seed += 1
    sys.stdout.write(f"{seed - first} files, seeds {first} to {seed - 1}: all well\n")
    return 0


def one(seed: int) -> tuple[bytes, list[str]]:
    """The file of one seed, and what is wrong with how it is read or written."""
    if seed % GENERATED_IN == 0:
        kinds = sorted(generated.KINDS)
        drawn = generated.draw_file(kinds[seed // GENERATED_IN % len(kinds)], seed=seed, count=4)
        return drawn.text.encode(), _guarded(lambda: generated.faults(drawn))
    damaged = damage(random.Random(seed))
    return damaged.data, _guarded(lambda: complaints_about(damaged))


def damage(draw: random.Random) -> Damaged:
    """A file with one to four edits; the first stands where the smallest of them begins."""
    whole = draw.choice(_files())
    data, first = whole, len(whole)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, width = draw.randrange(len(data)), draw.choice((0, 1, 1, 3, 20, 200))
        piece = data[at : at + width]
        match draw.randrange(5):
            case 0:
                data = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[at + width :]
            case 2:
                data = data[: at + width] + piece + data[at + width :]
            case 3:
                data = data[:at] + draw.choice(SPLINTERS) + data[at + width :]
            case _:
                other = data[at + width : at + 2 * width]
                data = data[:at] + other + piece + data[at + 2 * width :]
        first = min(first, at)
        if not data:
            break
    return Damaged(whole, data, first)


def complaints_about(damaged: Damaged) -> list[str]:
    """What does not hold of a damaged file. Raises whatever a reader should not have raised."""
    data = damaged.data
    detect.identify(data)
    try:
        ids = [segment.id for segment in SegmentReader(data)]
    except NotX12:
        return []
    claims, payments = _claims(data), _payments(data)
    with (
        mock.patch.object(shapes.Recogniser, "recognise", nothing_is_known),
        mock.patch.object(shapes.Recogniser, "scan", nothing_is_known),
    ):
        walked = list(claims_837p.read(data)), list(remittance_835.read(data))
    again = list(claims_837p.read(data)), list(remittance_835.read(data))
    found = []
    if walked != again:
        found.append("what is recognised is read otherwise than what is walked")
    if (len(claims), len(payments)) != (ids.count("CLM"), ids.count("CLP")):
        found.append(f"{ids.count('CLM')} CLM and {ids.count('CLP')} CLP gave {len(claims)} and {len(payments)} items")
    found += _otherwise_before_the_damage(damaged, claims, payments)
    _read_by_the_others(data)
    return found


def _otherwise_before_the_damage(damaged: Damaged, claims: list[object], payments: list[object]) -> Iterator[str]:
    try:
        claims_of_whole, payments_of_whole = _claims(damaged.whole), _payments(damaged.whole)
    except NotX12:
        return
    for name, kept, read in (("CLM", claims_of_whole, claims), ("CLP", payments_of_whole, payments)):
        safe = _safe(damaged.whole, name, damaged.first)
        if kept[:safe] != read[:safe]:
            yield f"one of the first {safe} {name} is not read as it was before the damage behind it"


def nothing_is_known(_recogniser: object, *_: object) -> None:
    """In place of `Recogniser.recognise` and `scan`: everything is walked."""


def _claims(data: bytes) -> list[object]:
    return [item.claim for item in claims_837p.read(data) if isinstance(item, ReadClaim)]


def _payments(data: bytes) -> list[object]:
    return [item.payment for item in remittance_835.read(data) if isinstance(item, ReadPayment)]


def _safe(whole: bytes, name: str, first: int) -> int:
    """How many of the segments `name` are followed by another one that ends before byte `first`."""
    ends = [one.offset + len(one.text) + 1 for one in SegmentReader(whole) if one.id == name]
    return max(0, sum(end < first for end in ends) - 1)


def _read_by_the_others(data: bytes) -> None:
    codecs = (acknowledgment_277ca, acknowledgment_999, acknowledgment_ta1, claim_status_276, claim_status_277)
    for codec in (*codecs, eligibility_270, eligibility_271):
        for _ in codec.read(data):
            pass
    for _ in validate.validate(data):
        pass
    for _ in tree.lines(data, elements=True):
        pass
    statistics.count(data)
    for _ in answering.answer(data, sender=SENDER, on=generated.INSTANT.date()):
        pass
    for _ in deidentify.deidentify(data, NAMES, as_of=generated.INSTANT.date()):
        pass


@functools.cache
def _files() -> tuple[bytes, ...]:
    """The files that are damaged: golden and odd ones of every set, and some generated ones of every kind."""
    paths = (*sorted(GOLDEN.glob("*/*")), *sorted((Path(__file__).parent / "odd").iterdir()))
    golden = [path.read_bytes() for path in paths if path.parent.name != "LICENSES"]
    drawn = [generated.draw_file(kind, seed=seed, count=2) for kind in generated.KINDS for seed in range(5)]
    return tuple(data for data in (*golden, *(one.text.encode() for one in drawn)) if len(data) <= LONGEST)


def _guarded(check: Callable[[], list[str]]) -> list[str]:
    """The complaints of a check; what it raises and whether it ends are complaints too."""
    try:
        with _watchdog():
            return check()
    except Exception as fault:
        frames = traceback.extract_tb(fault.__traceback__)
        place = f"{frames[-1].filename}:{frames[-1].lineno}"
        return [f"{type(fault).__name__} at {place}: {fault}"]


@contextmanager
def _watchdog() -> Iterator[None]:
    def bark(*_: object) -> None:
        raise ReadingDoesNotEnd(f"not done after {ENDS_IN_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(ENDS_IN_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    sys.exit(main())
