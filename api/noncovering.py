"""Notices of non-coverage and the rules about them, kept once: behind the REST routes and the workbench's forms."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from sqlmodel import Session

from api import actions, errors, known_patient
from api.actions import Done
from api.authorizing import EndForm, procedure_code, procedure_codes
from api.claim_form import Amount, Part
from api.edit_form import Diagnoses, ranges_of
from api.errors import Fault, Problem
from api.office import Office
from api.practice_form import EMPTY
from billing.money import Cents
from billing.noncoverage import Choice, NoticeRule
from database import appointments, noncoverage
from database.access import Person
from database.noncoverage import NoticeChanged, Told
from database.tables import NoticeRow, Patient

Reason = Annotated[str, Field(min_length=5, max_length=300)]
Effect = tuple[str, dict[str, Any]]


class NoticeRuleForm(Part):
    """Procedures that Original Medicare is expected to refuse."""

    first: Annotated[str, AfterValidator(procedure_code)]
    last: Annotated[str, AfterValidator(lambda text: procedure_code(text) if text else text)] = ""
    """Empty: this one code"""
    reason: Reason
    """Why Medicare may not pay, in words for the patient (box E)"""
    covered: Diagnoses = ""
    """Diagnoses for which Medicare pays: `E11 Z12.31`; empty: it never does"""
    begins: date
    ends: Annotated[date | None, EMPTY] = None
    """The last day"""

    @model_validator(mode="after")
    def _in_order(self) -> "NoticeRuleForm":
        if self.last and (len(self.last) != len(self.first) or self.last < self.first):
            raise ValueError("the last code is shorter or comes before the first")
        if self.ends and self.ends < self.begins:
            raise ValueError("the last day lies before the first")
        return self

    def rule(self) -> NoticeRule:
        last = self.last or self.first
        return NoticeRule(self.first, last, self.reason, self.begins, self.ends, ranges_of(self.covered))


class NoticeForm(Part):
    """A notice, before or after the patient chose."""

    procedures: Annotated[str, AfterValidator(procedure_codes), Field(min_length=1, max_length=200)]
    """Apart by spaces"""
    reason: Reason
    """Box E"""
    cost: Amount
    """Box F"""
    choice: Annotated[Choice | None, EMPTY] = None
    """Nothing: the patient has not chosen yet"""
    signed_on: Annotated[date | None, EMPTY] = None
    """Of the refusal, where nobody signed"""
    note: Annotated[str, Field(max_length=300)] = ""
    version: Annotated[int | None, EMPTY] = None
    """Of the one that is changed"""

    @model_validator(mode="after")
    def _is_whole(self) -> "NoticeForm":
        if (self.choice is None) != (self.signed_on is None):
            raise ValueError("what was chosen and the day on which it was signed come together")
        return self

    def told(self) -> Told:
        procedures = tuple(self.procedures.split())
        return Told(procedures, self.reason, Cents(self.cost), self.choice, self.signed_on, self.note)


def add_rule(office: Office, person: Person, form: NoticeRuleForm, *, key: str) -> Done:
    """Keep a rule."""

    def effect(session: Session) -> Effect:
        known = noncoverage.rules_of(session, practice_id=person.practice_id)
        rule = form.rule()
        if any(_overlap(rule, one.rule) for one in known):
            message = "another rule holds for some of these codes on some of these days: end that one first"
            raise errors.invalid([Fault(field="first", message=message)])
        rule_id = noncoverage.add_rule(session, rule, practice_id=person.practice_id)
        actions.updated(session, office, person, "practice", person.practice_id, f"notice wanted: {form.first}")
        return rule_id, {"rule_id": rule_id}

    return actions.kept_once(office, person, "add_notice_rule", person.practice_id, form, effect, key=key)


def _overlap(one: NoticeRule, other: NoticeRule) -> bool:
    shares_codes = len(one.first) == len(other.first) and one.first <= other.last and other.first <= one.last
    shares_days = one.begins <= (other.ends or date.max) and other.begins <= (one.ends or date.max)
    return shares_codes and shares_days


def end_rule(office: Office, person: Person, rule_id: str, form: EndForm, *, key: str) -> Done:
    """Give a rule its last day. Raises Problem 404."""

    def effect(session: Session) -> Effect:
        known = {one.id: one.rule for one in noncoverage.rules_of(session, practice_id=person.practice_id)}
        if rule_id not in known:
            raise errors.not_found("rule")
        begins = known[rule_id].begins
        if form.ends < begins:
            raise errors.invalid([Fault(field="ends", message=f"lies before its first day, {begins}")])
        noncoverage.end_rule(session, rule_id, form.ends, practice_id=person.practice_id)
        words = f"notice wanted until {form.ends}: {known[rule_id].first}"
        actions.updated(session, office, person, "practice", person.practice_id, words)
        return rule_id, {"rule_id": rule_id}

    return actions.kept_once(office, person, "end_notice_rule", rule_id, form, effect, key=key)


def keep(office: Office, person: Person, patient_id: str, notice_id: str | None, form: NoticeForm, *, key: str) -> Done:
    """One notice, new or as it is known now. Raises Problem 404, and 409 when somebody changed it meanwhile."""
    if form.signed_on and form.signed_on > office.today(person):
        raise errors.invalid([Fault(field="signed_on", message="has not come yet")])

    def effect(session: Session) -> Effect:
        at = office.now()
        patient = known_patient.held(session, person, patient_id)
        if notice_id is None:
            row = noncoverage.keep(session, patient, form.told(), at=at, by=person.user_id)
        else:
            row = _changed(session, patient, notice_id, form, office=office, person=person)
        appointments.wake_all(session, patient, at=at)
        actions.updated(
            session, office, person, "patient", patient.id, f"notice of non-coverage: {row.choice or 'written'}"
        )
        return row.id, {"notice_id": row.id, "version": row.version}

    return actions.kept_once(office, person, "keep_notice", notice_id or patient_id, form, effect, key=key)


def _changed(
    session: Session, patient: Patient, notice_id: str, form: NoticeForm, *, office: Office, person: Person
) -> NoticeRow:
    told, version = form.told(), actions.version_shown(form.version)
    try:
        row = noncoverage.change(session, patient, notice_id, told, version=version, at=office.now(), by=person.user_id)
    except NoticeChanged as error:
        detail = "Look at what is known now, and save again."
        raise Problem(409, "changed-meanwhile", "Somebody changed this notice meanwhile", detail) from error
    if row is None:
        raise errors.not_found("notice")
    return row
