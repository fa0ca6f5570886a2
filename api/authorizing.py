"""Authorizations and the payers' rules about them, kept once: behind the REST routes and the workbench's forms."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from sqlmodel import Session

from api import actions, errors, known_patient
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault, Problem
from api.office import Office
from api.practice_form import EMPTY
from billing.authorizations import AuthorizationRule, AuthorizationState
from billing.characters import unsendable
from billing.coding import procedure_is_well_formed
from billing.identifiers import npi_is_valid
from billing.units import parse_units
from database import appointments, authorizations, favourites, held_policies
from database.access import Person
from database.authorizations import AuthorizationChanged, AuthorizationView, RuleView, Said

CHANGED = "changed-meanwhile"
Day = Annotated[date | None, EMPTY]


def procedure_code(text: str) -> str:
    """In capitals. Raises ValueError."""
    if not procedure_is_well_formed(text.upper()):
        raise ValueError("write a procedure code: five letters and digits")
    return text.upper()


def procedure_codes(text: str) -> str:
    """Apart by one space, each once. Raises ValueError."""
    return " ".join(dict.fromkeys(procedure_code(one) for one in text.replace(",", " ").split()))


def _sendable(text: str) -> str:
    if lost := unsendable(text):
        raise ValueError(f"{' '.join(lost)} cannot be sent to a payer")
    return text


def _npi(text: str | None) -> str | None:
    if text is not None and not npi_is_valid(text):
        raise ValueError("is no NPI: ten digits, the last one a check digit")
    return text


Units = Annotated[
    Decimal,
    BeforeValidator(lambda typed: parse_units(typed) if isinstance(typed, str) else typed),
    Field(gt=0, max_digits=10, decimal_places=3),
]


class RuleForm(Part):
    """What a payer wants authorized."""

    payer_number: Annotated[str, Field(max_length=80)] = ""
    """NM109; empty: every payer"""
    first: Annotated[str, AfterValidator(procedure_code)]
    last: Annotated[str, AfterValidator(lambda text: procedure_code(text) if text else text)] = ""
    """Empty: this one code"""
    begins: date
    ends: Day = None
    note: Annotated[str, Field(max_length=300)] = ""
    """Where the payer says so"""

    @model_validator(mode="after")
    def _in_order(self) -> "RuleForm":
        if self.last and (len(self.last) != len(self.first) or self.last.upper() < self.first):
            raise ValueError("the last code is shorter or comes before the first")
        if self.ends and self.ends < self.begins:
            raise ValueError("the last day lies before the first")
        return self

    def rule(self) -> AuthorizationRule:
        last = self.last.upper() or self.first
        return AuthorizationRule(self.payer_number, self.first, last, self.begins, self.ends)


class EndForm(Part):
    """When a rule ends."""

    ends: date


class AuthorizationForm(Part):
    """What a payer said about one authorization."""

    payer_number: Annotated[str, Field(min_length=1, max_length=80)]
    state: AuthorizationState = AuthorizationState.APPROVED
    number: Annotated[str, AfterValidator(_sendable), Field(max_length=50)] = ""
    valid_from: Day = None
    valid_to: Day = None
    procedures: Annotated[str, AfterValidator(procedure_codes), Field(max_length=200)] = ""
    """Apart by spaces; empty: the payer named none"""
    units: Annotated[Units | None, EMPTY] = None
    provider_npi: Annotated[str | None, EMPTY, AfterValidator(_npi)] = None
    note: Annotated[str, Field(max_length=300)] = ""
    version: int | None = None
    """Of the one that is changed"""

    @model_validator(mode="after")
    def _is_whole(self) -> "AuthorizationForm":
        if self.state == AuthorizationState.APPROVED and not (self.number and self.valid_from and self.valid_to):
            raise ValueError("an approved authorization has a number, a first and a last day")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("the last day lies before the first")
        return self

    def said(self) -> Said:
        return Said(
            payer_number=self.payer_number,
            state=self.state,
            number=self.number.replace(" ", ""),
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            procedures=tuple(self.procedures.split()),
            units=self.units,
            provider_npi=self.provider_npi,
            note=self.note,
        )


def _rules(session: Session, person: Person) -> list[RuleView]:
    return authorizations.rules_of(session, practice_id=person.practice_id)


def _require_known(session: Session, person: Person, number: str, *, held: Sequence[str | None] = ()) -> None:
    """A payer nobody knows matches no claim. Raises Problem 422. `held`: payers that the patient has a policy of."""
    known = {one.number for one in favourites.known_payers(session, practice_id=person.practice_id)}
    if number not in known.union(held):
        message = f"no payer here has the number {number}: take one of the practice's, or one the patient is insured by"
        raise errors.invalid([Fault(field="payer_number", message=message)])


def _require_new(said: Said, others: Iterable[AuthorizationView]) -> None:
    """One number of one payer is one authorization of a patient. Raises Problem 422."""
    for one in others:
        is_same = one.said.payer_number == said.payer_number and one.said.number.upper() == said.number.upper()
        if said.number and is_same:
            message = f"{said.number} of this payer is kept already ({one.said.state}): change that one"
            raise errors.invalid([Fault(field="number", message=message)])


def add_rule(office: Office, person: Person, form: RuleForm, *, key: str) -> Done:
    """Keep a rule."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if form.payer_number:
            _require_known(session, person, form.payer_number)
        if form.rule() in [one.rule for one in _rules(session, person)]:
            raise errors.invalid([Fault(field="first", message="this rule is there already")])
        rule_id = authorizations.add_rule(session, form.rule(), form.note, practice_id=person.practice_id)
        words = f"authorization wanted: {form.first} to {form.rule().last}, {form.payer_number or 'every payer'}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return rule_id, {"rule_id": rule_id}

    return actions.kept_once(office, person, "add_authorization_rule", person.practice_id, form, effect, key=key)


def end_rule(office: Office, person: Person, rule_id: str, form: EndForm, *, key: str) -> Done:
    """Give a rule its last day. Raises Problem 404."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        found = next((one for one in _rules(session, person) if one.id == rule_id), None)
        if found is not None and form.ends < found.rule.begins:
            raise errors.invalid([Fault(field="ends", message=f"lies before its first day, {found.rule.begins}")])
        row = authorizations.end_rule(session, practice_id=person.practice_id, rule_id=rule_id, ends=form.ends)
        if row is None:
            raise errors.not_found("rule")
        words = f"authorization wanted until {form.ends}: {row.first} to {row.last}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return rule_id, {"rule_id": rule_id}

    return actions.kept_once(office, person, "end_authorization_rule", rule_id, form, effect, key=key)


def keep(
    office: Office, person: Person, patient_id: str, authorization_id: str | None, form: AuthorizationForm, *, key: str
) -> Done:
    """One authorization, new or as it is known now. Raises Problem 404, and 409 when somebody changed it meanwhile."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        at = office.now()
        patient = known_patient.held(session, person, patient_id)
        said = form.said()
        known = authorizations.of_patient(session, patient.id, today=office.today(person))
        before = next((one.said.payer_number for one in known if one.id == authorization_id), None)
        if before != said.payer_number:
            held = held_policies.of_patient(session, patient.id)
            _require_known(session, person, said.payer_number, held=[one.policy.coverage.payer.id for one in held])
        _require_new(said, [one for one in known if one.id != authorization_id])
        if authorization_id is None:
            row = authorizations.keep(session, patient, said, at=at, by=person.user_id)
        else:
            found = _changed(session, patient, authorization_id, form, at=at, by=person.user_id)
            if found is None:
                raise errors.not_found("authorization")
            row = found
        appointments.wake_all(session, patient, at=at)
        actions.updated(
            session, office, person, "patient", patient.id, f"authorization {row.state} {row.number}".strip()
        )
        return row.id, {"authorization_id": row.id, "version": row.version}

    return actions.kept_once(
        office, person, "keep_authorization", authorization_id or patient_id, form, effect, key=key
    )


def _changed(session: Session, patient: Any, authorization_id: str, form: AuthorizationForm, **said: Any) -> Any:
    try:
        return authorizations.change(
            session, patient, authorization_id, form.said(), version=actions.version_shown(form.version), **said
        )
    except AuthorizationChanged as error:
        detail = "Look at what is known now, and save again."
        raise Problem(409, CHANGED, "Somebody changed this authorization meanwhile", detail) from error
