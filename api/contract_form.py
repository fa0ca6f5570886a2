"""The forms of a contract, and their way to billing's terms. Percentages are text, so that none is a float."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from api.claim_form import Part
from api.practice_form import EMPTY
from billing.contract_rates import percent_of
from billing.contracts import Basis, Terms

Why = Annotated[str, Field(min_length=1, max_length=200)]
MOST_PROCEDURES = 20


def _text(typed: object) -> str:
    """A number in JSON would be a float, and beyond the bounds of what is written as text. Raises ValueError."""
    if not isinstance(typed, str):
        raise ValueError('write the number as text, such as "112.5"')
    return typed


def _percent(typed: object) -> Decimal:
    return percent_of(_text(typed))


def _percents(typed: object) -> object:
    """`100, 50, 50` or a list of such texts."""
    parts = typed.replace("/", ",").split(",") if isinstance(typed, str) else typed
    if not isinstance(parts, list):
        return parts or []
    return [_percent(one) for one in parts if one != "" and not str(one).isspace()]


def _factor(typed: object) -> Decimal:
    try:
        value = Decimal(_text(typed).strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value < 1000 or value != round(value, 6):
        raise ValueError("must be dollars such as 33.4009, with at most six decimals")
    return Decimal(f"{value.normalize():f}")


def _nothing(typed: object) -> object:
    return typed.strip().upper() or None if isinstance(typed, str) else typed


_AS_TEXT = WithJsonSchema({"type": "string", "examples": ["112.5"]})
Percent = Annotated[Annotated[Decimal, BeforeValidator(_percent)] | None, EMPTY, _AS_TEXT]
Percents = Annotated[
    list[Decimal],
    BeforeValidator(_percents),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "examples": [["100", "50", "50"]]}),
]
Code = Annotated[str | None, BeforeValidator(_nothing)]


class ContractForm(Part):
    """A contract with a payer."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    begins: date
    ends: Annotated[date | None, EMPTY] = None
    """The last day; nothing: it goes on until the next one begins"""
    basis: Basis
    """schedule: its own prices; charge: a percentage of the charge; medicare: of Medicare's fee"""
    percent: Percent = None
    """Of the charge or of Medicare's fee; nothing: 100"""
    otherwise: Percent = None
    """Of the charge, for what has no price; nothing: the contract does not say"""
    multiple: Percents = []
    """Of the first, second ... procedure of a day; nothing: each is paid whole"""
    bilateral: Percent = None
    """For both sides; nothing: the contract does not say"""
    takes_lesser: bool = True
    """Never more than the charge is allowed"""
    locality: Code = None
    """Medicare's: contractor and locality, seven characters such as 0910204"""
    edition: Annotated[Annotated[str, Field(max_length=20)] | None, EMPTY] = None
    """Relative values that the contract stays with; nothing: those of the day of service"""
    conversion_factor: Annotated[Annotated[Decimal, BeforeValidator(_factor)] | None, EMPTY, _AS_TEXT] = None
    """In place of Medicare's"""
    reason: Why

    @field_validator("locality")
    @classmethod
    def _is_seven_characters(cls, locality: str | None) -> str | None:
        if locality is not None and (len(locality) != 7 or not locality.isalnum()):
            raise ValueError("must be the contractor's five characters and the locality's two, such as 0910204")
        return locality

    @field_validator("multiple")
    @classmethod
    def _is_no_longer_than_a_day(cls, multiple: list[Decimal]) -> list[Decimal]:
        if len(multiple) > MOST_PROCEDURES or any(one > 100 for one in multiple):
            raise ValueError(f"must be at most {MOST_PROCEDURES} percentages of at most 100, such as 100, 50, 50")
        return multiple

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "ContractForm":
        if self.ends is not None and self.ends < self.begins:
            raise ValueError("the contract must not end before it begins")
        if self.basis == Basis.MEDICARE and self.locality is None:
            raise ValueError("a contract by Medicare's fee needs a locality: it prices work, practice and malpractice")
        return self

    def terms(self) -> Terms:
        """As billing reads them."""
        return Terms(
            basis=self.basis,
            percent=Decimal(100) if self.percent is None else self.percent,
            otherwise=self.otherwise,
            multiple=tuple(self.multiple),
            bilateral=self.bilateral,
            takes_lesser=self.takes_lesser,
            locality=self.locality,
            edition=self.edition,
            conversion_factor=self.conversion_factor,
        )


class ContractChange(ContractForm):
    """The same of a contract that is kept already."""

    version: int
    """That the form was filled in from: somebody else may have changed the contract since"""
