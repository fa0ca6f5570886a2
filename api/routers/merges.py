"""Patients who are known twice: shown side by side, made one, and taken apart again."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.roles import Permission
from database import merges, patients, registrations
from database.access import Person
from database.merges import CannotMerge
from database.tables import Patient

api = APIRouter(prefix="/api/v1", tags=["patients"])
pages = APIRouter(prefix="/patients", include_in_schema=False)

Supervisor = Annotated[Person, require(Permission.APPROVE)]
Reason = Annotated[str, Field(min_length=1, max_length=300)]


class MergeForm(Part):
    """Who turns out to be the same patient."""

    gone_id: Annotated[str, Field(min_length=1, max_length=20)]
    """Everything of this one becomes the other's"""
    reason: Reason


class UndoForm(Part):
    reason: Reason


@api.get("/patients/{patient_id}/duplicates")
def list_duplicates(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> list[dict[str, Any]]:
    """Who may be the same patient, the likeliest first, with points (0 to 100) and reasons."""
    with office.database.reading() as session:
        row = known_patient.here(session, person, patient_id)
        found = [
            {
                "patient_id": one.patient.id,
                "patient": registrations.of_row(one.patient),
                "points": one.likeness.points,
                "reasons": one.likeness.reasons,
            }
            for one in merges.candidates(session, row)
        ]
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


@api.post("/patients/{patient_id}/merge", status_code=201, response_model=dict[str, Any])
def post_merge(
    patient_id: str, form: MergeForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Give everything of another patient to this one. 409: not as things are; the detail says what to do."""
    return JSONResponse(_merge(office, person, patient_id, form, key=key).body, 201)


@api.post("/merges/{merge_id}/undo")
def post_undo(
    merge_id: str, form: UndoForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> dict[str, Any]:
    """Take two patients apart again; what came since the merge stays with the one who was kept."""
    return _undo(office, person, merge_id, form, key=key).body


@pages.get("/{patient_id}/duplicates")
def show_duplicates(request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """Who may be the same patient, and who turned out to be."""
    return _page(request, office, person, patient_id, Failed(), NOTES.get(note, ""))


@pages.post("/{patient_id}/duplicates")
async def merge_by_form(request: Request, patient_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Make them one."""
    typed = await typed_into(request)

    def act() -> Done:
        return _merge(office, person, patient_id, read(MergeForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, failed)

    form = f"merge-{typed.get('gone_id', '')}"
    return await answer(lambda: run_in_threadpool(act), form, typed, f"/patients/{patient_id}/duplicates", page)


@pages.post("/{patient_id}/duplicates/{merge_id}/undo")
async def undo_by_form(
    request: Request, patient_id: str, merge_id: str, office: TheOffice, person: Supervisor
) -> Response:
    """Take them apart."""
    typed = await typed_into(request)

    def act() -> Done:
        return _undo(office, person, merge_id, read(UndoForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, failed)

    home = f"/patients/{patient_id}/duplicates"
    return await answer(lambda: run_in_threadpool(act), f"undo-{merge_id}", typed, home, page)


def _merge(office: Office, person: Person, patient_id: str, form: MergeForm, *, key: str) -> Done:
    if form.gone_id == patient_id:
        raise errors.invalid([errors.Fault(field="gone_id", message="is the same patient: choose another one")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        kept, gone = _both(session, person, patient_id, form.gone_id)
        try:
            row = merges.merge(session, kept, gone, reason=form.reason, at=office.now(), by=person.user_id)
        except CannotMerge as error:
            raise Problem(409, "cannot-merge", "These two cannot be made one now", str(error)) from error
        _audited(session, office, person, kept.id, f"merged with {gone.id}: {form.reason}")
        return kept.id, {"merge_id": row.id, "patient_id": kept.id}

    return actions.kept_once(office, person, "merge_patients", patient_id, form, effect, key=key)


def _undo(office: Office, person: Person, merge_id: str, form: UndoForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = merges.find(session, practice_id=person.practice_id, merge_id=merge_id)
        if row is None:
            raise errors.not_found("merge")
        merges.hold_visits(session, row.kept_id, row.gone_id)
        locked = {
            one: session.get_one(Patient, one, with_for_update=True) for one in sorted((row.kept_id, row.gone_id))
        }
        kept, gone = locked[row.kept_id], locked[row.gone_id]
        try:
            merges.undo(session, row, kept, gone, at=office.now(), by=person.user_id)
        except CannotMerge as error:
            raise Problem(409, "cannot-undo", "This cannot be undone now", str(error)) from error
        _audited(session, office, person, kept.id, f"taken apart from {gone.id}: {form.reason}")
        return kept.id, {"merge_id": row.id, "patient_id": kept.id}

    return actions.kept_once(office, person, "undo_merge", merge_id, form, effect, key=key)


def _both(session: Session, person: Person, kept_id: str, gone_id: str) -> tuple[Patient, Patient]:
    """Both rows, locked behind their visits, in the order of their ids. Raises Problem 404."""
    merges.hold_visits(session, kept_id, gone_id)
    locked = {one: known_patient.held(session, person, one) for one in sorted((kept_id, gone_id))}
    return locked[kept_id], locked[gone_id]


def _audited(session: Session, office: Office, person: Person, patient_id: str, reason: str) -> None:
    actions.audited(session, office, person, action="update", subject="patient", subject_id=patient_id, reason=reason)


def _page(
    request: Request, office: Office, person: Person, patient_id: str, failed: Failed, note: str = ""
) -> Response:
    found = list_duplicates(request, patient_id, office, person)
    with office.database.reading() as session:
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
    return show(
        request,
        "duplicates.html",
        person,
        status=failed.status,
        failed=failed,
        found=found,
        patient=patient,
        keys=failed.key_for,
        note=note,
        may_merge=person.may(Permission.APPROVE),
    )
