"""JSON as FHIR uses it: an element with its place, read as the type that R4 gives it.

An element of another type than R4's is as if it were not there: whoever needs it tells so, with its place. No text that
leaves here has control characters or half characters, which neither X12 nor a database takes.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from billing.money import LARGEST, Cents
from billing.sent_visits import Gap, SentWord, WordKind

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGITS = 12
"""Numbers with more digits before or after the point are slips"""


class NotFhir(ValueError):
    """The bytes are no FHIR resource in JSON. The message quotes nothing of them."""


@dataclass(slots=True)
class Told:
    """What is found while one visit is read."""

    zone: tzinfo
    """Of the practice: whose day an instant is on"""
    faults: list[Gap] = field(default_factory=list)
    notes: list[Gap] = field(default_factory=list)
    words: list[SentWord] = field(default_factory=list)

    def keep(self, kind: WordKind, number: int, concept: "Node") -> None:
        """A diagnosis or a service that no code stands for yet, as it was sent."""
        coding = concept.first("coding")
        text = concept["text"].text(2000) or coding["display"].text(2000) or ""
        word = SentWord(kind, number, (coding["system"].text(500) or "")[:80], coding["code"].text(500) or "", text)
        if word not in self.words:
            self.words.append(word)

    def fault(self, node: "Node", reason: str) -> None:
        """The visit cannot start an encounter."""
        self.faults.append(Gap(node.where, reason))

    def note(self, node: "Node", reason: str) -> None:
        """Something was passed over or assumed."""
        self.notes.append(Gap(node.where, reason))


@dataclass(frozen=True, slots=True)
class Node:
    """An element and its place; its value is None where the sender gave none."""

    value: Any
    where: str
    told: Told

    def __bool__(self) -> bool:
        return self.value is not None

    def __getitem__(self, name: str) -> "Node":
        found = self.value.get(name) if isinstance(self.value, dict) else None
        return Node(found, f"{self.where}.{name}", self.told)

    def each(self, name: str) -> "list[Node]":
        """The elements of a list; one that should be a list and is not counts as one."""
        found = self[name]
        values = found.value if isinstance(found.value, list) else [] if found.value is None else [found.value]
        return [Node(value, f"{found.where}[{place}]", self.told) for place, value in enumerate(values)]

    def first(self, name: str) -> "Node":
        """The first of a list, or an empty node."""
        return next(iter(self.each(name)), Node(None, self[name].where, self.told))

    def text(self, longest: int = 80) -> str | None:
        """The text without control characters; too long a one is a fault."""
        if not isinstance(self.value, str):
            return None
        readable = "".join(char if char.isprintable() else " " for char in self.value)
        plain = " ".join(readable.encode("utf-8", "ignore").decode().split())
        if len(plain) > longest:
            self.told.fault(self, f"longer than {longest} characters")
            return None
        return plain or None

    def is_true(self) -> bool:
        """Whether it says true."""
        return self.value is True

    def whole(self) -> int | None:
        """positiveInt."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    def number(self) -> Decimal | None:
        """decimal; a number beyond reason is a fault."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            return None
        if isinstance(self.value, int) and abs(self.value) >= 10**_DIGITS:
            self.told.fault(self, "a number beyond reason")
            return None
        number = Decimal(self.value)
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -_DIGITS or (number and number.adjusted() >= _DIGITS):
            self.told.fault(self, "a number beyond reason")
            return None
        return number

    def cents(self) -> Cents | None:
        """Money: whole cents of US dollars, not below zero. What is none is a fault."""
        amount = self["value"].number()
        if amount is None:
            return None
        if (self["currency"].text() or "USD") != "USD":
            self.told.fault(self, "only US dollars (USD) are billed")
        elif amount < 0 or amount * 100 != (amount * 100).to_integral_value() or amount * 100 > LARGEST:
            self.told.fault(self, "no amount of dollars and whole cents")
        else:
            return Cents(int(amount * 100))
        return None

    def day(self) -> date | None:
        """date or dateTime; an instant is on the practice's day. A year or a month alone is none."""
        text = self.text()
        if text is None or not _DAY.match(text):
            return None
        try:
            if "T" in text and (text.endswith("Z") or re.search(r"[+-]\d{2}:\d{2}$", text)):
                return datetime.fromisoformat(text).astimezone(self.told.zone).date()
            return date.fromisoformat(text[:10])
        except (ValueError, OverflowError):
            return None

    def code(self, systems: Collection[str] | None = None) -> str | None:
        """The code of a CodeableConcept: the first coding of one of the systems, or the first at all."""
        for coding in self.each("coding"):
            system = (coding["system"].text(500) or "").split("|")[0].rstrip("/").lower()
            if systems is None or system in systems:
                found = coding["code"].text()
                if found:
                    return found
        return None


def parse(body: bytes) -> dict[str, Any]:
    """The resource of a JSON file; amounts as Decimal. Raises NotFhir."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise NotFhir("the file is no UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotFhir(f"the file is no JSON from line {error.lineno}, column {error.colno} on") from None
    except (ValueError, ArithmeticError):
        raise NotFhir("the file has a number that is none in JSON") from None
    except RecursionError:
        raise NotFhir("the file is nested too deeply") from None
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise NotFhir("the file is JSON, and no FHIR resource: it has no resourceType")
    return value


def _no_number(name: str) -> None:
    raise ValueError(name)


def looks_like_fhir(body: bytes) -> bool:
    """Whether the bytes are to be read as FHIR: a JSON object that names a resource type."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and b'"resourceType"' in body
