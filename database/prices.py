"""The charge master as rows: listed, compared with a file, and changed by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.charges import Price
from database.columns import new_id
from database.tables import Charge


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One price of the charge master."""

    procedure: str
    modifier: str
    price_cents: int
    effective_from: date
    description: str | None
    """What patients read"""
    state: str
    """in force, coming, or past"""


@dataclass(frozen=True, slots=True)
class PricePage:
    """The prices that were asked for."""

    items: list[PriceRow]
    has_more: bool


@dataclass(frozen=True, slots=True)
class PriceChange:
    """What a row of a file does to the charge master."""

    price: Price
    before_cents: int | None
    """The price that is there for the same code and day; None: there is none"""
    words_before: str = ""

    @property
    def is_added(self) -> bool:
        return self.before_cents is None

    @property
    def is_changed(self) -> bool:
        """A row that says no words leaves those that are there."""
        words = self.price.description or self.words_before
        is_known = self.before_cents is not None
        return is_known and (self.before_cents, self.words_before) != (self.price.price_cents, words)


def page(session: Session, *, practice_id: str, text: str, today: date, limit: int = 500) -> PricePage:
    """Prices by the beginning of the procedure code, the newest of each code first."""
    query = select(Charge).where(Charge.practice_id == practice_id)
    if text:
        query = query.where(col(Charge.procedure).startswith(text.upper(), autoescape=True))
    order = (Charge.procedure, Charge.modifier, col(Charge.effective_from).desc())
    found = session.exec(query.order_by(*order).limit(limit + 1)).all()
    in_force: set[tuple[str, str]] = set()
    items = []
    for row in found[:limit]:
        code = (row.procedure, row.modifier)
        state = "coming" if row.effective_from > today else "past" if code in in_force else "in force"
        if state == "in force":
            in_force.add(code)
        items.append(PriceRow(row.procedure, row.modifier, row.price_cents, row.effective_from, row.description, state))
    return PricePage(items, has_more=len(found) > limit)


def compare(session: Session, prices: Sequence[Price], *, practice_id: str) -> list[PriceChange]:
    """What the prices of a file would do, in the file's order."""
    key = (col(Charge.procedure), col(Charge.modifier), col(Charge.effective_from))
    columns = (*key, col(Charge.price_cents), col(Charge.description))
    rows = session.execute(sa.select(*columns).where(col(Charge.practice_id) == practice_id))
    known = {(procedure, modifier, day): (cents, words or "") for procedure, modifier, day, cents, words in rows}
    return [
        PriceChange(one, *known.get((one.procedure, one.modifier, one.effective_from), (None, ""))) for one in prices
    ]


def save(session: Session, changes: Iterable[PriceChange], *, practice_id: str) -> None:
    """Carry the changes out; the price of a code and day that is there already is replaced."""
    for change in changes:
        price = change.price
        if change.is_added:
            session.add(
                Charge(
                    id=new_id(),
                    practice_id=practice_id,
                    procedure=price.procedure,
                    modifier=price.modifier,
                    price_cents=price.price_cents,
                    description=price.description or None,
                    effective_from=price.effective_from,
                )
            )
        elif change.is_changed:
            row = session.exec(
                select(Charge).where(
                    Charge.practice_id == practice_id,
                    Charge.procedure == price.procedure,
                    Charge.modifier == price.modifier,
                    Charge.effective_from == price.effective_from,
                )
            ).one()
            row.price_cents = price.price_cents
            row.description = price.description or row.description
            session.add(row)
    session.flush()
