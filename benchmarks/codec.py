"""`python -m benchmarks.codec [--claims 10000,100000]`: the codec beside its peers, on the same bytes.

Each tool reads each file in a process of its own, in turn with the others, so that a busy machine slows all alike. The
best of the rounds counts; times are ratios to ours, memory is the peak of the process. One JSON object a line.
"""

import argparse
import io
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import files
from interchange.x12 import acknowledgment_999, claims_837p, remittance_835, validate, writing

STATUS = Path("/proc/self/status")
SMALL = 3
"""Claims in the file that is answered by a 999"""
SMALL_TIMES = 200
ROUNDS = 5
SLOW_ROUNDS = 1
"""Of the tools that take a hundred times as long"""


def read_payments(path: Path) -> int:
    """Ours: an 835, payment by payment, with every check."""
    with path.open("rb") as file:
        return sum(isinstance(item, remittance_835.ReadPayment) for item in remittance_835.read(file))


def read_claims(path: Path) -> int:
    """Ours: an 837P, claim by claim, with every check."""
    with path.open("rb") as file:
        return sum(isinstance(item, claims_837p.ReadClaim) for item in claims_837p.read(file))


def stream_payments(path: Path) -> int:
    """Ours: the claim payments of an 835 alone."""
    with path.open("rb") as file:
        return sum(1 for _ in remittance_835.payments(file))


def stream_claims(path: Path) -> int:
    """Ours: the claims of an 837P alone."""
    with path.open("rb") as file:
        return sum(1 for _ in claims_837p.claims(file))


def split(path: Path) -> int:
    """The floor: every element of the file in a list of its own, thrown away."""
    return sum(segment.split(b"*")[0] in {b"CLM", b"CLP"} for segment in path.read_bytes().split(b"~\n"))


def pyx12(path: Path) -> int:
    """The validator that everybody uses."""
    import pyx12.params
    import pyx12.x12n_document

    logging.getLogger("pyx12").setLevel(logging.CRITICAL)
    said, found = io.StringIO(), io.StringIO()
    parameters = pyx12.params.params()
    if not pyx12.x12n_document.x12n_document(parameters, str(path), said, None, fd_json=found):
        raise SystemExit(f"pyx12 refuses the file: {found.getvalue()[:500]}")
    return split(path)


def x12sdk(path: Path) -> int:
    """Models of Pydantic."""
    from x12sdk.io import X12ModelReader

    with X12ModelReader(str(path)) as reader:
        if not sum(1 for _ in reader.models()):
            raise SystemExit("x12sdk reads nothing")
    return split(path)


def oxedi(path: Path) -> int:
    """A reader of the 835 in Rust."""
    import oxedi

    if oxedi.parse_file(str(path)).diagnostics:
        raise SystemExit("oxedi finds fault with the file")
    return split(path)


def answer(path: Path) -> int:
    """Ours: parse, check, and write the 999."""
    data = path.read_bytes()
    for _ in range(SMALL_TIMES):
        [report, _] = validate.validate(data)
        assert report.transaction is not None, "the file has one transaction"
        said = acknowledgment_999.write(acknowledgment_999.acknowledge([(report.transaction, report.issues)]))
        group = writing.Group(1, acknowledgment_999.VERSION, [("0001", said)], "999")
        writing.write_interchange(
            [group], sender=files.RECEIVER, receiver=files.SENDER, control_number=1, instant=files.AT
        )
    return SMALL


OURS = (read_payments, read_claims, stream_payments, stream_claims)
TOOLS: dict[str, Callable[[Path], int]] = {one.__name__: one for one in (*OURS, split, pyx12, x12sdk, oxedi, answer)}
FAST = {"split", "oxedi"}


def measure(tool: str, path: Path) -> dict[str, float]:
    """One run of a tool in its own process: seconds, and the peak of its memory in MB."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.codec", "--run", tool, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(tool: str, path: Path) -> None:
    """What the child does; imports come before the clock starts, as far as they can."""
    TOOLS[tool](path.with_name("tiny" + path.suffix))
    began = time.perf_counter()
    claims = TOOLS[tool](path)
    seconds = time.perf_counter() - began
    peak = next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mb": round(peak, 1), "claims": claims}) + "\n")


def compare(name: str, ours: dict[str, str], peers: tuple[str, ...], path: Path, claims: int) -> None:
    """Ours and the peers in turn; how many times as long each of them takes as each way of ours."""
    best: dict[str, dict[str, float]] = {}
    for number in range(ROUNDS):
        for tool in (*ours.values(), *peers):
            if number < (ROUNDS if tool in FAST or tool in ours.values() else SLOW_ROUNDS):
                figures = measure(tool, path)
                if tool not in best or figures["seconds"] < best[tool]["seconds"]:
                    best[tool] = figures
    for way, tool in ours.items():
        mine = best[tool]
        told: dict[str, Any] = {
            "bench": f"{name} {way}",
            "claims": claims,
            "megabytes": round(path.stat().st_size / 1e6, 2),
            "peak_mb": mine["peak_mb"],
            **{f"{peer}_over_ours": round(best[peer]["seconds"] / mine["seconds"], 2) for peer in peers},
            **{f"{peer}_peak_mb": best[peer]["peak_mb"] for peer in peers},
        }
        sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def answer_small(folder: Path) -> None:
    """A small claim file parsed, checked and answered by a 999, warm, beside one run of the validator."""
    path = folder / "small.837"
    files.write_claims(path, SMALL)
    ours = min(measure("answer", path)["seconds"] for _ in range(ROUNDS)) / SMALL_TIMES
    theirs = min(measure("pyx12", path)["seconds"] for _ in range(ROUNDS))
    figures = {"bench": "one small 837P answered by a 999", "pyx12_over_ours": round(theirs / ours, 1)}
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def main(counts: list[int]) -> None:
    """The whole run."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as name:
        folder = Path(name)
        files.write_claims(folder / "tiny.837", 1)
        files.write_payments(folder / "tiny.835", 1)
        answer_small(folder)
        subprocess.run([sys.executable, "-m", "benchmarks.codec_writing"], check=True)
        for count in counts:
            claims, payments = folder / f"{count}.837", folder / f"{count}.835"
            files.write_claims(claims, count)
            files.write_payments(payments, count)
            peers: tuple[str, ...] = ("split", "oxedi", "pyx12", "x12sdk")
            compare("835", {"checked": "read_payments", "streamed": "stream_payments"}, peers, payments, count)
            peers = ("split", "pyx12", "x12sdk")
            compare("837P", {"checked": "read_claims", "streamed": "stream_claims"}, peers, claims, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codec")
    parser.add_argument("--claims", default="10000,100000", help="how many claims in a file")
    parser.add_argument("--run", nargs=2, metavar=("TOOL", "FILE"), help="one run, for the parent process")
    chosen = parser.parse_args()
    if chosen.run:
        run(chosen.run[0], Path(chosen.run[1]))
    else:
        main([int(one) for one in chosen.claims.split(",") if one])
