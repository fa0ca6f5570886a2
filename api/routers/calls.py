"""The call log: whom somebody spoke with about a visit, what was said, and what was promised by which day."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import Failed, answer, encounter_page, read, show, typed_into
from billing.calls import Channel, PromiseState, With
from billing.money import Cents, NotAnAmount, parse_typed
from billing.roles import Permission
from billing.stages import FactKind, Stage
from database import calls, encounters
from database.access import Person
from database.calls import CallView, Sought
from database.columns import new_id
from database.tables import CallRow, Encounter, Submission

api = APIRouter(prefix="/api/v1", tags=["calls"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
SHOWN = 200


class CallForm(Part):
    """One call or portal look-up."""

    whom: With
    channel: Channel = Channel.TELEPHONE
    control_number: Annotated[str, Field(max_length=20)] = ""
    """The claim that it was about; empty: the visit"""
    spoken_to: Annotated[str, Field(max_length=120)] = ""
    number: Annotated[str, Field(max_length=120)] = ""
    """Telephone number or address of the portal"""
    reference: Annotated[str, Field(max_length=500)] = ""
    said: Annotated[str, Field(min_length=1, max_length=4000)]
    promise: Annotated[str, Field(max_length=1000)] = ""
    """What was promised; empty: nothing"""
    promised_on: date | None = None
    """By which day"""
    promised_amount: Annotated[str, Field(max_length=15)] = ""
    """In dollars"""


@api.get("/calls")
def search_calls(
    request: Request,
    office: TheOffice,
    person: Viewer,
    text: str = "",
    whom: With | None = None,
    promises: PromiseState | None = None,
    encounter_id: str | None = None,
    control_number: str | None = None,
) -> list[CallView]:
    """Calls, the newest first, at most two hundred. `text` stands in reference, name, number or words."""
    sought = Sought(person.practice_id, encounter_id, control_number, text.strip(), whom, promises)
    return _found(request, office, person, sought)


@api.post("/encounters/{encounter_id}/calls", status_code=201)
def log_call(
    encounter_id: str, form: CallForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Log a call about the visit. What was promised comes back as a task on its day, unless it came in until then."""
    return _log(office, person, encounter_id, form, key=key).body


@pages.get("/calls")
def show_calls(
    request: Request, office: TheOffice, person: Viewer, text: str = "", whom: str = "", promises: str = ""
) -> Response:
    """The same search as a page."""
    sought = Sought(
        person.practice_id,
        text=text.strip(),
        whom=With(whom) if whom in set(With) else None,
        promises=PromiseState(promises) if promises in set(PromiseState) else None,
    )
    found = _found(request, office, person, sought)
    asked = {"text": text, "whom": whom, "promises": promises}
    return show(request, "calls.html", person, calls=found, asked=asked, whoms=list(With), states=list(PromiseState))


@pages.post("/encounters/{encounter_id}/calls")
async def log_from_page(request: Request, encounter_id: str, office: TheOffice, person: Worker) -> Response:
    """Log a call from the visit's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        said = {name: text for name, text in typed.items() if text.strip()}
        form = read(CallForm, said)
        return await run_in_threadpool(_log, office, person, encounter_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return encounter_page(request, office, person, encounter_id, failed)

    return await answer(act, "call", typed, f"/encounters/{encounter_id}", page)


def _found(request: Request, office: Office, person: Person, sought: Sought) -> list[CallView]:
    with office.database.reading() as session:
        found = calls.found(session, sought, limit=SHOWN)
    if found:
        auth.seen(request, person, subject="calls", subject_id=person.practice_id)
    return found


def _log(office: Office, person: Person, encounter_id: str, form: CallForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        encounter = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if encounter is None:
            raise errors.not_found("encounter")
        row = _row(session, office, person, encounter, form)
        session.add(row)
        session.flush()
        encounters.tell(session, encounter, _told(form), at=office.now(), actor="staff")
        if row.promise:
            encounters.add_fact(
                session,
                practice_id=person.practice_id,
                encounter_id=encounter.id,
                kind=FactKind.CALLED,
                source_key=f"call:{row.id}",
                subject_id=row.id,
                received_at=office.now(),
            )
        actions.audited(session, office, person, action="create", subject="call", subject_id=row.id)
        return encounter_id, {"call_id": row.id}

    return actions.kept_once(office, person, "log_call", encounter_id, form, effect, key=key)


def _told(form: CallForm) -> str:
    """For the visit's story: no names, and nothing that was said."""
    how = "Called" if form.channel == Channel.TELEPHONE else "Looked up in the portal of"
    promised = f"; something was promised by {form.promised_on}" if form.promise else ""
    reference = f" (reference {form.reference})" if form.reference else ""
    return f"{how} the {form.whom}{reference}{promised}".replace("the other", "somebody else")


def _row(session: Session, office: Office, person: Person, encounter: Encounter, form: CallForm) -> CallRow:
    """Raises Problem 422 with every fault."""
    faults: list[Fault] = []
    cents = _amount(form.promised_amount, faults)
    if form.promise and form.promised_on is None:
        faults.append(Fault(field="promised_on", message="by which day was it promised?"))
    if not form.promise and (form.promised_on or cents):
        faults.append(Fault(field="promise", message="what was promised?"))
    if form.promised_on is not None and form.promised_on <= office.today(person):
        faults.append(Fault(field="promised_on", message="choose a day to come"))
    elif form.promised_on is not None and form.promised_on - office.today(person) > actions.FURTHEST:
        faults.append(Fault(field="promised_on", message="lies more than two years ahead; is the year right?"))
    if form.promise and encounter.stage == Stage.CLOSED:
        faults.append(Fault(field="promise", message="the visit is closed: nothing is awaited; leave it empty"))
    number = form.control_number.strip().upper()
    submission = session.get(Submission, number) if number else None
    if number and (submission is None or submission.encounter_id != encounter.id):
        faults.append(Fault(field="control_number", message="is no claim of this visit"))
    if faults:
        raise errors.invalid(faults)
    return CallRow(
        id=new_id(),
        practice_id=person.practice_id,
        encounter_id=encounter.id,
        control_number=number or None,
        whom=form.whom,
        channel=form.channel,
        spoken_to=form.spoken_to,
        number=form.number,
        reference=form.reference,
        said=form.said,
        promise=form.promise,
        promised_on=form.promised_on,
        promised_cents=cents,
        promise_state=PromiseState.OPEN if form.promise else None,
        called_at=office.now(),
        logged_by=person.user_id,
    )


def _amount(typed: str, faults: list[Fault]) -> Cents | None:
    try:
        return parse_typed(typed) if typed.strip() else None
    except NotAnAmount as error:
        faults.append(Fault(field="promised_amount", message=str(error)))
        return None
