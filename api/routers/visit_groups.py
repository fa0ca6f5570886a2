"""Visits and claims that are not one to one: a visit is parted into several claims, several are billed as one."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import joining_desk, parting_desk
from activities.desk import Desk
from activities.joining_desk import Group, JoinedClaim
from activities.refusals import Refused
from api import actions, auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import Failed, answer, encounter_page, read, show, typed_into
from billing.roles import Permission
from database import encounters, group_views, visit_groups
from database.access import Person
from database.encounters import EncounterMissing
from database.group_views import VisitLink

api = APIRouter(prefix="/api/v1/encounters", tags=["encounters"])
pages = APIRouter(prefix="/encounters", include_in_schema=False)

Answered = TypeVar("Answered")
Clerk = Annotated[Person, require(Permission.WORK)]
Reason = Annotated[str, Field(min_length=1, max_length=200)]
VisitId = Annotated[str, Field(min_length=1, max_length=20)]
MOST_VISITS = 50
CHOSEN = "visit."
"""Before the id of a visit that was chosen in a form"""


class PartForm(Part):
    """Which lines go on a claim of their own."""

    lines: Annotated[str, Field(min_length=1, max_length=200, examples=["3, 5-7"])]
    """Numbers of the lines that leave this claim"""
    reason: Reason


class JoinForm(Part):
    """Which visits are billed with this one."""

    visits: Annotated[list[VisitId], Field(min_length=1, max_length=MOST_VISITS)]
    reason: Reason


class TakeOutForm(Part):
    """Why the visit is billed by itself again."""

    reason: Reason


@api.post("/{encounter_id}/part", status_code=201)
def part(encounter_id: str, form: PartForm, key: IdempotencyKey, office: TheOffice, person: Clerk) -> dict[str, Any]:
    """Move lines of a visit that is coded and not sent to a claim of their own. 409: it cannot be parted."""
    return _part(office, person, encounter_id, form, key=key).body


@api.get("/{encounter_id}/joinable")
def list_joinable(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[VisitLink]:
    """Visits of the same patient and payer that are not sent yet, in the order of their days."""
    found = _joinable(office, person, encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return found


@api.get("/{encounter_id}/join")
def preview_join(
    request: Request,
    encounter_id: str,
    office: TheOffice,
    person: Clerk,
    visit: Annotated[list[VisitId], Query(min_length=1, max_length=MOST_VISITS)],
) -> JoinedClaim:
    """The claim that would bill this visit and those named by `visit`. 409 names everything that does not fit."""
    with office.database.reading() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return _preview(office, person, encounter_id, visit)


@api.post("/{encounter_id}/join")
def join(encounter_id: str, form: JoinForm, key: IdempotencyKey, office: TheOffice, person: Clerk) -> dict[str, Any]:
    """Bill visits as one claim, the earliest visit's. 409 names everything that does not fit."""
    return _join(office, person, encounter_id, form, key=key).body


@api.post("/{encounter_id}/take-out")
def take_out(
    encounter_id: str, form: TakeOutForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """Bill a visit by itself again that was billed with another. 409: the claim was sent."""
    return _take_out(office, person, encounter_id, form, key=key).body


@pages.post("/{encounter_id}/part")
async def part_from_page(request: Request, encounter_id: str, office: TheOffice, person: Clerk) -> Response:
    """Part a visit, from its page."""
    return await _from_page(request, office, person, encounter_id, "part", PartForm, _part)


@pages.post("/{encounter_id}/take-out")
async def take_out_from_page(request: Request, encounter_id: str, office: TheOffice, person: Clerk) -> Response:
    """Take a visit out, from its page."""
    return await _from_page(request, office, person, encounter_id, "take-out", TakeOutForm, _take_out)


async def _from_page(
    request: Request,
    office: Office,
    person: Person,
    encounter_id: str,
    name: str,
    model: type[Any],
    act: Callable[..., Done],
) -> Response:
    typed = await typed_into(request)

    async def do() -> Done:
        return await run_in_threadpool(act, office, person, encounter_id, read(model, typed), key=typed["key"])

    def again(failed: Failed) -> Response:
        return encounter_page(request, office, person, encounter_id, failed)

    return await answer(do, name, typed, f"/encounters/{encounter_id}", again)


@pages.get("/{encounter_id}/join")
def show_join(
    request: Request,
    encounter_id: str,
    office: TheOffice,
    person: Clerk,
    visit: Annotated[list[VisitId], Query(max_length=MOST_VISITS)] = [],  # noqa: B006 - FastAPI copies it
    look: str = "",
) -> Response:
    """Choose visits for one claim, and look at the claim before it is made."""
    return _join_page(request, office, person, encounter_id, visit, Failed(), is_look=bool(look))


@pages.post("/{encounter_id}/join")
async def join_from_page(request: Request, encounter_id: str, office: TheOffice, person: Clerk) -> Response:
    """Bill the visits that were looked at as one claim."""
    typed = await typed_into(request, max_fields=MOST_VISITS + 10)
    visits = [name.removeprefix(CHOSEN) for name in typed if name.startswith(CHOSEN)]

    async def act() -> Done:
        form = read(JoinForm, typed | {"visits": visits})
        return await run_in_threadpool(_join, office, person, encounter_id, form, key=typed["key"])

    def again(failed: Failed) -> Response:
        return _join_page(request, office, person, encounter_id, visits, failed)

    return await answer(act, "join", typed, lambda done: f"/encounters/{done.body['encounter_id']}", again)


def _join_page(
    request: Request,
    office: Office,
    person: Person,
    encounter_id: str,
    chosen: Sequence[str],
    failed: Failed,
    *,
    is_look: bool = False,
) -> Response:
    offered = _joinable(office, person, encounter_id)
    with office.database.reading() as session:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        assert row is not None, "asked for above"
        number, day = row.external_id, row.service_date
    claim, problem = None, None
    if is_look and not chosen:
        problem = Problem(422, "nothing-chosen", "No visit is chosen", "Tick the visits that go on one claim.")
    if chosen:
        try:
            claim = _preview(office, person, encounter_id, chosen)
        except Problem as error:
            problem = error
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return show(
        request,
        "join.html",
        person,
        status=failed.status if problem is None else problem.status,
        encounter_id=encounter_id,
        number=number,
        day=day,
        offered=offered,
        chosen=set(chosen),
        claim=claim,
        problem=problem,
        failed=failed,
        key=failed.key_for("join"),
    )


def _joinable(office: Office, person: Person, encounter_id: str) -> list[VisitLink]:
    with office.database.reading() as session:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if row is None:
            raise errors.not_found("encounter")
        return list(group_views.joinable(session, row))


def _preview(office: Office, person: Person, encounter_id: str, visits: Sequence[str]) -> JoinedClaim:
    with office.database.reading() as session:
        group = _group(session, office, person, [encounter_id, *visits], is_look=True)
        return _or_problem(joining_desk.preview, group)


def _group(session: Session, office: Office, person: Person, ids: Sequence[str], *, is_look: bool = False) -> Group:
    try:
        return joining_desk.take_group(
            session,
            practice_id=person.practice_id,
            encounter_ids=ids,
            at=office.now(),
            actor_id=person.user_id,
            is_look=is_look,
        )
    except EncounterMissing as error:
        raise errors.not_found("encounter") from error


def _or_problem(act: Callable[..., Answered], *about: Any, **options: Any) -> Answered:
    """Do it; a refusal is Problem 422 with its fields, or 409."""
    try:
        return act(*about, **options)
    except Refused as refusal:
        said = refusal.answer
        faults = [Fault(field=name, message=words) for name, words in said.faults]
        if said.code == "invalid":
            raise errors.invalid(faults) from refusal
        words = f"{said.message[0].upper()}{said.message[1:]}."
        raise Problem(409, "claims-stay-as-they-are", "This cannot be done", words, faults=faults) from refusal


def _part(office: Office, person: Person, encounter_id: str, form: PartForm, *, key: str) -> Done:
    sha256 = idempotency.fingerprint("part", encounter_id, form.model_dump())

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            desk = Desk.take(session, practice_id=person.practice_id, encounter_id=encounter_id, at=office.now())
        except EncounterMissing as error:
            raise errors.not_found("encounter") from error
        desk.actor_id = person.user_id
        rows = _or_problem(parting_desk.part_by_hand, desk, form.lines, form.reason)
        desk.put_back()
        visit_groups.tell(session, desk.encounter, what="parted", at=desk.at)
        actions.updated(
            session, office, person, "encounter", encounter_id, f"parted, lines {form.lines}: {form.reason}"
        )
        for row in rows:
            actions.audited(session, office, person, action="create", subject="encounter", subject_id=row.id)
        return encounter_id, {"encounter_id": encounter_id, "parts": [row.id for row in rows]}

    return Done(idempotency.once(office, person, name="part", key=key, body_sha256=sha256, effect=effect), 201)


def _join(office: Office, person: Person, encounter_id: str, form: JoinForm, *, key: str) -> Done:
    sha256 = idempotency.fingerprint("join", encounter_id, form.model_dump())

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        group = _group(session, office, person, [encounter_id, *form.visits])
        _or_problem(joining_desk.join, group, reason=form.reason)
        joining_desk.put_back(group.desks, "joined")
        owner = group.owner.encounter
        for desk in group.desks:
            words = f"billed as one claim, visit {owner.external_id}: {form.reason}"
            actions.updated(session, office, person, "encounter", desk.encounter.id, words)
        members = [desk.encounter.id for desk in group.members]
        return owner.id, {"encounter_id": owner.id, "billed_with_it": members}

    return Done(idempotency.once(office, person, name="join", key=key, body_sha256=sha256, effect=effect))


def _take_out(office: Office, person: Person, encounter_id: str, form: TakeOutForm, *, key: str) -> Done:
    sha256 = idempotency.fingerprint("take_out", encounter_id, form.model_dump())

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if row is None:
            raise errors.not_found("encounter")
        if row.billed_with_id is None:
            detail = "It has its own claim already. Reload the page."
            raise Problem(409, "billed-by-itself", "This visit is billed by itself", detail)
        owner, member = _group(session, office, person, [row.billed_with_id, row.id]).desks
        _or_problem(joining_desk.take_out, owner, member, reason=form.reason)
        for desk in (owner, member):
            words = f"visit {row.external_id} is billed by itself again: {form.reason}"
            actions.updated(session, office, person, "encounter", desk.encounter.id, words)
        return row.id, {"encounter_id": row.id, "taken_out_of": owner.encounter.id}

    return Done(idempotency.once(office, person, name="take_out", key=key, body_sha256=sha256, effect=effect))
