"""Replacements for what identifies: the same value gives the same replacement, and nobody without the key leads back.

Numbers are permuted within their own shape (a digit stays a digit, a letter a letter, the length stays), so that two
numbers never become one and none stays what it was. Names become invented words.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from math import prod

from billing.identifiers import npi_is_valid

SHORTEST_KEY_BYTES = 16
_ROUNDS = 8
_LONGEST = 256
"""A longer text is no number: it is filled with X."""
_REMEMBERED = 8192
_CONSONANTS, _VOWELS = "BDFGKLMNPRSTVZ", "AEIOU"
_FARTHEST_DAYS = 365


class KeyTooShort(ValueError):
    """The key has fewer than SHORTEST_KEY_BYTES bytes and could be guessed."""


class Pseudonyms:
    """Replacements under one key. Raises KeyTooShort."""

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY_BYTES:
            raise KeyTooShort(f"the key has {len(key)} bytes: give at least {SHORTEST_KEY_BYTES} random ones")
        self._key = hashlib.blake2b(key).digest()
        self.number: Callable[[str], str] = lru_cache(maxsize=_REMEMBERED)(self._number)
        """Another number of the same shape; an NPI stays a valid NPI. Signs between letters and digits are kept."""
        self.word: Callable[[str], str] = lru_cache(maxsize=_REMEMBERED)(self._word)
        """An invented word of six to eight letters; upper and lower case and spaces make no difference."""

    def _number(self, text: str) -> str:
        if npi_is_valid(text):
            return self.npi(text)
        if len(text) > _LONGEST:
            return "X" * len(text)
        places = [(at, _alphabet(mark)) for at, mark in enumerate(text) if mark.isalnum()]
        known = [(at, alphabet) for at, alphabet in places if alphabet]
        moved = self._permuted([alphabet.index(text[at]) for at, alphabet in known], [len(a) for _, a in known])
        marks = ["X" if mark.isalnum() or not mark.isascii() or not mark.isprintable() else mark for mark in text]
        for (at, alphabet), value in zip(known, moved, strict=True):
            marks[at] = alphabet[value]
        return "".join(marks)

    def npi(self, text: str) -> str:
        """A valid NPI for ten digits that begin with 1 or 2; any other text goes the way of `number`."""
        if len(text) != 10 or not text.isascii() or not text.isdigit() or text[0] not in "12":
            return self.number(text)
        moved = self._permuted([int(digit) for digit in text[1:9]], [10] * 8)
        body = text[0] + "".join(map(str, moved))
        return next(f"{body}{check}" for check in range(10) if npi_is_valid(f"{body}{check}"))

    def _word(self, text: str) -> str:
        plain = " ".join(text.casefold().split())
        for attempt in range(100):
            value = self._random(f"word/{attempt}/{plain}")
            letters = []
            for at in range(6 + value % 3):
                value, alphabet = value // 64, _VOWELS if at % 2 else _CONSONANTS
                letters.append(alphabet[value % len(alphabet)])
            word = "".join(letters)
            if word.casefold() not in plain:
                return word
        return "X"

    def shift_days(self, who: str) -> int:
        """How many days the dates of one person (or, for `""`, of the run) lie back: 1 to 365."""
        return 1 + self._random(f"days/{' '.join(who.casefold().split())}") % _FARTHEST_DAYS

    def _random(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key).digest(), "big")

    def _permuted(self, values: list[int], radices: list[int]) -> list[int]:
        """A permutation of all numbers of this shape without a fixed point: a secret step between two Feistel walks."""
        if not values:
            return []
        half = len(values) // 2
        shape = "/".join(map(str, radices))
        sizes = (prod(radices[:half]), prod(radices[half:]))
        size = sizes[0] * sizes[1]
        mixed = self._walked(_joined(values, radices), sizes, shape, forward=True)
        mixed = (mixed + 1 + self._random(f"step/{shape}") % (size - 1)) % size
        return _parted(self._walked(mixed, sizes, shape, forward=False), radices)

    def _walked(self, value: int, sizes: tuple[int, int], shape: str, *, forward: bool) -> int:
        """Feistel rounds over the two halves of a number; `forward` False undoes them."""
        halves = list(divmod(value, sizes[1]))
        sign = 1 if forward else -1
        for number in range(_ROUNDS) if forward else reversed(range(_ROUNDS)):
            side = number % 2
            turn = self._random(f"round/{shape}/{number}/{halves[1 - side]}")
            halves[side] = (halves[side] + sign * turn) % sizes[side]
        return halves[0] * sizes[1] + halves[1]


def _alphabet(mark: str) -> str:
    """The characters that may stand in a character's place, `""` for one outside ASCII."""
    for alphabet in ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"):
        if mark in alphabet:
            return alphabet
    return ""


def _joined(values: list[int], radices: list[int]) -> int:
    total = 0
    for value, radix in zip(values, radices, strict=True):
        total = total * radix + value
    return total


def _parted(total: int, radices: list[int]) -> list[int]:
    values = []
    for radix in reversed(radices):
        total, value = divmod(total, radix)
        values.append(value)
    return values[::-1]
