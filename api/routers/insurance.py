"""How a patient is insured: policies and their order, Medicare's questions, the guarantor, consents."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import auth, coverage_form, errors, holding, known_patient, person_form, visit_form
from api.actions import Done
from api.auth import Viewer, require
from api.coverage_form import ConsentForm, GuarantorForm, InsuranceForm, MedicareForm
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.person_form import PERSON, Typed
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.consents import ConsentKind, GuarantorIs, Wish
from billing.held_policies import Basis, Custody
from billing.msp import Accident, EmployerSize, Entitlement
from billing.roles import Permission
from database import favourites, patients
from database import office as office_rows
from database.access import Person
from database.insurance_views import InsuranceView, insurance

api = APIRouter(prefix="/api/v1/patients", tags=["patients"])
pages = APIRouter(prefix="/patients", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE)]
GUARANTOR = "guarantor"
GUARANTOR_FIELDS = tuple(f"guarantor.{name}" for name in (*PERSON, "relationship", "telephone"))
FLAGS = ("has_employer_plan", "has_black_lung", "is_veterans", "is_federal_grant")
"""Boxes of Medicare's questions: a browser leaves out what is not ticked"""
LONGEST_FORM = 1000
"""Inputs of the page with all its policies"""

BASES = {
    Basis.ACTIVE_EMPLOYMENT: "an employer the subscriber works for",
    Basis.FORMER_EMPLOYMENT: "a former employer (retired)",
    Basis.CONTINUATION: "COBRA",
    Basis.INDIVIDUAL: "bought by the person",
    Basis.MEDICARE: "Medicare",
    Basis.MEDICAID: "Medicaid",
    Basis.TRICARE: "TRICARE",
    Basis.ACCIDENT: "an accident's insurance",
}
CUSTODIES = {
    Custody.ORDERED: "parent whom a court made answer for it",
    Custody.WITH_THE_CHILD: "parent whom the child lives with",
    Custody.SPOUSE_OF_THAT: "that parent's spouse",
    Custody.APART: "the other parent",
    Custody.SPOUSE_OF_APART: "the other parent's spouse",
}
ACCIDENTS = {
    Accident.NONE: "no accident",
    Accident.WORK: "an injury or illness from work",
    Accident.AUTOMOBILE: "a car accident",
    Accident.OTHER: "another accident for which somebody is liable",
}
ENTITLEMENTS = {
    Entitlement.AGE: "age 65 or over",
    Entitlement.DISABILITY: "a disability",
    Entitlement.RENAL: "end-stage renal disease",
}
SIZES = {
    EmployerSize.UNDER_20: "fewer than 20 employees",
    EmployerSize.UNDER_100: "20 to 99 employees",
    EmployerSize.FROM_100: "100 employees or more",
}
WISHES = {
    Wish.NO_INSURANCE: "the patient alone: there is no insurance",
    Wish.DO_NOT_BILL: "the patient alone: no health plan may be told",
}
LISTS = {
    "bases": BASES,
    "custodies": CUSTODIES,
    "accidents": ACCIDENTS,
    "entitlements": ENTITLEMENTS,
    "sizes": SIZES,
    "wishes": WISHES,
    "guarantors": {one: one.value for one in GuarantorIs},
    "kinds": {one: one.replace("_", " ") for one in ConsentKind},
    "sexes": person_form.SEXES,
    "relationships": visit_form.RELATIONSHIPS,
    "filing_indicators": visit_form.FILING_INDICATORS,
    "insurance_types": visit_form.INSURANCE_TYPES,
}


@api.get("/{patient_id}/insurance")
def show_insurance(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> InsuranceView:
    """A patient's policies, the order in which they pay today and why, Medicare's questions, guarantor, consents."""
    return _find(request, office, person, patient_id)


@api.put("/{patient_id}/insurance")
def put_insurance(
    patient_id: str, form: InsuranceForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """Every policy from now on, ended ones too. 409: the patient was changed meanwhile."""
    return holding.keep_insurance(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/medicare-answers")
def post_medicare_answers(
    patient_id: str, form: MedicareForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """The Medicare secondary payer questions were answered."""
    return holding.keep_medicare_answers(office, person, patient_id, form, key=key).body


@api.put("/{patient_id}/guarantor")
def put_guarantor(
    patient_id: str, form: GuarantorForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """Who answers for the patient's balance."""
    return holding.keep_guarantor(office, person, patient_id, form, key=key).body


@api.delete("/{patient_id}/guarantor")
def delete_guarantor(patient_id: str, key: IdempotencyKey, office: TheOffice, person: Clerk) -> dict[str, Any]:
    """The patient answers for the balance."""
    return holding.keep_guarantor(office, person, patient_id, None, key=key).body


@api.post("/{patient_id}/consents")
def post_consent(
    patient_id: str, form: ConsentForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """A paper was signed, refused, or taken back."""
    return holding.keep_consent(office, person, patient_id, form, key=key).body


@pages.get("/{patient_id}/insurance")
def show_page(request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The page with its four forms."""
    return _page(request, office, person, patient_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{patient_id}/insurance")
async def keep_insurance(request: Request, patient_id: str, office: TheOffice, person: Clerk) -> Response:
    """Keep the policies."""

    def act(typed: Typed) -> Done:
        with office.database.reading() as session:
            payers = favourites.known_payers(session, practice_id=person.practice_id)
        form = coverage_form.read_policies(typed, payers, today=office.today(person))
        return holding.keep_insurance(office, person, patient_id, form, key=typed["key"])

    return await _answer(request, office, person, patient_id, "insurance", act)


@pages.post("/{patient_id}/insurance/medicare")
async def keep_medicare(request: Request, patient_id: str, office: TheOffice, person: Clerk) -> Response:
    """Keep the answers to Medicare's questions."""

    def act(typed: Typed) -> Done:
        form = read(MedicareForm, typed)
        return holding.keep_medicare_answers(office, person, patient_id, form, key=typed["key"])

    return await _answer(request, office, person, patient_id, "medicare", act)


@pages.post("/{patient_id}/insurance/guarantor")
async def keep_guarantor(request: Request, patient_id: str, office: TheOffice, person: Clerk) -> Response:
    """Keep the guarantor; `remove` lets the patient answer again."""

    def act(typed: Typed) -> Done:
        if typed.get("do") == "remove":
            return holding.keep_guarantor(office, person, patient_id, None, key=typed["key"])
        try:
            form = read(GuarantorForm, person_form.under(typed, GUARANTOR, GUARANTOR_FIELDS))
            return holding.keep_guarantor(office, person, patient_id, form, key=typed["key"])
        except Problem as problem:
            raise _at_the_guarantor(problem) from problem

    return await _answer(request, office, person, patient_id, GUARANTOR, act)


@pages.post("/{patient_id}/insurance/consent")
async def keep_consent(request: Request, patient_id: str, office: TheOffice, person: Clerk) -> Response:
    """Keep a consent."""

    def act(typed: Typed) -> Done:
        return holding.keep_consent(office, person, patient_id, read(ConsentForm, typed), key=typed["key"])

    return await _answer(request, office, person, patient_id, "consent", act)


def _at_the_guarantor(problem: Problem) -> Problem:
    """The same refusal with its faults at the inputs of the page."""
    if not problem.faults:
        return problem
    return errors.invalid([Fault(field=f"{GUARANTOR}.{one.field}", message=one.message) for one in problem.faults])


async def _answer(
    request: Request, office: Office, person: Person, patient_id: str, form: str, act: Callable[[Typed], Done]
) -> Response:
    typed = {name: text.strip() for name, text in (await typed_into(request, max_fields=LONGEST_FORM)).items()}

    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, failed)

    home = f"/patients/{patient_id}/insurance"
    return await answer(lambda: run_in_threadpool(act, typed), form, typed, home, page)


def _find(request: Request, office: Office, person: Person, patient_id: str) -> InsuranceView:
    with office.database.reading() as session:
        row = known_patient.here(session, person, patient_id)
        found = insurance(session, row, today=office.today(person))
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


def _page(
    request: Request, office: Office, person: Person, patient_id: str, failed: Failed, note: str = ""
) -> Response:
    found = _find(request, office, person, patient_id)
    with office.database.reading() as session:
        payers = favourites.known_payers(session, practice_id=person.practice_id)
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
        rules = office_rows.policies_for(session, practice_id=person.practice_id, payer_id=None)
    hours_before = rules.value("verification_lead_hours", as_of=office.today(person))
    typed = _typed(found, payers, today=str(office.today(person)))
    if failed.form == "medicare":
        typed = {name: text for name, text in typed.items() if name not in FLAGS}
    typed |= failed.typed | {"version": failed.version(found.version)}
    return show(
        request,
        "insurance.html",
        person,
        status=failed.status,
        failed=failed,
        found=found,
        patient=patient,
        hours_before=hours_before,
        typed=typed,
        rows=coverage_form.rows(typed),
        payers=payers,
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.INTAKE),
        **LISTS,
    )


def _typed(found: InsuranceView, payers: list[favourites.KnownPayer], *, today: str) -> Typed:
    """What the forms say before anybody types."""
    typed = coverage_form.texts_of(list(found.held), payers) | {
        "version": str(found.version),
        "order_reason": found.order_reason,
        "wish": found.wish or "",
        "wish_reason": found.wish_reason,
        "answered_on": today,
        "signed_on": today,
        "signed_by": "the patient",
    }
    if found.answers is not None:
        said = found.answers
        typed |= {"entitlement": said.entitlement, "accident": said.accident, "employer_size": said.employer_size or ""}
        typed |= {"renal_since": str(said.renal_since or "")}
        typed |= {name: "true" for name in FLAGS if getattr(said, name)}
    if found.guarantor is not None:
        typed |= person_form.texts_of(GUARANTOR, found.guarantor.person)
        typed |= {"guarantor.relationship": found.guarantor.relationship}
        typed |= {"guarantor.telephone": found.guarantor.telephone or ""}
    return typed
