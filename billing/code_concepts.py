"""Conditions behind codes: what is searched is one condition, and its codes differ by side, encounter or stage only.

`S52.501A` to `S52.509S` are 48 codes for one broken radius. A person names the condition, seldom the side, hardly
ever the encounter; so the condition is found by its words, and the code among its codes by what was said of those,
or by what is usual: side unspecified, initial encounter, closed.

A heading's title is another name of the condition below it that says least: `Migraine, unspecified` (G43.9) is
G43.909.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from billing.code_tables import CodeEntry, CodeTerm, TermKind
from billing.code_words import STOP, stem, words_of

SIDES = frozenset({"right", "left", "bilateral"})
SEVENTH = 6
"""Characters of a code before the seventh"""
SIDE_STEMS = frozenset(stem(one) for one in SIDES)
_SIDE_WORDS = SIDES | {"unspecified", "side", "eye", "eyes", "ear", "ears"}
_UNSAID = {"unspecified", "nos", "uncomplicated"}
FREE = 0.0
"""Weight of a word that a description adds without saying anything: unspecified, NOS"""
LIGHT = 0.2
"""Of a word whose absence is what the code says: `unspecified organism`, `without complications`"""
WITHOUT = 0.5
"""By so much a code without complications is nearer to its heading than one with unspecified ones"""
OPEN = 3.0
"""And one that says unspecified, if its number says so, too: 9, or 0 where more characters follow"""
HEAVY = 2.0
"""Of a word that nobody leaves unsaid who means it: of pregnancy, newborns, poisoning, history"""
_HEAVY = frozenset(
    stem(one)
    for one in words_of("""
adverse burn carcinoma childbirth congenital contact delivery drug effect exposure family fetal following
gestational history induced infantile intraoperative juvenile malignant maternal military neonatal neoplasm
newborn obstetric perinatal poisoning postoperative postpartum postprocedural pregnancy prophylactic puerperium
screening secondary self-harm sequela suspected toxic traumatic underdosing war
""")
)
_LIGHT = frozenset(
    stem(one)
    for one in words_of("""
adult body classified condition disease disorder elsewhere encounter essential female idiopathic male not
organism other part primary simple site specified stage syndrome type unilateral
""")
)
_BRACKETED = re.compile(r"(\([^()]*\)|\[[^\[\]]*\])")
_DENIED_LIST = re.compile(r"(without [^,()]+)((?:, [^,()]+)+,? and [^()]+)$")
"""`without behavioral disturbance, psychotic disturbance, mood disturbance, and anxiety`: none of it is said"""
_TAIL = re.compile(
    r"^(?P<head>.+?), (?P<tail>(initial|subsequent) encounter.*|sequela.*|fetus \d|other fetus|not applicable or .*)$"
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One code of a condition, with what sets it apart from the others."""

    code: str
    says: tuple[str, ...]
    """Stems of side, encounter, stage: `right`, `subsequ`"""
    order: int
    """0 is the usual one, when nothing is said"""


@dataclass(frozen=True, slots=True)
class Wording:
    """One description of a condition, as words."""

    text: str
    """As published"""
    words: tuple[tuple[str, str, float], ...]
    """Word, stem, and how much it weighs that nobody said it"""
    rank: int
    """0 title, 1 a heading's title, 2 inclusion term, 3 includes note"""


@dataclass(frozen=True, slots=True)
class Concept:
    """A condition."""

    leaves: tuple[Leaf, ...]
    """The usual one first"""
    wordings: tuple[Wording, ...]
    """The title first"""


@dataclass(slots=True)
class _Group:
    """Codes that differ in the seventh character, then in the side, too."""

    stem_code: str
    title: str
    members: list[tuple[CodeEntry, str]]
    """With what stands behind the common title"""


def concepts(entries: Iterable[CodeEntry], terms: Iterable[CodeTerm]) -> list[Concept]:
    """The conditions of an edition."""
    ordered = sorted(entries, key=lambda one: one.code)
    groups = _by_side(_by_seventh([one for one in ordered if one.is_billable]))
    names = _names(groups, [one for one in ordered if not one.is_billable], terms)
    return [_concept(groups[at], names[at]) for at in range(len(groups))]


def _by_seventh(billable: Sequence[CodeEntry]) -> list[_Group]:
    made = []
    for key, found in groupby(billable, key=lambda one: one.code[:SEVENTH] if len(one.code) > SEVENTH else one.code):
        part = list(found)
        title = _common_title([one.long for one in part]) if len(key) == SEVENTH else part[0].long
        made.append(_Group(key, title, [(one, one.long[len(title) :]) for one in part]))
    return made


def _common_title(titles: Sequence[str]) -> str:
    """What the titles begin with, up to the comma before the seventh character's meaning."""
    if len(titles) == 1:
        found = _TAIL.match(titles[0])
        return found["head"] if found else titles[0]
    first, last = min(titles), max(titles)
    length = next((at for at, one in enumerate(first) if one != last[at : at + 1]), len(first))
    return first[:length].rpartition(", ")[0] or first[:length]


def _by_side(groups: Sequence[_Group]) -> list[_Group]:
    """Neighbours whose titles differ in the side only become one; the one that leaves it open names it."""
    beside: dict[tuple[str, tuple[str, ...]], list[_Group]] = defaultdict(list)
    for one in groups:
        parent = one.stem_code.rstrip("X")[:-1]
        key = (parent, tuple(word for word in words_of(one.title) if word not in _SIDE_WORDS))
        beside[key].append(one)
    made = []
    for part in beside.values():
        if len(part) > 1 and any(SIDES & set(words_of(one.title)) for one in part):
            first = next((one for one in part if not SIDES & set(words_of(one.title))), part[0])
            members = [(entry, f"{_side(one.title)} {rest}") for one in part for entry, rest in one.members]
            made.append(_Group(first.stem_code, first.title, members))
        else:
            made += part
    return made


def _side(title: str) -> str:
    words = words_of(title)
    return next((one for one in words if one in SIDES), "unspecified" if "unspecified" in words else "")


def _names(
    groups: Sequence[_Group], headings: Sequence[CodeEntry], terms: Iterable[CodeTerm]
) -> dict[int, list[tuple[str, int]]]:
    """Other names by the number of the group: those of a code, and of each heading whose usual code it is."""
    names: dict[int, list[tuple[str, int]]] = defaultdict(list)
    by_code: dict[str, int] = {}
    for at, group in enumerate(groups):
        for entry, _ in group.members:
            by_code[entry.code] = at
            if len(entry.code) > SEVENTH:
                by_code.setdefault(entry.code[:SEVENTH].rstrip("X"), at)
    codes = sorted(by_code)
    for heading in headings:
        usual = _usual(heading, groups, by_code, codes)
        if usual is not None:
            by_code.setdefault(heading.code, usual)
            names[usual].append((heading.long, 1))
    ranks = {TermKind.INCLUSION: 2, TermKind.INCLUDES: 3}
    for term in terms:
        if term.code in by_code:
            names[by_code[term.code]].append((term.text, ranks[term.kind]))
    return names


def _usual(heading: CodeEntry, groups: Sequence[_Group], by_code: dict[str, int], codes: Sequence[str]) -> int | None:
    """The group below a heading that adds least to its title."""
    said = {stem(one) for one in words_of(heading.long)}
    start, end = bisect_left(codes, heading.code), bisect_left(codes, heading.code + "~")
    below = {by_code[code] for code in codes[start:end]}
    return min(below, key=lambda at: _added(groups[at], said, heading.code), default=None)


def _added(group: _Group, said: set[str], heading: str) -> tuple[float, int, str]:
    added = sum(weight for _, one, weight in weighed(group.title) if one not in said and one not in SIDES)
    words = set(words_of(group.title))
    is_open = bool(_UNSAID & words) and group.stem_code[len(heading) :][:1] in {"9", "0", ""}
    usual = WITHOUT * ("without" in words) + OPEN * is_open
    return added + bool(SIDES & words) - usual, len(group.stem_code.rstrip("X")), group.stem_code


def _concept(group: _Group, names: Sequence[tuple[str, int]]) -> Concept:
    leaves = sorted(group.members, key=lambda one: (_usualness(one[1]), one[0].code))
    made = tuple(Leaf(entry.code, _says(rest), order) for order, (entry, rest) in enumerate(leaves))
    has_sides = len({side for leaf in made for side in SIDE_STEMS & set(leaf.says)}) > 1
    wordings: dict[frozenset[str], Wording] = {}
    for text, rank in [(group.title, 0), *names]:
        words = tuple(one for one in weighed(text) if not (has_sides and one[1] in SIDE_STEMS))
        wordings.setdefault(frozenset(one[1] for one in words), Wording(text, words, rank))
    return Concept(made, tuple(wordings.values()))


def _says(rest: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem(one) for one in words_of(rest) if one not in STOP))


def _usualness(rest: str) -> tuple[int, int, int]:
    """Lower is more usual: the side left open, then right, left and both; the first encounter, closed, no stage."""
    words = set(words_of(rest))
    side = next((at for at, one in enumerate(("right", "left", "bilateral"), start=1) if one in words), 0)
    encounter = 2 if "sequela" in words else 1 if "subsequent" in words else 0
    stage = 0 if words & {"unspecified", "without", "applicable", "closed"} or not words else 1
    return side, encounter, stage


def weighed(text: str) -> tuple[tuple[str, str, float], ...]:
    """The different words of a description, each with its stem and how much it weighs when nobody said it.

    Words in round brackets may be there or not (ICD-10-CM: nonessential modifiers), those in square brackets say the
    same once more.
    """
    made: dict[str, tuple[str, str, float]] = {}
    for part in _BRACKETED.split(_DENIED_LIST.sub(r"\1(\2)", text)):
        is_aside = part[:1] in {"(", "["}
        light = 0
        for word, root in rooted(words_of(part)):
            if word in _UNSAID or word == "without":
                made.setdefault(root, (word, root, FREE))
                light = 2 if word == "without" else 1
            elif word not in STOP:
                made.setdefault(root, (word, root, FREE if is_aside else _weight(root, light)))
                light = 0
    return tuple(made.values())


def rooted(words: Sequence[str]) -> list[tuple[str, str]]:
    """Each word with its stem; `without` is one with the word behind it, so that `with` and `without` keep apart."""
    made = []
    for at, word in enumerate(words):
        behind = next((one for one in words[at + 1 :] if one not in STOP), "")
        made.append((word, f"without{stem(behind)}" if word == "without" else stem(word)))
    return made


def _weight(root: str, light: int) -> float:
    """`light`: 2 behind `without`, 1 behind `unspecified`."""
    if root in _HEAVY and light < 2:
        return HEAVY
    return LIGHT if light or root in _LIGHT else 1.0
