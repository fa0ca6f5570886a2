"""What an 837 can be asked beyond its grammar while it is read: HL and LX numbers, sums, pointers, known slips."""

from collections.abc import Iterable, Iterator

from billing.claim import Claim
from billing.institutional_claim import InstitutionalClaim
from billing.money import Cents, format_dollars
from interchange.x12.issues import Issue, issue_at
from interchange.x12.syntax import Delimiters, Segment

NUMBERED = frozenset({"HL", "LX", "CLM"})
"""The segments that HierarchyChecks looks at."""
_SLIPPED_COMPONENTS = ">:|<"
_COMPOSITES = {"CLM": (5, 11), "SV1": (1, 7), "SV2": (2,), "SVD": (3,), "HI": tuple(range(1, 13))}


class ComponentSlip:
    """Mends composites written with another character than ISA16 says: some senders re-delimit half a file."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._right = delimiters.component
        self._element = delimiters.element
        self._wrong = ""
        self._candidates = [mark for mark in _SLIPPED_COMPONENTS if mark not in delimiters.all()]

    def mend(self, segment: Segment) -> Issue | None:
        """Put ISA16 in place of the wrong separator, in place; the issue comes once per claim, at its CLM."""
        positions = _COMPOSITES.get(segment.elements[0])
        if positions is None:
            return None
        issue = self._look(segment) if segment.elements[0] == "CLM" else None
        if self._wrong:
            parts = list(segment.elements)
            for number in positions:
                if number < len(parts):
                    parts[number] = parts[number].replace(self._wrong, self._right)
            segment.elements = tuple(parts)
            segment.text = self._element.join(parts)
        return issue

    def _look(self, segment: Segment) -> Issue | None:
        place = segment.get(5)
        found = next((mark for mark in self._candidates if place.count(mark) == 2), "")
        self._wrong = found if self._right not in place else ""
        if not self._wrong:
            return None
        message = (
            f"CLM05 is written with {self._wrong} where ISA16 says {self._right}; it was read as meant: mend the sender"
        )
        return issue_at(segment, "6", message, level="element", severity="warning", element=5)


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
        above = {"22": "20", "23": "22"}.get(level)
        if above is not None and self._known.get(above) != parent:
            message = "HL02 does not name the level above it: the claim was read under the one that stands before it"
            found.append(issue_at(segment, "7", message, level="element", element=2, loop=loop))
        self._known[level] = number
        return found


def professional_issues(claim: Claim, clm: Segment) -> Iterator[Issue]:
    """Sums and pointers of an 837P claim that was built."""
    yield from sum_issues(claim.charge_cents, [line.charge_cents for line in claim.lines], clm)
    known = len(claim.diagnoses)
    for number, line in enumerate(claim.lines, start=1):
        if any(not 1 <= pointer <= known for pointer in line.diagnosis_pointers):
            message = f"line {number} points at a diagnosis that the claim does not have: correct SV107"
            yield issue_at(
                clm,
                "diagnosis-pointer",
                message,
                level="rule",
                severity="warning",
                loop="2400",
                control_number=claim.control_number,
            )


def institutional_issues(claim: InstitutionalClaim, clm: Segment) -> Iterator[Issue]:
    """Sums of an 837I claim that was built; its lines point at no diagnosis."""
    return sum_issues(claim.charge_cents, [line.charge_cents for line in claim.lines], clm)


def sum_issues(charge: Cents, lines: Iterable[Cents], clm: Segment) -> Iterator[Issue]:
    """Whether the lines sum to CLM02."""
    total = sum(lines)
    if total != charge:
        message = f"CLM02 says {format_dollars(charge)}, the lines sum to {format_dollars(total)}: they must agree"
        yield issue_at(clm, "charge-sum", message, level="balance", element=2, loop="2300", control_number=clm.get(1))
