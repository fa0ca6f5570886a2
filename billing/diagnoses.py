"""Families of ICD-10-CM codes: what an edit has to know of them without a loaded edition (codes without the dot)."""

from dataclasses import dataclass

OLDEST = 124
"""Years of age that the Medicare code editor believes"""

_WHOLE_CHAPTERS = "SVW"
_X = "X00-X06 X08-X08 X10-X19 X30-X39 X50-X50 X52-X52 X58-X58 X71-X83 X92-X99"
_Y = "Y00-Y04 Y08-Y08 Y21-Y33 Y35-Y38"
_T_WITHOUT = frozenset({"T30", "T31", "T32", "T86", "T87"})
"""Burns by their extent, transplants and amputations: these have fewer characters"""
_OTHERS = frozenset({"M1A", "M80", "M97", "O31", "O32", "O35", "O36", "O40", "O41", "O64", "O69"})
_RANGES = tuple(tuple(one.split("-")) for one in f"{_X} {_Y}".split())


def needs_seventh(code: str) -> bool:
    """Whether every code of this category has seven characters: gout with tophi, some fractures and pregnancies,
    injuries, poisonings and their causes. Compared with the tabular list of April 2026.
    """
    category = code[:3]
    if category[:1] == "T":
        return category not in _T_WITHOUT
    if category[:1] in _WHOLE_CHAPTERS or category in _OTHERS:
        return True
    return any(first <= category <= last for first, last in _RANGES)


@dataclass(frozen=True, slots=True)
class Family:
    """Codes that go with an age."""

    ranges: tuple[tuple[str, str], ...]
    """First and last code, compared as far as they are long"""
    youngest: int
    """Years"""
    oldest: int


NEWBORN = Family((("Z0011", "Z0011"), ("Z38", "Z38")), 0, 0)
"""Examinations of newborns and births by their kind. Conditions of the perinatal period (P) may last longer."""
CHILD = Family((("Z0012", "Z0012"),), 0, 17)
MATERNITY = Family((("O00", "O9A"), ("Z33", "Z34"), ("Z36", "Z37"), ("Z39", "Z39"), ("Z3A", "Z3A")), 9, 64)
ADULT = Family((("Z000", "Z000"), ("N40", "N40"), ("I25", "I25"), ("C61", "C61"), ("F03", "F03")), 15, OLDEST)
"""Examinations of adults, and illnesses that only adults have"""


def in_chapter(code: str, family: Family) -> bool:
    """Whether the code belongs to the family."""
    return any(first <= code[: len(first)] <= last for first, last in family.ranges)
