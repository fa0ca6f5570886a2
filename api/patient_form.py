"""A patient as a person or a program tells of them, and the way from the page's inputs to the same form."""

import re
from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, ValidationError

from api import errors, person_form
from api.claim_form import PersonForm
from api.errors import Fault
from api.person_form import PERSON, Typed
from api.practice_form import EMPTY, Telephone
from billing.claim import Address
from billing.patients import Registration
from billing.statement_words import Language

WHO = "patient"
"""What the page's inputs of the person stand below: `patient.last_name`"""
REACHED = ("telephone", "email", "language")
FIELDS = (*(f"{WHO}.{name}" for name in PERSON), *REACHED)
"""Every input in the order of the page"""
WAS = "was."
"""Before the name of an input: what stood in it when the page was shown"""
LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")


def _email(typed: str) -> str:
    if not _EMAIL.fullmatch(typed) or ".." in typed:
        raise ValueError("must be one e-mail address, such as jane.doe@example.com")
    return typed


Email = Annotated[str, Field(max_length=LONGEST_EMAIL), AfterValidator(_email)]


class PatientForm(PersonForm):
    """Who a patient is and how they are reached; what is left out is not known."""

    telephone: Annotated[Telephone | None, EMPTY] = None
    """Ten digits, written as people do"""
    email: Annotated[Email | None, EMPTY] = None
    language: Annotated[Language | None, EMPTY] = None
    """What their papers are written in; left out: English"""

    def told(self) -> Registration:
        person = self.person()
        return Registration(
            last_name=person.name.last,
            first_name=person.name.first or None,
            middle_name=person.name.middle or None,
            suffix=person.name.suffix or None,
            birth_date=person.birth_date,
            sex=person.sex,
            address=person.address,
            telephone=self.telephone,
            email=self.email,
            language=self.language,
        )


class NewPatientForm(PatientForm):
    """A patient who has no visit yet."""

    is_another_person: bool = False
    """There are patients with this last name and birth date, and this is none of them"""


class ChangedPatientForm(PatientForm):
    """A patient as they are from now on."""

    version: int
    """Of the patient as they were shown: somebody else may have changed them since"""


Form = TypeVar("Form", NewPatientForm, ChangedPatientForm)


def read(model: type[Form], typed: Typed, *, today: date) -> Form:
    """The page's inputs as the REST route's own model. Raises Problem 422 with every fault at the name of its input."""
    faults = {}
    if person_form.is_after(typed.get(f"{WHO}.birth_date", ""), today):
        faults[f"{WHO}.birth_date"] = person_form.FUTURE
    body = person_form.under(typed, WHO, FIELDS) | {name: typed[name] for name in model.model_fields if name in typed}
    try:
        form = model.model_validate(body)
    except ValidationError as error:
        for fault in errors.validation_faults(error.errors()):
            name = fault.field if fault.field in REACHED else f"{WHO}.{fault.field}"
            faults.setdefault(name, person_form.in_words(fault, name))
        form = None
    if faults or form is None:
        raise errors.invalid([Fault(field=name, message=message) for name, message in faults.items()])
    return form


def texts_of(known: Registration, *, version: int) -> Typed:
    """A patient as the page's inputs, and as what stood in them before anybody typed."""
    reached = {"telephone": known.telephone or "", "email": known.email or "", "language": known.language or ""}
    shown = person_form.texts_of(WHO, known.person) | reached
    return shown | {WAS + name: text for name, text in shown.items()} | {"version": str(version)}


def caught_up(typed: Typed, now: Typed) -> Typed:
    """A form that somebody has overtaken: what its person typed stays, every other input says what is known now."""
    return typed | dict.fromkeys(FIELDS, "") | now | put_in(typed)


def put_in(typed: Typed) -> Typed:
    """What its person typed into a form, by input: what stood there before is left out."""
    return {name: typed.get(name, "") for name in FIELDS if typed.get(name, "") != typed.get(WAS + name, "")}


def overtaken(typed: Typed, now: Typed) -> dict[str, str]:
    """What is known now where a form that caught up says otherwise: text by input."""
    return {name: now.get(name, "") for name in FIELDS if now.get(name, "") != typed.get(name, "")}


def require_born(form: PatientForm, *, today: date) -> None:
    """Raise Problem 422 for a birth date that has yet to come."""
    if form.birth_date is not None and form.birth_date > today:
        raise errors.invalid([Fault(field="birth_date", message=person_form.FUTURE)])


def with_what_a_form_cannot_say(told: Registration, known: Registration) -> Address | None:
    """The address of `told`, and where its lines are those that were known, its country too."""
    one, other = told.address, known.address
    if one is None or other is None:
        return one
    is_same = person_form.address_texts(one) == person_form.address_texts(other)
    return other if is_same else one
