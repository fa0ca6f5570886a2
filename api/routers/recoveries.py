"""A payer's letter that it wants money back, recorded on its visit."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.auth import Viewer, require, seen
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import Failed, answer, encounter_page, read, typed_into
from billing.money import Cents, NotAnAmount, parse_typed
from billing.recovery_notices import NoticeState
from billing.roles import Permission
from billing.stages import FactKind
from database import coverages, encounters, recovery_notices
from database import office as offices
from database.access import Person
from database.columns import new_id
from database.recovery_notices import NoticeView
from database.remittances import standing_rows
from database.tables import Encounter, RecoveryNotice

api = APIRouter(prefix="/api/v1", tags=["recoveries"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


class NoticeForm(Part):
    """What the payer's letter says."""

    amount: Annotated[str, Field(min_length=1, max_length=15)]
    """In dollars: what it wants back"""
    reference: Annotated[str, Field(min_length=1, max_length=50)]
    """The payer's number of the matter"""
    dated_on: date
    """Day of the letter"""
    dispute_by: date | None = None
    """The last day to dispute it; None: by the payer's policy, takeback_dispute_days after the letter"""
    said: Annotated[str, Field(max_length=2000)] = ""
    """Why it wants it back"""


@api.get("/encounters/{encounter_id}/recovery-notices")
def list_notices(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[NoticeView]:
    """What payers announced that they take back of the visit, oldest first."""
    with office.database.reading() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")
        found = recovery_notices.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
    seen(request, person, subject="encounter", subject_id=encounter_id)
    return found


@api.post("/encounters/{encounter_id}/recovery-notices", status_code=201)
def record_notice(
    encounter_id: str, form: NoticeForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Record that a payer wants money back that it paid on the visit. It comes up as a task with its last day."""
    return _record(office, person, encounter_id, form, key=key).body


@pages.post("/encounters/{encounter_id}/recovery-notices")
async def record_from_page(request: Request, encounter_id: str, office: TheOffice, person: Worker) -> Response:
    """Record a notice from the visit's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        said = {name: text for name, text in typed.items() if text.strip()}
        form = read(NoticeForm, said)
        return await run_in_threadpool(_record, office, person, encounter_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return encounter_page(request, office, person, encounter_id, failed)

    return await answer(act, "recovery", typed, f"/encounters/{encounter_id}", page)


def _record(office: Office, person: Person, encounter_id: str, form: NoticeForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        encounter = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if encounter is None:
            raise errors.not_found("encounter")
        row = _row(session, office, person, encounter, form)
        session.add(row)
        session.flush()
        encounters.add_fact(
            session,
            practice_id=person.practice_id,
            encounter_id=encounter.id,
            kind=FactKind.RECOVERY_ANNOUNCED,
            source_key=f"recovery:{row.id}",
            subject_id=row.id,
            received_at=office.now(),
        )
        actions.audited(session, office, person, action="create", subject="recovery_notice", subject_id=row.id)
        return encounter_id, {"notice_id": row.id, "dispute_by": row.dispute_by.isoformat()}

    return actions.kept_once(office, person, "record_recovery", encounter_id, form, effect, key=key)


def _row(session: Session, office: Office, person: Person, encounter: Encounter, form: NoticeForm) -> RecoveryNotice:
    """The notice of the payer that was paid the most lately. Raises Problem: every fault at once."""
    reference, today = form.reference.strip(), office.today(person)
    faults = []
    try:
        cents = parse_typed(form.amount)
    except NotAnAmount as fault:
        cents = Cents(0)
        faults.append(Fault(field="amount", message=str(fault)))
    paid = sum(one.paid_cents for one in standing_rows(session, encounter.id))
    if not faults and cents <= 0:
        faults.append(Fault(field="amount", message="must be more than 0.00"))
    elif not faults and cents > paid:
        known = "no payer has paid anything on this visit" if paid <= 0 else "payers have paid less on this visit"
        faults.append(Fault(field="amount", message=f"{known}; look whether the letter means another one"))
    if form.dated_on > today:
        faults.append(Fault(field="dated_on", message="is in the future"))
    elif form.dated_on < encounter.service_date:
        words = f"is before the visit ({encounter.service_date}); is the year right?"
        faults.append(Fault(field="dated_on", message=words))
    payer = _payer(session, encounter)
    policies = offices.policies_for(session, practice_id=encounter.practice_id, payer_id=payer)
    days = policies.value("takeback_dispute_days", as_of=today)
    last = form.dispute_by or min(form.dated_on, today) + timedelta(days=days)
    if last - today > actions.FURTHEST:
        faults.append(Fault(field="dispute_by", message="lies more than two years ahead; is the year right?"))
    if last < form.dated_on:
        faults.append(Fault(field="dispute_by", message="is before the day of the letter"))
    if recovery_notices.with_reference(session, encounter_id=encounter.id, reference=reference):
        faults.append(Fault(field="reference", message="is recorded already on this visit"))
    if faults:
        raise errors.invalid(faults)
    return RecoveryNotice(
        id=new_id(),
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        payer_id=payer,
        amount_cents=cents,
        reference=reference,
        dated_on=form.dated_on,
        dispute_by=last,
        said=form.said.strip(),
        state=NoticeState.OPEN,
        recorded_at=office.now(),
        recorded_by=person.user_id,
    )


def _payer(session: Session, encounter: Encounter) -> str:
    """Whose answer paid last; the visit's own where none did."""
    paid = [one for one in standing_rows(session, encounter.id) if one.paid_cents > 0]
    if not paid:
        return encounter.payer_id
    policies = {one.responsibility: one.payer_id for one in coverages.of_encounter(session, encounter.id)}
    return policies.get(paid[-1].responsibility, encounter.payer_id)
