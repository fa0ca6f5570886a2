"""What the pages of collection agencies show: what each has, what came back, what it kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from billing.agencies import OPEN, EventKind
from database import agencies, households, patient_names, users
from database.tables import Agency, AgencyFile, Encounter, Patient, Placement


@dataclass(frozen=True, slots=True)
class AgencyView:
    """One agency with its sums, in cents."""

    id: str
    name: str
    reached: str
    fee_percent: str
    number_form: str
    placed_cents: int
    """Ever"""
    open_count: int
    open_cents: int
    """What it may ask for now"""
    collected_cents: int
    fee_cents: int
    recalled_cents: int
    untold: int
    """Rows that its next file has"""


@dataclass(frozen=True, slots=True)
class PlacedView:
    """One visit's share with the agency."""

    id: str
    """Our reference"""
    encounter_id: str
    visit: str
    service_date: date
    account_id: str
    """The patient who holds the account"""
    patient: str
    state: str
    is_open: bool
    placed_at: datetime
    amount_cents: int
    balance_cents: int
    collected_cents: int
    fee_cents: int


@dataclass(frozen=True, slots=True)
class FileView:
    """One file to or from the agency."""

    id: str
    is_ours: bool
    at: datetime
    by: str
    rows: int
    faults: list[tuple[int, str]]
    """(line, what is wrong)"""
    sha256: str


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """Everything about one agency."""

    agency: AgencyView
    placements: list[PlacedView]
    files: list[FileView]


def all_of(session: Session, practice_id: str) -> list[AgencyView]:
    """Every agency of the practice, by name."""
    return [_view(session, one) for one in agencies.all_of(session, practice_id)]


def page(session: Session, agency: Agency) -> AgencyPage:
    """One agency with what it has and had, and every file."""
    placed = [_placed(session, *one) for one in agencies.placements_of(session, agency.id)]
    return AgencyPage(_view(session, agency), placed, _files(session, agencies.files(session, agency.id)))


def percent(basis_points: int) -> str:
    """2500 -> "25", 2750 -> "27.5"."""
    return f"{basis_points / 100:g}"


def _view(session: Session, row: Agency) -> AgencyView:
    placed = [one for one, _ in agencies.placements_of(session, row.id)]
    happened = agencies.events_of_agency(session, row.id)
    collected = [one for one in happened if one.kind == EventKind.COLLECTED]
    still = [one for one in placed if one.state in OPEN]
    return AgencyView(
        row.id,
        row.name,
        row.reached,
        percent(row.fee_basis_points),
        row.number_form,
        placed_cents=sum(one.amount_cents for one in placed),
        open_count=len(still),
        open_cents=sum(one.balance_cents for one in still),
        collected_cents=sum(one.amount_cents for one in collected),
        fee_cents=sum(one.fee_cents for one in collected),
        recalled_cents=sum(one.amount_cents for one in happened if one.kind == EventKind.RECALLED),
        untold=len(agencies.untold(session, row.id)),
    )


def _placed(session: Session, row: Placement, encounter: Encounter) -> PlacedView:
    patient = session.get_one(Patient, encounter.patient_id)
    collected = [one for one in agencies.events(session, row.id) if one.kind == EventKind.COLLECTED]
    return PlacedView(
        row.id,
        encounter.id,
        encounter.external_id,
        encounter.service_date,
        households.holder_of(session, households.answering(encounter)),
        patient_names.name_of(patient),
        row.state,
        row.state in OPEN,
        row.placed_at,
        row.amount_cents,
        row.balance_cents,
        sum(one.amount_cents for one in collected),
        sum(one.fee_cents for one in collected),
    )


def _files(session: Session, rows: Sequence[AgencyFile]) -> list[FileView]:
    names = users.names_of(session, {one.by for one in rows})
    return [
        FileView(
            one.id,
            one.is_ours,
            one.at,
            names.get(one.by, one.by),
            one.rows,
            [(line, message) for line, message in json.loads(one.faults)],
            one.sha256,
        )
        for one in rows
    ]
