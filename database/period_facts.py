"""What the reports of a period are made of: every change of what is owed, and who and what it was about."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from billing.claim import Party
from billing.ledger import Account
from billing.roll_forward import Move, moves
from database import patient_names, posted, records, users, views
from database.posted import Posted
from database.tables import Encounter, Patient, Payer, RemittanceFile

OFFICE = "office"
"""The actor of what the office posts by itself"""
AT_ONCE = 500
"""Rows that are asked for by their ids in one query"""
NOBODY = "no visit"


@dataclass(frozen=True, slots=True)
class Fact:
    """One change of what is owed, and where it comes from."""

    entry: Posted
    move: Move

    @property
    def payer_id(self) -> str:
        """Whose balance it was; empty: the patient's."""
        return next((one.detail for one in self.entry.sides if one.account == Account.AR_INSURANCE and one.detail), "")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a report says of a visit."""

    number: str
    """The sender's"""
    patient_id: str
    patient: str
    service_date: date


@dataclass(frozen=True, slots=True)
class _Policy:
    filing_indicator: str | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """What is read of a visit's claim: reading it whole takes longer, and there may be many."""

    billing_provider: Party
    providers: tuple[Party, ...] = ()
    place_of_service: str = ""
    coverage: _Policy | None = None


@dataclass(frozen=True, slots=True)
class _Header:
    """What is read of a remittance."""

    method: str


def facts(session: Session, *, practice_id: str, since: date, until: date) -> Iterator[Fact]:
    """Every change of what is owed between two days of posting, in order of posting."""
    for entry in posted.posted(session, practice_id=practice_id, since=since, until=until):
        for move in moves(entry.kind, entry.sides):
            yield Fact(entry, move)


def visits(session: Session, ids: Collection[str | None]) -> dict[str, Visit]:
    """Encounter id to what a report says of it."""
    found = {}
    for some in _chunks(ids):
        rows = session.exec(
            select(Encounter, Patient)
            .join(Patient, col(Patient.id) == col(Encounter.patient_id))
            .where(col(Encounter.id).in_(some))
        )
        for visit, patient in rows:
            name = patient_names.name_of(patient)
            found[visit.id] = Visit(visit.external_id, patient.id, name, visit.service_date)
    return found


def providers(session: Session, ids: Collection[str | None]) -> dict[str, str]:
    """Encounter id to who rendered the visit, or under whom it is billed, with the NPI."""
    found = {}
    for encounter_id, claim in _claims(session, ids):
        seen_by = next((one for one in claim.providers if one.role == "82"), claim.billing_provider)
        found[encounter_id] = f"{views.person_name(seen_by.name)} ({seen_by.npi or 'no NPI'})"
    return found


def places(session: Session, ids: Collection[str | None]) -> dict[str, str]:
    """Encounter id to the place of service (CLM05-1)."""
    return {encounter_id: claim.place_of_service or "not told" for encounter_id, claim in _claims(session, ids)}


def filing_indicators(session: Session, ids: Collection[str | None]) -> dict[str, str | None]:
    """Encounter id to SBR09 of its claim."""
    return {
        encounter_id: claim.coverage.filing_indicator if claim.coverage else None
        for encounter_id, claim in _claims(session, ids)
    }


def patients(session: Session, ids: Collection[str | None]) -> dict[str, str]:
    """Patient id to their name."""
    found = {}
    for some in _chunks(ids):
        for row in session.exec(select(Patient).where(col(Patient.id).in_(some))):
            found[row.id] = patient_names.name_of(row)
    return found


def _claims(session: Session, ids: Collection[str | None]) -> Iterator[tuple[str, _Claim]]:
    for some in _chunks(ids):
        for encounter_id, record in session.exec(
            select(Encounter.id, Encounter.record).where(col(Encounter.id).in_(some))
        ):
            yield encounter_id, records.load(_Claim, record)


def methods(session: Session, ids: Collection[str | None]) -> dict[str, str]:
    """Remittance id to how it was paid (BPR04)."""
    found = {}
    for some in _chunks(ids):
        for remittance_id, header in session.exec(
            select(RemittanceFile.id, RemittanceFile.header).where(col(RemittanceFile.id).in_(some))
        ):
            found[remittance_id] = records.load(_Header, header).method
    return found


def payers(session: Session, *, practice_id: str) -> dict[str, str]:
    """Payer id to its name, with its number where several have the same name."""
    rows = session.exec(select(Payer).where(Payer.practice_id == practice_id)).all()
    names = [one.name for one in rows]
    return {one.id: one.name if names.count(one.name) == 1 else f"{one.name} ({one.payer_number})" for one in rows}


def people(session: Session, actors: Collection[str]) -> dict[str, str]:
    """Actor to the name that pages show; what no person did, the office did."""
    return {one: one for one in actors} | {OFFICE: "the office"} | users.names_of(session, actors)


def _chunks(ids: Collection[str | None]) -> Iterator[list[str]]:
    listed = sorted({one for one in ids if one})
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]
