"""Element rules: how one is written in a guide's table, the regex it becomes, and the slow check that explains a miss.

A rule is a word: `!` required, `?` situational, `-` not used, then what the element holds:

    !=41,40        one of these codes             !AN60      text, at most 60 characters (`AN2-80`: at least 2)
    ?R18           decimal number                 ?N9        whole number of at most nine digits
    !DT8 ?TM4-8    date CCYYMMDD, time HHMM..     !PD        date, or two dates joined by a dash
    !DH            date, hour and minute behind it or not
    !SP            two dates joined by a dash
    !(!=HC;!AN48)  composite of such words        ?=1,30x99  an element that repeats up to 99 times
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from interchange.x12.syntax import Delimiters

_DATE = r"[12]\d{3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_KINDS = {
    "R": r"-?(?:\d{1,%(maximum)d}+(?:\.\d*+|)|\.\d{1,%(maximum)d}+)",
    "N": r"-?\d{%(minimum)d,%(maximum)d}+",
    "DT": _DATE,
    "PD": f"{_DATE}(?:-{_DATE})?",
    "SP": f"{_DATE}-{_DATE}",
    "DH": rf"{_DATE}(?:(?:[01]\d|2[0-3])[0-5]\d)?",
    "TM": r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d{0,2})?",
}
_BELIED = {"D8": r"\d{8}[-\d]", "DT": r"\d{8}(?!\d)", "RD8": r"\d{8}(?!-)"}
"""How a value begins that is not of the form its qualifier names"""
_FAULT_OF_KIND = {"R": "6", "N": "6", "DT": "8", "PD": "8", "SP": "8", "DH": "8", "TM": "9"}
_WORD = re.compile(
    r"([!?-])(?:=(?P<codes>[^x()]+|[^()]+?)|(?P<kind>AN|R|N|DT|DH|PD|SP|TM)(?P<low>\d+)?(?:-(?P<high>\d+))?)?(?:x(?P<times>\d+))?"
)

Rule = tuple[str, tuple[int, ...]]
"""A condition between elements: P all or none, R at least one, E at most one, C the first needs the rest, L the first
needs one of the rest, F the first says the form of the second, which follows it."""


@dataclass(frozen=True, slots=True, eq=False)
class ElementRule:
    """What one element or component may hold."""

    usage: str
    """`!`, `?` or `-`"""
    kind: str = "AN"
    minimum: int = 1
    maximum: int = 80
    codes: frozenset[str] | None = None
    components: tuple["ElementRule", ...] = ()
    times: int = 1

    @property
    def required(self) -> bool:
        return self.usage == "!"


@dataclass(frozen=True, slots=True)
class ElementFault:
    """An IK403 code with its place."""

    code: str
    element: int
    component: int | None
    message: str
    is_warning: bool = False


def parse_elements(table: str) -> tuple[ElementRule, ...]:
    """Read the words of one segment's row."""
    return tuple(_parse_word(word) for word in table.split())


def _parse_word(word: str) -> ElementRule:
    if word[1:2] == "(":
        body, _, tail = word[2:].rpartition(")")
        parts = tuple(_parse_word(part) for part in body.split(";"))
        return ElementRule(word[0], "COMPOSITE", components=parts, times=int(tail.removeprefix("x") or 1))
    match = _WORD.fullmatch(word)
    if match is None:
        raise ValueError(f"not an element rule: {word}")
    times = int(match["times"] or 1)
    if match["codes"]:
        codes = frozenset(match["codes"].split(","))
        return ElementRule(word[0], "ID", min(map(len, codes)), max(map(len, codes)), codes, times=times)
    low, high = int(match["low"] or 1), match["high"]
    maximum = int(high) if high else low
    minimum = low if high or match["kind"] in {"DT"} else 1
    return ElementRule(word[0], match["kind"] or "AN", minimum, maximum, times=times)


# Fast path ------------------------------------------------------------------------------------------------------


def segment_pattern(
    segment_id: str, rules: tuple[ElementRule, ...], conditions: tuple[Rule, ...], delimiters: Delimiters
) -> re.Pattern[str]:
    """One regex that accepts the raw text of a well-formed segment and nothing else."""
    return re.compile(segment_regex(segment_id, rules, conditions, delimiters), re.ASCII)


def segment_regex(
    segment_id: str,
    rules: tuple[ElementRule, ...],
    conditions: tuple[Rule, ...],
    delimiters: Delimiters,
    *,
    captured: Container[int] = (),
    foreign: str = "",
) -> str:
    """The same as text, which may go on behind the segment's terminator; the elements `captured` are its groups, the
    whole segment when 0 is among them. No text holds a delimiter, or one of the characters `foreign`."""
    separator = re.escape(delimiters.element)
    outside = re.escape(delimiters.all() + foreign)
    bodies = [_element_regex(rule, delimiters, outside) for rule in rules]
    apart = [one for one in conditions if not _put_between(one, rules, bodies, delimiters)]
    bodies = [f"({body})" if number in captured else body for number, body in enumerate(bodies, start=1)]
    ahead = _conditions_regex(apart, delimiters)
    whole = f"{re.escape(segment_id)}{_joined(bodies, rules, separator, lead=True)}(?<!{separator})"
    return f"{ahead}({whole})" if 0 in captured else f"{ahead}{whole}"


def _put_between(condition: Rule, rules: tuple[ElementRule, ...], bodies: list[str], delimiters: Delimiters) -> bool:
    """Let two neighbours look at each other, where a condition speaks of no more: that is far cheaper than to look for
    both from the segment's first letter. False where it must be looked for."""
    letter, (first, *rest) = condition
    if rest != [first + 1] or first + 1 > len(rules):
        return False
    mark, end = re.escape(delimiters.element), re.escape(delimiters.segment)
    one, two = rules[first - 1], rules[first]
    if letter == "P" and one.usage == two.usage == "?":
        bodies[first - 1] = f"{bodies[first - 1]}(?={mark}[^{mark}{end}])"
        bodies[first] = f"(?<!{mark}{mark}){bodies[first]}"
        return True
    if letter == "F" and one.codes is not None and one.times == 1:
        belied = {code: f"(?!{mark}{form})" for code, form in _BELIED.items()}
        ways = [re.escape(code) + belied.get(code, "") for code in sorted(one.codes)]
        bodies[first - 1] = _either(ways)
        return True
    return False


def _either(ways: Sequence[str]) -> str:
    return f"(?:{'|'.join(ways)})" if len(ways) > 1 else ways[0]


def _maybe(body: str) -> str:
    """This or nothing. An empty way is a quarter cheaper to match than `?`, which counts how often it was taken."""
    return f"(?:{body}|)"


def _conditions_regex(conditions: Sequence[Rule], delimiters: Delimiters) -> str:
    """Looks ahead from the segment's first letter at what the conditions speak of; not at all in a segment that is
    shorter than the lowest element of any of them."""
    ahead = "".join(_condition_regex(one, delimiters) for one in conditions)
    lowest = min((min(positions) for letter, positions in conditions if letter != "R"), default=0)
    if not ahead or not lowest or any(letter == "R" for letter, _ in conditions):
        return ahead
    mark, end = re.escape(delimiters.element), re.escape(delimiters.segment)
    return f"(?:(?!(?:[^{mark}{end}]*+{mark}){{{lowest}}})|{ahead})"


def _condition_regex(condition: Rule, delimiters: Delimiters) -> str:
    letter, positions = condition
    mark, end = re.escape(delimiters.element), re.escape(delimiters.segment)
    other = f"[^{mark}{end}]"
    given = [f"(?:{other}*+{mark}){{{position}}}{other}" for position in positions]
    every = "".join(f"(?={one})" for one in given)
    if letter == "P":
        return f"(?:{every}|{''.join(f'(?!{one})' for one in given)})"
    if letter == "R":
        return f"(?:{'|'.join(f'(?={one})' for one in given)})"
    if letter == "E":
        return "".join(f"(?:(?!{one})|(?!{two}))" for one, two in combinations(given, 2))
    if letter == "F":
        here = f"(?:{other}*+{mark}){{{positions[0]}}}"
        return f"(?!{here}(?:{'|'.join(f'{form}{mark}{belied}' for form, belied in _BELIED.items())}))"
    rest = "".join(f"(?={one})" for one in given[1:]) if letter == "C" else "|".join(f"(?={one})" for one in given[1:])
    return f"(?:(?!{given[0]})|{rest})"


def _joined(bodies: list[str], rules: tuple[ElementRule, ...], separator: str, *, lead: bool) -> str:
    """Join from the right: what is optional to the end may be cut off, separators included."""
    tail, optional = "", True
    for number in range(len(rules) - 1, -1, -1):
        rule, body = rules[number], bodies[number]
        value = body if rule.required or not body else _maybe(body)
        glue = separator if number or lead else ""
        optional = optional and not rule.required
        tail = f"{glue}{value}{tail}"
        if optional:
            tail = _maybe(tail)
    return tail


def _element_regex(rule: ElementRule, delimiters: Delimiters, outside: str) -> str:
    if rule.usage == "-":
        return ""
    if rule.components:
        separator = re.escape(delimiters.component)
        bodies = [_simple_regex(part, outside) for part in rule.components]
        one = _joined(bodies, rule.components, separator, lead=False) + f"(?<!{separator})"
    else:
        one = _simple_regex(rule, outside)
    if rule.times > 1 and delimiters.repetition:
        return f"{one}(?:{re.escape(delimiters.repetition)}{one}){{0,{rule.times - 1}}}"
    return one


def _simple_regex(rule: ElementRule, outside: str) -> str:
    if rule.usage == "-":
        return ""
    if rule.codes is not None:
        return _either([re.escape(code) for code in sorted(rule.codes)])
    if rule.kind in _KINDS:
        return (
            _KINDS[rule.kind] % {"minimum": rule.minimum, "maximum": rule.maximum}
            if "%" in _KINDS[rule.kind]
            else _KINDS[rule.kind]
        )
    return f"[^{outside}]{{{rule.minimum},{rule.maximum}}}+"


@lru_cache(maxsize=512)
def _kind_pattern(kind: str, minimum: int, maximum: int) -> re.Pattern[str]:
    body = _KINDS[kind]
    return re.compile(body % {"minimum": minimum, "maximum": maximum} if "%" in body else body, re.ASCII)


# Slow path ------------------------------------------------------------------------------------------------------


def element_faults(
    elements: tuple[str, ...], rules: tuple[ElementRule, ...], delimiters: Delimiters
) -> Iterator[ElementFault]:
    """Walk the elements of one segment and say each thing that is wrong with it."""
    for number, rule in enumerate(rules, start=1):
        text = elements[number] if number < len(elements) else ""
        yield from _value_faults(text, rule, number, delimiters)
    if any(elements[len(rules) + 1 :]):
        yield ElementFault(
            "3", len(rules) + 1, None, f"the segment has more than its {len(rules)} elements: cut the rest"
        )
    elif len(elements) > 1 and not elements[-1]:
        yield ElementFault("3", len(elements) - 1, None, "the segment ends in empty elements: cut them", True)


def condition_faults(elements: tuple[str, ...], conditions: tuple[Rule, ...]) -> Iterator[ElementFault]:
    """Check the conditions between elements (P, R, E, C, L)."""
    count = len(elements)
    for letter, positions in conditions:
        given = [position for position in positions if position < count and elements[position]]
        first = positions[0] in given
        if letter == "F":
            form, value = (elements[position] if position < count else "" for position in positions)
            if form in _BELIED and re.match(_BELIED[form], value):
                yield ElementFault("8", positions[1], None, f"not a date of the form {form}: write what was announced")
        elif letter == "E":
            if len(given) > 1:
                yield ElementFault("10", given[1], None, f"at most one of the elements {positions} may be sent")
        elif (
            (letter == "P" and given and len(given) < len(positions))
            or (letter == "R" and not given)
            or (letter == "C" and first and len(given) < len(positions))
            or (letter == "L" and first and len(given) < 2)
        ):
            absent = next(position for position in positions if position not in given)
            yield ElementFault("2", absent, None, f"the elements {positions} belong together: send this one too")


def _value_faults(text: str, rule: ElementRule, number: int, delimiters: Delimiters) -> Iterator[ElementFault]:
    if not text:
        if rule.required:
            yield ElementFault("1", number, None, "a required element is empty: send it")
        return
    if rule.usage == "-":
        yield ElementFault("I10", number, None, "the guide does not use this element: leave it empty")
        return
    repeats = text.split(delimiters.repetition) if delimiters.repetition else [text]
    if len(repeats) > rule.times:
        yield ElementFault("12", number, None, f"the element repeats more than {rule.times} time(s)", rule.kind == "AN")
    for one in repeats:
        if rule.components:
            yield from _composite_faults(one, rule, number, delimiters)
        elif delimiters.component in one:
            message = "a component separator stands inside a simple element: replace it"
            yield ElementFault("6", number, None, message, rule.kind == "AN")
        else:
            yield from _simple_faults(one, rule, number, None)


def _composite_faults(text: str, rule: ElementRule, number: int, delimiters: Delimiters) -> Iterator[ElementFault]:
    parts = text.split(delimiters.component)
    for position, part in enumerate(rule.components, start=1):
        value = parts[position - 1] if position <= len(parts) else ""
        if not value:
            if part.required:
                yield ElementFault("1", number, position, "a required component is empty: send it")
        elif part.usage == "-":
            yield ElementFault("I10", number, position, "the guide does not use this component: leave it empty")
        else:
            yield from _simple_faults(value, part, number, position)
    if any(parts[len(rule.components) :]):
        yield ElementFault("3", number, len(rule.components) + 1, "the composite has too many components: cut the rest")
    elif not parts[-1]:
        yield ElementFault("3", number, len(parts), "the composite ends in empty components: cut them", True)


def _simple_faults(text: str, rule: ElementRule, number: int, component: int | None) -> Iterator[ElementFault]:
    if rule.codes is not None:
        if text not in rule.codes:
            yield ElementFault("7", number, component, "the code is not in the guide's list: use one of its codes")
    elif rule.kind in _KINDS:
        if not _kind_pattern(rule.kind, rule.minimum, rule.maximum).fullmatch(text):
            yield ElementFault(_FAULT_OF_KIND[rule.kind], number, component, _KIND_MESSAGES[rule.kind])
    elif len(text) > rule.maximum:
        yield ElementFault(
            "5", number, component, f"{len(text)} characters where {rule.maximum} are allowed: shorten it"
        )
    elif len(text) < rule.minimum:
        yield ElementFault(
            "4", number, component, f"{len(text)} characters where {rule.minimum} are needed: fill it up"
        )


_KIND_MESSAGES = {
    "R": "not a decimal number: digits, at most one point, no thousands separator",
    "N": "not a whole number of the length allowed",
    "DT": "not a date that exists: write CCYYMMDD",
    "SP": "not a pair of dates: write CCYYMMDD-CCYYMMDD",
    "DH": "not a date that exists, with an hour or without: write CCYYMMDD or CCYYMMDDHHMM",
    "PD": "not a date or a pair of dates: write CCYYMMDD or CCYYMMDD-CCYYMMDD",
    "TM": "not a time: write HHMM or HHMMSS",
}
