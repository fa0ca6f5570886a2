"""The release calendar over what is loaded, and what a practice has that ends: contracts, and visits behind an end."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from billing.code_tables import CodeSystem
from billing.coding_rules import RuleKind
from billing.release_calendar import RELEASES, Release, Span, Standing, release
from database import codes, rules
from database.tables import ContractRow, Encounter, Payer

CONTRACT_ENDS_WITHIN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """One table in the calendar of a practice."""

    release: Release
    visits_after: int
    """Open visits after the end of the newest edition: nothing is looked up for them"""


@dataclass(frozen=True, slots=True)
class EndingContract:
    """A contract that ends soon, and that no other one follows."""

    contract_id: str
    name: str
    payer: str
    ends: date


def calendar(session: Session, today: date) -> list[Release]:
    """How each table of the installation stands."""
    spans: dict[CodeSystem | RuleKind, list[Span]] = {source: [] for source in RELEASES}
    for edition in (one.edition for one in codes.editions(session)):
        spans[edition.system].append(Span(edition.name, edition.valid_from, edition.valid_to))
    for rule in (one.edition for one in rules.editions(session)):
        spans[rule.kind].append(Span(rule.name, rule.valid_from, rule.valid_to))
    return [release(source, loaded, today) for source, loaded in spans.items()]


def of_practice(session: Session, *, practice_id: str, today: date) -> list[ReleaseView]:
    """The calendar with the visits of the practice that stand behind an end."""
    return [ReleaseView(one, _visits_after(session, practice_id, one)) for one in calendar(session, today)]


def _visits_after(session: Session, practice_id: str, one: Release) -> int:
    if one.standing != Standing.OVER or one.newest is None:
        return 0
    query = select(func.count()).where(
        Encounter.practice_id == practice_id,
        col(Encounter.closed_at).is_(None),
        col(Encounter.is_void).is_(False),
        Encounter.service_date > one.newest.last,
    )
    return session.exec(query).one()


def ending_contracts(session: Session, *, practice_id: str, today: date) -> list[EndingContract]:
    """Contracts that end within two months or ended in the last two, without one that begins the day after."""
    rows = session.exec(
        select(ContractRow, Payer)
        .join(Payer, col(Payer.id) == col(ContractRow.payer_id))
        .where(
            ContractRow.practice_id == practice_id,
            col(ContractRow.ends).between(today - CONTRACT_ENDS_WITHIN, today + CONTRACT_ENDS_WITHIN),
        )
        .order_by(col(ContractRow.ends), ContractRow.name)
    ).all()
    found = [(row, payer) for row, payer in rows if not _is_followed(session, row)]
    return [EndingContract(row.id, row.name, payer.name, row.ends) for row, payer in found if row.ends is not None]


def _is_followed(session: Session, row: ContractRow) -> bool:
    assert row.ends is not None, "only contracts that end are asked for"
    query = select(ContractRow.id).where(
        ContractRow.practice_id == row.practice_id,
        ContractRow.payer_id == row.payer_id,
        col(ContractRow.begins) > row.begins,
        col(ContractRow.begins) <= row.ends + timedelta(days=1),
    )
    return session.exec(query.limit(1)).first() is not None
