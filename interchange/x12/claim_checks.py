"""What an 837 can be asked beyond its grammar while it is read: HL and LX numbers, sums, pointers, known slips."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from billing.claim import Claim
from billing.institutional_claim import InstitutionalClaim
from billing.money import Cents, format_dollars
from interchange.x12 import coordination
from interchange.x12.fields import Unreadable
from interchange.x12.issues import Issue, Level, Severity, issue_at
from interchange.x12.syntax import Delimiters, Segment

_SLIPPED_COMPONENTS = ">:|<"
_COMPOSITES = {"CLM": (5, 11), "SV1": (1, 7), "SV2": (2,), "SVD": (3,), "HI": tuple(range(1, 13))}


class ComponentSlip:
    """Mends composites written with another character than ISA16 says: some senders re-delimit half a file."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._right = delimiters.component
        self._element = delimiters.element
        self._wrong = ""
        self._candidates = [mark for mark in _SLIPPED_COMPONENTS if mark not in delimiters.all()]

    @property
    def is_found(self) -> bool:
        """Whether the claim that was looked at last is written so."""
        return bool(self._wrong)

    def look(self, clm: Segment) -> Issue | None:
        """Look at the CLM of a claim; the issue that says so when the claim is written with another separator."""
        place = clm.get(5)
        if self._right in place:
            self._wrong = ""
            return None
        self._wrong = next((mark for mark in self._candidates if place.count(mark) == 2), "")
        if not self._wrong:
            return None
        message = (
            f"CLM05 is written with {self._wrong} where ISA16 says {self._right}; it was read as meant: mend the sender"
        )
        return issue_at(
            clm,
            "6",
            message,
            level="element",
            severity="warning",
            element=5,
            control_number=clm.get(1),
        )

    def mend(self, segment: Segment) -> None:
        """For segments that come one by one: look at each CLM, and mend what follows it in place."""
        if segment.elements[0] == "CLM":
            self.look(segment)
        if self._wrong:
            segment.text = self.mended(segment)
            segment.elements = tuple(segment.text.split(self._element))

    def mended(self, segment: Segment) -> str:
        """The text of a segment of that claim, with ISA16 in place of the wrong separator."""
        positions = _COMPOSITES.get(segment.elements[0], ())
        parts = list(segment.elements)
        for number in positions:
            if number < len(parts):
                parts[number] = parts[number].replace(self._wrong, self._right)
        return self._element.join(parts)


_ABOVE = {"22": "20", "23": "22"}
"""HL03 of the level that HL02 must name"""


class HierarchyChecks:
    """Follows HL01, HL02 and LX01."""

    def __init__(self) -> None:
        self._last_hl = 0
        self._known: dict[str, str] = {}
        self._last_lx = 0

    def check(self, segment: Segment, loop: str, control_number: str | None) -> list[Issue]:
        """What is wrong with the numbers of this segment."""
        name = segment.elements[0]
        if name == "CLM":
            self._last_lx = 0
        elif name == "LX":
            return self._check_line(segment, loop, control_number)
        elif name == "HL":
            return self._check_level(segment, loop)
        return []

    def take(self, number: str, parent: str | None, level: str) -> bool:
        """Take a level whose HL01 and HL02 are right; one that is not is left for `check`."""
        above = _ABOVE.get(level)
        if number != str(self._last_hl + 1) or (above is not None and self._known.get(above) != parent):
            return False
        self._last_hl += 1
        self._known[level] = number
        return True

    def _check_line(self, segment: Segment, loop: str, control_number: str | None) -> list[Issue]:
        self._last_lx += 1
        if segment.get(1) == str(self._last_lx):
            return []
        message = f"LX01 is not {self._last_lx}: number the lines of a claim from 1"
        number = control_number
        return [
            issue_at(
                segment, "7", message, level="element", severity="warning", element=1, loop=loop, control_number=number
            )
        ]

    def _check_level(self, segment: Segment, loop: str) -> list[Issue]:
        self._last_hl += 1
        found: list[Issue] = []
        number, parent, level = segment.get(1), segment.get(2), segment.get(3)
        if number != str(self._last_hl):
            message = f"HL01 is not {self._last_hl}: number the levels of a transaction from 1"
            found.append(issue_at(segment, "7", message, level="element", severity="warning", element=1, loop=loop))
        above = _ABOVE.get(level)
        if above is not None and self._known.get(above) != parent:
            message = "HL02 does not name the level above it: the claim was read under the one that stands before it"
            found.append(issue_at(segment, "7", message, level="element", element=2, loop=loop))
        self._known[level] = number
        return found


@dataclass(frozen=True, slots=True)
class ClaimRun:
    """The segments of a claim, found again when something is wrong with one of them."""

    clm: Segment
    find: Callable[[str, int], Segment | None]
    """The segment of this id, the how manieth of the claim; None when there are fewer"""

    def issue(
        self,
        code: str,
        message: str,
        *,
        level: Level = "rule",
        severity: Severity = "error",
        name: str = "CLM",
        line: int = 0,
        element: int | None = None,
        loop: str = "2300",
    ) -> Issue:
        """An issue about the segment `name` of a line, where it stands, else at the CLM."""
        where = self.find(name, line) if line else None
        return issue_at(
            where or self.clm,
            code,
            message,
            level=level,
            severity=severity,
            name=name,
            element=element,
            loop=loop,
            control_number=self.clm.get(1),
        )


def professional_issues(claim: Claim, run: ClaimRun) -> Iterator[Issue]:
    """Sums and pointers of an 837P claim that was built."""
    yield from sum_issues(claim.charge_cents, [line.charge_cents for line in claim.lines], run)
    if claim.coverage.is_self and claim.subscriber.is_person and claim.subscriber.birth_date is None:
        message = "the subscriber is the patient and has no birth date: send DMG in loop 2010BA"
        yield run.issue("I6", message, level="segment", severity="warning", name="DMG", loop="2010BA")
    if coordination.has_other_payers(claim):
        yield from _coordination_issues(claim, run)
    known = len(claim.diagnoses)
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date_to is not None and line.service_date_to < line.service_date:
            yield _backwards(run, number, "SV1")
        pointers = line.diagnosis_pointers
        if pointers and not (min(pointers) >= 1 and max(pointers) <= known):
            message = f"line {number} points at a diagnosis that the claim does not have: correct SV107"
            yield run.issue(
                "diagnosis-pointer", message, severity="warning", name="SV1", line=number, element=7, loop="2400"
            )


def institutional_issues(claim: InstitutionalClaim, run: ClaimRun) -> Iterator[Issue]:
    """Sums and days of an 837I claim that was built; its lines point at no diagnosis."""
    yield from sum_issues(claim.charge_cents, [line.charge_cents for line in claim.lines], run)
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date_to is not None and line.service_date and line.service_date_to < line.service_date:
            yield _backwards(run, number, "SV2")


def _backwards(run: ClaimRun, number: int, service: str) -> Issue:
    message = f"the service of line {number} ends before it begins: correct its DTP*472"
    return run.issue("service-dates", message, name=service, line=number, loop="2400")


def _coordination_issues(claim: Claim, run: ClaimRun) -> Iterator[Issue]:
    """Sums of what other payers decided before."""
    try:
        found = coordination.imbalances(claim)
    except Unreadable as reason:
        message = f"{reason.segment}{reason.element:02d} of another payer's decision {reason}: correct it"
        yield run.issue("unreadable", message, name=reason.segment, element=reason.element, loop="2320")
        return
    for one in found:
        name, loop = ("SVD", "2430") if one.level == "line" else ("AMT", "2320")
        message = f"{one}: report what the other payer decided"
        yield run.issue(f"cob-{one.level}", message, level="balance", name=name, element=one.element, loop=loop)


def sum_issues(charge: Cents, lines: Iterable[Cents], run: ClaimRun) -> Iterator[Issue]:
    """Whether the lines sum to CLM02."""
    total = sum(lines)
    if total != charge:
        message = f"CLM02 says {format_dollars(charge)}, the lines sum to {format_dollars(total)}: they must agree"
        yield run.issue("charge-sum", message, level="balance", element=2)
