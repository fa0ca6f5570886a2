"""A new visit by hand: the same encounter as a program would send, typed by a person.

Rows of lines come and go by buttons that post the form back, so that the page needs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api import actions, auth, known_patient, person_form, visit_form, visit_prefill
from api.auth import require
from api.claim_form import EncounterForm
from api.errors import Problem
from api.office import Office, TheOffice
from api.person_form import Typed
from api.routers.enrolments import is_npi_strict
from api.routers.pages import Failed, show, typed_into, words_of
from billing.amendments import SELF_PAY
from billing.claim import Claim
from billing.coordination import OtherPayer, claim_to
from billing.patients import Registration
from billing.roles import Permission
from database import coverages, encounters, favourites, held_policies, registrations, visit_questions
from database.access import Person
from database.columns import new_id
from database.duplicates import VisitAlike, visits_alike
from database.favourites import Favourites
from database.tables import Encounter, Patient

pages = APIRouter(prefix="/visits", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE)]

FORM = "visit"
SENT_BEFORE = (
    "A visit was opened from this form already",
    "Look for it under the patient. To open one more, send the form again.",
)
LONGEST_FORM = 1000
"""Inputs of the page with all its lines"""
REMOVE = "remove-line-"
ANOTHER = "is_another_visit"
"""What the button says that opens a visit although it looks like one that is there"""


@dataclass(frozen=True)
class Desk:
    """What a request for the form stands on."""

    request: Request
    office: Office
    person: Person
    base: Claim | None
    """The visit that the new one is like, billed to its first policy"""
    policies: Sequence[OtherPayer]
    """What pays for the new one, the first to pay first"""
    patient: Registration | None
    """Whose visit it is, as the office knows them today"""
    patient_id: str | None
    offered: Favourites


@pages.get("/new")
def start_visit(request: Request, office: TheOffice, person: Clerk, patient: str = "", copy: str = "") -> Response:
    """An empty form, or one filled in from the patient's last visit, or from a visit that is copied."""
    desk = _desk(request, office, person, patient, copy)
    if not patient and not copy:
        return _page(desk, visit_form.blank(today=office.today(person)) | _first_billing(desk), "patient.last_name")
    if patient:
        auth.seen(request, person, subject="patient", subject_id=patient)
    if copy:
        auth.seen(request, person, subject="encounter", subject_id=copy)
    return _page(desk, *_filled_in(desk, with_codes=bool(copy)))


def _filled_in(desk: Desk, *, with_codes: bool) -> tuple[Typed, str]:
    """(what is known already, the first input where something is missing)."""
    today = desk.office.today(desk.person)
    assert desk.patient is not None, "the form was asked for a patient or a visit"
    if desk.base is None:
        known = person_form.texts_of("patient", desk.patient.person)
        insured = visit_prefill.of_policies(desk.policies, desk.offered)
        is_insured = bool(desk.policies)
        return (
            visit_form.blank(today=today) | _first_billing(desk) | known | insured,
            "diagnoses.0" if is_insured else "payer",
        )
    typed = visit_prefill.of_claim(
        desk.base, desk.policies, desk.patient.person, desk.offered, today=today, with_codes=with_codes
    )
    return typed, "lines.0.service_date" if with_codes else "diagnoses.0"


def _first_billing(desk: Desk) -> Typed:
    return {"billing": next(iter(desk.offered.billing), "")}


@pages.post("/new")
async def open_visit(request: Request, office: TheOffice, person: Clerk, patient: str = "", copy: str = "") -> Response:
    """Open the encounter; or give the form back with one line more or less."""
    typed = await typed_into(request, max_fields=LONGEST_FORM)
    return await run_in_threadpool(_answer, request, office, person, patient, copy, typed)


def _answer(request: Request, office: Office, person: Person, patient: str, copy: str, typed: Typed) -> Response:
    do = typed.pop("do", "open")
    is_told_apart = bool(typed.pop(ANOTHER, ""))
    try:
        desk = _desk(request, office, person, patient, copy)
    except Problem as problem:
        problem.written = Failed(FORM, typed=typed).written
        raise
    if do.startswith(REMOVE):
        typed = visit_form.tidy(typed, without=do.removeprefix(REMOVE))
        return _page(desk, _at_least_one_row(typed, office.today(person)), "lines.0.procedure")
    typed = visit_form.tidy(typed)
    if do == "add-line":
        typed = visit_form.with_row(typed, today=office.today(person))
        return _page(desk, typed, f"lines.{visit_form.rows(typed) - 1}.procedure")
    try:
        number = typed["key"].upper()[:12]
        form = visit_form.read(
            typed,
            desk.offered,
            desk.base,
            today=office.today(person),
            number=number,
            is_npi_strict=is_npi_strict(office, person),
            is_registered=bool(patient),
        )
        form = form.model_copy(update={"patient_id": patient or None})
        alike = [] if is_told_apart else _alike(desk, form)
        if alike:
            return _page(desk, typed, "", alike=alike)
        done = actions.open_encounter(office, person, form, key=typed["key"])
    except Problem as problem:
        return _refused(desk, _at_least_one_row(typed, office.today(person)), problem)
    return RedirectResponse(f"/encounters/{done.body['encounter_id']}?note=opened", 303)


def _alike(desk: Desk, form: EncounterForm) -> list[VisitAlike]:
    """Visits that this one likely repeats: a person looks before one is billed twice."""
    with desk.office.database.reading() as session:
        found = visits_alike(session, form.claim(), practice_id=desk.person.practice_id, patient_id=form.patient_id)
    for one in found:
        auth.seen(desk.request, desk.person, subject="encounter", subject_id=one.id)
    return found


def _refused(desk: Desk, typed: Typed, problem: Problem) -> Response:
    title, detail = words_of(problem, SENT_BEFORE)
    names = visit_form.in_order(typed)
    faults = {one.field if one.field in names else "body": one.message for one in problem.faults}
    failed = Failed(form=FORM, title=title, detail=detail, faults=faults, typed=typed, status=problem.status)
    first = next((name for name in names if name in faults), "")
    return _page(desk, typed | {"key": new_id()}, first, failed=failed)


def _at_least_one_row(typed: Typed, today: date) -> Typed:
    return typed if "lines.0.procedure" in typed else visit_form.with_row(typed, today=today)


def _desk(request: Request, office: Office, person: Person, patient: str, copy: str) -> Desk:
    """What the form offers and builds upon. Raises Problem 403 and 404."""
    auth.require_also(person, Permission.VIEW)
    base: Claim | None = None
    policies: Sequence[OtherPayer] = ()
    known: Registration | None = None
    patient_id: str | None = None
    with office.database.reading() as session:
        visit = None
        if patient:
            visit = encounters.newest(session, practice_id=person.practice_id, patient_id=patient)
        if copy:
            visit = encounters.find(session, practice_id=person.practice_id, encounter_id=copy)
        if visit is not None:
            base = encounters.claim_of(visit)
            policies = coverages.in_order(session, visit, base)
            base = claim_to(base, policies[0])
        if patient or copy:
            row = known_patient.here(session, person, visit.patient_id if visit else patient)
            known, patient_id = registrations.of_row(row), row.id
            if patient:
                policies = _insured(session, row, visit, today=office.today(person))
        offered = favourites.favourites(session, practice_id=person.practice_id, today=office.today(person), also=base)
    return Desk(request, office, person, base, policies, known, patient_id, offered)


def _insured(session: Session, row: Patient, visit: Encounter | None, *, today: date) -> Sequence[OtherPayer]:
    """What pays for a patient's visit today; the patient alone where they wish it, or did the last time."""
    found = held_policies.insured_on(session, row, today)
    is_alone = row.wish is not None or (visit is not None and visit.is_self_pay and not found)
    return [OtherPayer(SELF_PAY, registrations.of_row(row).person)] if is_alone else found


def _questions(desk: Desk, typed: Typed) -> dict[str, list[str]]:
    """By input: what is not known about the coverage on the day that was typed. It holds up no visit."""
    if desk.patient_id is None or typed.get("self_pay"):
        return {}
    today = desk.office.today(desk.person)
    day = next(iter(person_form.days([typed.get("lines.0.service_date", "")])), today)
    found: dict[str, list[str]] = {}
    with desk.office.database.reading() as session:
        row = known_patient.here(session, desk.person, desk.patient_id)
        for one in visit_questions.open_questions(session, row, day, today=today):
            found.setdefault(one.field, []).append(one.words)
    return found


def _page(
    desk: Desk, typed: Typed, focus: str, *, failed: Failed | None = None, alike: Sequence[VisitAlike] = ()
) -> Response:
    return show(
        desk.request,
        "visit.html",
        desk.person,
        status=failed.status if failed else 409 if alike else 200,
        alike=alike,
        questions=_questions(desk, typed),
        patient_id=desk.patient_id,
        typed=typed,
        key=typed.get("key") or new_id(),
        failed=failed or Failed(),
        focus=focus,
        rows=visit_form.rows(typed),
        lines_allowed=visit_form.LINES,
        offered=desk.offered,
        sexes=person_form.SEXES,
        partners={name: name for name in desk.offered.partners},
        relationships=visit_form.RELATIONSHIPS,
        filing_indicators=visit_form.FILING_INDICATORS,
        insurance_types=visit_form.INSURANCE_TYPES,
        query=desk.request.url.query,
        is_unsaved=desk.request.method == "POST",
    )
