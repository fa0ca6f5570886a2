"""Estimates: what a patient will owe for services to come, line by line, with the reasons."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from activities import good_faith as asking
from api import actions, auth, errors, estimate_form, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Fault, Problem
from api.estimate_form import AskForm, GoodFaithForm, RequestForm
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.good_faith import Giver
from billing.money import format_dollars
from billing.roles import Permission
from database import appointments, estimates, favourites, good_faith, patients, practice
from database.access import Person
from database.estimates import EstimateView, NoPrice

of_patients = APIRouter(prefix="/api/v1/patients/{patient_id}/estimates", tags=["estimates"])
api = APIRouter(prefix="/api/v1/estimates", tags=["estimates"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
FORM, REQUEST = "estimate", "request"


@of_patients.get("")
def list_estimates(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> list[EstimateView]:
    """Every estimate of a patient, the newest first."""
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        found = estimates.of_patient(session, practice_id=person.practice_id, patient_id=patient_id)
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


@of_patients.post("", status_code=201)
def make_estimate(
    patient_id: str, form: AskForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Work out what the patient will owe, from charge master, contract and benefits as they are known now, and keep
    it. 422: a procedure has no price on the day."""
    return _make(office, person, patient_id, form, key=key).body


@of_patients.post("/requests", status_code=201)
def post_request(
    patient_id: str, form: RequestForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """The patient asks what a visit would cost: the front desk has three business days (45 CFR 149.610). `task_id` is
    null where it is asked for already."""
    return _request(office, person, patient_id, form, key=key).body


@api.get("/{estimate_id}")
def show_estimate(request: Request, estimate_id: str, office: TheOffice, person: Viewer) -> EstimateView:
    """One estimate."""
    with office.database.reading() as session:
        row = estimates.find(session, practice_id=person.practice_id, estimate_id=estimate_id)
        if row is None:
            raise errors.not_found("estimate")
        found = estimates.view(session, row)
    auth.seen(request, person, subject="estimate", subject_id=estimate_id)
    return found


@api.post("/{estimate_id}/letter", status_code=201)
def write_letter(
    estimate_id: str, form: GoodFaithForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Write the good-faith letter for who pays alone into the print queue; it is written once. 409: the patient is
    insured, or nobody is set up to bill under."""
    return _write(office, person, estimate_id, form, key=key).body


@pages.get("/patients/{patient_id}/estimates")
def show_page(
    request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "", appointment: str = ""
) -> Response:
    """A patient's estimates, and the form for another; for an appointment, with its day."""
    return estimates_page(
        request, office, person, patient_id, Failed(), note=NOTES.get(note, ""), appointment_id=appointment
    )


@pages.post("/patients/{patient_id}/estimates")
async def make_from_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Work out an estimate from the form."""
    typed = {name: text.strip() for name, text in (await typed_into(request)).items()}

    async def act() -> Done:
        try:
            form = estimate_form.read(typed)
            return await run_in_threadpool(_make, office, person, patient_id, form, key=typed["key"])
        except Problem as problem:
            problem.faults = estimate_form.at_inputs(problem.faults, typed)
            raise

    def page(failed: Failed) -> Response:
        return estimates_page(
            request, office, person, patient_id, failed, appointment_id=typed.get("appointment_id", "")
        )

    return await answer(act, FORM, typed, f"/patients/{patient_id}/estimates", page)


@pages.post("/patients/{patient_id}/estimates/requests")
async def request_from_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """The patient asks what a visit would cost."""
    typed = await typed_into(request)

    async def act() -> Done:
        return await run_in_threadpool(_request, office, person, patient_id, read(RequestForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return estimates_page(request, office, person, patient_id, failed)

    return await answer(act, REQUEST, typed, f"/patients/{patient_id}/estimates", page)


@pages.post("/patients/{patient_id}/estimates/{estimate_id}/letter")
async def write_from_page(
    request: Request, patient_id: str, estimate_id: str, office: TheOffice, person: Worker
) -> Response:
    """Write the good-faith letter, and show it."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(GoodFaithForm, typed)
        return await run_in_threadpool(_write, office, person, estimate_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return estimates_page(request, office, person, patient_id, failed)

    def home(done: Done) -> str:
        return f"/letters/{done.body['letter_id']}"

    return await answer(act, f"letter-{estimate_id}", typed, home, page)


def estimates_page(
    request: Request,
    office: Office,
    person: Person,
    patient_id: str,
    failed: Failed,
    *,
    note: str = "",
    appointment_id: str = "",
) -> Response:
    """A patient's page of estimates, with the refused form if there is one."""
    today = office.today(person)
    with office.database.reading() as session:
        row = known_patient.here(session, person, patient_id)
        found = estimates.of_patient(session, practice_id=person.practice_id, patient_id=patient_id)
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
        coming = appointments.of_patient(session, practice_id=person.practice_id, patient_id=patient_id, since=today)
        billing = favourites.billing_entities(session, practice_id=person.practice_id)
        places = practice.locations(session, practice_id=person.practice_id)
        chosen = estimates.appointment_of(session, row, appointment_id) if appointment_id else None
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    day = chosen.day if chosen else next((one.day for one in coming), today)
    return show(
        request,
        "estimates.html",
        person,
        status=failed.status,
        patient=patient,
        estimates=found,
        coming=coming,
        appointment_id=chosen.id if chosen else "",
        typed={"day": str(day), "place_of_service": "11"} | failed.typed,
        rows=range(estimate_form.ROWS),
        failed=failed,
        keys=failed.key_for,
        billing=billing,
        places=places,
        note=note,
        today=today,
        may_work=person.may(Permission.WORK),
        may_approve=person.may(Permission.APPROVE),
    )


def _make(office: Office, person: Person, patient_id: str, form: AskForm, *, key: str) -> Done:
    today = office.today(person)
    if form.day < today:
        raise errors.invalid([Fault(field="day", message="has passed: an estimate is for services to come")])
    actions.require_near(form.day, today=today, field="day")

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        patient = known_patient.held(session, person, patient_id)
        if form.appointment_id and estimates.appointment_of(session, patient, form.appointment_id) is None:
            raise errors.invalid([Fault(field="appointment_id", message="is no appointment of this patient")])
        try:
            asked = estimates.gather(
                session,
                patient,
                [one.line(form.day) for one in form.lines],
                day=form.day,
                place_of_service=form.place_of_service,
                diagnoses=form.diagnoses,
                today=today,
            )
        except NoPrice as error:
            raise _without_price(form, error) from error
        row = estimates.make(
            session, patient, asked, appointment_id=form.appointment_id, at=office.now(), by=person.user_id
        )
        words = f"for {row.day}: {format_dollars(row.low_cents)} to {format_dollars(row.high_cents)}"
        actions.audited(session, office, person, action="create", subject="estimate", subject_id=row.id, reason=words)
        return row.id, {"estimate_id": row.id, "low_cents": row.low_cents, "high_cents": row.high_cents}

    return actions.kept_once(office, person, "make_estimate", patient_id, form, effect, key=key)


def _request(office: Office, person: Person, patient_id: str, form: RequestForm, *, key: str) -> Done:
    if form.visit_on and form.visit_on < office.today(person):
        raise errors.invalid([Fault(field="visit_on", message="has passed: an estimate is for services to come")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        patient = known_patient.held(session, person, patient_id)
        task = asking.request(session, patient, day=form.visit_on, at=office.now())
        if task is not None:
            actions.audited(
                session,
                office,
                person,
                action="create",
                subject="task",
                subject_id=task.id,
                reason="estimate asked for",
            )
        return patient_id, {"task_id": task.id if task else None}

    return actions.kept_once(office, person, "request_estimate", patient_id, form, effect, key=key)


def _write(office: Office, person: Person, estimate_id: str, form: GoodFaithForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = estimates.find(session, practice_id=person.practice_id, estimate_id=estimate_id)
        if row is None:
            raise errors.not_found("estimate")
        if not row.is_self_pay:
            detail = "A good-faith letter is for who pays alone; for the insured this page is what there is to say."
            raise Problem(409, "insured", "The patient is insured for that day", detail)
        today = office.today(person)
        giver = _giver(session, person, form)
        letter, is_new = good_faith.write(session, row, giver, written_on=today, at=office.now(), by=person.user_id)
        if is_new:
            words = f"good-faith estimate {row.id}"
            actions.audited(
                session, office, person, action="create", subject="letter", subject_id=letter.id, reason=words
            )
        return row.id, {"letter_id": letter.id}

    return actions.kept_once(office, person, "write_good_faith", estimate_id, form, effect, key=key)


def _giver(session: Session, person: Person, form: GoodFaithForm) -> Giver:
    entities = favourites.billing_entities(session, practice_id=person.practice_id)
    if not entities:
        detail = "The letter needs a billing provider with address, NPI and tax id: Set-up, Practice."
        raise Problem(409, "no-billing-provider", "Nobody is set up to bill under", detail)
    billing = next(iter(entities.values())) if form.billing_npi is None else entities.get(form.billing_npi)
    if billing is None:
        raise errors.invalid([Fault(field="billing_npi", message="is nobody whom the practice bills under")])
    if form.location_id is None:
        return Giver(billing)
    places = practice.locations(session, practice_id=person.practice_id)
    place = next((one for one in places if one.id == form.location_id), None)
    if place is None:
        raise errors.invalid([Fault(field="location_id", message="is no location of the practice")])
    return Giver(billing, place.address, place.name)


def _without_price(form: AskForm, error: NoPrice) -> Problem:
    message = "has no price on that day: add it to the charge master"
    return errors.invalid(
        [
            Fault(field=f"lines.{row}.procedure", message=f"{one.procedure.upper()} {message}")
            for row, one in enumerate(form.lines)
            if one.procedure.upper() in error.procedures
        ]
    )
