"""What a defect is, and the small changes by which one is put on a claim."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from billing.claim import Diagnosis, Party
from billing.code_tables import CodeEntry, CodeOnDay, CodeSystem, CodeTables, CodeUse, Edition
from billing.coding_rules import CodePair, RuleKind
from billing.edits.known import PastService
from billing.policies import Policies, PolicyRow
from simulator.clinic import CLINIC_NPI, DOCTOR_NPI
from simulator.subjects import Subject, day_of, line

VALUE, OMISSION = "value", "omission"
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Defect:
    """One way in which a claim is wrong."""

    edit: str
    """The edit that should find it"""
    kind: str
    """value or omission"""
    says: str
    source: str
    """Who asks for what is missing or wrong"""
    touches: frozenset[str]
    put_on: Callable[[Subject], Subject]
    is_hospitals: bool = False
    """Put on institutional claims; False: on professional ones"""


DEFECTS: list[Defect] = []


def defect(
    edit: str, kind: str, source: str, *touches: str, is_hospitals: bool = False
) -> Callable[[Callable[[Subject], Subject]], Callable[[Subject], Subject]]:
    """Register a defect; its docstring says what is wrong."""

    def register(put_on: Callable[[Subject], Subject]) -> Callable[[Subject], Subject]:
        says = (put_on.__doc__ or "").strip()
        DEFECTS.append(Defect(edit, kind, says, source, frozenset(touches), put_on, is_hospitals))
        return put_on

    return register


GUIDE = "005010X222A1"
NCCI = "CMS, National Correct Coding Initiative"


def billed_by(subject: Subject, **changes: Any) -> Subject:
    return subject.claims(billing_provider=replace(subject.claim.billing_provider, **changes))


def billed_at(subject: Subject, **changes: Any) -> Subject:
    address = subject.claim.billing_provider.address
    assert address is not None, "every valid claim has a billing address"
    return billed_by(subject, address=replace(address, **changes))


def patient(subject: Subject, **changes: Any) -> Subject:
    person = replace(subject.claim.patient, **changes)
    is_self = subject.claim.coverage.is_self
    return subject.claims(patient=person, subscriber=person if is_self else subject.claim.subscriber)


def more(subject: Subject, procedure: str, *modifiers: str, **changes: Any) -> Subject:
    added = line(procedure, day_of(subject), *modifiers, **changes)
    return subject.claims(lines=(*subject.claim.lines, added))


def first_line(subject: Subject, **changes: Any) -> Subject:
    first, *others = subject.claim.lines
    return subject.claims(lines=(replace(first, **changes), *others))


def also(subject: Subject, code: str, *, first: bool = False) -> Subject:
    """One diagnosis more. As the first it moves the others, and the pointers follow."""
    if not first:
        return subject.claims(diagnoses=(*subject.claim.diagnoses, Diagnosis(code)))
    others = tuple(replace(one, qualifier="ABF") for one in subject.claim.diagnoses)
    return subject.claims(diagnoses=(Diagnosis(code, "ABK"), *others))


def provider(subject: Subject, party: Party) -> Subject:
    others = tuple(one for one in subject.claim.providers if one.role != party.role)
    return subject.claims(providers=(*others, party))


def policy(subject: Subject, **values: int) -> Subject:
    rows = [*subject.situation.policies.rows, *(PolicyRow(name, value, LONG_AGO) for name, value in values.items())]
    return replace(subject, situation=replace(subject.situation, policies=Policies.of(rows)))


def at(subject: Subject, day: date) -> Subject:
    return replace(subject, situation=replace(subject.situation, at=datetime.combine(day, time(15), UTC)))


def table(subject: Subject, code: str, description: str | None) -> Subject:
    edition = Edition(CodeSystem.ICD10CM, "FY", LONG_AGO, date(2099, 1, 1))
    entry = None if description is None else CodeEntry(code, "", description, True, LONG_AGO, None)
    use = CodeUse(CodeSystem.ICD10CM, code, day_of(subject))
    found = dict(subject.situation.known.tables.found) | {use: CodeOnDay(edition, entry)}
    return subject.knows(tables=CodeTables(found, frozenset({CodeSystem.ICD10CM})))


def pair(subject: Subject, first: str, other: str, indicator: str) -> Subject:
    pairs = (*subject.situation.known.pairs, CodePair(first, other, indicator, LONG_AGO, None))
    loaded = subject.situation.known.loaded | {RuleKind.PAIRS}
    return subject.knows(pairs=pairs, loaded=loaded)


def seen_before(subject: Subject, procedure: str, day: date, payer: str | None = None) -> Subject:
    before = PastService(day, procedure, (), CLINIC_NPI, DOCTOR_NPI, payer)
    return subject.knows(past=(*subject.situation.known.past, before))
