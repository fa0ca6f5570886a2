"""A copy of a file in which nothing names a person: for a bug report, a test, a partner.

Every element is treated by its row in `treatments`; what has no row, or does not fit its word, is blanked or filled,
never passed through. Structure, codes and amounts stay, so the copy is judged and balances as the original does.

Dates are moved back by one number of days per person. That keeps intervals and is what most work needs, but dates other
than years are identifiers under Safe Harbor (45 CFR 164.514(b)(2)): a copy that must meet it needs an expert's word on
the moved dates. States and the first three digits of a ZIP code are kept as it allows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from billing.deidentified import SPARSE_ZIPS
from interchange.x12 import fields
from interchange.x12.claim_checks import ComponentSlip
from interchange.x12.elements import ElementRule
from interchange.x12.places import Placed, place
from interchange.x12.pseudonyms import Pseudonyms
from interchange.x12.syntax import Delimiters, Segment, Source
from interchange.x12.treatments import TREATMENTS

UNKNOWN_SEGMENT = "ZZZ"
"""What stands in the place of a segment that no row is known for."""
OLDEST_AGE = 90
"""From this age on a birth year is no longer told."""

_PEOPLE = frozenset({"IL", "QC", "03"})
_PATIENT_LEVELS = frozenset({"22", "23", "PT"})
_ENDS_PATIENT = frozenset({"ST", "HL", "PLB", "SE", "CLP"})
_HELD_BACK = 200
"""Segments kept at most until it is known whose dates they tell."""
_WITH_PARTY = frozenset({"N2", "N3", "N4", "PER", "PRV", "REF"})
_ORGANISATION_REFERENCES = frozenset(
    {"EI", "TJ", "2U", "FY", "NF", "HI", "EO", "HPI", "0B", "1G", "G2", "LU", "PQ", "D3"}
)
_FORMS = {
    "code": re.compile(r"[A-Z0-9]{1,3}|(?=.*\d)[A-Z0-9]{4,6}"),
    "amt": re.compile(r"-?(?:\d{1,18}(?:\.\d{0,10})?|\.\d{1,10})"),
    "time": re.compile(r"\d{4,8}"),
    "version": re.compile(r"\d{6}(?:X\d{3}(?:A\d)?)?"),
    "proc": re.compile(r"(?=.*\d)[A-Z0-9]{3,5}|\d{10,11}|\d{5}-\d{3,4}-\d{1,2}"),
    "diag": re.compile(r"(?=.*\d)[A-Z0-9.]{1,8}|[A-Z]{1,2}"),
    "reason": re.compile(r"[A-Z]{0,3}[0-9.]{1,8}"),
    "taxonomy": re.compile(r"\d{3}[A-Z0-9]{6}X"),
    "context": re.compile(r"[A-Z][A-Z0-9]{1,2}\d\d|SITUATIONAL TRIGGER|(?:PATIENT|SUBSCRIBER) NAME NM109|ENT01"),
    "state": re.compile(r"[A-Z]{2,3}"),
    "mark": re.compile(r"."),
}


def deidentify(
    source: Source, pseudonyms: Pseudonyms, *, as_of: date, keep_organisations: bool = False
) -> Iterator[str]:
    """Yield the copy segment by segment, terminators and line ends included; all of it can be written as Latin-1.

    `as_of` is the day on which ages are told. With `keep_organisations` the names, ids and addresses of organisations,
    and the sender's and receiver's, are passed through. Raises NotX12 when the source holds no ISA.
    """
    copier = _Copier(pseudonyms, as_of, keep_organisations)
    for placed in place(source):
        yield from copier.take(placed)
    yield from copier.release()


@dataclass(slots=True)
class _Owner:
    """Whose name, address and numbers follow."""

    is_organisation: bool = False


@dataclass(slots=True)
class _Copier:
    """Knows whose dates are told and whose address follows."""

    pseudonyms: Pseudonyms
    as_of: date
    keep_organisations: bool
    _held: list[Placed] = field(default_factory=list)
    _waits: bool = False
    """Whether the patient of the segments held back is still to be named"""
    _days: int = 0
    _run_days: int = 0
    _owner: _Owner = field(default_factory=_Owner)
    _slip: ComponentSlip = field(default_factory=lambda: ComponentSlip(Delimiters()))

    def __post_init__(self) -> None:
        self._run_days = self._days = self.pseudonyms.shift_days("")

    def take(self, placed: Placed) -> Iterator[str]:
        """The segments that can be written now."""
        segment = placed.segment
        if placed.transaction is None or segment.id in _ENDS_PATIENT:
            yield from self.release()
            self._days = self._run_days
            self._waits = segment.id == "CLP" or (segment.id == "HL" and segment.get(3) in _PATIENT_LEVELS)
        if segment.position == 1:
            self._slip = ComponentSlip(placed.delimiters)
        if placed.transaction is not None and placed.transaction.st01 == "837":
            self._slip.mend(segment)
        self._held.append(placed)
        is_named = segment.id == "NM1" and segment.get(1) in _PEOPLE
        if not self._waits or is_named or len(self._held) >= _HELD_BACK:
            yield from self.release()

    def release(self) -> Iterator[str]:
        """Write what was held back, under the patient it names last, or under its own number when it names none."""
        if self._waits and self._held:
            self._days = self.pseudonyms.shift_days(_who(self._held))
        self._waits = False
        held, self._held = self._held, []
        for placed in held:
            yield self._text(placed)

    def _text(self, placed: Placed) -> str:
        segment, marks = placed.segment, placed.delimiters
        line_end = "" if marks.segment in "\r\n" else "\n"
        if segment.id == "ISA":
            return marks.element.join(self._isa(segment, marks)) + marks.segment + line_end
        if segment.id not in TREATMENTS:
            return UNKNOWN_SEGMENT + marks.segment + line_end
        self._follow(segment)
        texts = [self._element(placed, number) for number in range(1, len(segment.elements))]
        return marks.element.join(fields.trimmed(segment.id, *texts)) + marks.segment + line_end

    def _follow(self, segment: Segment) -> None:
        if segment.id in {"NM1", "N1"}:
            self._owner = _Owner(segment.id == "N1" or segment.get(2) == "2")
        elif segment.id not in _WITH_PARTY:
            self._owner = _Owner()

    def _isa(self, isa: Segment, marks: Delimiters) -> list[str]:
        texts = ["ISA"]
        for number, (text, words) in enumerate(zip(isa.elements[1:17], TREATMENTS["ISA"], strict=False), start=1):
            treated = (
                text
                if words == ("mark",) and len(text) == 1
                else self._value(isa, number, words[0], text.strip(), None)
            )
            texts.append(treated.ljust(len(text)))
        return texts

    def _element(self, placed: Placed, number: int) -> str:
        segment, marks = placed.segment, placed.delimiters
        rows, text = TREATMENTS[segment.id], segment.elements[number]
        if not text or number > len(rows):
            return ""
        words, rule = rows[number - 1], None
        if placed.rule is not None and number <= len(placed.rule.elements):
            rule = placed.rule.elements[number - 1]
        repeats = text.split(marks.repetition) if marks.repetition and (rule is None or rule.times > 1) else [text]
        treated = []
        for one in repeats:
            pieces = one.split(marks.component) if len(words) > 1 else [one]
            values = [
                self._value(segment, number, word, piece, _component_rule(rule, at, is_composite=len(words) > 1))
                for at, (word, piece) in enumerate(zip(words, pieces, strict=False))
            ]
            while len(values) > 1 and not values[-1]:
                values.pop()
            forbidden = marks.all()
            treated.append(marks.component.join(_without(forbidden, value) for value in values))
        return (marks.repetition or "").join(treated)

    # Words --------------------------------------------------------------------------------------------------------

    def _value(self, segment: Segment, number: int, word: str, text: str, rule: ElementRule | None) -> str:
        """What becomes of one simple value."""
        if not text or word == "-":
            return ""
        if word in _FORMS:
            return text if _is_kept(word, text, rule) else _filled(text, rule)
        if word in {"day", "runday"}:
            return _moved(text, self._days if word == "day" else self._run_days)
        if word == "birth":
            return _birth(text, self.as_of)
        if self.keep_organisations and self._is_organisations(segment, number, word):
            return text
        replaced = self._replaced(segment, number, word, text)
        return replaced if rule is None else replaced[: max(rule.maximum, len(text))]

    def _is_organisations(self, segment: Segment, number: int, word: str) -> bool:
        """Whether the value names an organisation, not a person."""
        if word in {"appid", "orgid", "payee", "org"}:
            return True
        if word == "ref":
            return self._owner.is_organisation and segment.get(number - 1) in _ORGANISATION_REFERENCES
        return word in {"party", "partyid", "street", "city", "zip", "contact"} and self._owner.is_organisation

    def _replaced(self, segment: Segment, number: int, word: str, text: str) -> str:
        names = self.pseudonyms
        before = segment.get(number - 1)
        if word == "text":
            return "REMOVED"
        if word == "person" and len(text) == 1:
            return names.word(text)[0]
        if word == "org" or (word == "party" and self._owner.is_organisation):
            return f"{names.word(text)} {names.word(text + ' group')}"
        if word in {"name", "party", "person", "city"}:
            return names.word(text)
        if word == "street":
            return f"{1 + names.shift_days(text)} {names.word(text)} ST"
        if word == "zip":
            return _zip(text, names)
        if word == "contact":
            return _contact(before, text, names)
        if word == "payee" or (word == "partyid" and before == "XX"):
            return names.npi(text)
        return names.number(text)


def _who(held: list[Placed]) -> str:
    """The last person named among the segments, else the number of the claim or level they open with."""
    people = [one.segment for one in held if one.segment.id == "NM1" and one.segment.get(1) in _PEOPLE]
    if people:
        name = f"{people[-1].get(3)}/{people[-1].get(4)}"
        return name if name != "/" else people[-1].get(9)
    return f"{held[0].segment.id}/{held[0].segment.get(1)}"


def _component_rule(rule: ElementRule | None, at: int, *, is_composite: bool) -> ElementRule | None:
    if rule is None or not is_composite:
        return rule
    return rule.components[at] if at < len(rule.components) else None


def _is_kept(word: str, text: str, rule: ElementRule | None) -> bool:
    """Whether the text has the form of its word, and, where the guide lists codes, is one of them."""
    if word == "code" and rule is not None and rule.codes is not None:
        return text in rule.codes
    return text.isascii() and _FORMS[word].fullmatch(text) is not None


def _without(forbidden: str, text: str) -> str:
    return "".join(mark for mark in text if mark not in forbidden)


def _filled(text: str, rule: ElementRule | None) -> str:
    """As long as the text, and no code of the guide's list either: a fault stays a fault."""
    codes = rule.codes if rule is not None and rule.codes is not None else frozenset[str]()
    return next(mark * len(text) for mark in "X?" if mark * len(text) not in codes)


def _moved(text: str, days: int) -> str:
    """A date, a span, or a date with a time, moved back; a date that never was stays one; anything else is filled."""
    if "-" in text:
        return "-".join(_moved(part, days) if part else "" for part in text.split("-"))
    whole = f"20{text}" if len(text) == 6 else text[:8]
    found = fields.parse_day(whole)
    if found is None or not (len(text) in {6, 8} or (len(text) in {12, 14} and text.isdigit())):
        never = re.fullmatch(r"[12]\d{3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", text)
        return f"{text[:4]}0231" if never else text if re.fullmatch(r"\d{4}", text) else "X" * len(text)
    try:
        moved = fields.print_day(found - timedelta(days=days))
    except OverflowError:
        return "X" * len(text)
    return moved[2:] if len(text) == 6 else moved + text[8:]


def _birth(text: str, as_of: date) -> str:
    """The first day of the year of birth; of the oldest, a year that tells no more than that they are old."""
    found = fields.parse_day(text)
    if found is None:
        return _moved(text, 0) if len(text) == 8 else "X" * len(text)
    return f"{max(found.year, as_of.year - OLDEST_AGE):04d}0101"


def _zip(text: str, names: Pseudonyms) -> str:
    digits = text.replace("-", "")
    if not re.fullmatch(r"\d{5}(?:\d{4})?", digits):
        return names.number(text)
    area = "000" if digits[:3] in SPARSE_ZIPS else digits[:3]
    return area.ljust(len(digits), "0")


def _contact(kind: str, text: str, names: Pseudonyms) -> str:
    if kind == "EM":
        return f"{names.word(text)}@EXAMPLE.COM"
    if kind == "UR":
        return f"EXAMPLE.COM/{names.word(text)}"
    moved = names.number(text)
    return f"555{moved[3:]}" if len(text) == 10 and moved.isdigit() else moved
