"""Contracts as rows, what prices a claim by them, and what was expected of each claim when it was made."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from sqlmodel import Session, col, select

from billing.claim import Claim, ServiceLine
from billing.coding_rules import RuleEdition, RuleKind, edition_for
from billing.contracts import Contract, Expected, InForce, PlaceKind, Rate, Terms, contract_on
from billing.money import Cents
from billing.relative_values import FeeSchedule
from database import records, rules
from database.bulk import in_parts
from database.columns import new_id
from database.tables import ContractRateRow, ContractRow, ExpectedLine, Submission

ASKED_AT_ONCE = 500
"""Claims of which one statement asks"""


def of_payer(session: Session, *, practice_id: str, payer_id: str, procedures: Iterable[str] = ()) -> list[Contract]:
    """The payer's contracts by beginning, with their rates of these procedures."""
    rows = session.exec(
        select(ContractRow)
        .where(ContractRow.practice_id == practice_id, ContractRow.payer_id == payer_id)
        .order_by(col(ContractRow.begins))
    ).all()
    rates: dict[str, list[Rate]] = {row.id: [] for row in rows}
    wanted = sorted(set(procedures))
    if rows and wanted:
        found = session.exec(
            select(ContractRateRow).where(
                col(ContractRateRow.contract_id).in_(list(rates)), col(ContractRateRow.procedure).in_(wanted)
            )
        )
        for one in found:
            rates[one.contract_id].append(rate_of(one))
    return [contract_of(row, rates[row.id]) for row in rows]


def contract_of(row: ContractRow, rates: Iterable[Rate] = ()) -> Contract:
    """The noun of a row."""
    return Contract(row.id, row.name, row.begins, row.ends, records.load(Terms, row.terms), tuple(rates))


def rate_of(row: ContractRateRow) -> Rate:
    """The noun of a row."""
    return Rate(
        procedure=row.procedure,
        effective_from=row.effective_from,
        modifier=row.modifier,
        place=PlaceKind(row.place),
        amount_cents=None if row.amount_cents is None else Cents(row.amount_cents),
        percent=None if row.percent is None else Decimal(row.percent),
    )


def find(session: Session, *, practice_id: str, contract_id: str) -> ContractRow | None:
    """One contract of the practice, or None."""
    return session.exec(
        select(ContractRow).where(ContractRow.practice_id == practice_id, ContractRow.id == contract_id)
    ).first()


def lock(session: Session, *, practice_id: str, contract_id: str) -> ContractRow | None:
    """The same for a change: two people change it one after the other."""
    query = select(ContractRow).where(ContractRow.practice_id == practice_id, ContractRow.id == contract_id)
    return session.exec(query.with_for_update()).first()


def begins_on(session: Session, *, payer_id: str, day: date, but: str | None = None) -> bool:
    """Whether the payer has a contract from that very day, beside the one with the id `but`."""
    row = session.exec(select(ContractRow.id).where(ContractRow.payer_id == payer_id, ContractRow.begins == day))
    return any(one != but for one in row)


def all_rates(session: Session, contract_id: str) -> list[Rate]:
    """Every rate of a contract, by code."""
    rows = session.exec(
        select(ContractRateRow)
        .where(ContractRateRow.contract_id == contract_id)
        .order_by(
            ContractRateRow.procedure,
            ContractRateRow.modifier,
            ContractRateRow.place,
            col(ContractRateRow.effective_from),
        )
    )
    return [rate_of(row) for row in rows]


class Library:
    """What prices each day of some lines: read once."""

    def __init__(self, session: Session, contracts: Sequence[Contract], lines: Iterable[ServiceLine]) -> None:
        self._session = session
        self._contracts = contracts
        self._procedures = [line.procedure for line in lines]
        self._known: dict[date, InForce] = {}

    def in_force(self, day: date) -> InForce:
        """The contract of a day of service, with the relative values and the locality that it asks for."""
        if day not in self._known:
            contract = contract_on(self._contracts, day)
            schedule = None if contract is None else self._schedule(contract.terms, day)
            self._known[day] = InForce(contract, schedule)
        return self._known[day]

    @cached_property
    def _editions(self) -> list[RuleEdition]:
        return [one.edition for one in rules.editions(self._session)]

    def _schedule(self, terms: Terms, day: date) -> FeeSchedule | None:
        if not terms.asks_relative_values:
            return None
        named = [one.name for one in self._editions if one.kind == RuleKind.RELATIVE_VALUES]
        edition = edition_for(self._editions, RuleKind.RELATIVE_VALUES, day)
        name = terms.edition or (edition.name if edition else None)
        if name is None or name not in named:
            return None
        values = rules.relative_values_of(self._session, name, self._procedures)
        indices = edition_for(self._editions, RuleKind.LOCALITIES, day)
        places = rules.localities(self._session, indices.name) if indices and terms.locality else []
        return FeeSchedule(name, values, next((one for one in places if one.code == terms.locality), None))


def keep_expected(
    session: Session,
    submission: Submission,
    claim: Claim,
    expected: Sequence[Expected],
    library: Library,
    line_ids: Sequence[str],
) -> None:
    """Write down what is expected of each line of a claim that was just made."""
    for ordinal, (line_id, line, one) in enumerate(zip(line_ids, claim.lines, expected, strict=True), start=1):
        by = library.in_force(line.service_date)
        session.add(
            ExpectedLine(
                control_number=submission.control_number,
                ordinal=ordinal,
                practice_id=submission.practice_id,
                line_id=line_id,
                procedure=line.procedure,
                units=str(line.units),
                charge_cents=line.charge_cents,
                expected_cents=one.cents,
                words=one.words,
                contract_id=by.contract.id if by.contract else None,
                edition=by.schedule.edition if by.schedule else None,
            )
        )


@dataclass(frozen=True, slots=True)
class ExpectedView:
    """What was expected of one line."""

    line_id: str
    expected_cents: int | None
    words: str
    contract: str | None
    """Its name"""
    contract_id: str | None
    edition: str | None


def expected_lines(session: Session, *, practice_id: str, control_number: str) -> list[ExpectedView]:
    """What was expected of each line of a claim when it was made, in order; none where no contract was kept."""
    rows = session.exec(
        select(ExpectedLine, ContractRow.name)
        .outerjoin(ContractRow, col(ContractRow.id) == col(ExpectedLine.contract_id))
        .where(ExpectedLine.practice_id == practice_id, ExpectedLine.control_number == control_number)
        .order_by(col(ExpectedLine.ordinal))
    ).all()
    return [
        ExpectedView(row.line_id, row.expected_cents, row.words, name, row.contract_id, row.edition)
        for row, name in rows
    ]


def expected_of_claims(
    session: Session, *, practice_id: str, control_numbers: Sequence[str]
) -> dict[str, list[Cents | None]]:
    """What was expected of each line of these claims, in order; a claim of which nothing was written down is left
    out."""
    found: dict[str, list[Cents | None]] = defaultdict(list)
    for part in in_parts(control_numbers, ASKED_AT_ONCE):
        rows = session.exec(
            select(ExpectedLine.control_number, ExpectedLine.expected_cents)
            .where(ExpectedLine.practice_id == practice_id, col(ExpectedLine.control_number).in_(part))
            .order_by(ExpectedLine.control_number, col(ExpectedLine.ordinal))
        )
        for number, cents in rows:
            found[number].append(None if cents is None else Cents(cents))
    return found


def add(
    session: Session,
    *,
    practice_id: str,
    payer_id: str,
    name: str,
    begins: date,
    ends: date | None,
    terms: Terms,
    at: datetime,
) -> ContractRow:
    """Keep a new contract. The payer must have none that begins on the same day."""
    row = ContractRow(
        id=new_id(),
        practice_id=practice_id,
        payer_id=payer_id,
        name=name,
        begins=begins,
        ends=ends,
        terms=records.dump(terms),
        created_at=at,
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class RateChange:
    """What a row of a file does to a contract."""

    rate: Rate
    before: Rate | None
    """What is there for the same code, modifier, place and day"""

    @property
    def is_added(self) -> bool:
        return self.before is None

    @property
    def is_changed(self) -> bool:
        return self.before is not None and self.before != self.rate


def compare_rates(session: Session, contract_id: str, rates: Sequence[Rate]) -> list[RateChange]:
    """What the rates of a file would do, in the file's order."""
    known = {one.key: one for one in all_rates(session, contract_id)}
    return [RateChange(one, known.get(one.key)) for one in rates]


def save_rates(session: Session, row: ContractRow, changes: Iterable[RateChange]) -> None:
    """Carry the changes out; the rate of a code, place and day that is there already is replaced."""
    for change in changes:
        rate = change.rate
        percent = None if rate.percent is None else str(rate.percent)
        if change.is_added:
            session.add(
                ContractRateRow(
                    contract_id=row.id,
                    procedure=rate.procedure,
                    modifier=rate.modifier,
                    place=rate.place,
                    effective_from=rate.effective_from,
                    practice_id=row.practice_id,
                    amount_cents=rate.amount_cents,
                    percent=percent,
                )
            )
        elif change.is_changed:
            kept = session.get_one(ContractRateRow, (row.id, *rate.key))
            kept.amount_cents, kept.percent = rate.amount_cents, percent
            session.add(kept)
    session.flush()
