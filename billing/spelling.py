"""Misspelled words of a question: the words of the tables that are nearest."""

from collections.abc import Collection, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from billing.code_words import stem

SHORTEST = 4
"""Letters from which on a word is mended: shorter ones are near to too much"""
NEAREST = 0.7
"""Likeness (1 - edits / letters; two letters that changed places are one edit) below which nothing is offered"""
SHUFFLED = 0.1
"""By so much a word of the same letters counts as nearer: `athsma`"""
OFFERED = 2
CONSIDERED = 12
"""Words whose likeness is weighed"""
COMMON = 0.012
"""By so much a word counts as nearer each time it is ten times as common"""
FIRST_LETTER = 0.04


def nearest(
    word: str, vocabulary: Mapping[str, int], *, also: Collection[str] = (), least: float = NEAREST
) -> list[tuple[str, float]]:
    """The known words nearest to an unknown one, best first, with how near each is to the first (1 and below).

    `vocabulary`: how often each word occurs; `also`: words that are known without being counted.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return []
    found: dict[str, float] = {}
    for known in (vocabulary.keys(), also):
        near = process.extract(
            word, known, scorer=OSA.normalized_similarity, score_cutoff=least - SHUFFLED, limit=CONSIDERED
        )
        for other, edits, _ in near:
            likeness = edits + (SHUFFLED if sorted(other) == sorted(word) else 0.0)
            if likeness >= least:
                found[other] = (
                    likeness + COMMON * len(str(vocabulary.get(other, 1))) + FIRST_LETTER * (other[0] == word[0])
                )
    best: dict[str, str] = {}
    for other in sorted(found, key=lambda one: -found[one]):
        best.setdefault(stem(other), other)
    offered = list(best.values())[:OFFERED]
    return [(other, found[other] / found[offered[0]]) for other in offered]
