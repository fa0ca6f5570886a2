"""What the account's page shows: items, papers, placements, tasks."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from billing.stages import Stage
from database import accounts, letters, moves, notes, worklists
from database.letters import LetterRow
from database.notes import NoteSubject, NoteView
from database.tables import Encounter, Patient
from database.worklists import TaskRow


@dataclass(frozen=True, slots=True)
class ItemView:
    """One visit's share. Days are None while no paper has gone out on it, or while the payer still has the visit."""

    encounter_id: str
    number: str
    service_date: date
    stage: Stage
    owed_cents: int
    due_since: datetime | None
    statements: int
    first_statement_at: datetime | None
    final_notice_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlacementView:
    """One visit's share given to an agency."""

    encounter_id: str
    agency: str
    amount_cents: int
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything the account's page shows."""

    patient_id: str
    patient: str
    owed_cents: int
    next_at: datetime | None
    last_paper_at: datetime | None
    paused_until: datetime | None
    pause_reason: str | None
    is_held: bool
    """The patient came with an office that moved here, and nobody has signed the move off"""
    items: list[ItemView]
    papers: list[LetterRow]
    placements: list[PlacementView]
    tasks: list[TaskRow]
    notes: list[NoteView]


def account(session: Session, *, practice_id: str, patient_id: str) -> AccountView | None:
    """One patient's account; None when the practice has no such patient. One without any balance is empty."""
    patient = session.get(Patient, patient_id)
    if patient is None or patient.practice_id != practice_id:
        return None
    row = accounts.find(session, practice_id=practice_id, patient_id=patient_id)
    owed = accounts.owed_by_visit(session, practice_id=practice_id, patient_id=patient_id)
    return AccountView(
        patient_id=patient_id,
        patient=", ".join(filter(None, (patient.last_name, patient.first_name))),
        owed_cents=sum(one.cents for one in owed),
        next_at=row.next_at if row else None,
        last_paper_at=row.last_paper_at if row else None,
        paused_until=row.paused_until if row else None,
        pause_reason=row.pause_reason if row else None,
        is_held=moves.is_held(session, patient_id),
        items=_items(session, patient_id, owed),
        papers=letters.of_account(session, practice_id=practice_id, patient_id=patient_id),
        placements=[
            PlacementView(one.encounter_id, one.agency, one.amount_cents, one.placed_at)
            for one in accounts.placements(session, practice_id=practice_id, patient_id=patient_id)
        ],
        tasks=worklists.tasks_of(session, practice_id=practice_id, subject_id=patient_id),
        notes=notes.of(session, practice_id=practice_id, subject=NoteSubject.ACCOUNT, subject_id=patient_id),
    )


def _items(session: Session, patient_id: str, owed: list[accounts.Owed]) -> list[ItemView]:
    rows = {one.encounter_id: one for one in accounts.items(session, patient_id)}
    found = []
    for one in owed:
        encounter, row = session.get_one(Encounter, one.encounter_id), rows.get(one.encounter_id)
        found.append(
            ItemView(
                one.encounter_id,
                encounter.external_id,
                encounter.service_date,
                one.stage,
                one.cents,
                row.due_since if row else None,
                row.statements if row else 0,
                row.first_statement_at if row else None,
                row.final_notice_at if row else None,
            )
        )
    return found
