"""What is kept of a patient's coverage, once: the same functions behind the REST routes and the workbench's forms."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from activities import coming_of_age
from api import actions, errors, idempotency, known_patient
from api.actions import Done
from api.coverage_form import ConsentForm, GuarantorForm, InsuranceForm, MedicareForm
from api.errors import Fault, Problem
from api.office import Office
from api.registering import CHANGED, correct_papers
from database import appointments, consents, guarantors, held_policies, merges, registrations
from database.access import Person
from database.registrations import PatientChanged
from database.tables import Patient

Effect = Callable[[Session, Patient, datetime], str]
"""What is done to the locked patient: what the audit trail says of it; empty: nothing was new"""


def keep_insurance(office: Office, person: Person, patient_id: str, form: InsuranceForm, *, key: str) -> Done:
    """A patient's policies from now on. Raises Problem 404, and 409 when somebody changed the patient meanwhile."""

    def act(session: Session, row: Patient, at: datetime) -> str:
        held = form.held(registrations.of_row(row).person)
        is_new = held_policies.keep(session, row, held, at=at, by=person.user_id)
        said = {"order_reason": form.order_reason, "wish": form.wish, "wish_reason": form.wish_reason}
        if any(getattr(row, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(row, name, value)
            row.version += 0 if is_new else 1
            is_new = True
            session.add(row)
            appointments.wake_all(session, row, at=at)
        words = f"coverage: {len(held)} policies"
        words += f", {form.wish.replace('_', ' ')}: {form.wish_reason}" if form.wish else ""
        words += f", order by hand: {form.order_reason}" if form.order_reason else ""
        return words if is_new else ""

    return _once(office, person, "keep_insurance", patient_id, form, act, key=key, version=form.version)


def keep_medicare_answers(office: Office, person: Person, patient_id: str, form: MedicareForm, *, key: str) -> Done:
    """The Medicare questions were answered. Raises Problem 422 for a day to come or an answer that is missing."""
    _require_past(office, person, "answered_on", form.answered_on)
    answers = form.answers()

    def act(session: Session, row: Patient, at: datetime) -> str:
        held_policies.keep_answers(session, row, answers, on=form.answered_on, at=at, by=person.user_id)
        return f"Medicare questions answered on {form.answered_on}"

    return _once(office, person, "keep_medicare_answers", patient_id, form, act, key=key)


def keep_guarantor(office: Office, person: Person, patient_id: str, form: GuarantorForm | None, *, key: str) -> Done:
    """Who answers for the patient's balance from now on; None: the patient."""
    if form is not None and form.birth_date is not None:
        _require_past(office, person, "birth_date", form.birth_date)

    def act(session: Session, row: Patient, at: datetime) -> str:
        coming_of_age.said(session, row, at=at, by=person.user_id)
        if not consents.keep_guarantor(session, row, form.guarantor() if form else None):
            return ""
        guarantors.regroup(session, row, at=at)
        correct_papers(session, row, at=at)
        return f"guarantor: {form.relationship}" if form else "guarantor: the patient"

    return _once(office, person, "keep_guarantor", patient_id, form, act, key=key, with_visits=True)


def keep_consent(office: Office, person: Person, patient_id: str, form: ConsentForm, *, key: str) -> Done:
    """A paper was signed, or refused, or taken back."""
    _require_past(office, person, "signed_on", form.signed_on)

    def act(session: Session, row: Patient, at: datetime) -> str:
        consents.keep(session, row, form.consent(), at=at, by=person.user_id)
        given = "given" if form.is_given else "not given"
        return f"{form.kind.replace('_', ' ')} {given} on {form.signed_on}"

    return _once(office, person, "keep_consent", patient_id, form, act, key=key)


def _once(
    office: Office,
    person: Person,
    name: str,
    patient_id: str,
    form: BaseModel | None,
    act: Effect,
    *,
    key: str,
    version: int | None = None,
    with_visits: bool = False,
) -> Done:
    """`with_visits`: they are locked as well, before their patient."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if with_visits:
            merges.hold_visits(session, patient_id)
        row = _locked(session, person, patient_id, version)
        words = act(session, row, office.now())
        if words:
            actions.audited(
                session, office, person, action="update", subject="patient", subject_id=row.id, reason=words
            )
        return row.id, {"patient_id": row.id, "version": row.version}

    body = form.model_dump(mode="json") if form else None
    sha256 = idempotency.fingerprint(name, patient_id, body)
    return Done(idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=effect))


def _locked(session: Session, person: Person, patient_id: str, version: int | None) -> Patient:
    try:
        return known_patient.held(session, person, patient_id, version=version)
    except PatientChanged as error:
        detail = "What you typed stands in the form, what is known now above it. Save again to put yours in its place."
        raise Problem(409, CHANGED, "Somebody changed this patient meanwhile", detail) from error


def _require_past(office: Office, person: Person, name: str, day: Any) -> None:
    if day > office.today(person):
        raise errors.invalid([Fault(field=name, message="lies in the future")])
