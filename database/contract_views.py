"""Contracts as their pages show them."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.coding_rules import RuleKind, edition_for
from billing.contracts import Basis, Terms
from billing.relative_values import Locality
from database import contracts, records, rules
from database.tables import ContractRateRow, ContractRow, Payer

RATES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class ContractView:
    """One contract of a payer."""

    id: str
    payer_id: str
    payer: str
    name: str
    begins: date
    ends: date | None
    terms: Terms
    in_words: str
    state: str
    """in force, coming, or past"""
    rates: int
    version: int


@dataclass(frozen=True, slots=True)
class RateRow:
    """One rate of a contract."""

    procedure: str
    modifier: str
    place: str
    amount_cents: int | None
    percent: str | None
    effective_from: date


@dataclass(frozen=True, slots=True)
class RatePage:
    """The rates that were asked for."""

    items: list[RateRow]
    has_more: bool


def of_payer(session: Session, *, practice_id: str, payer_id: str, today: date) -> list[ContractView]:
    """The payer's contracts, the newest first."""
    return _views(session, practice_id, today, ContractRow.payer_id == payer_id)


def contract(session: Session, *, practice_id: str, contract_id: str, today: date) -> ContractView | None:
    """One contract, or None when the practice has no such one."""
    row = contracts.find(session, practice_id=practice_id, contract_id=contract_id)
    if row is None:
        return None
    alike = _views(session, practice_id, today, ContractRow.payer_id == row.payer_id)
    return next(one for one in alike if one.id == contract_id)


def _views(session: Session, practice_id: str, today: date, wanted: bool) -> list[ContractView]:
    counts = (
        select(ContractRateRow.contract_id, func.count().label("rates"))
        .where(ContractRateRow.practice_id == practice_id)
        .group_by(ContractRateRow.contract_id)
        .subquery()
    )
    rows = session.exec(
        select(ContractRow, Payer.name, func.coalesce(counts.c.rates, 0))
        .join(Payer, col(Payer.id) == col(ContractRow.payer_id))
        .outerjoin(counts, counts.c.contract_id == ContractRow.id)
        .where(ContractRow.practice_id == practice_id, wanted)
        .order_by(col(ContractRow.begins).desc())
    ).all()
    begun = [row.id for row, _, _ in rows if row.begins <= today and (row.ends or date.max) >= today]
    found = []
    for row, payer, rates in rows:
        terms = records.load(Terms, row.terms)
        state = "coming" if row.begins > today else "in force" if row.id in begun[:1] else "past"
        found.append(
            ContractView(
                id=row.id,
                payer_id=row.payer_id,
                payer=payer,
                name=row.name,
                begins=row.begins,
                ends=row.ends,
                terms=terms,
                in_words=terms.in_words,
                state=state,
                rates=int(rates),
                version=row.version,
            )
        )
    return found


def rate_page(session: Session, contract_id: str, *, text: str = "", limit: int = RATES_SHOWN) -> RatePage:
    """Rates by the beginning of the procedure code."""
    query = select(ContractRateRow).where(ContractRateRow.contract_id == contract_id)
    if text:
        query = query.where(col(ContractRateRow.procedure).startswith(text.upper(), autoescape=True))
    order = (ContractRateRow.procedure, ContractRateRow.modifier, ContractRateRow.place)
    rows = session.exec(query.order_by(*order, col(ContractRateRow.effective_from).desc()).limit(limit + 1)).all()
    items = [
        RateRow(row.procedure, row.modifier, row.place, row.amount_cents, row.percent, row.effective_from)
        for row in rows[:limit]
    ]
    return RatePage(items, has_more=len(rows) > limit)


def missing(session: Session, *, practice_id: str, today: date) -> list[str]:
    """What contracts that are in force by Medicare's fee ask for and nobody has loaded, in words."""
    editions = [one.edition for one in rules.editions(session)]
    rows = session.exec(
        select(ContractRow).where(ContractRow.practice_id == practice_id, ContractRow.begins <= today)
    ).all()
    found = []
    for row in rows:
        terms = records.load(Terms, row.terms)
        if terms.basis != Basis.MEDICARE or (row.ends or date.max) < today:
            continue
        named = {one.name for one in editions if one.kind == RuleKind.RELATIVE_VALUES}
        current = edition_for(editions, RuleKind.RELATIVE_VALUES, today)
        if current is None if terms.edition is None else terms.edition not in named:
            found.append(f"the relative value file{f' {terms.edition}' if terms.edition else ''} of {row.name}")
        indices = edition_for(editions, RuleKind.LOCALITIES, today)
        if indices is None or not _has(rules.localities(session, indices.name), terms.locality):
            found.append(f"the locality {terms.locality} of {row.name}")
    return found


def _has(localities: list[Locality], code: str | None) -> bool:
    return any(one.code == code for one in localities)
