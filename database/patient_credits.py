"""Patients' credits that nobody used or paid back: how old each is, and when its state takes it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from billing.escheat import dormancy_of, due_on, since_when
from billing.ledger import Account
from database import households, patient_names, registrations
from database.tables import Encounter, Journal, Patient, Posting


@dataclass(frozen=True, slots=True)
class PatientCredit:
    """What stands for one patient on one visit."""

    encounter_id: str
    visit: str
    stage: str
    account_id: str
    patient: str
    cents: int
    since: date
    state: str
    """Of the last known address; empty: not known"""
    years: int
    law: str
    """To be verified before it is relied on"""
    due_on: date
    days_left: int
    """Until the state's day; below zero: it is past"""


def older_than(session: Session, days: int, *, practice_id: str, today: date) -> list[PatientCredit]:
    """Every credit that began at least so many days ago, the nearest state's day first."""
    found = []
    for encounter, changes in _credits(session, practice_id):
        since = since_when(changes)
        if since is not None and since <= today - timedelta(days=days):
            found.append(_credit(session, encounter, -sum(cents for _, cents in changes), since, today))
    return sorted(found, key=lambda one: (one.due_on, one.encounter_id))


def _credits(session: Session, practice_id: str) -> Sequence[tuple[Encounter, list[tuple[date, int]]]]:
    of_patients = (Posting.practice_id == practice_id, Posting.account == Account.PATIENT_UNAPPLIED)
    standing = (
        select(Posting.encounter_id)
        .where(*of_patients)
        .group_by(col(Posting.encounter_id))
        .having(func.sum(Posting.amount_cents) < 0)
    )
    changes: dict[str, list[tuple[date, int]]] = defaultdict(list)
    rows = session.exec(
        select(Posting.encounter_id, col(Journal.posted_on), Posting.amount_cents)
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(*of_patients, col(Posting.encounter_id).in_(standing))
        .order_by(col(Journal.number), col(Posting.id))
    )
    for encounter_id, day, cents in rows:
        changes[encounter_id or ""].append((day, cents))
    encounters = session.exec(select(Encounter).where(col(Encounter.id).in_(standing)))
    return [(one, changes[one.id]) for one in encounters]


def _credit(session: Session, encounter: Encounter, cents: int, since: date, today: date) -> PatientCredit:
    patient = session.get_one(Patient, encounter.patient_id)
    home = registrations.of_row(patient).address
    state = (home.state or "") if home else ""
    due, rule = due_on(since, state), dormancy_of(state)
    return PatientCredit(
        encounter.id,
        encounter.external_id,
        encounter.stage,
        households.holder_of(session, households.answering(encounter)),
        patient_names.name_of(patient),
        cents,
        since,
        state,
        rule.years,
        rule.source,
        due,
        (due - today).days,
    )
