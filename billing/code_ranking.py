"""How well a condition fits what was said, and which of its codes.

A description fits when it has every word that was said and adds little of its own. What it adds counts by how rare
the word is and by what leaving it unsaid would mean (`billing.code_concepts`): `unspecified` adds nothing,
`newborn` much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from billing.code_concepts import SIDE_STEMS, Concept, Leaf, Wording
from billing.code_words import stem

BOTH = stem("bilateral")
DENIES = "without"
"""What the stem of a denial begins with (`billing.code_concepts.rooted`)"""
DENIED = 0.8
"""For a description that denies what was said"""
SAME_STEM = 0.95
BEGINNING = 0.8
ELSEWHERE = 0.55
"""A word that another description of the condition has, and this one has not"""
COVERED = 1.5
"""A word that is missing counts more than its weight"""
ADDED = 0.45
"""How much the words count that a description adds"""
RANKS = (1.0, 0.99, 0.97, 0.85)
"""Title, heading's title, inclusion term, includes note"""
BOTH_SIDES = 0.9
"""For a code of one side, where none was said"""
OTHER = 0.93
"""For `other specified`, where nobody said other"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that was said."""

    word: str
    stem: str
    weight: float
    """By how rare it is in the tables"""
    is_known: bool = True
    """False: no description has it"""
    is_beginning: bool = False
    """The word is cut short: `diab`"""


@dataclass(frozen=True, slots=True)
class Fit:
    """A condition as an answer."""

    score: float
    """0 to 1"""
    wording: Wording
    """The description that fits best"""
    leaves: tuple[Leaf, ...]
    """The code; right and left where both sides were said and no code says so"""


def fit(concept: Concept, asked: Sequence[Asked], weights: Mapping[str, float]) -> Fit:
    """How well the condition answers. `weights`: how rare each stem is."""
    said = {one.stem for one in asked}
    leaves = _leaves(concept, said)
    says = {*leaves[0].says, *({BOTH} if len(leaves) > 1 else ())}
    everywhere = {root for wording in concept.wordings for _, root, _ in wording.words}
    score, wording = max(
        ((_score(one, asked, weights, everywhere, says), one) for one in concept.wordings), key=lambda one: one[0]
    )
    return Fit(score * _plainness(concept, wording, said), wording, leaves)


def _score(
    wording: Wording, asked: Sequence[Asked], weights: Mapping[str, float], everywhere: set[str], says: set[str]
) -> float:
    roots = {root: word for word, root, _ in wording.words}
    covered, wanted, hit = 0.0, 0.0, set()
    for one in asked:
        wanted += one.weight
        root = one.stem if one.stem in roots else _begun(one, roots)
        if root is not None:
            hit.add(root)
            covered += one.weight * _likeness(one, roots[root])
        elif one.stem in says:
            covered += one.weight
        elif one.stem in everywhere:
            covered += one.weight * ELSEWHERE
    matched = sum(weights.get(root, 1.0) for root in hit)
    added = sum(weights.get(root, 1.0) * weight for _, root, weight in wording.words if root not in hit)
    if not matched:
        return 0.0
    likeness = (matched + 2) / (matched + 2 + ADDED * added)
    return float((covered / wanted) ** COVERED * likeness * RANKS[wording.rank])


def _begun(one: Asked, roots: Mapping[str, str]) -> str | None:
    if not one.is_beginning:
        return None
    return min((root for root, word in roots.items() if word.startswith(one.word)), key=len, default=None)


def _likeness(one: Asked, word: str) -> float:
    if one.word == word:
        return 1.0
    return SAME_STEM if one.stem == stem(word) else BEGINNING


def _plainness(concept: Concept, wording: Wording, said: set[str]) -> float:
    """Below 1 for a code that says something special which nobody said."""
    factor = 1.0
    everything = [root for _, root, _ in wording.words]
    if not said & SIDE_STEMS and any(root in SIDE_STEMS for _, root, _ in concept.wordings[0].words):
        factor *= BOTH_SIDES
    if any(root.startswith(DENIES) and root.removeprefix(DENIES) in said and root not in said for root in everything):
        factor *= DENIED
    if "other" not in said and concept.wordings[0].words and concept.wordings[0].words[0][0] == "other":
        factor *= OTHER
    return factor * (1 - len(concept.leaves[0].code.rstrip("X")) / 500)


def _leaves(concept: Concept, said: set[str]) -> tuple[Leaf, ...]:
    """The code that has most of what was said about side, encounter and stage; of those the usual one."""
    sides = SIDE_STEMS & {root for one in concept.leaves for root in one.says}
    if BOTH in said and sides == {"right", "left"}:
        return tuple(_leaf(concept, said - {BOTH} | {side}) for side in ("right", "left"))
    return (_leaf(concept, said),)


def _leaf(concept: Concept, said: set[str]) -> Leaf:
    return max(concept.leaves, key=lambda one: (len(said & set(one.says)), -one.order))
