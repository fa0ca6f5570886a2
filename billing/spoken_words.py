"""What people say or write, and how code tables say it: the office's own list, `spoken_words.txt` beside this file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import combinations

from billing.code_words import different, stem, words_of

Stems = tuple[str, ...]
LONGEST = 6
"""Words of the longest phrase that is looked for"""
MOST = 6
"""Readings of one question with one set of sayings"""
WIDEST = 8
"""Words among which sayings in another order are looked for"""
FIRST = 3
"""So many of the sayings that are there are read first, each once"""
SAME = "# The same in what people say: `word = words` that stand for it in the lines below, whatever is written there"
SHORT_FORMS = "# Short forms in charts"


@dataclass(frozen=True, slots=True)
class Saying:
    """A way of speaking with the tables' words for it."""

    said: str
    meant: tuple[str, ...]
    """Several, when it may mean either"""
    is_short_form: bool = False
    """Of the first section: it is read before others are looked for (`fam hx` in `fam hx breast cancer`)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with some of its words put into the tables' own."""

    words: tuple[str, ...]
    used: tuple[Saying, ...] = ()
    later: int = 0
    """0: every saying has its first meaning"""


@cache
def sayings() -> Mapping[Stems, Saying]:
    """Every saying by the roots of its words: `heart attacks` is `heart attack`."""
    found: dict[Stems, Saying] = {}
    for section, said, meant in _lines():
        if section != SAME:
            meanings = tuple(one.strip() for one in meant.split("|"))
            found.setdefault(key(words_of(said)), Saying(said, meanings, section == SHORT_FORMS))
    return found


@cache
def _same() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Words, by their stems, that are read as others in what people say."""
    return {_stems(said): tuple(words_of(meant)) for section, said, meant in _lines() if section == SAME}


@cache
def _lines() -> Sequence[tuple[str, str, str]]:
    """Section, what is said, what is meant."""
    text = resources.files("billing").joinpath("spoken_words.txt").read_text(encoding="utf-8")
    made, section = [], ""
    for line in text.splitlines():
        if line.startswith("# "):
            section = line
        elif line:
            said, _, meant = line.partition(" = ")
            made.append((section, said, meant))
    return made


@cache
def _unordered() -> Mapping[frozenset[str], Saying]:
    """Sayings of several words, whatever their order."""
    return {frozenset(stems): one for stems, one in sayings().items() if len(set(stems)) > 1}


def _stems(text: str) -> Stems:
    return tuple(stem(one) for one in words_of(text))


def key(words: Sequence[str]) -> Stems:
    """By what a saying is looked up: words that say nothing count only where there are no others."""
    read = as_said(words)
    return tuple(stem(one) for one in different(read) or read)


def as_said(words: Sequence[str]) -> list[str]:
    """Words of the same meaning brought to one of them: `hx` and `h/o` to history, `exam` and `visit` to check."""
    same = _same()
    made: list[str] = []
    at = 0
    while at < len(words):
        for length in (2, 1):
            found = same.get(tuple(stem(one) for one in words[at : at + length]))
            if found is not None and at + length <= len(words):
                made += found
                at += length
                break
        else:
            made.append(words[at])
            at += 1
    return made


@cache
def said_words() -> frozenset[str]:
    """Every word that occurs in a saying: none of them is misspelled."""
    return frozenset(word for _, said, _ in _lines() for word in words_of(said))


@cache
def said_stems() -> frozenset[str]:
    """And their stems: `thinners` is known by `blood thinner`."""
    return frozenset(map(stem, said_words()))


def readings(words: Sequence[str]) -> list[Reading]:
    """The words as they are, and put into the tables' own, those first that change least."""
    plain, said = (Reading(tuple(different(one) or one)) for one in (list(words), as_said(words)))
    bases = list({one.words: one for one in (plain, *_short_forms(plain), said, *_short_forms(said))}.values())
    made = list(bases)
    for base in bases:
        made += _single(base)
    for base in bases:
        for several in _several(base):
            made += [several, *_single(several)]
    agreeing = [replace(one, words=_agreeing(one.words)) for one in made]
    return list({one.words: one for one in reversed(agreeing)}.values())[::-1]


def _agreeing(words: Sequence[str]) -> tuple[str, ...]:
    """Without what a saying denies and somebody said: `gerd` is reflux without esophagitis, unless that is there."""
    kept: list[str] = []
    for at, word in enumerate(words):
        denied = stem(words[at + 1]) if word == "without" and at + 1 < len(words) else None
        if denied is None or all(stem(one) != denied for one in (*words[:at], *words[at + 2 :])):
            kept.append(word)
    return tuple(kept)


def _short_forms(base: Reading) -> list[Reading]:
    """With the short forms of charts written out."""
    made = [base]
    for length in (3, 2, 1):
        made = [one for before in made for one in _replaced(before, length, lambda saying: saying.is_short_form)]
    return [one for one in made if one.used]


def _single(base: Reading) -> list[Reading]:
    """With each word that is a saying by itself put otherwise."""
    return [one for one in _replaced(base, 1, lambda _: True) if one.used != base.used]


def _replaced(base: Reading, length: int, fits: Callable[[Saying], bool]) -> list[Reading]:
    """Sayings of so many words put otherwise from left to right; each meaning makes a reading of its own."""
    known = sayings()
    made = [Reading((), base.used, base.later)]
    at = 0
    while at < len(base.words):
        found = known.get(tuple(stem(one) for one in base.words[at : at + length]))
        is_one = found is not None and at + length <= len(base.words) and fits(found) and found not in base.used
        meanings = [tuple(words_of(one)) for one in found.meant] if found and is_one else [(base.words[at],)]
        uses = (found,) if found and is_one else ()
        made = [
            Reading(before.words + meaning, before.used + uses, before.later + number)
            for before in made
            for number, meaning in enumerate(meanings)
        ]
        made = sorted(made, key=lambda one: one.later)[:MOST]
        at += length if is_one else 1
    return made


def _several(base: Reading) -> list[Reading]:
    """With sayings of several words put otherwise, in any order of their words: the longest first, then others."""
    words = list(base.words)[:WIDEST]
    made = []
    for first in _within(words)[:FIRST]:
        found, left = [first], _without(words, first)
        while others := _within(left):
            found.append(others[0])
            left = _without(left, others[0])
        made += _put(base, found, (*left, *base.words[WIDEST:]))
    return made


def _put(base: Reading, found: Sequence[Saying], rest: tuple[str, ...]) -> list[Reading]:
    made = [Reading((), base.used, base.later)]
    for saying in found:
        made = [
            Reading(before.words + tuple(words_of(meaning)), (*before.used, saying), before.later + number)
            for before in made
            for number, meaning in enumerate(saying.meant)
        ][:MOST]
    return [Reading(one.words + rest, one.used, one.later) for one in made]


def _within(words: Sequence[str]) -> list[Saying]:
    """The sayings of several words that are all there, the longest first."""
    stems = list(dict.fromkeys(stem(one) for one in words))
    known = _unordered()
    lengths = range(min(LONGEST, len(stems)), 1, -1)
    return [known[some] for length in lengths for some in map(frozenset, combinations(stems, length)) if some in known]


def _without(words: Sequence[str], saying: Saying) -> list[str]:
    stems = set(key(words_of(saying.said)))
    return [one for one in words if stem(one) not in stems]
