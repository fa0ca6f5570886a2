"""Payment variances: kept with the answers of the first payers, and listed by payer, code and contract line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.money import Cents
from billing.tasks import TaskType
from billing.underpayments import SHORT, UNDECIDED, Case, State
from database import patient_names
from database.tables import ContractRow, Line, Patient, Payer, PaymentVariance, Task
from database.tables import Encounter as Visit


def of_encounter(session: Session, encounter_id: str) -> list[PaymentVariance]:
    """Every case of a visit, in the order of its lines' opening."""
    session.flush()
    query = select(PaymentVariance).where(PaymentVariance.encounter_id == encounter_id)
    return list(session.exec(query.order_by(col(PaymentVariance.opened_at), PaymentVariance.id)))


def undecided(session: Session, encounter_id: str) -> list[PaymentVariance]:
    """Cases that somebody is to decide, or that the payer was asked about."""
    return [one for one in of_encounter(session, encounter_id) if State(one.state) in UNDECIDED]


def disputed(session: Session, encounter_ids: Sequence[str]) -> set[str]:
    """Those of the visits of which a payer was asked to correct something."""
    rows = session.exec(
        select(PaymentVariance.encounter_id).where(
            col(PaymentVariance.encounter_id).in_(encounter_ids), PaymentVariance.state == State.DISPUTED
        )
    )
    return set(rows)


def of_letter(session: Session, letter_id: str) -> list[PaymentVariance]:
    """What a reconsideration asks for, claim by claim and line by line."""
    session.flush()
    query = select(PaymentVariance).join(Line, col(Line.id) == col(PaymentVariance.line_id))
    order = (col(PaymentVariance.service_date), PaymentVariance.control_number, col(Line.ordinal))
    return list(session.exec(query.where(PaymentVariance.letter_id == letter_id).order_by(*order)))


def case_of(row: PaymentVariance) -> Case:
    """The noun of a row."""
    return Case(
        state=State(row.state),
        allowed_cents=_cents(row.allowed_cents),
        expected_cents=_cents(row.expected_cents),
        lowest_cents=_cents(row.lowest_cents),
        before=None if row.state_before is None else State(row.state_before),
    )


def keep(session: Session, row: PaymentVariance, case: Case) -> None:
    """Write a case back to its row."""
    row.state, row.state_before = case.state, case.before
    row.allowed_cents, row.expected_cents = case.allowed_cents, case.expected_cents
    row.lowest_cents, row.recovered_cents = case.lowest_cents, case.recovered_cents
    session.add(row)


def _cents(value: int | None) -> Cents | None:
    return None if value is None else Cents(value)


class Grouping(StrEnum):
    """What is summed up."""

    PAYER = "payer"
    CODE = "code"
    CONTRACT = "contract"
    """Each line of a contract: the way in which it comes to an amount"""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which cases are looked at."""

    practice_id: str
    state: State | None = None
    payer_id: str | None = None
    procedure: str = ""
    since: date | None = None
    """By the day of the payer's newest answer"""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class VarianceView:
    """One line."""

    id: str
    encounter_id: str
    control_number: str
    patient: str
    payer_id: str
    payer: str
    service_date: date
    procedure: str
    modifiers: str
    charge_cents: int
    expected_cents: int | None
    allowed_cents: int | None
    difference_cents: int | None
    recovered_cents: int
    recode: str
    contract: str | None
    rule: str
    state: State
    answered_on: date
    decided_at: datetime | None
    decided_why: str
    letter_id: str | None
    task_id: str | None
    """The open task that decides it"""

    @property
    def may_be_put_together(self) -> bool:
        return self.state == State.OPEN and self.task_id is not None


@dataclass(frozen=True, slots=True)
class VariancePage:
    """The newest answers first."""

    items: list[VarianceView]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Total:
    """Lines that were found short, summed up."""

    key: str
    """Payer id, procedure, or contract id"""
    name: str
    rule: str
    """How the contract comes to the amounts; only by contract line"""
    lines: int
    expected_cents: int
    allowed_cents: int
    short_cents: int
    """What was missing when it was at its worst"""
    disputed_cents: int
    """Of what is missing now, what the payer was asked for"""
    recovered_cents: int


@dataclass(frozen=True, slots=True)
class Overpaid:
    """Lines that were allowed more than expected: the payer may take it back."""

    lines: int
    cents: int


def page(session: Session, sought: Sought, *, limit: int, ids: Sequence[str] | None = None) -> VariancePage:
    """Cases that are looked for; `ids`: only these."""
    open_task = (
        sa.select(sa.func.min(col(Task.id)))
        .where(
            col(Task.subject_id) == col(PaymentVariance.encounter_id),
            col(Task.practice_id) == col(PaymentVariance.practice_id),
            col(Task.type) == TaskType.UNDERPAYMENT,
            col(Task.state) == "open",
        )
        .scalar_subquery()
    )
    query = (
        sa.select(PaymentVariance, col(Payer.name), col(ContractRow.name), Patient, open_task)
        .join(Payer, col(Payer.id) == col(PaymentVariance.payer_id))
        .join(Line, col(Line.id) == col(PaymentVariance.line_id))
        .join(Visit, col(Visit.id) == col(PaymentVariance.encounter_id))
        .join(Patient, col(Patient.id) == col(Visit.patient_id))
        .outerjoin(ContractRow, col(ContractRow.id) == col(PaymentVariance.contract_id))
        .where(*_wanted(sought))
        .order_by(col(PaymentVariance.answered_on).desc(), PaymentVariance.control_number, col(Line.ordinal))
    )
    if ids is not None:
        query = query.where(col(PaymentVariance.id).in_(ids))
    rows = session.execute(query.limit(limit + 1)).all()
    return VariancePage([_view(*row) for row in rows[:limit]], has_more=len(rows) > limit)


def totals(session: Session, sought: Sought, by: Grouping) -> list[Total]:
    """Short lines that are looked for, the largest shortfall first."""
    v = PaymentVariance
    keys: tuple[Any, ...] = {
        Grouping.PAYER: (col(v.payer_id), col(Payer.name), sa.literal("")),
        Grouping.CODE: (col(v.procedure), col(v.procedure), sa.literal("")),
        Grouping.CONTRACT: (col(v.contract_id), col(ContractRow.name), col(v.rule)),
    }[by]
    short = sa.func.sum(col(v.expected_cents) - col(v.lowest_cents))
    missing = sa.case((col(v.state) == State.DISPUTED, col(v.expected_cents) - col(v.allowed_cents)), else_=0)
    rows = session.execute(
        sa.select(
            *keys,
            sa.func.count(),
            sa.func.sum(col(v.expected_cents)),
            sa.func.sum(col(v.allowed_cents)),
            short,
            sa.func.sum(missing),
            sa.func.sum(col(v.recovered_cents)),
        )
        .select_from(v)
        .join(Payer, col(Payer.id) == col(v.payer_id))
        .outerjoin(ContractRow, col(ContractRow.id) == col(v.contract_id))
        .where(*_wanted(sought), col(v.state).in_(SHORT))
        .group_by(*keys[: 3 if by == Grouping.CONTRACT else 2])
        .order_by(short.desc(), *keys[:2])
    )
    return [
        Total(str(key or ""), str(name or ""), rule, *(int(one) for one in sums)) for key, name, rule, *sums in rows
    ]


def overpaid(session: Session, sought: Sought) -> Overpaid:
    """What was allowed beyond the contract, of what is looked for."""
    v = PaymentVariance
    lines, cents = session.execute(
        sa.select(sa.func.count(), sa.func.sum(col(v.allowed_cents) - col(v.expected_cents))).where(
            *_wanted(sought), col(v.state) == State.OVERPAID
        )
    ).one()
    return Overpaid(int(lines), int(cents or 0))


def _wanted(sought: Sought) -> list[Any]:
    v = PaymentVariance
    wanted: list[Any] = [col(v.practice_id) == sought.practice_id]
    wanted += [col(v.state) == sought.state] if sought.state else []
    wanted += [col(v.payer_id) == sought.payer_id] if sought.payer_id else []
    wanted += [col(v.procedure) == sought.procedure.upper()] if sought.procedure else []
    wanted += [col(v.answered_on) >= sought.since] if sought.since else []
    wanted += [col(v.answered_on) <= sought.until] if sought.until else []
    return wanted


def payers(session: Session, practice_id: str) -> list[tuple[str, str]]:
    """(id, name) of payers that a case is kept of, by name."""
    query = (
        sa.select(col(Payer.id), col(Payer.name))
        .where(
            col(Payer.id).in_(
                sa.select(col(PaymentVariance.payer_id)).where(col(PaymentVariance.practice_id) == practice_id)
            )
        )
        .order_by(col(Payer.name), col(Payer.id))
    )
    return [(key, name) for key, name in session.execute(query)]


def _view(
    row: PaymentVariance, payer: str, contract: str | None, patient: Patient, task_id: str | None
) -> VarianceView:
    known = row.expected_cents is not None and row.allowed_cents is not None
    return VarianceView(
        id=row.id,
        encounter_id=row.encounter_id,
        control_number=row.control_number,
        patient=patient_names.name_of(patient),
        payer_id=row.payer_id,
        payer=payer,
        service_date=row.service_date,
        procedure=row.procedure,
        modifiers=row.modifiers,
        charge_cents=row.charge_cents,
        expected_cents=row.expected_cents,
        allowed_cents=row.allowed_cents,
        difference_cents=(row.allowed_cents or 0) - (row.expected_cents or 0) if known else None,
        recovered_cents=row.recovered_cents,
        recode=row.recode,
        contract=contract,
        rule=row.rule,
        state=State(row.state),
        answered_on=row.answered_on,
        decided_at=row.decided_at,
        decided_why=row.decided_why,
        letter_id=row.letter_id,
        task_id=task_id if State(row.state) in UNDECIDED else None,
    )
