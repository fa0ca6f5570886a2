"""The days of visits, for measuring how long their charges take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.charge_lag import ProviderLag, VisitDays, lags
from billing.claim import Party
from billing.days import day_of
from database import records, views
from database.office import zone_of
from database.tables import Encounter, MovedVisitRow, Submission

READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class ChargeLag:
    """How long the charges of the visits between two days took."""

    since: date
    until: date
    rows: list[ProviderLag]
    """All first, then by provider; empty: no visits"""
    moved: int = 0
    """Visits of these days that moved here from another system, which are not measured: they were entered there"""


def charge_lag(session: Session, *, practice_id: str, since: date, until: date) -> ChargeLag:
    """Of visits by their first day of service, without those that were voided or that moved here."""
    these = (
        col(Encounter.practice_id) == practice_id,
        col(Encounter.service_date).between(since, until),
        col(Encounter.is_void).is_(False),
    )
    came = sa.exists().where(col(MovedVisitRow.encounter_id) == col(Encounter.id))
    moved = session.execute(sa.select(sa.func.count()).select_from(Encounter).where(*these, came)).scalar_one()
    return ChargeLag(since, until, lags(_days(session, practice_id, (*these, ~came))), moved)


def _days(session: Session, practice_id: str, these: Iterable[sa.ColumnElement[bool]]) -> list[VisitDays]:
    zone = zone_of(session, practice_id)
    first_sent = (
        select(Submission.encounter_id, func.min(Submission.transmitted_at).label("sent"))
        .where(Submission.practice_id == practice_id, col(Submission.transmitted_at).is_not(None))
        .group_by(col(Submission.encounter_id))
        .subquery()
    )
    rows = session.execute(
        sa.select(col(Encounter.record), col(Encounter.service_date), col(Encounter.created_at), first_sent.c.sent)
        .outerjoin(first_sent, first_sent.c.encounter_id == Encounter.id)
        .where(*these)
        .execution_options(yield_per=READ_AT_ONCE)
    )
    return [
        VisitDays(
            *_provider(records.load(_SeenBy, record)),
            service=service_date,
            entered=day_of(created_at, zone),
            sent=None if sent is None else day_of(sent, zone),
        )
        for record, service_date, created_at, sent in rows
    ]


@dataclass(frozen=True, slots=True)
class _SeenBy:
    """What is read of a visit's claim: reading it whole takes longer, and there may be many."""

    billing_provider: Party
    providers: tuple[Party, ...] = ()


def _provider(claim: _SeenBy) -> tuple[str, str | None]:
    """(name, NPI) of who rendered the visit, or under whom it is billed."""
    seen_by = next((one for one in claim.providers if one.role == "82"), claim.billing_provider)
    return views.person_name(seen_by.name), seen_by.npi
