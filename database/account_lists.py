"""The practice's accounts as a list: who owes, since when, and what keeps each from being asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.account_holds import HOLD_WORDS, HoldKind
from billing.agencies import OPEN
from billing.instalments import PlanState
from database import consents, papers, patient_names
from database.tables import AccountHold, BalanceItem, InstalmentPlan, Patient, PatientAccount, Placement


class Standing(StrEnum):
    """Which accounts are asked for."""

    OWING = "owing"
    """Something is owed here, or an agency has it"""
    HELD = "held"
    PLAN = "plan"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of the list."""

    patient_id: str
    """Who holds it"""
    name: str
    """Who answers for it"""
    owed_cents: int
    at_agency_cents: int
    since: datetime | None
    """When the oldest share was left to the patient"""
    last_paper_at: datetime | None
    next_at: datetime | None
    stands: list[str]
    """What keeps it from being asked for, in words"""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts."""

    items: list[AccountRow]
    next_after: str | None
    """Give it back as `after` for the next ones; None: these were the last"""


class UnknownPlace(ValueError):
    """The `after` is no place in the list."""


def page(session: Session, *, practice_id: str, standing: Standing, after: str | None, limit: int) -> AccountPage:
    """Who owes the most first. Raises UnknownPlace."""
    owed = col(PatientAccount.owed_cents)
    query = select(PatientAccount).where(PatientAccount.practice_id == practice_id, _stands_so(standing))
    if after is not None:
        cents, _, patient_id = after.partition("-")
        if not (cents.isascii() and cents.isdigit()) or len(cents) > len(str(2**62)):
            raise UnknownPlace("is no place in this list; begin without it")
        query = query.where(
            (owed < int(cents)) | ((owed == int(cents)) & (col(PatientAccount.patient_id) > patient_id))
        )
    rows = session.exec(query.order_by(owed.desc(), PatientAccount.patient_id).limit(limit + 1)).all()
    shown = rows[:limit]
    last = f"{shown[-1].owed_cents}-{shown[-1].patient_id}" if len(rows) > limit else None
    return AccountPage(_rows(session, shown), last)


def by_paper(session: Session, number: str, *, practice_id: str) -> str | None:
    """Whose account a paper with this number (`ABCDE-FGHJK`) was about, as its cheque names it; None: nobody's."""
    paper = papers.numbered(session, number, practice_id=practice_id)
    return None if paper is None else papers.holder_of(session, paper)


def _stands_so(standing: Standing) -> sa.ColumnElement[bool]:
    account = col(PatientAccount.patient_id)
    at_agency = select(Placement.id).where(Placement.patient_id == account, col(Placement.state).in_(OPEN)).exists()
    held = select(AccountHold.id).where(AccountHold.patient_id == account, col(AccountHold.ended_at).is_(None)).exists()
    planned = (
        select(InstalmentPlan.id)
        .where(InstalmentPlan.patient_id == account, InstalmentPlan.state == PlanState.ACTIVE)
        .exists()
    )
    owing = col(PatientAccount.owed_cents) > 0
    match standing:
        case Standing.OWING:
            return owing | at_agency
        case Standing.HELD:
            return (held | col(PatientAccount.paused_until).is_not(None)) & (owing | at_agency)
        case Standing.PLAN:
            return planned
        case Standing.AGENCY:
            return at_agency


def _rows(session: Session, accounts: Collection[PatientAccount]) -> list[AccountRow]:
    ids = [one.patient_id for one in accounts]
    patients = {one.id: one for one in session.exec(select(Patient).where(col(Patient.id).in_(ids)))}
    oldest = select(BalanceItem.patient_id, func.min(BalanceItem.due_since)).where(col(BalanceItem.patient_id).in_(ids))
    since = dict(session.exec(oldest.group_by(BalanceItem.patient_id)).all())
    placed = select(Placement.patient_id, func.sum(Placement.balance_cents)).where(
        col(Placement.patient_id).in_(ids), col(Placement.state).in_(OPEN)
    )
    at_agency = dict(session.exec(placed.group_by(Placement.patient_id)).all())
    held = select(AccountHold.patient_id, AccountHold.kind).where(
        col(AccountHold.patient_id).in_(ids), col(AccountHold.ended_at).is_(None)
    )
    words: dict[str, list[str]] = {}
    for patient_id, kind in session.exec(held.order_by(col(AccountHold.begun_at))):
        words.setdefault(patient_id, []).append(HOLD_WORDS[HoldKind(kind)])
    planned = select(InstalmentPlan.patient_id).where(
        col(InstalmentPlan.patient_id).in_(ids), InstalmentPlan.state == PlanState.ACTIVE
    )
    on_plan = set(session.exec(planned))
    return [
        AccountRow(
            one.patient_id,
            _name(patients[one.patient_id]),
            one.owed_cents,
            int(at_agency.get(one.patient_id, 0)),
            since.get(one.patient_id),
            one.last_paper_at,
            one.next_at,
            [
                *dict.fromkeys(words.get(one.patient_id, [])),
                *(["paused"] if one.paused_until else []),
                *(["pays in parts"] if one.patient_id in on_plan else []),
            ],
        )
        for one in accounts
    ]


def _name(holder: Patient) -> str:
    guarantor = consents.guarantor_of(holder)
    if guarantor is None:
        return patient_names.name_of(holder)
    said = ", ".join(filter(None, (guarantor.person.name.last, guarantor.person.name.first)))
    return patient_names.shown(holder, said)
