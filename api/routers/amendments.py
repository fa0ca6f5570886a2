"""Amendments: a person says what about a billed visit turns out to be otherwise; the encounter carries it out."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import amending, share_gate
from api import actions, auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import VALUE_PREFIX, answer, encounter_page, typed_into
from api.visit_form import RELATIONSHIPS
from billing.amendments import FORMS, Change
from billing.claim import Claim
from billing.corrections import CorrectionsInvalid, apply_corrections, parse_corrections
from billing.roles import Permission
from billing.task_forms import field_faults
from database import amendment_views, amendments, coverages, encounters
from database.access import Person
from database.amendment_views import AmendmentView
from database.tables import Encounter

api = APIRouter(prefix="/api/v1/encounters", tags=["encounters"])
pages = APIRouter(prefix="/encounters", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE, Permission.WORK)]

SELF = "18"
"""SBR02: the patient holds the policy"""
PREFIX = "amend-"
"""Names of the forms on the encounter's page: amend-correct, amend-void ..."""


class AmendmentForm(Part):
    """What changes, and what its form asks for (docs/billing-process.md)."""

    change: Change
    values: dict[str, Annotated[str, Field(max_length=4000)]] = {}


@api.get("/{encounter_id}/amendments")
def list_amendments(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[AmendmentView]:
    """Every amendment of the visit with what became of it, oldest first."""
    actions.require_encounter(office, person, encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    with office.database.reading() as session:
        return amendment_views.amendments_of(session, encounter_id)


@api.post("/{encounter_id}/amendments", status_code=202)
def amend(
    encounter_id: str, form: AmendmentForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """Change what was billed. The visit carries it out at once, or when the payer's number or answer allows it."""
    return _amend(office, person, encounter_id, form.change, form.values, key=key).body


@pages.post("/{encounter_id}/amendments")
async def amend_from_page(request: Request, encounter_id: str, office: TheOffice, person: Clerk) -> Response:
    """Change what was billed, from the visit's page."""
    typed = await typed_into(request)
    change = typed.get("change", "")
    values = {
        name.removeprefix(VALUE_PREFIX): text.strip() for name, text in typed.items() if name.startswith(VALUE_PREFIX)
    }

    async def act() -> Done:
        if change not in set(Change):
            raise errors.invalid([Fault(field="body", message="choose one of the changes")])
        return await run_in_threadpool(_amend, office, person, encounter_id, Change(change), values, key=typed["key"])

    return await answer(
        act,
        f"{PREFIX}{change}",
        typed,
        f"/encounters/{encounter_id}",
        lambda failed: encounter_page(request, office, person, encounter_id, failed),
    )


def _amend(
    office: Office, person: Person, encounter_id: str, change: Change, values: dict[str, str], *, key: str
) -> Done:
    form = FORMS[change]
    if form.needs_approval_right and not person.may(Permission.APPROVE):
        raise Problem(403, "needs-approval-right", "Only a supervisor may choose this", "Ask a supervisor to do it.")
    faults = field_faults(form.fields, values)
    if faults:
        raise errors.invalid([Fault(field=one.field, message=one.message) for one in faults])
    sha256 = idempotency.fingerprint("amend", encounter_id, [change, values])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        encounter = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if encounter is None:
            raise errors.not_found("encounter")
        _refuse_what_changes_nothing(session, encounter, change, values)
        made = amendments.make(
            session,
            encounter,
            change,
            body=json.dumps(values),
            at=office.now(),
            source_key=key,
            made_by=person.user_id,
        )
        if made is None:
            raise Problem(409, "amended-already", "This change was made already", "Look at the visit again.")
        actions.audited(
            session,
            office,
            person,
            action="update",
            subject="encounter",
            subject_id=encounter_id,
            reason=f"amendment {change}: {values['reason']}",
        )
        return encounter_id, {"amendment_id": made.id, "code": "accepted", "message": "The visit takes it up now."}

    body = idempotency.once(office, person, name="amend", key=key, body_sha256=sha256, effect=effect)
    return Done(body, 202, f"/api/v1/encounters/{encounter_id}/amendments")


def _refuse_what_changes_nothing(
    session: Session, encounter: Encounter, change: Change, values: dict[str, str]
) -> None:
    """Raise Problem 409 and 422. What can be seen now is told now; the encounter looks again under its lock."""
    if encounter.is_void:
        raise Problem(409, "visit-is-void", "This visit is void", "Enter it anew if it took place after all.")
    grouped = amending.why_not_alone(session, encounter, change)
    if grouped is not None:
        raise Problem(
            409, "visit-shares-its-claim", "This visit shares its claim", f"{grouped[0].upper()}{grouped[1:]}."
        )
    if change == Change.SELF_PAY and encounter.is_self_pay:
        raise Problem(409, "self-pay-already", "This visit is self-pay already", "No payer is asked for it.")
    if change == Change.SELF_PAY:
        permission = share_gate.ask_pays_alone(session, encounter)
        if not permission.allowed:
            detail = (
                f"{permission.reason}. Where the policy was never in force, have the payer say so, or correct it first."
            )
            raise Problem(409, "patient-is-protected", "This patient may not be billed", detail)
    if change == Change.CORRECT:
        _check_corrections(encounters.claim_of(encounter), values.get("corrections", ""))
    if change == Change.NEW_COVERAGE:
        _corrected(encounters.claim_of(encounter), amending.coverage_as_corrections(values))
    if change == Change.ADD_POLICY:
        _refuse_known_policy(session, encounter, values)
        _check_subscriber(values)


def _refuse_known_policy(session: Session, encounter: Encounter, values: dict[str, str]) -> None:
    """Raise Problem 422 where the visit has the same policy already: the payer would be billed twice."""
    wanted = values["payer_id"].upper(), values["member_id"].replace(" ", "").upper()
    for place, one in enumerate(coverages.in_order(session, encounter, encounters.claim_of(encounter))):
        member_id = (one.coverage.member_id or "").replace(" ", "").upper()
        if ((one.coverage.payer.id or "").upper(), member_id) == wanted:
            words = ("first", "second", "third")[place : place + 1] or (f"{place + 1}th",)
            message = f"the visit has this policy already, as its {words[0]}; mend payer or member id"
            raise errors.invalid([Fault(field="member_id", message=message)])


def _check_subscriber(values: dict[str, str]) -> None:
    relationship = values.get("relationship") or SELF
    if relationship not in RELATIONSHIPS:
        known = ", ".join(f"{code} {words}" for code, words in RELATIONSHIPS.items())
        raise errors.invalid([Fault(field="relationship", message=f"write one of {known}")])
    if relationship != SELF and not values.get("subscriber_last_name"):
        raise errors.invalid([Fault(field="subscriber_last_name", message="who holds the policy?")])


def _check_corrections(claim: Claim, text: str) -> None:
    if _corrected(claim, text) == claim:
        message = "the claim says so already: nothing would change, and the payer would be sent the same again"
        raise errors.invalid([Fault(field="corrections", message=message)])


def _corrected(claim: Claim, text: str) -> Claim:
    """The claim as it will be. Raises Problem 422: a payer must not be sent a void for a change that cannot follow."""
    try:
        return apply_corrections(claim, parse_corrections(text))
    except CorrectionsInvalid as invalid:
        message = "; ".join(f"{path}: {fault}" for path, fault in invalid.faults.items())
        raise errors.invalid([Fault(field="corrections", message=message)]) from invalid
