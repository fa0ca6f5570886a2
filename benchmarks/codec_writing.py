"""`python -m benchmarks.codec_writing [COUNT]`: writing from nouns, beside x12sdk's `.x12()` of the same content.

What is timed is nouns to text; the peer's models are read before its clock starts. Ours and the peer's take turns, and
the best round of each counts. One JSON object a line.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import files
from interchange.x12 import claims_837p, remittance_835, writing
from interchange.x12.fields import Elements

CLAIMS = 1000
ROUNDS = 5


def main(count: int) -> None:
    """The whole run."""
    claims, payments = list(files.claims(count)), list(files.payments(count))
    batch, remittance = files.batch(claims), files.remittance(payments, 1)

    def professional() -> str:
        return _interchange(claims_837p.write(batch), claims_837p.VERSION, "837")

    def professional_read_back() -> None:
        found = [one.claim for one in claims_837p.read(professional().encode()) if hasattr(one, "claim")]
        assert found == claims, "what was written is what is read"

    def payment() -> str:
        return _interchange(remittance_835.write(remittance, payments), remittance_835.VERSION, "835")

    _compare("837P written", professional, professional(), count)
    _compare("837P written and read back", professional_read_back, professional(), count)
    _compare("835 written", payment, payment(), count)


def _interchange(body: Sequence[Elements], version: str, kind: str) -> str:
    group = writing.Group(1, version, [("0001", body)], kind)
    return writing.write_interchange(
        [group], sender=files.SENDER, receiver=files.RECEIVER, control_number=1, instant=files.AT
    )


def _compare(name: str, ours: Callable[[], object], text: str, count: int) -> None:
    from x12sdk.io import X12ModelReader

    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as folder:
        path = Path(folder) / "same.edi"
        path.write_text(text, encoding="ascii")
        with X12ModelReader(str(path)) as reader:
            models = list(reader.models())
    mine = theirs = float("inf")
    for _ in range(ROUNDS):
        mine = min(mine, _seconds(ours))
        theirs = min(theirs, _seconds(lambda: [model.x12() for model in models]))
    figures = {"bench": name, "claims": count, "x12sdk_over_ours": round(theirs / mine, 2)}
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS)
