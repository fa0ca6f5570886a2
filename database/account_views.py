"""What the account's page shows: items, papers, placements, tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from billing import pay_words
from billing.days import day_of
from billing.prompt_pay import Chance
from billing.stages import Stage
from database import (
    account_holds,
    accounts,
    assistance_views,
    consents,
    households,
    instalments,
    letters,
    moves,
    notes,
    office,
    patient_names,
    pay_plans,
    prompt_pay,
    receipts,
    worklists,
)
from database.account_holds import HoldView
from database.assistance_views import ApplicationRow
from database.instalments import PlanView
from database.letters import LetterRow
from database.notes import NoteSubject, NoteView
from database.receipts import ReceiptView
from database.tables import Encounter, Patient
from database.worklists import TaskRow

PAYMENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ItemView:
    """One visit's share. Days are None while no paper has gone out on it, or while the payer still has the visit."""

    encounter_id: str
    number: str
    patient: str
    service_date: date
    stage: Stage
    owed_cents: int
    due_since: datetime | None
    statements: int
    first_statement_at: datetime | None
    final_notice_at: datetime | None
    prompt_pay: Chance | None
    """What may be paid today instead of what is owed"""


@dataclass(frozen=True, slots=True)
class PlacementView:
    """One visit's share given to an agency."""

    encounter_id: str
    agency: str
    amount_cents: int
    placed_at: datetime
    agency_id: str
    state: str
    balance_cents: int
    """What the agency may still ask for"""


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything the account's page shows."""

    patient_id: str
    """Who holds the account"""
    patient: str
    guarantor: str
    """Who answers for it, where it is not the holder"""
    members: list[tuple[str, str]]
    """(id, name) of everybody whose shares stand on it, the holder first"""
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
    plans: Sequence[PlanView]
    card_words: str
    """What is agreed to when a card is to be kept for the plan that holds; empty: there is nothing to agree to"""
    card_words_digest: str
    """By which whoever agrees says that exactly these words were read; empty as they are"""
    payments: list[ReceiptView]
    """The last that came"""
    holds: list[HoldView]
    assistance: list[ApplicationRow]
    """Applications for help with the bill"""
    tasks: list[TaskRow]
    notes: list[NoteView]


def account(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> AccountView | None:
    """One patient's account; None when the practice has no such patient. One without any balance is empty."""
    patient = session.get(Patient, patient_id)
    if patient is None or patient.practice_id != practice_id:
        return None
    patient_id = households.holder_of(session, patient_id)
    patient = session.get_one(Patient, patient_id)
    everybody = households.patients(session, patient_id)
    guarantor = consents.guarantor_of(patient)
    row = accounts.find(session, practice_id=practice_id, patient_id=patient_id)
    owed = accounts.owed_by_visit(session, practice_id=practice_id, patient_id=patient_id)
    words = _card_words(session, practice_id=practice_id, patient_id=patient_id, at=at)
    return AccountView(
        patient_id=patient_id,
        patient=patient_names.name_of(patient),
        guarantor=", ".join(filter(None, (guarantor.person.name.last, guarantor.person.name.first)))
        if guarantor
        else "",
        members=[(one, patient_names.name_of(session.get_one(Patient, one))) for one in everybody],
        owed_cents=sum(one.cents for one in owed),
        next_at=row.next_at if row else None,
        last_paper_at=row.last_paper_at if row else None,
        paused_until=row.paused_until if row else None,
        pause_reason=row.pause_reason if row else None,
        is_held=any(moves.is_held(session, one) for one in everybody),
        items=_items(session, patient_id, owed, day_of(at, office.zone_of(session, practice_id))),
        papers=letters.of_account(session, practice_id=practice_id, patient_id=patient_id),
        placements=[
            PlacementView(
                one.encounter_id,
                one.agency,
                one.amount_cents,
                one.placed_at,
                one.agency_id,
                one.state,
                one.balance_cents,
            )
            for one in accounts.placements(session, practice_id=practice_id, patient_id=patient_id)
        ],
        holds=account_holds.views(session, practice_id=practice_id, patient_id=patient_id),
        payments=receipts.of_account(session, practice_id=practice_id, holder_id=patient_id, limit=PAYMENTS_SHOWN),
        assistance=assistance_views.of_account(session, patient_id),
        plans=_plans(session, practice_id=practice_id, patient_id=patient_id, at=at),
        card_words=words,
        card_words_digest=pay_words.digest(words) if words else "",
        tasks=worklists.tasks_of(session, practice_id=practice_id, subject_id=patient_id),
        notes=notes.of(session, practice_id=practice_id, subject=NoteSubject.ACCOUNT, subject_id=patient_id),
    )


def _plans(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> Sequence[PlanView]:
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    return instalments.views(session, patient_id=patient_id, policies=policies, today=policies.day(at))


def _card_words(session: Session, *, practice_id: str, patient_id: str, at: datetime) -> str:
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    theirs = {"practice_id": practice_id, "holder_id": patient_id}
    return pay_plans.card_words_of(session, **theirs, policies=policies, today=policies.day(at)) or ""


def _items(session: Session, patient_id: str, owed: list[accounts.Owed], today: date) -> list[ItemView]:
    chances = prompt_pay.open_on(session, [one.encounter_id for one in owed], today)
    rows = {one.encounter_id: one for one in accounts.items(session, patient_id)}
    found = []
    for one in owed:
        encounter, row = session.get_one(Encounter, one.encounter_id), rows.get(one.encounter_id)
        found.append(
            ItemView(
                one.encounter_id,
                encounter.external_id,
                patient_names.name_of(session.get_one(Patient, encounter.patient_id)),
                encounter.service_date,
                one.stage,
                one.cents,
                row.due_since if row else None,
                row.statements if row else 0,
                row.first_statement_at if row else None,
                row.final_notice_at if row else None,
                chances.get(one.encounter_id),
            )
        )
    return found
