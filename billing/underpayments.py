"""What becomes of a line that the first payer allowed another amount for than its contract says.

A case is kept per line of a claim, from the first answer that differs beyond the payer's tolerance. Nothing of it is in
the ledger: what the payer called contractual is so until it answers anew. What was recovered is never counted, but
worked out from the lowest amount that was allowed while the line was short and the amount that is allowed now; an
answer that is taken back takes it along.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from billing.money import Cents, format_dollars
from billing.remittance import LinePayment

WHOLE = 100
"""Percent"""


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    """Allowed less than expected: nobody has decided yet"""
    DISPUTED = "disputed"
    """The payer was asked to correct it"""
    RECOVERED = "recovered"
    """A later answer allows what was expected"""
    ACCEPTED = "accepted"
    """Given up"""
    MISTAKEN = "mistaken"
    """The expectation was wrong"""
    OVERPAID = "overpaid"
    """Allowed more than expected: nothing is disputed, the payer may take it back"""
    RECODED = "recoded"
    """Another code or fewer units than billed, and not short of what is expected, or nothing is expected"""
    TAKEN_BACK = "taken_back"
    """The payer took its answer back, and has not answered anew"""
    VOID = "void"
    """Answered anew, and nothing differs or it is refused: a denial has a task of its own"""


UNDECIDED = frozenset({State.OPEN, State.DISPUTED})
GIVEN_UP = frozenset({State.ACCEPTED, State.MISTAKEN})
SHORT = (State.OPEN, State.DISPUTED, State.RECOVERED, State.ACCEPTED)
"""States of lines that the contract was right about"""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a difference must exceed, both of them, to be looked at; 0 and 0: every cent."""

    percent: int
    """Of what is expected"""
    cents: int

    def is_beyond(self, difference_cents: int, expected_cents: int) -> bool:
        size = abs(difference_cents)
        return size > self.cents and size * WHOLE > self.percent * expected_cents


@dataclass(frozen=True, slots=True)
class Found:
    """What one answer says of one line."""

    allowed_cents: Cents | None
    """None: some of it was refused"""
    expected_cents: Cents | None
    """None: not known"""
    recode: str = ""
    """Such as `paid as 99213, billed as 99214`"""

    @property
    def difference_cents(self) -> int | None:
        """Allowed less expected; None: one of them is not known."""
        if self.allowed_cents is None or self.expected_cents is None:
            return None
        return self.allowed_cents - self.expected_cents


@dataclass(frozen=True, slots=True)
class Case:
    """One line that differed."""

    state: State
    allowed_cents: Cents | None
    """By the newest answer that allowed something"""
    expected_cents: Cents | None
    lowest_cents: Cents | None = None
    """The least that was allowed while the line was short; None: it never was"""
    before: State | None = None
    """The state in which the answer was taken back"""

    @property
    def found_short_cents(self) -> Cents:
        """What was missing when it was at its worst."""
        if self.lowest_cents is None or self.expected_cents is None:
            return Cents(0)
        return Cents(self.expected_cents - self.lowest_cents)

    @property
    def recovered_cents(self) -> Cents:
        """How far the allowed amount has risen towards what was expected; none while no answer stands."""
        if self.state in {State.TAKEN_BACK, State.VOID} or self.lowest_cents is None:
            return Cents(0)
        assert self.allowed_cents is not None, "an answer that stands allows something"
        assert self.expected_cents is not None, "a line is short of something"
        return Cents(max(0, min(self.allowed_cents, self.expected_cents) - self.lowest_cents))

    @property
    def missing_cents(self) -> Cents:
        """What is still to be had; none once it is decided."""
        if self.state not in UNDECIDED or self.allowed_cents is None or self.expected_cents is None:
            return Cents(0)
        return Cents(max(0, self.expected_cents - self.allowed_cents))


def judged(found: Found, tolerance: Tolerance) -> State | None:
    """The state that an answer alone gives a line; None: there is nothing to keep."""
    if found.allowed_cents is None:
        return None
    difference = found.difference_cents
    if difference is not None and tolerance.is_beyond(difference, found.expected_cents or 0):
        return State.OPEN if difference < 0 else State.OVERPAID
    return State.RECODED if found.recode else None


def case_of(found: Found, tolerance: Tolerance) -> Case | None:
    """The case that a first answer makes; None: none."""
    state = judged(found, tolerance)
    if state is None:
        return None
    lowest = found.allowed_cents if state == State.OPEN else None
    return Case(state, found.allowed_cents, found.expected_cents, lowest)


def taken_back(case: Case) -> Case:
    """The answer is taken back: what was recovered by it is gone, and what was decided is remembered."""
    if case.state == State.TAKEN_BACK:
        return case
    return replace(case, state=State.TAKEN_BACK, before=case.state)


def answered_anew(case: Case, found: Found, tolerance: Tolerance) -> Case:
    """What a newer answer to the same claim makes of a case. What was given up stays so unless it got worse."""
    state = judged(found, tolerance)
    if found.allowed_cents is None:
        return replace(case, state=State.VOID, before=None)
    lowest = case.lowest_cents
    if state == State.OPEN:
        lowest = min(lowest, found.allowed_cents) if lowest is not None else found.allowed_cents
        got_worse = case.allowed_cents is None or found.allowed_cents < case.allowed_cents
        if case.before in GIVEN_UP and not got_worse:
            state = case.before
    elif state != State.OVERPAID and lowest is not None and found.allowed_cents > lowest:
        state = State.RECOVERED
    return Case(state or State.VOID, found.allowed_cents, found.expected_cents, lowest)


def recode_of(line: LinePayment, *, procedure: str, units: Decimal | None) -> str:
    """How the payer changed the line: its code (SVC01 beside SVC06), or fewer units (SVC05 beside SVC07); empty: it did
    not. `procedure` and `units` are what was billed; None: counted in something else than units."""
    told = []
    if line.procedure != procedure:
        told.append(f"paid as {line.procedure}, billed as {procedure}")
    billed = line.submitted_units if line.submitted_units is not None else units
    if line.units is not None and billed is not None and line.units < billed:
        told.append(f"{line.units.normalize():f} of {billed.normalize():f} units paid")
    return "; ".join(told)


def in_words(found: Found, *, name: str, rule: str) -> str:
    """One line of a task, such as `line 1, 99213: allowed $80.00, expected $92.20 (...), $12.20 less`."""
    told = f"{name}: allowed {format_dollars(found.allowed_cents or 0)}"
    if found.expected_cents is not None:
        difference = found.expected_cents - (found.allowed_cents or 0)
        told += f", expected {format_dollars(found.expected_cents)} ({rule}), {format_dollars(abs(difference))} "
        told += "less" if difference > 0 else "more"
    return f"{told}; {found.recode}" if found.recode else told
