"""Values that no guide lists: states, places of service, procedures, diagnoses, reason and remark codes, NPIs, and
claim numbers that come twice.

Their lists belong to others and change with releases of their own; what is checked here is their form, and the short
lists that hardly ever change. Each rule has a name and can be switched off. What it finds is a warning of level `code`:
a code of good form may still be wrong, and one of bad form is the claim edits' to hold.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from billing.adjustment_codes import WELL_FORMED_CARC, WELL_FORMED_RARC
from billing.claim import Diagnosis
from billing.coding import ICD9_QUALIFIERS, diagnosis_is_well_formed, procedure_is_well_formed
from billing.identifiers import npi_is_valid
from interchange.x12.issues import Issue, issue_at
from interchange.x12.syntax import Delimiters, Segment


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATES = _words(
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR "
    "PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI FM MH PW AA AE AP"
)
"""N402 in the United States, its territories and its forces' post"""
PLACES_OF_SERVICE = _words(
    "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 31 32 33 34 41 42 49 50 51 52 53 "
    "54 55 56 57 58 60 61 62 65 66 71 72 81 99"
)
"""CMS's places of service"""
FREQUENCIES = _words("1 6 7 8")
"""CLM05-3 of a professional claim: original, corrected, replacement, void"""

_POSTAL_CODE = re.compile(r"[0-9]{5}(?:[0-9]{4})?", re.ASCII)
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_REMARKS = {"MOA": (3, 4, 5, 6, 7), "MIA": (5, 20, 21, 22, 23)}

MAX_NUMBERS = 50_000
"""Claim numbers of one transaction that are remembered, ten times what the guide advises; claims after that many are
still held against them, not against each other"""

Fault = tuple[str, int, int | None, str]
"""Rule, element, component, what to do"""


@dataclass(frozen=True, slots=True)
class _Composites:
    """Splits the composites of one interchange."""

    component: str

    def parts(self, text: str) -> list[str]:
        return text.split(self.component)


def _address(segment: Segment, _: _Composites) -> Iterator[Fault]:
    country = segment.get(4)
    if country not in {"", "US"}:
        return
    if segment.get(2) and segment.get(2) not in STATES:
        yield "state", 2, None, "no state or territory of the United States: correct it, or send the country"
    if segment.get(3) and not _POSTAL_CODE.fullmatch(segment.get(3)):
        yield "postal-code", 3, None, "no ZIP code of five or nine digits: correct it, or send the country"


def _name(segment: Segment, _: _Composites) -> Iterator[Fault]:
    if segment.get(8) == "XX" and not npi_is_valid(segment.get(9)):
        yield "npi-check-digit", 9, None, "no national provider identifier: its check digit is wrong"


def _payee(segment: Segment, _: _Composites) -> Iterator[Fault]:
    if segment.get(3) == "XX" and not npi_is_valid(segment.get(4)):
        yield "npi-check-digit", 4, None, "no national provider identifier: its check digit is wrong"


def _provider(segment: Segment, _: _Composites) -> Iterator[Fault]:
    if segment.get(2) == "PXC" and not _TAXONOMY.fullmatch(segment.get(3)):
        yield "taxonomy", 3, None, "no taxonomy code: ten characters of which X is the last"


def _claim(segment: Segment, composites: _Composites) -> Iterator[Fault]:
    place, kind, frequency, *_ = (*composites.parts(segment.get(5)), "", "", "")
    if kind != "B":
        return
    if place not in PLACES_OF_SERVICE:
        yield "place-of-service", 5, 1, "no place of service of CMS's list: use one of its codes"
    if frequency not in FREQUENCIES:
        yield "frequency", 5, 3, "no frequency of a professional claim: 1 original, 7 replacement, 8 void"


def _service(segment: Segment, composites: _Composites) -> Iterator[Fault]:
    yield from _procedure(composites.parts(segment.get(1)), 1)
    if segment.elements[0] == "SV1" and segment.get(5) and segment.get(5) not in PLACES_OF_SERVICE:
        yield "place-of-service", 5, None, "no place of service of CMS's list: use one of its codes"


def _institutional_service(segment: Segment, composites: _Composites) -> Iterator[Fault]:
    yield from _procedure(composites.parts(segment.get(2)), 2)


def _procedure(parts: list[str], element: int) -> Iterator[Fault]:
    if parts[0] != "HC" or len(parts) < 2:
        return
    if not procedure_is_well_formed(parts[1]):
        yield "procedure", element, 2, "no well-formed procedure code: five characters of CPT or HCPCS"
    for number, modifier in enumerate(parts[2:6], start=3):
        if modifier and not _MODIFIER.fullmatch(modifier):
            yield "modifier", element, number, "no well-formed modifier: two characters"


def _diagnoses(segment: Segment, composites: _Composites) -> Iterator[Fault]:
    for number, text in enumerate(segment.elements[1:], start=1):
        qualifier, code, *_ = (*composites.parts(text), "")
        known = qualifier in ICD9_QUALIFIERS or qualifier in {"ABK", "ABF", "ABJ", "APR", "ABN"}
        if known and code and not diagnosis_is_well_formed(Diagnosis(code, qualifier)):
            yield "diagnosis", number, 2, "no well-formed diagnosis code: send it without the dot"


def _adjustments(segment: Segment, _: _Composites) -> Iterator[Fault]:
    for element in range(2, len(segment.elements), 3):
        if segment.get(element) and not WELL_FORMED_CARC.fullmatch(segment.get(element)):
            yield "adjustment-reason", element, None, "no well-formed adjustment reason code (CARC)"


def _remark(segment: Segment, _: _Composites) -> Iterator[Fault]:
    if segment.get(1) == "HE" and not WELL_FORMED_RARC.fullmatch(segment.get(2)):
        yield "remark", 2, None, "no well-formed remark code (RARC)"


def _remarks(segment: Segment, _: _Composites) -> Iterator[Fault]:
    for element in _REMARKS[segment.elements[0]]:
        if segment.get(element) and not WELL_FORMED_RARC.fullmatch(segment.get(element)):
            yield "remark", element, None, "no well-formed remark code (RARC)"


_CHECKS: dict[str, Callable[[Segment, _Composites], Iterator[Fault]]] = {
    "N4": _address,
    "NM1": _name,
    "N1": _payee,
    "PRV": _provider,
    "CLM": _claim,
    "SV1": _service,
    "SV2": _institutional_service,
    "SVC": _service,
    "HI": _diagnoses,
    "CAS": _adjustments,
    "LQ": _remark,
    "MOA": _remarks,
    "MIA": _remarks,
}

RULES = frozenset(
    {
        "adjustment-reason",
        "diagnosis",
        "duplicate-claim",
        "frequency",
        "modifier",
        "npi-check-digit",
        "place-of-service",
        "postal-code",
        "procedure",
        "remark",
        "state",
        "taxonomy",
    }
)
"""The names by which a rule is switched off"""


@dataclass(slots=True)
class CodeChecker:
    """Looks at the segments of one transaction as they pass."""

    delimiters: Delimiters
    hear: Callable[[Issue], None]
    """Told of each issue as it is found"""
    without: Collection[str] = ()
    """Rules that are switched off"""
    _claim: str | None = None
    _numbers: set[int] = field(default_factory=set)
    """Hashes of the CLM01 seen, at most MAX_NUMBERS"""

    def look(self, segment: Segment) -> None:
        """Check the codes of one segment."""
        name = segment.elements[0]
        if name in {"CLM", "CLP"}:
            self._claim = segment.get(1) or None
        elif name in {"HL", "PLB"}:
            self._claim = None
        if name == "CLM":
            self._look_for_twin(segment)
        check = _CHECKS.get(name)
        if check is None:
            return
        for rule, element, component, message in check(segment, _Composites(self.delimiters.component)):
            if rule not in self.without:
                self.hear(self._issue(segment, rule, element, component, message))

    def _look_for_twin(self, clm: Segment) -> None:
        """An answer names a claim by its CLM01 alone: two claims of one number cannot be told apart."""
        number = hash(clm.get(1))
        if number in self._numbers and self._claim and "duplicate-claim" not in self.without:
            message = "an earlier claim of this transaction has the same number: give each claim its own"
            self.hear(self._issue(clm, "duplicate-claim", 1, None, message))
        if len(self._numbers) < MAX_NUMBERS:
            self._numbers.add(number)

    def _issue(self, segment: Segment, rule: str, element: int, component: int | None, message: str) -> Issue:
        return issue_at(
            segment,
            rule,
            message,
            level="code",
            severity="warning",
            element=element,
            component=component,
            control_number=self._claim,
        )
