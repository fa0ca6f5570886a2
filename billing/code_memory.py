"""A small table held in memory, searched like a search file: what `database.code_index` is for an edition."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from billing.code_concepts import Concept


class MemoryIndex:
    """A few hundred conditions; an `Index` of `billing.code_search`."""

    def __init__(self, made: Sequence[Concept]) -> None:
        self._made = made
        self._stems = [
            {text for wording in one.wordings for word, root, _ in wording.words for text in (word, root)}
            | {root for leaf in one.leaves for root in leaf.says}
            for one in made
        ]
        counted: Counter[str] = Counter()
        roots: Counter[str] = Counter()
        for one in made:
            pairs = {(word, root) for wording in one.wordings for word, root, _ in wording.words}
            counted.update({word for word, _ in pairs})
            roots.update({root for _, root in pairs})
        self.words: Mapping[str, int] = counted
        self.weights: Mapping[str, float] = {root: math.log(1 + len(made) / count) for root, count in roots.items()}

    def candidates(self, terms: Sequence[str], *, every: bool, limit: int) -> list[int]:
        """Those that have every term, or any; a term may end in `*`. In the table's order."""
        wanted = all if every else any
        fitting = (at for at, stems in enumerate(self._stems) if wanted(_has(stems, term) for term in terms))
        return list(fitting)[:limit]

    def concept(self, number: int, /) -> Concept:
        """The condition."""
        return self._made[number]


def _has(stems: set[str], term: str) -> bool:
    return any(one.startswith(term[:-1]) for one in stems) if term.endswith("*") else term in stems
