"""A guarantor who is a patient too: those whom they answer for stand on their own account.

Seen when a patient's name and birth date become known here: registered, told of by a message, moved in, or put right.
Who is the guarantor of others already, and the only patient of that name and birth date, takes over the account that
was kept under one of those others. It is the same person's account: what holds it up, what was agreed on it and the day
of its last paper go along. What could not be seen at that moment, the reconciling round finds.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.claim import Person
from billing.consents import Guarantor
from database import guarantors, households, office, records, registrations
from database.tables import Patient

PARTS = "0123456789abcdef"
"""How a guarantor's key begins: each round looks at one part of them"""


def recognise(session: Session, *, at: datetime) -> None:
    """Look at everybody whose name or birth date was written down in this transaction: one query for each. Called
    before any account is held."""
    for patient in registrations.newly_known(session):
        take_over(session, patient, at=at)


def take_over(session: Session, guardian: Patient, *, at: datetime) -> bool:
    """Put those whom this patient answers for on the patient's own account; whether anybody moved. Nobody is guessed
    where two patients have this name and birth date, and nobody waited for: while somebody else holds one of them, it
    is left to the reconciling round, for the guardian is held already."""
    person = registrations.of_row(guardian).person
    if person.birth_date is None or guardian.merged_into is not None:
        return False
    others = guarantors.answered_for(session, person, but=guardian)
    if not others:
        return False
    session.flush()
    query = select(Patient).where(col(Patient.id).in_(others)).order_by(Patient.id)
    query = query.with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    held = session.exec(query).all()
    if len(held) < len(others) or guarantors.patient_like(session, held[0], person) is not guardian:
        return False
    holder = guardian.account_id or guardian.id
    apart = [one for one in held if households.holder_of(session, one.id) != holder]
    accounts_before = sorted({households.holder_of(session, one.id) for one in apart})
    if guardian.account_id is None:
        for before in accounts_before:
            guarantors.bring_person(session, before, guardian, at=at)
    for one in apart:
        guarantors.regroup(session, one, at=at)
    return bool(apart)


def standing_apart(session: Session, *, at: datetime, every_seconds: int, limit: int) -> Sequence[Patient]:
    """Guardians who are patients, and do not hold the account of everybody they answer for; of the part of them whose
    turn it is in this round, at most `limit`. As many rounds as there are parts look at all of them."""
    turn = int(at.timestamp()) // every_seconds % len(PARTS)
    found: list[Patient] = []
    for practice in office.practices(session):
        found += _apart_in(session, practice.id, PARTS[turn])
    return found[:limit]


def _apart_in(session: Session, practice_id: str, part: str) -> list[Patient]:
    """Of one practice, by what the keys of their people begin with."""
    keys = col(Patient.guarantor_key)
    query = select(Patient.id, Patient.account_id, Patient.guarantor).where(
        Patient.practice_id == practice_id,
        keys >= part,
        keys < part + "g",
        col(Patient.guarantor).is_not(None),
        col(Patient.merged_into).is_(None),
    )
    people: dict[Person, list[str]] = defaultdict(list)
    for patient_id, account_id, text in session.exec(query.order_by(Patient.id)):
        people[records.load(Guarantor, text or "").person].append(account_id or patient_id)
    known = _patients_of(session, practice_id, {one.birth_date for one in people if one.birth_date is not None})
    found = {}
    for person, holders in people.items():
        alike = known.get(households.key_of(person), [])
        if len(alike) == 1 and any(one != (alike[0].account_id or alike[0].id) for one in holders):
            found[alike[0].id] = alike[0]
    return list(found.values())


def _patients_of(session: Session, practice_id: str, days: set[date]) -> dict[str, list[Patient]]:
    """Patients born on these days, by what they would be as guarantors."""
    found: dict[str, list[Patient]] = defaultdict(list)
    born = sorted(days)
    for begin in range(0, len(born), 500):
        query = select(Patient).where(
            Patient.practice_id == practice_id,
            col(Patient.birth_date).in_(born[begin : begin + 500]),
            col(Patient.merged_into).is_(None),
        )
        for row in session.exec(query):
            found[households.key_of(registrations.of_row(row).person)].append(row)
    return found
