"""Steering what leaves, once: the same functions behind the REST routes and the workbench's forms."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, field_validator
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault, Problem
from api.office import Office
from api.policy_form import FURTHEST
from billing.days import start_of
from billing.sending import PlanInvalid, read_plan, times_in_words
from database import office as office_rows
from database import outbox, payers, sending
from database.access import Person
from database.columns import new_id
from database.outbox import OutboxKind
from database.tables import Partner, SendingHold, SendingPlanRow

LONGEST_WAIT_MINUTES = 7 * 24 * 60
Identity = Annotated[str, Field(max_length=20)]
Why = Annotated[str, Field(min_length=3, max_length=200)]


def _number_or_none(typed: object) -> object:
    return None if isinstance(typed, str) and not typed.strip() else typed


class SendForm(Part):
    """To whom."""

    partner_id: Identity


class PlanForm(Part):
    """When claims leave for a partner from a day on. Nothing of the three: by `batch_wait_seconds` again."""

    partner_id: Identity
    times: Annotated[str, Field(max_length=120)] = ""
    """`12:00, 17:00`, by the practice's clock"""
    at_count: Annotated[int | None, Field(ge=1, le=5000)] = None
    wait_minutes: Annotated[int | None, Field(ge=0, le=LONGEST_WAIT_MINUTES)] = None
    effective_from: date
    reason: Why

    _empty = field_validator("at_count", "wait_minutes", mode="before")(_number_or_none)


class SendingHoldForm(Part):
    """What is held, and why."""

    partner_id: Identity
    payer_id: Identity = ""
    """Empty: every payer of the partner"""
    reason: Why
    until: date | None = None
    """Its beginning ends the hold; None: until somebody releases it"""

    _empty = field_validator("until", mode="before")(_number_or_none)


def send_now(office: Office, person: Person, form: SendForm, *, key: str) -> Done:
    """What is ready leaves now, whatever the plan says. Raises Problem 409 for a hold, and where nothing may leave."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        at = office.now()
        partner = _partner(session, form.partner_id)
        route = {"practice_id": person.practice_id, "partner_id": partner.id}
        held = sending.holds(session, **route, at=at)
        whole = next((one for one in held if one.payer_id is None), None)
        if whole is not None:
            raise Problem(
                409,
                "sending-held",
                f"Sending to {partner.name} is on hold",
                f"{whole.reason}. Nothing leaves before the hold is released.",
            )
        fresh = sending.queues(session, **route, at=at).fresh
        if fresh is None:
            raise _nothing_leaves(session, partner, route, at)
        sending.ask_now(session, **route, at=at, by=person.user_id)
        outbox.enqueue(session, OutboxKind.START_BATCH, practice_id=person.practice_id, subject_id=partner.id, at=at)
        words = f"send now: {fresh.count} claims"
        actions.updated(session, office, person, "partner", partner.id, words)
        return partner.id, {"partner_id": partner.id, "claims": fresh.count, "held": bool(held)}

    return actions.kept_once(office, person, "send_now", form.partner_id, form, effect, key=key)


def _nothing_leaves(session: Session, partner: Partner, route: dict[str, str], at: datetime) -> Problem:
    queues = sending.queues(session, **route, at=at)
    if queues.backlog is not None:
        detail = "What gathered behind a hold goes by the pace of the policies; nothing else is ready."
        return Problem(409, "by-the-pace", f"Nothing else is ready for {partner.name}", detail)
    if sending.count_waiting(session, **route):
        detail = "Every ready claim is of a payer or a visit that is on hold. Release the hold first."
        return Problem(409, "sending-held", f"Everything for {partner.name} is on hold", detail)
    return Problem(409, "nothing-ready", f"Nothing is ready for {partner.name}", "Clean claims appear by themselves.")


def keep_plan(office: Office, person: Person, form: PlanForm, *, key: str) -> Done:
    """Keep a row of a partner's plan. Raises Problem 422: a time or a day that cannot be, or a plan without end."""
    today = office.today(person)
    if form.effective_from < today:
        raise errors.invalid([Fault(field="effective_from", message="must not lie in the past")])
    if form.effective_from - today > FURTHEST:
        message = "lies more than ten years away; is the year right?"
        raise errors.invalid([Fault(field="effective_from", message=message)])
    wait = None if form.wait_minutes is None else form.wait_minutes * 60
    ends = not form.times.strip() and form.at_count is None and wait is None
    try:
        plan = None if ends else read_plan(form.times, form.at_count, wait)
    except PlanInvalid as error:
        raise errors.invalid([Fault(field="times", message=str(error))]) from error

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        partner = _partner(session, form.partner_id)
        route = {"practice_id": person.practice_id, "partner_id": partner.id}
        row = sending.plan_from(session, **route, day=form.effective_from)
        row = row or SendingPlanRow(
            id=new_id(),
            practice_id=person.practice_id,
            partner_id=partner.id,
            effective_from=form.effective_from,
            set_at=office.now(),
            set_by=person.user_id,
        )
        row.times = times_in_words(plan.times) if plan else ""
        row.at_count = plan.at_count if plan else None
        row.wait_seconds = plan.wait_seconds if plan else None
        row.reason, row.set_at, row.set_by = form.reason, office.now(), person.user_id
        session.add(row)
        session.flush()
        if sending.count_waiting(session, **route):
            sending.wish(session, **route, at=office.now())
        words = f"sending plan from {form.effective_from}: {plan.words if plan else 'none'}: {form.reason}"
        actions.updated(session, office, person, "partner", partner.id, words)
        return row.id, {"id": row.id, "plan": plan.words if plan else ""}

    return actions.kept_once(office, person, "keep_sending_plan", form.partner_id, form, effect, key=key)


def place_hold(office: Office, person: Person, form: SendingHoldForm, *, key: str) -> Done:
    """Send nothing to a partner, or of one payer, from now on. Raises Problem 422, and 409 where it is held already."""
    if form.until is not None:
        if form.until <= office.today(person):
            raise errors.invalid([Fault(field="until", message="must be a day to come")])
        actions.require_near(form.until, today=office.today(person), field="until")

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        partner = _partner(session, form.partner_id)
        payer_id = form.payer_id or None
        if payer_id is not None:
            payer = payers.find(session, practice_id=person.practice_id, payer_id=payer_id)
            if payer is None or payer.partner_id != partner.id:
                message = "is no payer of this practice that is reached through this partner"
                raise errors.invalid([Fault(field="payer_id", message=message)])
        row = sending.place_hold(
            session,
            practice_id=person.practice_id,
            partner_id=partner.id,
            payer_id=payer_id,
            reason=form.reason,
            ends_at=start_of(form.until, person.zone) if form.until else None,
            at=office.now(),
            by=person.user_id,
        )
        if row is None:
            raise Problem(409, "already-held", "This is on hold already", "Release the hold first to change it.")
        words = f"sending held{' of one payer' if payer_id else ''}, until {form.until or 'released'}: {form.reason}"
        actions.updated(session, office, person, "partner", partner.id, words)
        return row.id, {"id": row.id}

    return actions.kept_once(office, person, "hold_sending", form.partner_id, form, effect, key=key)


class Nothing(Part):
    """A form without fields."""


def release(office: Office, person: Person, hold_id: str, *, key: str) -> Done:
    """End a hold: what gathered leaves by the pace of the policies. Raises Problem 404, and 409 where it is over."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        at = office.now()
        row = sending.hold(session, practice_id=person.practice_id, hold_id=hold_id)
        if row is None:
            raise errors.not_found("hold")
        if row.released_at is not None or (row.ends_at is not None and row.ends_at <= at):
            raise Problem(409, "hold-over", "This hold is over already", "Reload the page.")
        row.released_at, row.released_by = at, person.user_id
        session.add(row)
        session.flush()
        outbox.enqueue(session, OutboxKind.START_BATCH, practice_id=row.practice_id, subject_id=row.partner_id, at=at)
        actions.updated(session, office, person, "partner", row.partner_id, f"sending released: {_since(row)}")
        return row.id, {"id": row.id, "released_at": at.isoformat()}

    return actions.kept_once(office, person, "release_sending", hold_id, Nothing(), effect, key=key)


def _since(row: SendingHold) -> str:
    return f"held since {row.placed_at:%Y-%m-%d %H:%M}Z: {row.reason}"


def _partner(session: Session, partner_id: str) -> Partner:
    found = next((one for one in office_rows.partners(session) if one.id == partner_id), None)
    if found is None:
        raise errors.invalid([Fault(field="partner_id", message="is no trading partner of this office")])
    return found
