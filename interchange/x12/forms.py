"""Segments described once as forms that a noun fills in: one row of words per segment, compiled to two functions.

`rows` gives the elements, one by one. `text` gives the same segments as they are sent, in one piece, and says which
texts of the noun went into it: its caller proves that none of them holds what may not be sent, all at once.

A row is a segment id and a word per element; a row after `?` is left out when the first of its words that is no code
says nothing:

    -                  empty                                =18           the code 18
    name.last          a field of the noun, None is empty   $paid_cents   an amount
    #units             a quantity                           (a;=B;c)      a composite of such words
    modifiers[4]       components, cut or filled up to 4    pointers[]    as many components as there are
    diagnoses(a;b)     an element for each, a composite of its fields; the row's last word

A name among `given` is no field but a text that the caller hands in. No text is longer than the guides let its element
be: that is proven here, field by field, for what is written as text, and by the envelope for what goes by its elements.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from billing.characters import DELIMITERS, EXTENDED
from interchange.x12 import fields, lengths, writing
from interchange.x12.fields import COMPONENT, Elements
from interchange.x12.lengths import ANY_LENGTH, Limit
from interchange.x12.making import Memory

Say = Callable[[str], None]
"""Takes texts that are still to be proven"""

_WORD = re.compile(r"\([^)]*\)|[^\s(]+(?:\([^)]*\))?")
_SPREAD = re.compile(r"([\w.]+)\[(\d*)\]")
_EACH = re.compile(r"([\w.]+)\((\w+);(\w+)\)")

find_odd = re.compile(f"[^{re.escape(''.join(sorted(EXTENDED - DELIMITERS)))}]").search
"""Finds what may not be sent in an element, with the delimiters that the office writes"""


class NotPlain(ValueError):
    """A text cannot stand in the segments as it is; written by its elements, the place is told."""


class Form:
    """Segments that stand together."""

    def __init__(self, *rows: str, given: Sequence[str] = ()) -> None:
        parsed = [_Row(row, frozenset(given)) for row in rows]
        self.rows: Callable[..., list[Elements]] = _compiled(_rows_function(parsed, given))
        """(noun, *given): the elements of each segment, as `fields.trimmed` gives them"""
        self.text: Callable[..., str] = _compiled(_text_function(parsed, given))
        """(noun, say, *given): the segments, each with its terminator. Raises NotPlain, or says what is not proven."""


class _Row:
    def __init__(self, row: str, given: frozenset[str]) -> None:
        self.id, *self.words = _WORD.findall(row.removeprefix("?"))
        self.given = given
        told = [word for word in self.words if word[0] not in "-="]
        self.condition = told[0] if row.startswith("?") else None

    def value(self, name: str) -> str:
        """The expression for a field."""
        name = name.lstrip("$#")
        return name if name in self.given else f"noun.{name}"


def _compiled(code: str) -> Callable[..., Any]:
    names = dict(_NAMES)
    exec(code, names)
    made: Callable[..., Any] = names["fill"]
    return made


# By elements ------------------------------------------------------------------------------------------------------


def _rows_function(rows: Sequence[_Row], given: Sequence[str]) -> str:
    lines = [f"def fill({', '.join(['noun', *given])}):", "    rows = []"]
    for row in rows:
        elements = ", ".join([repr(row.id), *(_element(row, at, word) for at, word in enumerate(row.words, start=1))])
        test = ""
        if row.condition is not None:
            said = row.value(_EACH.sub(r"\1", row.condition))
            test = f"if {said} is not None: " if row.condition[0] in "$#" else f"if {said}: "
        lines.append(f"    {test}rows.append(trimmed({elements}))")
    return "\n".join([*lines, "    return rows"])


def _element(row: _Row, number: int, word: str) -> str:
    if word == "-":
        return "''"
    if word[0] == "=":
        return repr(word[1:])
    if word[0] in "$#":
        return f"{'print_cents' if word[0] == '$' else 'print_decimal'}({row.value(word)})"
    if word[0] == "(":
        return f"join({', '.join(_element(row, number, one) for one in word[1:-1].split(';'))})"
    if each := _EACH.fullmatch(word):
        return f"*[join(one.{each[2]}, one.{each[3]}) for one in {row.value(each[1])}]"
    if spread := _SPREAD.fullmatch(word):
        return f"*spread({row.value(spread[1])}, {int(spread[2] or 0)}, {row.id!r}, {number})"
    return row.value(word)


def spread(values: Sequence[object], count: int, segment: str, element: int) -> list[str]:
    """A component for each value, filled up to `count`; 0: as many as there are. Raises writing.DoesNotFit when there
    are more."""
    if not values:
        return [""] * count
    texts = [str(one) for one in values]
    if count and any(texts[count:]):
        message = f"has {len(texts)} components of a kind where {count} are allowed: send fewer"
        raise writing.DoesNotFit(segment, element, message)
    return [*texts, *[""] * count][:count] if count else texts


# As text ----------------------------------------------------------------------------------------------------------


def _text_function(rows: Sequence[_Row], given: Sequence[str]) -> str:
    draft = _TextDraft()
    parts = [draft.segment(row) for row in rows]
    said = "".join(f"{{{name}}}" for name in draft.names.values())
    proof = [f"if {' or '.join(draft.faults)}: raise NotPlain('something is too long')"] if draft.faults else []
    lines = [*draft.lines, *proof, *([f'say(f"{said}")'] if said else []), f"return {' + '.join(parts)}"]
    return f"def fill({', '.join(['noun', 'say', *given])}):\n" + "\n".join(f"    {line}" for line in lines)


class _TextDraft:
    """The function in the making: each field is read once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, str] = {}
        """Expression of a text that is to be proven, and the variable that holds it"""
        self.faults: dict[str, None] = {}
        """Conditions under which something may not fit"""

    def segment(self, row: _Row) -> str:
        """The expression for a segment and its terminator."""
        known = lengths.limits(row.id) + (Limit(),) * len(row.words)
        parts = [self._element(row, word, known[at:]) for at, word in enumerate(row.words)]
        for number, part in enumerate(parts, start=1):
            if (row.id, number) in lengths.REQUIRED:
                self.faults[f"not {part[1:-1]}"] = None
        whole = f"{row.id}*{'*'.join(parts)}"
        each = _EACH.fullmatch(row.words[-1])
        if each is None and (row.words[-1] == row.condition or row.words[-1][0] == "="):
            told = f'f"{whole}~"'
        else:
            told = f"f\"{whole}\".rstrip('*') + '~'"
        if row.condition is None:
            return told
        said = row.value(each[1]) if each else self._value(row, row.condition)[1:-1]
        return f"({told} if {said} else '')"

    def _element(self, row: _Row, word: str, limits: Sequence[Limit]) -> str:
        """The part of an f-string that an element is; `limits` are its own and those of the elements behind it."""
        if word[0] == "(":
            components, parts = list(limits[0].components), []
            for one in word[1:-1].split(";"):
                found = _SPREAD.fullmatch(one)
                parts.append(self._spread(row, found, components) if found else self._limited(row, one, components))
                del components[: int(found[2] or len(components)) if found else 1]
            return self._kept(f'f"{COMPONENT.join(parts)}".rstrip("{COMPONENT}")')
        if each := _EACH.fullmatch(word):
            pair = [one.maximum for one in [*limits[0].components, Limit(), Limit()][:2]]
            most = sum(bool(one.components) for one in limits) or ANY_LENGTH
            return self._kept(
                f"composites[{row.value(each[1])}, {each[2]!r}, {each[3]!r}, {pair[0]}, {pair[1]}, {most}]"
            )
        if found := _SPREAD.fullmatch(word):
            return self._spread(row, found, ())
        return self._limited(row, word, limits)

    def _spread(self, row: _Row, found: re.Match[str], limits: Sequence[Limit]) -> str:
        count = int(found[2] or 0)
        longest = limits[0].maximum if limits else ANY_LENGTH
        return self._kept(
            f"components[{row.value(found[1])}, {count}, {count or len(limits) or ANY_LENGTH}, {longest}]"
        )

    def _limited(self, row: _Row, word: str, limits: Sequence[Limit]) -> str:
        value = self._value(row, word)
        if value.startswith("{") and limits and limits[0].maximum < ANY_LENGTH:
            self.faults[f"len({value[1:-1]}) > {limits[0].maximum}"] = None
        return value

    def _value(self, row: _Row, word: str) -> str:
        """A word that stands for one text."""
        if word == "-":
            return ""
        if word[0] == "=":
            return word[1:]
        if word[0] in "$#":
            return self._kept(f"{'cents' if word[0] == '$' else 'decimal'}[{row.value(word)}]")
        expression = f"{row.value(word)} or ''"
        if expression not in self.names:
            self.names[expression] = self._kept(expression)[1:-1]
        return f"{{{self.names[expression]}}}"

    def _kept(self, expression: str) -> str:
        """A variable that holds it, in braces."""
        line = next((one for one in self.lines if one.partition(" = ")[2] == expression), None)
        if line is None:
            line = f"v{len(self.lines)} = {expression}"
            self.lines.append(line)
        return f"{{{line.partition(' = ')[0]}}}"


def _components(key: tuple[Sequence[object], int, int, int]) -> str:
    values, count, most, longest = key
    texts = _proven([str(one) for one in values], longest)
    if len(texts) > most:
        raise NotPlain("there are more components than the composite has")
    return COMPONENT.join([*texts, *[""] * (count - len(texts))])


def _composites(key: tuple[Sequence[object], str, str, int, int, int]) -> str:
    values, first, second, first_longest, second_longest, most = key
    if len(values) > most:
        raise NotPlain("there are more elements than the segment has")
    pairs = [
        _proven([getattr(one, first) or ""], first_longest) + _proven([getattr(one, second) or ""], second_longest)
        for one in values
    ]
    return "*".join([COMPONENT.join(pair).rstrip(COMPONENT) for pair in pairs])


def _proven(texts: list[str], longest: int) -> list[str]:
    if any(len(text) > longest for text in texts):
        raise NotPlain("a component is too long")
    if find_odd("".join(texts)) is not None:
        raise NotPlain("a component holds a delimiter, or a character outside X12's extended set")
    return texts


_NAMES: dict[str, Any] = {
    "trimmed": fields.trimmed,
    "join": fields.join,
    "print_cents": fields.print_cents,
    "print_decimal": fields.print_decimal,
    "spread": spread,
    "NotPlain": NotPlain,
    "cents": Memory(fields.print_cents, ""),
    "decimal": Memory(fields.print_decimal, ""),
    "components": Memory(_components, ""),
    "composites": Memory(_composites, ""),
}
