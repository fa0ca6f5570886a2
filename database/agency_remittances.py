"""What collection agencies owe the office of what they collected, and pass on: by the file that told of it.

AGENCY_CLEARING is the net of each file that the bank has not booked, less payments that were taken back since and that
the agency has not had back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.agencies import EventKind
from billing.days import day_of
from billing.ledger import Account
from billing.stages import FactKind
from database import office
from database.tables import Agency, AgencyFile, Fact, PatientPayment, Placement, PlacementEvent, Posting

BY_AGENCY = "agency"
"""Method of a payment that an agency collected"""


@dataclass(frozen=True, slots=True)
class Remitted:
    """What one file of an agency told of, or one payment of it that was taken back, net of the fee."""

    id: str
    """Of the file, or of the payment's return"""
    is_file: bool
    agency_id: str
    agency: str
    folded_name: str
    told_on: date
    cents: int
    """Above zero: the agency owes it to the office"""


def waiting(session: Session, *, practice_id: str) -> list[Remitted]:
    """What the bank has not booked, the oldest first."""
    zone = office.zone_of(session, practice_id)
    net = func.sum(PlacementEvent.amount_cents - PlacementEvent.fee_cents)
    told = (
        sa.select(
            col(AgencyFile.id), col(AgencyFile.at), col(Agency.id), col(Agency.name), col(Agency.folded_name), net
        )
        .join(Agency, col(Agency.id) == col(AgencyFile.agency_id))
        .join(PlacementEvent, col(PlacementEvent.file_id) == col(AgencyFile.id))
        .where(
            col(AgencyFile.practice_id) == practice_id,
            col(AgencyFile.bank_movement_id).is_(None),
            col(PlacementEvent.kind) == EventKind.COLLECTED,
        )
        .group_by(col(AgencyFile.id), col(Agency.id))
        .having(net != 0)
    )
    found = [
        Remitted(file_id, True, agency_id, name, folded, day_of(at, zone), int(cents))
        for file_id, at, agency_id, name, folded, cents in session.execute(told).all()
    ]
    return sorted([*found, *_taken_back(session, practice_id)], key=lambda one: (one.told_on, one.id))


def _taken_back(session: Session, practice_id: str) -> list[Remitted]:
    """Payments that agencies collected and that were undone here."""
    paid = sa.orm.aliased(PatientPayment)
    query = (
        sa.select(PatientPayment, col(Agency.id), col(Agency.name), col(Agency.folded_name))
        .join(paid, col(paid.id) == col(PatientPayment.takes_back))
        .join(Placement, col(Placement.encounter_id) == col(paid.encounter_id))
        .join(
            PlacementEvent,
            sa.and_(
                col(PlacementEvent.placement_id) == col(Placement.id),
                col(PlacementEvent.transaction) == col(paid.reference),
            ),
        )
        .join(Agency, col(Agency.id) == col(PlacementEvent.agency_id))
        .where(
            col(PatientPayment.practice_id) == practice_id,
            col(PatientPayment.method) == BY_AGENCY,
            col(PatientPayment.bank_movement_id).is_(None),
        )
    )
    return [
        Remitted(one.id, False, agency_id, name, folded, one.received_on, one.amount_cents - one.fee_cents)
        for one, agency_id, name, folded in session.execute(query).all()
    ]


def by_movement(session: Session, movement_ids: Sequence[str] | None = None) -> dict[str, tuple[int, set[str]]]:
    """What each booking is of it: (cents of files, names of the agencies); of these bookings, or of all."""
    query = (
        sa.select(
            col(AgencyFile.bank_movement_id),
            col(Agency.name),
            func.sum(PlacementEvent.amount_cents - PlacementEvent.fee_cents),
        )
        .join(Agency, col(Agency.id) == col(AgencyFile.agency_id))
        .join(PlacementEvent, col(PlacementEvent.file_id) == col(AgencyFile.id))
        .where(col(AgencyFile.bank_movement_id).is_not(None), col(PlacementEvent.kind) == EventKind.COLLECTED)
        .group_by(col(AgencyFile.bank_movement_id), col(Agency.name))
    )
    if movement_ids is not None:
        query = query.where(col(AgencyFile.bank_movement_id).in_(movement_ids))
    found: dict[str, tuple[int, set[str]]] = {}
    for movement_id, name, cents in session.execute(query).all():
        before, names = found.get(movement_id, (0, set()))
        found[movement_id] = (before + int(cents), names | {name})
    return found


def unexplained(session: Session) -> tuple[int, list[str]]:
    """(files and returns that wait, what does not add up): AGENCY_CLEARING is what agencies have not passed on."""
    looked_at, off = 0, []
    posted = select(Posting.practice_id).where(Posting.account == Account.AGENCY_CLEARING).distinct()
    paid = select(PatientPayment.practice_id).where(PatientPayment.method == BY_AGENCY).distinct()
    for practice_id in sorted({*session.exec(posted), *session.exec(paid)}):
        owed = waiting(session, practice_id=practice_id)
        books = select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(
            Posting.practice_id == practice_id, Posting.account == Account.AGENCY_CLEARING
        )
        rest = int(session.exec(books).one()) + _under_way(session, practice_id) - sum(one.cents for one in owed)
        off += [f"practice {practice_id}: {rest} cents"] if rest else []
        looked_at += len(owed)
    return looked_at, off


def _under_way(session: Session, practice_id: str) -> int:
    """Payments that no visit has posted yet, net of the fee."""
    query = (
        select(func.coalesce(func.sum(PatientPayment.amount_cents - PatientPayment.fee_cents), 0))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(
            PatientPayment.practice_id == practice_id,
            PatientPayment.method == BY_AGENCY,
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
        )
    )
    return int(session.exec(query).one())
