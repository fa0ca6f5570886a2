"""Values that may stand in a HIPAA transaction, drawn from a seed: the same seed gives the same values.

They go to the guides' limits: the longest name, the smallest amount, the most codes, now and then.
"""

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from billing.claim import Address, Contact, Name, Party, Reference
from billing.money import Cents

T = TypeVar("T")

WORDS = (
    "ADLER",
    "O'NEIL",
    "ST. JOHN",
    "LAKE-SIDE",
    "A & B",
    "VAN DER BERG",
    "Meyer",
    "CLINIC, LLC",
    "KIM",
    "R#2 (WEST)",
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -"
STATES = ("IA", "NY", "CA", "TX")


class Draw(random.Random):
    """A seeded source of values."""

    def often(self) -> bool:
        return self.random() < 0.7

    def seldom(self) -> bool:
        return self.random() < 0.15

    def maybe(self, make: Callable[[], T], chance: float = 0.5) -> T | None:
        """What `make` makes, or None: not reported."""
        return make() if self.random() < chance else None

    def some(self, of: tuple[T, ...], most: int, least: int = 0) -> tuple[T, ...]:
        """Between `least` and `most` different ones of `of`, in its order."""
        chosen = set(self.sample(range(len(of)), self.randint(least, min(most, len(of)))))
        return tuple(one for at, one in enumerate(of) if at in chosen)

    def several(self, make: Callable[[], T], most: int, least: int = 0) -> tuple[T, ...]:
        return tuple(make() for _ in range(self.randint(least, most)))

    def word(self, most: int) -> str:
        """Two to `most` characters that neither begin nor end with a blank."""
        if self.often():
            return self.choice(WORDS)[:most].strip()
        inner = "".join(self.choice(LETTERS) for _ in range(most if self.seldom() else self.randint(2, most)))
        return f"X{inner[1:-1]}X"

    def number(self, most: int, least: int = 2) -> str:
        """Letters and digits, no blank."""
        length = most if self.seldom() else self.randint(least, min(most, 15))
        return "".join(self.choice("ABCDEFGHJK0123456789") for _ in range(length))

    def digits(self, count: int) -> str:
        return "".join(self.choice("0123456789") for _ in range(count))

    def npi(self) -> str:
        """Ten digits whose last is the check digit of the NPI."""
        body = f"1{self.digits(8)}"
        doubled = sum(sum(divmod(int(digit) * 2, 10)) if at % 2 == 0 else int(digit) for at, digit in enumerate(body))
        return f"{body}{(-doubled - 24) % 10}"

    def day(self) -> dt.date:
        return dt.date(2024, 1, 1) + dt.timedelta(self.randint(0, 900))

    def birth(self) -> dt.date:
        return dt.date(1920, 1, 1) + dt.timedelta(self.randint(0, 38000))

    def time(self) -> str:
        return f"{self.randint(0, 23):02d}{self.randint(0, 59):02d}"

    def cents(self, most: int = 100_000) -> Cents:
        """At least a cent; the guides keep amounts below a hundred million dollars."""
        return Cents(self.randint(1, 10**9 if self.random() < 0.03 else most))

    def quantity(self) -> Decimal:
        """Above zero, at most one decimal."""
        return Decimal(self.choice(["1", "2", "0.5", "15", "999", "12.5"]))

    def name(self, *, is_person: bool) -> Name:
        if not is_person:
            return Name(self.word(60))
        middle, suffix = self.maybe(lambda: self.word(25), 0.3), self.maybe(lambda: "JR", 0.1)
        return Name(self.word(60), self.maybe(lambda: self.word(35), 0.9), middle, suffix)

    def address(self) -> Address:
        """A ZIP code of nine digits, which a billing provider must have."""
        return Address(
            self.word(55),
            self.word(30),
            self.choice(STATES),
            f"50010{self.digits(4)}",
            self.maybe(lambda: self.word(55), 0.2),
        )

    def contact(self, most: int = 3) -> Contact:
        """One to `most` numbers, the telephone and its extension first."""
        numbers = (("TE", self.digits(10)), ("EX", self.digits(4)), ("EM", "DESK@EXAMPLE.ORG"))
        return Contact(self.word(60), numbers[: self.randint(1, most)])

    def references(self, qualifiers: tuple[str, ...], most: int, least: int = 0) -> tuple[Reference, ...]:
        return tuple(Reference(one, self.number(50)) for one in self.some(qualifiers, most, least))

    def party(self, role: str, *, is_person: bool = False, qualifier: str | None = "XX", **more: object) -> Party:
        """A party with its name and id; `more` are the other fields of Party."""
        number = None if qualifier is None else self.npi() if qualifier == "XX" else self.number(30, 3)
        return Party(role, is_person, self.name(is_person=is_person), qualifier, number, **more)  # type: ignore[arg-type]


def shares(draw: Draw, whole: int, most: int) -> list[Cents]:
    """`whole` cents in one to `most` parts, none of them zero unless `whole` is."""
    parts = draw.randint(1, max(1, min(most, abs(whole))))
    sign = -1 if whole < 0 else 1
    cuts = sorted(draw.sample(range(1, abs(whole)), parts - 1)) if parts > 1 else []
    return [Cents(sign * (end - start)) for start, end in zip([0, *cuts], [*cuts, abs(whole)], strict=True)]
