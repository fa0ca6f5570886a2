"""Words as people speak, looked up in the descriptions of codes.

A search is case-blind and accent-blind, and blind to word order, plural and British spelling. Words are mended only
when the tables do not have them: cut short (`diab`), run together (`ckd3`), misspelled (`diabtes`). What a clinic says
in its own words or letters is read in the tables' words, too (`billing.spoken_words`), and the best of the readings
counts. Each answer says why it is one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from billing.code_concepts import SIDE_STEMS, Concept, rooted
from billing.code_ranking import Asked, Fit, fit
from billing.code_words import STOP, stem, words_of
from billing.spelling import NEAREST, nearest
from billing.spoken_words import Reading, key, readings, said_stems, said_words, sayings

WORDS = 12
"""So many words of a question are looked at"""
LONGEST = 80
"""Characters of a question"""
CANDIDATES = 200
"""Conditions with every word that are looked at for one reading"""
CANDIDATES_LACKING = 120
"""And such that lack a word"""
GOOD = 0.8
"""With an answer this good, conditions that lack a word are not looked at"""
WORTH = 0.45
"""Of the best answer; what is worse is not shown"""
SITE = 0.6
"""By so much the part of the body weighs less than what is the matter with it"""
_SITES = frozenset(
    stem(one)
    for one in words_of("""
abdomen ankle arm back buttock calf chest elbow extremity face finger foot forearm great hand hip knee leg limb lobe
lower neck part region shoulder side thigh thumb toe upper wrist
""")
)
PASSING = 0.3
"""And how long it has been there, least"""
_PASSING = frozenset(
    stem(one)
    for one in words_of(
        "adult ago child daily day days every last month months new recent since sudden time today week year years"
    )
)
UNKNOWN_WEIGHT = 5.0
"""Of a word that only sayings have; others count by how rare they are, a word on one code in a thousand 7"""
LATER = 0.03
"""By so much the second meaning of a saying counts less than the first"""
MENDED = 0.97
NEAR_BEGINNING = 0.78
"""Likeness of a word that may be meant by the beginning of another: `hart` is no `Hartnup`"""
NEAR_BY = 0.85
"""Likeness of a word that may be meant by one whose stem only is known: `migrane` is no `migrans`"""

_CODE = re.compile(r"[A-Z][0-9A][0-9A-Z]{0,5}|[0-9]{2}[0-9A-Z]{0,3}")
_YEAR = re.compile("(19|20)[0-9]{2}")
"""`s/p MI 2019`: no description has a year, but for the virus of 2019"""
_RULED_OUT = re.compile(r"(.*\w.*)\b(?:r/o|rule out)\b.*", re.IGNORECASE | re.DOTALL)
"""`chest pain r/o MI`: outside of a hospital what is suspected only is not coded (ICD-10-CM guidelines, IV.H)"""
_MIXED = re.compile(r"[a-z]+|[0-9]+")
_SOFT_WEIGHTS = dict.fromkeys(SIDE_STEMS, 1.5) | {
    stem(one): 2.0 for one in ["initial", "subsequent", "encounter", "sequela", "closed", "open", "stage"]
}
"""Stems that choose among the codes of a condition; a condition that has no such choice may still be meant"""


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for: codes that begin so, or descriptions with the words."""

    prefix: str
    """Upper case, without the dot; empty: it is no beginning of a code"""
    words: tuple[str, ...]
    """Empty when all are single letters: nearly every description has them"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One code, and why."""

    code: str
    score: float
    """0 to 1"""
    why: str
    """Such as `spelled diabetes`, `heart attack: acute myocardial infarction`; empty: the title has the words"""


class Index(Protocol):
    """Conditions that can be found by their words; numbers stand for them."""

    words: Mapping[str, int]
    """How many conditions have the word"""
    weights: Mapping[str, float]
    """How rare a stem is"""

    def candidates(self, terms: Sequence[str], *, every: bool, limit: int) -> list[int]:
        """Conditions that have every term, or any, best first. A term may end in `*`."""

    def concept(self, number: int, /) -> Concept:
        """The condition."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question in one spelling that the tables have."""

    text: str
    is_beginning: bool = False
    nearness: float = 1.0
    """Below 1: another word is nearer to what was typed"""
    is_mended: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    """A condition that fits, and the reading by which it does."""

    score: float
    found: Fit
    reading: Reading
    words: Sequence[_Word]

    def order(self) -> tuple[float, int, str]:
        """The best first, of those the shorter code."""
        code = self.found.leaves[0].code
        return -self.score, len(code), code

    def why(self) -> str:
        """What it was found by, where its title does not have the words."""
        told = [f"spelled {one.text}" for one in self.words if one.is_mended]
        there = {root for _, root, _ in self.found.wording.words}
        strange = [one for one in self.reading.used if not there.issuperset(map(stem, words_of(one.said)))]
        told += [f"{one.said}: {one.meant[0]}" if len(one.meant) == 1 else one.said for one in strange]
        if self.found.wording.rank > 1:
            told.append(self.found.wording.text)
        return "; ".join(told)


def plain_words(text: str) -> tuple[str, ...]:
    """The different words of a text in lower-case ASCII, in order: what is stored to be searched without an index."""
    return tuple(dict.fromkeys(words_of(text)))


def question(text: str) -> Question:
    """Read what somebody typed."""
    text = text[:LONGEST].strip()
    code = text.upper().replace(".", "")
    text = _RULED_OUT.sub(r"\1", text)
    words = tuple(one for one in plain_words(text) if not _YEAR.fullmatch(one))[:WORDS]
    is_enough = any(len(word) > 1 for word in words) or key(words) in sayings()
    return Question(code if _CODE.fullmatch(code) else "", words if is_enough else ())


def search(index: Index, asked: Question, *, limit: int) -> list[Answer]:
    """Codes that fit the words, best first: for each condition its usual code, or the one that the words ask for.

    Where few conditions fit, the other codes of those that do come behind.
    """
    best: dict[int, _Hit] = {}
    for every in (True, False):
        if not best or max(one.score for one in best.values()) < GOOD:
            _look(index, asked, best, every=every)
    if not best:
        return []
    ranked = sorted(best.items(), key=lambda one: one[1].order())
    top = [one for one in ranked if one[1].score >= WORTH * ranked[0][1].score][:limit]
    answers = {leaf.code: Answer(leaf.code, hit.score, hit.why()) for _, hit in top for leaf in hit.found.leaves}
    for number, hit in top:
        for leaf in index.concept(number).leaves:
            if len(answers) < limit:
                answers.setdefault(leaf.code, Answer(leaf.code, 0.0, hit.why()))
    return list(answers.values())[:limit]


def _look(index: Index, asked: Question, best: dict[int, _Hit], *, every: bool) -> None:
    """Put what fits into `best`: conditions with every word of a reading, or with any."""
    for words in _spellings(index, asked.words):
        for reading in readings([one.text for one in words]):
            factor = _trust(reading, words)
            for number, found in _fits(index, _asked(index, reading, words), every=every):
                if number not in best or found.score * factor > best[number].score:
                    best[number] = _Hit(found.score * factor, found, reading, words)


def _spellings(index: Index, words: Sequence[str]) -> list[list[_Word]]:
    """The question in words that the tables or the sayings have; a word nobody knows is left out."""
    made: list[list[_Word]] = [[]]
    for word in words:
        ways = _ways(index, word)
        if ways:
            made = [before + way for way in ways for before in made][:4]
    made += [[_Word(one) for one in joined] for joined in _joined(index, words)]
    return [one for one in made if any(word.text not in STOP for word in one)] or [one for one in made if one]


def _joined(index: Index, words: Sequence[str]) -> Iterator[list[str]]:
    """The question with two neighbours as one word, where there is such a word: `gall bladder`, `hyper tension`."""
    for at in range(len(words) - 1):
        whole = words[at] + words[at + 1]
        if len(whole) > 5 and (whole in index.words or whole in said_words()):
            yield [*words[:at], whole, *words[at + 2 :]]


def _ways(index: Index, word: str) -> list[list[_Word]]:
    """Ways to read one word; none: it is unknown."""
    if word in STOP or word in index.words or word in said_words() or stem(word) in said_stems():
        return [[_Word(word)]]
    if stem(word) in index.weights:
        return [[_Word(word)], *_mended(index, word, least=NEAR_BY)]
    parts = _MIXED.findall(word)
    if len(parts) > 1 and all(part in index.words or part in said_words() for part in parts):
        return [[_Word(part) for part in parts]]
    if len(word) > 2 and any(one.startswith(word) for one in index.words):
        return [[_Word(word, is_beginning=True)], *_mended(index, word, least=NEAR_BEGINNING)]
    if nearly := _mended(index, word, least=NEAR_BY):
        return nearly
    for at in range(3, len(word) - 2):
        if all(part in index.words or part in said_words() for part in (word[:at], word[at:])):
            return [[_Word(word[:at]), _Word(word[at:])]]
    return _mended(index, word)


def _mended(index: Index, word: str, *, least: float = NEAREST) -> list[list[_Word]]:
    near = nearest(word, index.words, also=said_words(), least=least)
    return [[_Word(other, nearness=nearness, is_mended=True)] for other, nearness in near if stem(other) != stem(word)]


def _asked(index: Index, reading: Reading, words: Sequence[_Word]) -> list[Asked]:
    beginnings = {one.text for one in words if one.is_beginning}
    made: dict[str, Asked] = {}
    for word, root in rooted(reading.words):
        if word not in STOP:
            weight = _SOFT_WEIGHTS.get(root) or index.weights.get(root, UNKNOWN_WEIGHT)
            weight *= SITE if root in _SITES else PASSING if root in _PASSING else 1.0
            is_known = root in index.weights or word in beginnings
            made.setdefault(root, Asked(word, root, weight, is_known=is_known, is_beginning=word in beginnings))
    return list(made.values())


def _fits(index: Index, asked: Sequence[Asked], *, every: bool) -> Iterator[tuple[int, Fit]]:
    known = [one for one in asked if one.is_known]
    hard = [one for one in known if one.stem not in _SOFT_WEIGHTS and one.stem not in _PASSING] or known
    if not hard or (not every and len(hard) == 1):
        return
    terms = [f"{one.word}*" if one.is_beginning else one.stem for one in hard]
    for number in index.candidates(terms, every=every, limit=CANDIDATES if every else CANDIDATES_LACKING):
        yield number, fit(index.concept(number), asked, index.weights)


def _trust(reading: Reading, words: Sequence[_Word]) -> float:
    factor = 1 - LATER * reading.later
    for one in words:
        factor *= MENDED * one.nearness if one.is_mended else 1.0
    return factor
