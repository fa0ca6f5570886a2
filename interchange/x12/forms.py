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

A name among `given` is no field but a text that the caller hands in.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from billing.characters import DELIMITERS, EXTENDED
from interchange.x12 import fields
from interchange.x12.fields import COMPONENT, Elements
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
        elements = ", ".join([repr(row.id), *(_element(row, word) for word in row.words)])
        test = ""
        if row.condition is not None:
            said = row.value(_EACH.sub(r"\1", row.condition))
            test = f"if {said} is not None: " if row.condition[0] in "$#" else f"if {said}: "
        lines.append(f"    {test}rows.append(trimmed({elements}))")
    return "\n".join([*lines, "    return rows"])


def _element(row: _Row, word: str) -> str:
    if word == "-":
        return "''"
    if word[0] == "=":
        return repr(word[1:])
    if word[0] in "$#":
        return f"{'print_cents' if word[0] == '$' else 'print_decimal'}({row.value(word)})"
    if word[0] == "(":
        return f"join({', '.join(_element(row, one) for one in word[1:-1].split(';'))})"
    if each := _EACH.fullmatch(word):
        return f"*[join(one.{each[2]}, one.{each[3]}) for one in {row.value(each[1])}]"
    if spread := _SPREAD.fullmatch(word):
        return f"*spread({row.value(spread[1])}, {int(spread[2] or 0)})"
    return row.value(word)


def _spread(values: Sequence[object], count: int) -> list[str]:
    texts = [str(one) for one in values]
    return [*texts, *[""] * count][:count] if count else texts


# As text ----------------------------------------------------------------------------------------------------------


def _text_function(rows: Sequence[_Row], given: Sequence[str]) -> str:
    draft = _TextDraft()
    parts = [draft.segment(row) for row in rows]
    said = "".join(f"{{{name}}}" for name in draft.names.values())
    lines = [*draft.lines, *([f'say(f"{said}")'] if said else []), f"return {' + '.join(parts)}"]
    return f"def fill({', '.join(['noun', 'say', *given])}):\n" + "\n".join(f"    {line}" for line in lines)


class _TextDraft:
    """The function in the making: each field is read once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, str] = {}
        """Expression of a text that is to be proven, and the variable that holds it"""

    def segment(self, row: _Row) -> str:
        """The expression for a segment and its terminator."""
        parts = [self._element(row, word) for word in row.words]
        whole = f"{row.id}*{'*'.join(parts)}"
        each = _EACH.fullmatch(row.words[-1])
        if each is None and (row.words[-1] == row.condition or row.words[-1][0] == "="):
            told = f'f"{whole}~"'
        else:
            told = f"f\"{whole}\".rstrip('*') + '~'"
        if row.condition is None:
            return told
        said = row.value(each[1]) if each else self._element(row, row.condition)[1:-1]
        return f"({told} if {said} else '')"

    def _element(self, row: _Row, word: str) -> str:
        """The part of an f-string that an element is."""
        if word == "-":
            return ""
        if word[0] == "=":
            return word[1:]
        if word[0] in "$#":
            return self._kept(f"{'cents' if word[0] == '$' else 'decimal'}[{row.value(word)}]")
        if word[0] == "(":
            parts = [self._element(row, one) for one in word[1:-1].split(";")]
            return self._kept(f'f"{COMPONENT.join(parts)}".rstrip("{COMPONENT}")')
        if each := _EACH.fullmatch(word):
            return self._kept(f"composites[{row.value(each[1])}, {each[2]!r}, {each[3]!r}]")
        if spread := _SPREAD.fullmatch(word):
            return self._kept(f"components[{row.value(spread[1])}, {int(spread[2] or 0)}]")
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


def _components(key: tuple[Sequence[object], int]) -> str:
    texts = _spread(*key)
    return COMPONENT.join(_proven(texts))


def _composites(key: tuple[Sequence[object], str, str]) -> str:
    values, first, second = key
    pairs = [_proven([getattr(one, first) or "", getattr(one, second) or ""]) for one in values]
    return "*".join([COMPONENT.join(pair).rstrip(COMPONENT) for pair in pairs])


def _proven(texts: list[str]) -> list[str]:
    if find_odd("".join(texts)) is not None:
        raise NotPlain("a component holds a delimiter, or a character outside X12's extended set")
    return texts


_NAMES: dict[str, Any] = {
    "trimmed": fields.trimmed,
    "join": fields.join,
    "print_cents": fields.print_cents,
    "print_decimal": fields.print_decimal,
    "spread": _spread,
    "cents": Memory(fields.print_cents, ""),
    "decimal": Memory(fields.print_decimal, ""),
    "components": Memory(_components, ""),
    "composites": Memory(_composites, ""),
}
