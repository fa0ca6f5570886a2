"""Billing's nouns as JSON text in a column, and back. The noun's own types are the schema."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

Noun = TypeVar("Noun")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(noun: Any) -> TypeAdapter[Any]:
    if noun not in _ADAPTERS:
        _ADAPTERS[noun] = TypeAdapter(noun)
    return _ADAPTERS[noun]


def dump(noun: object) -> str:
    """A frozen dataclass as JSON."""
    return _adapter(type(noun)).dump_json(noun).decode()


def load(noun: type[Noun], text: str) -> Noun:
    """The noun again. Raises pydantic.ValidationError when a stored row no longer fits the noun."""
    loaded: Noun = _adapter(noun).validate_json(text)
    return loaded
