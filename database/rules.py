"""Published rules about codes as rows: an edition is loaded whole, and asked about the codes of one claim."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, func, or_, select

from billing.coding_rules import (
    DATED,
    AddOn,
    CodePair,
    CodeRange,
    CountedBy,
    Exclusion,
    Indicators,
    ProviderFacts,
    RuleEdition,
    RuleKind,
    UnitLimit,
)
from billing.relative_values import COMPONENTS, Locality, RelativeValue
from database.bulk import in_parts
from database.tables import (
    AddOnRow,
    BillingEntity,
    CodePairRow,
    ExclusionRow,
    FeeScheduleRow,
    LocalityRow,
    Provider,
    ProviderFactRow,
    RelativeValueRow,
    RuleEditionRow,
    UnitLimitRow,
)

BATCH = 5000
"""Rows written by one statement"""
Rule = CodePair | UnitLimit | AddOn | Indicators | Exclusion | ProviderFacts | RelativeValue | Locality
_TABLES: dict[RuleKind, type[SQLModel]] = {
    RuleKind.PAIRS: CodePairRow,
    RuleKind.UNITS: UnitLimitRow,
    RuleKind.ADD_ONS: AddOnRow,
    RuleKind.FEE_SCHEDULE: FeeScheduleRow,
    RuleKind.RELATIVE_VALUES: RelativeValueRow,
    RuleKind.LOCALITIES: LocalityRow,
    RuleKind.EXCLUSIONS: ExclusionRow,
    RuleKind.PROVIDERS: ProviderFactRow,
}


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """An edition as the office holds it."""

    edition: RuleEdition
    rules: int
    source: str
    loaded_at: datetime


def load(session: Session, edition: RuleEdition, rules: Iterable[Rule], *, source: str, at: datetime) -> int:
    """Put an edition in, or make it what the files say; gives the number of rules. A file whose rows carry their own
    days takes the place of its earlier editions. A rule that comes twice counts once, the first one.
    """
    for old in _replaced(session, edition):
        _forget(session, edition.kind, old)
    for part in in_parts(rules, BATCH):
        _insert(session, edition, [{"edition": edition.name} | _values(one) for one in part])
    count = _count(session, edition)
    session.add(
        RuleEditionRow(
            kind=edition.kind,
            name=edition.name,
            valid_from=edition.valid_from,
            valid_to=edition.valid_to,
            rules=count,
            source=source[:200],
            loaded_at=at,
        )
    )
    session.flush()
    return count


def _insert(session: Session, edition: RuleEdition, rows: list[dict[str, Any]]) -> None:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    session.execute(insert(_TABLES[edition.kind]).on_conflict_do_nothing(), rows)


def _count(session: Session, edition: RuleEdition) -> int:
    table: Any = _TABLES[edition.kind]
    return session.exec(select(func.count()).select_from(table).where(table.edition == edition.name)).one()


def _replaced(session: Session, edition: RuleEdition) -> list[str]:
    known = [one.edition for one in editions(session) if one.edition.kind == edition.kind]
    return [one.name for one in known if edition.kind in DATED or one.name == edition.name]


def _forget(session: Session, kind: RuleKind, name: str) -> None:
    table: Any = _TABLES[kind]
    session.execute(sa.delete(table).where(table.edition == name))
    session.execute(sa.delete(RuleEditionRow).where(col(RuleEditionRow.kind) == kind, col(RuleEditionRow.name) == name))


def editions(session: Session) -> list[LoadedRules]:
    """Every edition, by kind and beginning."""
    rows = session.exec(
        select(RuleEditionRow).order_by(RuleEditionRow.kind, col(RuleEditionRow.valid_from), RuleEditionRow.name)
    )
    return [
        LoadedRules(
            RuleEdition(RuleKind(row.kind), row.name, row.valid_from, row.valid_to),
            row.rules,
            row.source,
            row.loaded_at,
        )
        for row in rows
    ]


def pairs_among(session: Session, edition: str, procedures: Iterable[str]) -> list[CodePair]:
    """Pairs of which both codes are asked about."""
    codes = sorted(set(procedures))
    rows = session.exec(
        select(CodePairRow).where(
            CodePairRow.edition == edition, col(CodePairRow.first).in_(codes), col(CodePairRow.second).in_(codes)
        )
    )
    return [CodePair(row.first, row.second, row.indicator, row.valid_from, row.valid_to) for row in rows]


def limits_of(session: Session, edition: str, procedures: Iterable[str]) -> dict[str, UnitLimit]:
    """Unit limits of these procedures."""
    rows = session.exec(
        select(UnitLimitRow).where(UnitLimitRow.edition == edition, col(UnitLimitRow.procedure).in_(set(procedures)))
    )
    return {row.procedure: UnitLimit(row.procedure, row.units, CountedBy(row.counted_by)) for row in rows}


def add_ons_among(session: Session, edition: str, procedures: Iterable[str]) -> dict[str, list[AddOn]]:
    """Those of these procedures that are add-ons, with every primary."""
    found: dict[str, list[AddOn]] = defaultdict(list)
    rows = session.exec(
        select(AddOnRow).where(AddOnRow.edition == edition, col(AddOnRow.procedure).in_(set(procedures)))
    )
    for row in rows:
        found[row.procedure].append(AddOn(row.procedure, row.kind, row.primary_code, row.valid_from, row.valid_to))
    return dict(found)


def indicators_of(session: Session, edition: str, procedures: Iterable[str]) -> dict[str, Indicators]:
    """What the fee schedule says of these procedures."""
    wanted = col(FeeScheduleRow.procedure).in_(set(procedures))
    rows = session.exec(select(FeeScheduleRow).where(FeeScheduleRow.edition == edition, wanted))
    return {
        row.procedure: Indicators(
            row.procedure, row.status, row.components, row.global_days, row.multiple, row.bilateral
        )
        for row in rows
    }


def relative_values_of(
    session: Session, edition: str, procedures: Iterable[str]
) -> dict[tuple[str, str], RelativeValue]:
    """The rows of these procedures and of their endoscopic bases, by procedure and modifier."""
    found: dict[tuple[str, str], RelativeValue] = {}
    wanted = set(procedures)
    while wanted:
        query = select(RelativeValueRow).where(
            RelativeValueRow.edition == edition,
            col(RelativeValueRow.procedure).in_(sorted(wanted)),
            col(RelativeValueRow.modifier).in_(("", *COMPONENTS)),
        )
        read = {(row.procedure, row.modifier): _relative_value(row) for row in session.exec(query)}
        found |= read
        known = {procedure for procedure, _ in found}
        wanted = {one.endoscopic_base for one in read.values() if one.endoscopic_base} - known - wanted
    return found


def _relative_value(row: RelativeValueRow) -> RelativeValue:
    return RelativeValue(
        row.procedure,
        row.modifier,
        row.status,
        Decimal(row.work),
        Decimal(row.practice_elsewhere),
        Decimal(row.practice_in_facility),
        Decimal(row.malpractice),
        row.multiple,
        row.bilateral,
        row.assistant,
        row.co_surgeon,
        row.endoscopic_base,
        Decimal(row.conversion_factor),
    )


def localities(session: Session, edition: str) -> list[Locality]:
    """Every locality of an edition, by contractor and number."""
    rows = session.exec(
        select(LocalityRow).where(LocalityRow.edition == edition).order_by(LocalityRow.carrier, LocalityRow.number)
    )
    return [
        Locality(
            row.carrier,
            row.number,
            row.state,
            row.name,
            Decimal(row.work),
            Decimal(row.practice),
            Decimal(row.malpractice),
        )
        for row in rows
    ]


def exclusions_among(session: Session, edition: str, diagnoses: Sequence[str]) -> list[tuple[str, str]]:
    """(code, code that it excludes) among these diagnoses, each pair once."""
    beginnings = {code[:length] for code in diagnoses for length in range(3, len(code) + 1)}
    is_range = col(ExclusionRow.first) != col(ExclusionRow.last)
    rows = session.exec(
        select(ExclusionRow).where(
            ExclusionRow.edition == edition, or_(col(ExclusionRow.first).in_(beginnings), is_range)
        )
    )
    found: set[tuple[str, str]] = set()
    for row in rows:
        codes, excluded = CodeRange(row.first, row.last), CodeRange(row.excluded_first, row.excluded_last)
        for one in diagnoses:
            if one in codes:
                found |= {(one, other) for other in diagnoses if other != one and other in excluded}
    return sorted(pair for pair in found if pair[::-1] not in found or pair[0] < pair[1])


def provider_facts(session: Session, edition: str, npis: Iterable[str]) -> dict[str, ProviderFacts]:
    """What NPPES says of these NPIs."""
    rows = session.exec(
        select(ProviderFactRow).where(ProviderFactRow.edition == edition, col(ProviderFactRow.npi).in_(set(npis)))
    )
    return {row.npi: ProviderFacts(row.npi, row.is_person, row.deactivated_on, row.reactivated_on) for row in rows}


def npis_in_use(session: Session) -> frozenset[str]:
    """NPIs of every practice's billing entities and providers."""
    return frozenset([*session.exec(select(BillingEntity.npi)), *session.exec(select(Provider.npi))])


def _values(rule: Rule) -> dict[str, Any]:
    """The columns of a rule, beside the edition: the noun's own fields, and of an exclusion the ends of both ranges."""
    if isinstance(rule, Exclusion):
        codes, excluded = rule.codes, rule.excluded
        return {
            "first": codes.first,
            "last": codes.last,
            "excluded_first": excluded.first,
            "excluded_last": excluded.last,
        }
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(rule).items()}
