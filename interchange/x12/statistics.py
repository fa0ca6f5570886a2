"""Totals of a file per kind of transaction set, counted from its segments as they pass.

Nothing needs to make sense for it to be counted: a claim that no noun can be made of is still a claim. An amount that
cannot be read counts as `unreadable_count`, never as zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from billing import money
from billing.money import ZERO, Cents
from interchange.x12 import fields
from interchange.x12.detect import FileKind, of_set
from interchange.x12.fields import Elements, get
from interchange.x12.places import Placed, place
from interchange.x12.syntax import Source

MAX_NAMES = 1000
"""Senders, receivers and payers kept per kind; a file with more of them is not read for their names."""

_SERVICE_DATES = frozenset({"DTP472", "DTM472", "DTM150", "DTM151", "DTM232", "DTM233"})
_LINES = frozenset({"SV1", "SV2", "SV3"})


@dataclass(slots=True)
class Totals:
    """What all transaction sets of one kind sum to."""

    kind: FileKind
    transaction_count: int = 0
    claim_count: int = 0
    """CLM, CLP, or claims whose status is told"""
    line_count: int = 0
    charge_cents: Cents = ZERO
    """CLM02 or CLP03"""
    paid_cents: Cents = ZERO
    """CLP04"""
    payment_cents: Cents = ZERO
    """BPR02: what the payer sends, claims paid less provider adjustments"""
    adjustments_cents: dict[str, Cents] = field(default_factory=dict)
    """CAS by group code; of an 837, what other payers adjusted"""
    provider_adjustments_cents: Cents = ZERO
    """PLB; a positive amount lowers the payment"""
    first_service: date | None = None
    last_service: date | None = None
    senders: set[str] = field(default_factory=set)
    """ISA06"""
    receivers: set[str] = field(default_factory=set)
    """ISA08"""
    payers: set[str] = field(default_factory=set)
    """NM1*PR or N1*PR, organisations only"""
    unreadable_count: int = 0
    """Amounts that are none"""


def count(source: Source) -> list[Totals]:
    """Totals of each kind in the order they come in the file. Raises NotX12 when the source holds no ISA."""
    counter = _Counter()
    for placed in place(source):
        counter.take(placed)
    return list(counter.found.values())


class _Counter:
    def __init__(self) -> None:
        self.found: dict[FileKind, Totals] = {}
        self._ends = ("", "")
        self._totals: Totals | None = None

    def take(self, placed: Placed) -> None:
        segment, transaction = placed.segment, placed.transaction
        if segment.id == "ISA":
            self._ends = (segment.get(6).strip(), segment.get(8).strip())
        elif segment.id == "TA1":
            self._of(FileKind.ACKNOWLEDGMENT_TA1).transaction_count += 1
        if transaction is None:
            return
        if segment.position == 1:
            self._totals = self._of(of_set(transaction.st01, transaction.version))
            self._totals.transaction_count += 1
        if self._totals is not None:
            elements = fields.normal(segment.elements, placed.delimiters)
            traced = placed.opened_count and segment.id == "TRN" and placed.control_number is not None
            _add(self._totals, elements, is_claim=bool(traced))

    def _of(self, kind: FileKind) -> Totals:
        totals = self.found.setdefault(kind, Totals(kind))
        for names, name in zip((totals.senders, totals.receivers), self._ends, strict=True):
            _add_name(names, name)
        return totals


def _add(totals: Totals, row: Elements, *, is_claim: bool) -> None:
    name = row[0]
    if name in {"CLM", "CLP"} or is_claim:
        totals.claim_count += 1
    if name == "CLM":
        totals.charge_cents = _sum(totals, totals.charge_cents, row, 2)
    elif name == "CLP":
        totals.charge_cents = _sum(totals, totals.charge_cents, row, 3)
        totals.paid_cents = _sum(totals, totals.paid_cents, row, 4)
    elif name in _LINES or name == "SVC":
        totals.line_count += 1
    elif name == "BPR":
        totals.payment_cents = _sum(totals, totals.payment_cents, row, 2)
    elif name == "CAS":
        for at in range(3, len(row), 3):
            sofar = totals.adjustments_cents.get(row[1], ZERO)
            totals.adjustments_cents[row[1]] = _sum(totals, sofar, row, at)
    elif name == "PLB":
        for at in range(4, len(row), 2):
            totals.provider_adjustments_cents = _sum(totals, totals.provider_adjustments_cents, row, at)
    elif name in {"NM1", "N1"} and get(row, 1) == "PR":
        _add_name(totals.payers, get(row, 2) if name == "N1" else get(row, 3) if get(row, 2) == "2" else "")
    elif f"{name}{get(row, 1)}" in _SERVICE_DATES:
        _add_days(totals, row)


def _sum(totals: Totals, sofar: Cents, row: Elements, number: int) -> Cents:
    text = get(row, number)
    if not text:
        return sofar
    try:
        return Cents(sofar + money.parse_cents(text))
    except money.NotAnAmount:
        totals.unreadable_count += 1
        return sofar


def _add_days(totals: Totals, row: Elements) -> None:
    for day in _days(row):
        totals.first_service = min(totals.first_service or day, day)
        totals.last_service = max(totals.last_service or day, day)


def _days(row: Elements) -> Iterator[date]:
    for text in row[-1].split("-"):
        day = fields.parse_day(text)
        if day is not None:
            yield day


def _add_name(names: set[str], name: str) -> None:
    if name and len(names) < MAX_NAMES:
        names.add(name)
