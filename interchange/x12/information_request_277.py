"""A payer's request for more about a claim (277RFAI, guide 005010X213): what is wanted, under which number, by when.

The levels and nouns are those of a claim status answer; only its payer speaks first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from billing.claim_status import ClaimStatus
from interchange.x12 import claim_status_277 as status
from interchange.x12 import claim_status_levels as levels
from interchange.x12 import fields
from interchange.x12.envelope import EnvelopeReport, TransactionId
from interchange.x12.fields import Elements, Unreadable, get
from interchange.x12.guides.x213 import GUIDE
from interchange.x12.issues import Issue
from interchange.x12.reading import WalkedTransaction, walk
from interchange.x12.syntax import Source

VERSION = GUIDE.version
_ANSWER_BY = "106"


@dataclass(frozen=True, slots=True)
class ReadRequests:
    """One ST*277 of the file."""

    requests: tuple[ClaimStatus, ...]
    """Each with `request_number` and `respond_by`; an unreadable one is left out, its issue says why"""
    issues: tuple[Issue, ...]
    transaction: TransactionId | None
    """None: the issues of an interchange"""


def read(source: Source) -> Iterator[ReadRequests]:
    """Read every request of the file. Raises NotX12."""
    for item in walk(source, GUIDE):
        if isinstance(item, EnvelopeReport):
            if item.issues:
                yield ReadRequests((), tuple(item.issues), None)
            continue
        yield ReadRequests(tuple(_requests(item)), tuple(item.issues), item.id)


def _requests(item: WalkedTransaction) -> Iterator[ClaimStatus]:
    for trace in levels.traces([elements for _, elements in item.rows]):
        try:
            yield _request(trace)
        except Unreadable as reason:
            item.issues.append(item.unreadable(reason))


def _request(trace: levels.Trace) -> ClaimStatus:
    """What is wanted of the whole claim; where only lines are asked about, what is wanted of them stands for it."""
    said = status.read_status(trace)
    wanted = said.verdicts or tuple(verdict for line in said.lines for verdict in line.verdicts)
    return replace(said, verdicts=wanted, request_number=said.reference, respond_by=_days(trace.rows))


def _days(rows: list[Elements]) -> date | None:
    found = [fields.day(row, 3) for row in rows if row[0] == "DTP" and get(row, 1) == _ANSWER_BY]
    return min(found, default=None)
