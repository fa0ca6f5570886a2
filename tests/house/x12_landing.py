"""Where each element of a transaction set lands: seen by changing one element after the other and reading again."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass

from interchange.x12.elements import ElementRule
from interchange.x12.fields import Elements
from interchange.x12.grammar import Guide, SegmentRule
from tests.interchange import specimen
from tests.interchange.specimen import Row

Read = Callable[[bytes], list[object]]
"""A file into the nouns it holds"""
Look = Callable[[Elements], dict[str, str]]
"""One segment, put into its file, into every field of the nouns read from it"""

_STRUCTURE = frozenset({"ST", "HL", "SE"})
_OTHER_VALUES = {
    "R": "2",
    "N": "2",
    "DT": "20260103",
    "PD": "20260103",
    "SP": "20260103-20260104",
    "DH": "20260103",
    "TM": "1016",
}
OPAQUE = "other_segments"


@dataclass
class Landing:
    """What was seen of one row of the guide."""

    loop: str
    segment: str
    """Id, and the qualifiers that tell it from others: `REF*G1,9F`"""
    fields: dict[str, list[str]] = field(default_factory=dict)
    """Element (`CLM05-1`) to the fields it changes, empty when it is read past"""

    @property
    def is_opaque(self) -> bool:
        """Whether it lands among the opaque segments and nowhere else."""
        names = [one for names in self.fields.values() for one in names]
        return bool(names) and all(OPAQUE in one for one in names)

    @property
    def is_read_past(self) -> bool:
        return not any(self.fields.values())


def landings(guide: Guide, group: str, read: Read) -> list[Landing]:
    """One Landing per row of the guide and loop, in the guide's order; qualifiers that are read alike stand together.

    Headers, trailers and HL are left out. An element that has no field in a full segment is looked at again in one
    that ends with it or with the next; a segment whose elements can say one thing only is emptied.
    """
    whole = specimen.rows(guide)
    seen: set[tuple[str, SegmentRule]] = set()
    found: list[Landing] = []
    for at, (loop, rule) in enumerate(specimen.walk(guide.root.rule)):
        if rule.id in _STRUCTURE or (loop, rule) in seen:
            continue
        seen.add((loop, rule))

        def look(elements: Elements, at: int = at, loop: str = loop) -> dict[str, str]:
            rows: list[Row] = [*whole[:at], (loop, elements), *whole[at + 1 :]]
            return flat(read(specimen.text(guide, rows, group)))

        found += _landings_of(rule, loop, whole[at][1], guide.qualifiers.get(rule.id, 0), look)
    return found


def landing_of(rule: SegmentRule, elements: Elements, look: Look) -> Landing:
    """The Landing of one segment of no guide; `look` reads the file with this segment in it."""
    [landing] = _landings_of(rule, "", elements, 0, look)
    return landing


def _landings_of(rule: SegmentRule, loop: str, elements: Elements, qualifier: int, look: Look) -> list[Landing]:
    alike: dict[str, tuple[list[str], Landing]] = {}
    for code in _qualifiers(rule, qualifier):
        asked = elements
        if code:
            kept = elements[qualifier].partition(":")
            asked = (*elements[:qualifier], f"{code}{kept[1]}{kept[2]}", *elements[qualifier + 1 :])
        landing = _landing(rule, loop, asked, qualifier, look)
        codes, _ = alike.setdefault(repr(landing.fields), ([], landing))
        codes.append(code)
    for codes, landing in alike.values():
        landing.segment = f"{rule.id}*{','.join(codes)}" if codes[0] else rule.id
    return [landing for _, landing in alike.values()]


def _qualifiers(rule: SegmentRule, position: int) -> list[str]:
    if not position:
        return [""]
    element = rule.elements[position - 1]
    codes = element.components[0].codes if element.components else element.codes
    return sorted(codes) if codes else [""]


def _landing(rule: SegmentRule, loop: str, elements: Elements, qualifier: int, look: Look) -> Landing:
    landing = Landing(loop, rule.id)
    before = look(elements)
    for place, number, changed in _changes(elements, rule.elements, qualifier):
        names = _differing(before, look(changed))
        for end in range(number + 1, min(number + 3, len(elements))):
            if all(OPAQUE in one for one in names):
                names = _differing(look(elements[:end]), look(changed[:end])) + names
        landing.fields[place] = list(dict.fromkeys(names))
        if landing.is_opaque:
            break
    if not landing.fields:
        landing.fields[rule.id] = _differing(before, look((rule.id,)))
    return landing


def _changes(elements: Elements, rules: tuple[ElementRule, ...], qualifier: int) -> Iterator[tuple[str, int, Elements]]:
    """Each element or component that can say something else, its number, and the segment with it changed."""
    for number, rule in enumerate(rules, start=1):
        if number >= len(elements) or rule.usage == "-" or (number == qualifier and not rule.components):
            continue
        parts = elements[number].split(":")
        for at, one in enumerate(rule.components or (rule,)):
            is_qualifier = number == qualifier and at == 0
            other = "" if at >= len(parts) or one.usage == "-" or is_qualifier else _other(parts[at], one)
            if other:
                text = ":".join([*parts[:at], other, *parts[at + 1 :]])
                place = f"{elements[0]}{number:02d}" + (f"-{at + 1}" if rule.components else "")
                yield place, number, (*elements[:number], text, *elements[number + 1 :])


def _other(text: str, rule: ElementRule) -> str:
    """Another value that the rule allows, `""` when there is none."""
    if rule.codes is not None:
        return next((code for code in sorted(rule.codes) if code != text), "")
    return _OTHER_VALUES.get(rule.kind, "B" * len(text))


def _differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The fields that changed, list positions cut, each once."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    plain = (re.sub(r"\[\d+\]", "[]", name).replace("[]", "", 1) for name in changed)
    return list(dict.fromkeys(plain))


def flat(nouns: list[object]) -> dict[str, str]:
    """Every field of the nouns by its path: `Claim[0].lines[0].procedure`."""
    found: dict[str, str] = {}
    for number, noun in enumerate(nouns):
        _flatten(found, f"{type(noun).__name__}[{number}]", noun)
    return found


def _flatten(found: dict[str, str], path: str, value: object) -> None:
    if is_dataclass(value):
        for one in fields(value):
            _flatten(found, f"{path}.{one.name}", getattr(value, one.name))
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            _flatten(found, f"{path}[{number}]", one)
    else:
        found[path] = repr(value)
