"""The enrolment matrix as a page shows it: providers by payers, what is in force, what is missing, what is due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import Session, col, func, or_, select

from billing.enrolments import EnrolmentKind, standing
from billing.policies import Policies, PolicyRow
from billing.tasks import TaskType
from database import enrolments, favourites
from database.favourites import KnownPayer
from database.tables import BillingEntity, Encounter, EnrolmentRow, Policy, Task


class Show(StrEnum):
    """Which cells are asked for."""

    ALL = "all"
    GAPS = "gaps"
    """Not in force today, or missing where the policy asks for a row"""
    DUE = "due"
    """To be looked at again today or earlier"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of one provider with one payer."""

    npi: str
    provider: str
    """Its name, where the practice's claims or billing entities tell it"""
    payer_id: str
    payer: str
    payer_number: str
    kind: EnrolmentKind
    state: str | None
    """None: there is no row, and the policy `hold_without_enrolment` asks for one"""
    words: str
    """Where it stands today"""
    is_gap: bool
    is_due: bool
    effective_from: date | None = None
    effective_to: date | None = None
    recheck_on: date | None = None
    reference: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A column of the matrix."""

    npi: str
    name: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A row of the matrix."""

    payer: KnownPayer
    waiting: int
    """Claims that wait for an enrolment with it"""
    cells: dict[str, list[Cell]]
    """By NPI"""


@dataclass(frozen=True, slots=True)
class Matrix:
    """What was asked for, and how much there is of the rest."""

    providers: list[Provider]
    rows: list[MatrixRow]
    counts: dict[str, int]
    """Cells by `Show`"""


def cells(session: Session, *, practice_id: str, today: date, show: Show = Show.ALL) -> list[Cell]:
    """The cells that were asked for, by payer, then provider, then kind."""
    found = _all_cells(session, practice_id, today, providers(session, practice_id=practice_id, today=today))
    return [one for one in found if _is_shown(one, show)]


def matrix(session: Session, *, practice_id: str, today: date, show: Show = Show.ALL) -> Matrix:
    """The page: every provider and payer, or with a filter only those that have a fitting cell."""
    known = providers(session, practice_id=practice_id, today=today)
    found = _all_cells(session, practice_id, today, known)
    shown = [one for one in found if _is_shown(one, show)]
    waiting = _waiting(session, practice_id)
    rows = [
        MatrixRow(payer, waiting.get(payer.id, 0), _by_provider(one for one in shown if one.payer_id == payer.id))
        for payer in favourites.known_payers(session, practice_id=practice_id)
    ]
    columns = [Provider(npi, name) for npi, name in known.items()]
    if show != Show.ALL:
        rows = [row for row in rows if row.cells]
        columns = [one for one in columns if any(one.npi in row.cells for row in rows)]
    return Matrix(columns, rows, {one: sum(_is_shown(cell, one) for cell in found) for one in Show})


def providers(session: Session, *, practice_id: str, today: date) -> dict[str, str]:
    """Name by NPI: who bills, who rendered lately, and who has a row, in this order."""
    found = _billing(session, practice_id)
    for npi, party in favourites.rendering_providers(session, practice_id=practice_id, today=today).items():
        found.setdefault(npi, ", ".join(filter(None, (party.name.last, party.name.first))))
    query = (
        select(EnrolmentRow.npi).where(EnrolmentRow.practice_id == practice_id).distinct().order_by(EnrolmentRow.npi)
    )
    for npi in session.exec(query):
        found.setdefault(npi, "")
    return found


def _billing(session: Session, practice_id: str) -> dict[str, str]:
    entities = session.exec(
        select(BillingEntity).where(BillingEntity.practice_id == practice_id).order_by(BillingEntity.name)
    )
    return {one.npi: one.name for one in entities}


def _all_cells(session: Session, practice_id: str, today: date, names: Mapping[str, str]) -> list[Cell]:
    rows: dict[tuple[str, str], list[EnrolmentRow]] = {}
    for row in session.exec(select(EnrolmentRow).where(EnrolmentRow.practice_id == practice_id)):
        rows.setdefault((row.payer_id, row.npi), []).append(row)
    policies = _policies(session, practice_id)
    billing = _billing(session, practice_id)
    found = []
    for payer in favourites.known_payers(session, practice_id=practice_id):
        rule = Policies(tuple(one for one in policies if one.payer_id in {None, payer.id}))
        wants_rows = rule.value("hold_without_enrolment", as_of=today)
        for npi, name in names.items():
            mine = rows.get((payer.id, npi), [])
            found += [_cell(row, payer, name, today) for row in sorted(mine, key=lambda row: _place(row.kind))]
            kind = EnrolmentKind.CLAIMS if npi in billing else EnrolmentKind.CONTRACT
            if wants_rows and kind not in {row.kind for row in mine}:
                words = "no row"
                found.append(
                    Cell(npi, name, payer.id, payer.name, payer.number, kind, None, words, is_gap=True, is_due=False)
                )
    return found


def _place(kind: str) -> int:
    return list(EnrolmentKind).index(EnrolmentKind(kind))


def _cell(row: EnrolmentRow, payer: KnownPayer, name: str, today: date) -> Cell:
    entry = enrolments.entry_of(row)
    return Cell(
        npi=row.npi,
        provider=name,
        payer_id=payer.id,
        payer=payer.name,
        payer_number=payer.number,
        kind=entry.enrolment.kind,
        state=row.state,
        words=standing(entry.enrolment, today),
        is_gap=not entry.enrolment.covers(today),
        is_due=row.recheck_on is not None and row.recheck_on <= today,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        recheck_on=row.recheck_on,
        reference=row.reference,
        note=row.note,
    )


def _is_shown(cell: Cell, show: Show) -> bool:
    return show == Show.ALL or (cell.is_gap if show == Show.GAPS else cell.is_due)


def _by_provider(found: Iterable[Cell]) -> dict[str, list[Cell]]:
    sorted_out: dict[str, list[Cell]] = {}
    for one in found:
        sorted_out.setdefault(one.npi, []).append(one)
    return sorted_out


def _policies(session: Session, practice_id: str) -> Sequence[PolicyRow]:
    rows = session.exec(
        select(Policy).where(
            Policy.name == "hold_without_enrolment",
            or_(col(Policy.practice_id).is_(None), Policy.practice_id == practice_id),
        )
    )
    return [PolicyRow(one.name, one.value, one.effective_from, one.practice_id, one.payer_id) for one in rows]


def _waiting(session: Session, practice_id: str) -> dict[str, int]:
    rows = session.exec(
        select(Encounter.payer_id, func.count())
        .join(Task, col(Task.subject_id) == col(Encounter.id))
        .where(
            Encounter.practice_id == practice_id,
            Task.practice_id == practice_id,
            Task.type == TaskType.ENROLMENT_MISSING,
            Task.state == "open",
        )
        .group_by(Encounter.payer_id)
    )
    return {payer_id: int(count) for payer_id, count in rows}
