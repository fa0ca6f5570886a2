"""Whether two records are one patient: points for what agrees, each with its reason, and less for what contradicts."""

from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from billing.patients import Registration

LIKELY = 60
"""Points from which a person should look"""
NAMES_ALIKE = 0.9
"""Jaro-Winkler similarity of two spellings of one name"""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two records are alike."""

    points: int
    """0 to 100"""
    reasons: tuple[str, ...]
    """In plain words, the strongest first"""

    @property
    def is_likely(self) -> bool:
        """Whether a person should look."""
        return self.points >= LIKELY


def likeness(one: Registration, other: Registration) -> Likeness:
    """Points: birth date 40, last name 25, first name 20, telephone or e-mail 10, address 5; what contradicts takes."""
    found = [
        *_born(one.birth_date, other.birth_date),
        *_named("last name", one.last_name, other.last_name, 25),
        *_named("first name", one.first_name, other.first_name, 20),
        *_reached(one, other),
    ]
    if one.sex and other.sex and one.sex != other.sex:
        found.append((-15, "another sex"))
    if one.suffix and other.suffix and one.suffix.upper() != other.suffix.upper():
        found.append((-30, f"suffix {one.suffix} and {other.suffix}: father and son?"))
    found.sort(key=lambda item: -abs(item[0]))
    points = sum(item[0] for item in found)
    return Likeness(max(0, min(100, points)), tuple(words for _, words in found))


def _born(one: date | None, other: date | None) -> list[tuple[int, str]]:
    if one is None or other is None:
        return []
    if one == other:
        return [(40, "same birth date")]
    same_parts = sum((one.year == other.year, one.month == other.month, one.day == other.day))
    is_swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    digits = DamerauLevenshtein.distance(f"{one:%Y%m%d}", f"{other:%Y%m%d}")
    if is_swapped or digits == 1:
        return [(25, "birth dates differ by one slip")]
    return [(-30 if same_parts < 2 else -10, "another birth date")]


def _named(what: str, one: str | None, other: str | None, points: int) -> list[tuple[int, str]]:
    if not one or not other:
        return []
    left, right = one.casefold(), other.casefold()
    if left == right:
        return [(points, f"same {what}")]
    if JaroWinkler.similarity(left, right) >= NAMES_ALIKE or left.startswith(right) or right.startswith(left):
        return [(points * 3 // 4, f"{what} spelled otherwise")]
    return [(-points // 2, f"another {what}")]


def _reached(one: Registration, other: Registration) -> list[tuple[int, str]]:
    found = []
    if one.telephone and one.telephone == other.telephone:
        found.append((10, "same telephone"))
    elif one.email and other.email and one.email.casefold() == other.email.casefold():
        found.append((10, "same e-mail"))
    if one.address and other.address and one.address.street.casefold() == other.address.street.casefold():
        found.append((5, "same street"))
    return found
