"""Disputes of a bill against its good-faith estimate: recorded here, ended by their task."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from activities import good_faith as watching
from activities.good_faith import CannotBeDisputed
from api import actions, errors
from api.actions import Done
from api.auth import require
from api.errors import Fault, Problem
from api.estimate_form import DisputeForm
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.estimates import estimates_page
from api.routers.pages import Failed, answer, read, typed_into
from billing.days import day_of
from billing.good_faith import DISPUTE_DAYS, last_day_to_dispute
from billing.roles import Permission
from database import estimates, good_faith
from database.access import Person
from database.tables import EstimateRow

api = APIRouter(prefix="/api/v1/estimates", tags=["estimates"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


@api.post("/{estimate_id}/dispute")
def record_dispute(
    estimate_id: str, form: DisputeForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """The patient disputes the bill: no statement goes out and nothing is placed until the task that this opens ends.

    409: the estimate was never given, or a dispute was recorded before. Later than 120 days after the first bill a
    supervisor says why it is taken.
    """
    return _dispute(office, person, estimate_id, form, key=key).body


@pages.post("/patients/{patient_id}/estimates/{estimate_id}/dispute")
async def dispute_from_page(
    request: Request, patient_id: str, estimate_id: str, office: TheOffice, person: Worker
) -> Response:
    """Record a dispute from the patient's page of estimates."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(DisputeForm, typed)
        return await run_in_threadpool(_dispute, office, person, estimate_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return estimates_page(request, office, person, patient_id, failed)

    return await answer(act, f"dispute-{estimate_id}", typed, f"/patients/{patient_id}/estimates", page)


def _dispute(office: Office, person: Person, estimate_id: str, form: DisputeForm, *, key: str) -> Done:
    if form.disputed_on > office.today(person):
        raise errors.invalid([Fault(field="disputed_on", message="lies in the future")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = estimates.find(session, practice_id=person.practice_id, estimate_id=estimate_id)
        if row is None:
            raise errors.not_found("estimate")
        note = form.note
        if _is_late(session, person, row, form):
            note = f"{form.note} (taken late: {form.late_reason})"
        try:
            watching.dispute(session, row, on=form.disputed_on, note=note, at=office.now(), by=person.user_id)
        except CannotBeDisputed as error:
            raise Problem(409, "cannot-be-disputed", "No dispute was recorded", f"{error}.") from error
        actions.audited(
            session, office, person, action="update", subject="estimate", subject_id=row.id, reason=f"disputed: {note}"
        )
        return row.id, {"estimate_id": row.id}

    return actions.kept_once(office, person, "dispute_estimate", estimate_id, form, effect, key=key)


def _is_late(session: Session, person: Person, row: EstimateRow, form: DisputeForm) -> bool:
    """Whether it comes after its time. Raises Problem where nobody who may has said why it is taken."""
    first = good_faith.first_bill_at(session, row)
    if first is None or form.disputed_on <= (last := last_day_to_dispute(day_of(first, person.zone))):
        return False
    if form.late_reason is None:
        message = f"the {DISPUTE_DAYS} days ended on {last}: a supervisor may say why it is taken all the same"
        raise errors.invalid([Fault(field="late_reason", message=message)])
    if not person.may(Permission.APPROVE):
        detail = f"The {DISPUTE_DAYS} days after the first bill ended on {last}."
        raise Problem(403, "needs-approval-right", "Only a supervisor may take a late dispute", detail)
    return True
