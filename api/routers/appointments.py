"""Appointments: booked for a known patient, checked in at the desk; from there the visit is opened."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator, Field
from sqlmodel import Session

from api import actions, auth, errors, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, day_asked, read, show, typed_into
from billing.coding import procedure_is_well_formed
from billing.double_booking import Slot
from billing.roles import Permission
from database import appointments
from database.access import Person
from database.appointments import AppointmentView, Coming
from database.tables import Appointment

api = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])
pages = APIRouter(prefix="/appointments", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE)]
End = Literal["arrived", "no_show", "cancelled"]
SEEN_ON_THE_DAY = frozenset({"arrived", "no_show"})
"""Ends of an appointment that nobody can know before its day"""
FORM = "book"


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise ValueError("write the time as HH:MM, 00:00 to 23:59")
    return text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _codes(text: str) -> str:
    codes = text.upper().replace(",", " ").split()
    wrong = [one for one in codes if not procedure_is_well_formed(one)]
    if wrong:
        raise ValueError(f"{wrong[0]} is no procedure code: write five letters and digits, apart by spaces")
    return " ".join(dict.fromkeys(codes))


class AppointmentForm(Part):
    """Who is expected when."""

    patient_id: Annotated[str, Field(min_length=1, max_length=20)]
    day: date
    at_time: Annotated[str, AfterValidator(_time_of_day)]
    """HH:MM on the clinic's clock"""
    minutes: Annotated[int, Field(ge=5, le=480)] = 20
    provider: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(max_length=200)] = ""
    procedures: Annotated[str, AfterValidator(_codes), Field(max_length=200)] = ""
    """Services that are planned, codes apart by spaces: looked up among what the payer wants authorized"""
    book_anyway: bool = False
    """Although the provider has another patient then, or the patient is expected elsewhere"""
    book_anyway_reason: Annotated[str, Field(max_length=200)] = ""


@api.get("")
def list_appointments(office: TheOffice, person: Viewer, day: date | None = None) -> list[AppointmentView]:
    """Everybody expected on a day (today when none is named), by time."""
    with office.database.reading() as session:
        return appointments.of_day(session, practice_id=person.practice_id, day=day or office.today(person))


@api.post("", status_code=201)
def book(form: AppointmentForm, key: IdempotencyKey, office: TheOffice, person: Clerk) -> dict[str, Any]:
    """Book an appointment for a known patient."""
    return _book(office, person, form, key=key).body


@api.post("/{appointment_id}/{end}")
def end(appointment_id: str, end: End, office: TheOffice, person: Clerk) -> dict[str, Any]:
    """The patient arrived, did not come, or cancelled. 409: something else was said before."""
    patient_id = _end(office, person, appointment_id, Coming(end)).patient_id
    return {"done": True, "patient_id": patient_id}


@pages.get("")
def show_day(
    request: Request,
    office: TheOffice,
    person: Viewer,
    day: str = "",
    patient: str = "",
    note: str = "",
) -> Response:
    """One day; with a patient, the form to book for them."""
    asked, fault = day_asked(day, office.today(person))
    return _page(request, office, person, asked, patient, Failed(), NOTES.get(note, ""), fault)


@pages.post("")
async def book_from_page(request: Request, office: TheOffice, person: Clerk) -> Response:
    """Book from the form."""
    typed = await typed_into(request)
    day, patient = typed.get("day", ""), typed.get("patient_id", "")

    async def act() -> Done:
        return await run_in_threadpool(_book, office, person, read(AppointmentForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, _day(day) or office.today(person), patient, failed, "")

    return await answer(act, FORM, typed, f"/appointments?day={day}&", page)


@pages.post("/{appointment_id}/{end}")
def end_from_page(appointment_id: str, end: End, office: TheOffice, person: Clerk) -> Response:
    """Who arrived goes on to the visit's form, filled in from the last time."""
    row = _end(office, person, appointment_id, Coming(end))
    home = f"/visits/new?patient={row.patient_id}" if end == "arrived" else f"/appointments?day={row.day}&note=done"
    return Response(status_code=303, headers={"Location": home})


def _book(office: Office, person: Person, form: AppointmentForm, *, key: str) -> Done:
    if form.day < office.today(person):
        raise errors.invalid([Fault(field="day", message="has passed")])
    actions.require_near(form.day, today=office.today(person), field="day")

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        appointments.lock_book(session, practice_id=person.practice_id)
        known_patient.held(session, person, form.patient_id)
        why = _why_anyway(session, person, form)
        row = appointments.book(
            session,
            practice_id=person.practice_id,
            patient_id=form.patient_id,
            day=form.day,
            at_time=form.at_time,
            minutes=form.minutes,
            provider=form.provider,
            reason=form.reason,
            procedures=form.procedures,
            at=office.now(),
            by=person.user_id,
        )
        actions.audited(session, office, person, action="create", subject="appointment", subject_id=row.id, reason=why)
        return row.id, {"appointment_id": row.id}

    return actions.kept_once(office, person, "book", form.patient_id, form, effect, key=key)


def _why_anyway(session: Session, person: Person, form: AppointmentForm) -> str:
    """Why minutes are booked twice; empty: they are not. Raises Problem 422 where nobody said so on purpose."""
    slot = Slot("", form.patient_id, form.provider, form.day, form.at_time, form.minutes)
    found = appointments.clashing(session, slot, practice_id=person.practice_id)
    if not found:
        return ""
    if not form.book_anyway:
        message = f"{'; '.join(found)}. Choose another time, or book anyway and say why"
        raise errors.invalid([Fault(field="book_anyway", message=message)])
    if not form.book_anyway_reason:
        raise errors.invalid([Fault(field="book_anyway_reason", message="say why it is booked all the same")])
    return f"booked anyway: {form.book_anyway_reason} ({'; '.join(found)})"


def _end(office: Office, person: Person, appointment_id: str, end: Coming) -> Appointment:
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=person.practice_id, appointment_id=appointment_id)
        if row is None:
            raise errors.not_found("appointment")
        if end in SEEN_ON_THE_DAY and row.day > office.today(person):
            detail = f"It is on {row.day}: only then is it known who came. It may be cancelled."
            raise Problem(409, "appointment-to-come", "This appointment is still to come", detail)
        if row.state == Coming.BOOKED:
            row.state, row.ended_at = end, office.now()
            session.add(row)
            appointments.wake(session, row, at=office.now())
            actions.audited(
                session, office, person, action="update", subject="appointment", subject_id=row.id, reason=end
            )
        elif row.state != end:
            state = row.state.replace("_", " ")
            raise Problem(409, "appointment-ended", "This appointment has ended", f"Somebody said: {state}.")
        return row


def _page(
    request: Request,
    office: Office,
    person: Person,
    day: date,
    patient_id: str,
    failed: Failed,
    note: str,
    fault: str = "",
) -> Response:
    with office.database.reading() as session:
        if patient_id:
            known_patient.here(session, person, patient_id)
        rows = appointments.of_day(session, practice_id=person.practice_id, day=day)
    auth.seen(request, person, subject="appointments", subject_id=str(day))
    return show(
        request,
        "appointments.html",
        person,
        status=422 if fault else failed.status,
        fault=fault,
        day=day,
        appointments=rows,
        patient_id=patient_id,
        failed=failed,
        key=failed.key_for(FORM),
        note=note,
        may_book=person.may(Permission.INTAKE),
        is_to_come=day > office.today(person),
    )
