"""`python -m benchmarks.edits [COUNT]`: every claim edit over valid claims of fifteen kinds.

The floor is what any look at a claim costs anyway: its JSON read from the row into the noun. Both work on the same
claims in turn, and the best round of each counts. One JSON object a line.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date

from billing.claim import Claim
from billing.scrubbing import EDITS, scrub
from database import records
from simulator.subjects import valid_subjects

CLAIMS = 10_000
ROUNDS = 3


def main(count: int) -> None:
    """The whole run."""
    subjects = valid_subjects(count, seed=1, today=date(2026, 11, 2))
    rows = [records.dump(one.claim) for one in subjects]

    def read() -> None:
        for row in rows:
            records.load(Claim, row)

    def look() -> None:
        for one in subjects:
            scrub(one.claim, one.situation)

    floor = ours = float("inf")
    for _ in range(ROUNDS):
        floor, ours = min(floor, _seconds(read)), min(ours, _seconds(look))
    figures = {
        "bench": "claims scrubbed",
        "claims": count,
        "edits": len(EDITS),
        "over_reading_the_claim": round(ours / floor, 2),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS)
