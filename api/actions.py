"""What a person or a program may do, once: the same functions behind the REST routes and the workbench's forms.

Each looks for an earlier answer first, stores what was typed, and then calls one thing. A refusal is a Problem with
every fault; whatever was typed stays stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlmodel import Session

from activities import coming_of_age
from activities.messages import Answer, CompleteTask, PlaceHold, ReleaseHold
from api import encounter_workflow, errors, idempotency, known_patient, note_writing, office_work
from api.claim_form import EncounterForm
from api.encounter_workflow import StaffCommand, StillWorking
from api.errors import Fault, Problem
from api.office import Office
from billing import intake, task_forms
from billing.claim import Claim
from billing.days import start_of
from billing.patients import contradicting, registration_of
from billing.roles import Permission, Role
from billing.tasks import KINDS, TaskType
from database import audit, encounters, office, practice, registrations, worklists
from database import tasks as task_rows
from database.access import Person
from database.office import PayeeOfAnotherPractice
from database.tables import Encounter, Partner, Patient, Task
from interchange.x12.coordination import read_other_payers

REFUSED_STATUS = {"invalid": 422, "key_reused": 422, "forbidden": 403, "needs_second_person": 403}
"""HTTP status of an answer that is not `done`, by its code; any other is 409"""

FURTHEST = timedelta(days=731)
"""How far ahead a person may set a day: two years, one of them a leap year"""


@dataclass(frozen=True, slots=True)
class Done:
    """A command was carried out, or is being carried out still."""

    body: dict[str, Any]
    status: int = 200
    location: str | None = None


def open_encounter(office_: Office, person: Person, form: EncounterForm, *, key: str) -> Done:
    """Open an encounter for a visit. The same visit sent again, under whatever key, is the same encounter."""
    claim = form.claim()
    refusal = intake.refusal(claim)
    if refusal is not None:
        raise errors.invalid([Fault(field="body", message=refusal.reason)])
    sent = form.model_dump(mode="json", exclude={"note"} if form.note is None else None)
    sha256 = idempotency.fingerprint("open_encounter", "", sent)

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        partner = partner_for(session, form.partner)
        billed = practice.with_pay_to(session, claim, practice_id=person.practice_id)
        patient = _patient_of(session, person, form.patient_id, claim)
        encounter_id, is_new = _create(
            session, office_, person, billed, partner, patient=patient, is_self_pay=form.self_pay
        )
        if is_new and not form.note_signed:
            session.get_one(Encounter, encounter_id).note_unsigned = True
        if form.note is not None:
            note_writing.keep(session, office_, person, encounter_id, form.note)
        return encounter_id, {"encounter_id": encounter_id, "created": is_new}

    answer = idempotency.once(office_, person, name="open_encounter", key=key, body_sha256=sha256, effect=effect)
    status = 201 if answer["created"] else 200
    return Done(answer, status, f"/api/v1/encounters/{answer['encounter_id']}")


def partner_for(session: Session, name: str | None) -> Partner:
    """The trading partner with this name, or the only one there is. Raises Problem 422."""
    known = office.partners(session)
    fitting = [one for one in known if name is None or one.name == name]
    if len(fitting) != 1:
        message = "name one of the trading partners" if known else "no trading partner is set up yet"
        raise errors.invalid([Fault(field="partner", message=message)])
    return fitting[0]


def _patient_of(session: Session, person: Person, patient_id: str | None, claim: Claim) -> Patient | None:
    """The patient whom the visit is opened for, if one was chosen. Raises Problem 422 where the claim is
    another's, and 410 where the patient was merged into another one."""
    if patient_id is None:
        return None
    row = registrations.find(session, practice_id=person.practice_id, patient_id=patient_id)
    if row is None:
        raise errors.invalid([Fault(field="patient_id", message="is no patient of this practice")])
    if row.merged_into is not None:
        raise known_patient.merged(registrations.kept(session, row).id)
    wrong = contradicting(registrations.of_row(row), registration_of(claim.patient))
    if wrong:
        message = "is not this patient's: mend it on the patient's page first, or open the visit for somebody else"
        raise errors.invalid([Fault(field=f"patient.{name}", message=message) for name in wrong])
    return row


def _create(
    session: Session,
    office_: Office,
    person: Person,
    claim: Claim,
    partner: Partner,
    *,
    patient: Patient | None,
    is_self_pay: bool,
) -> tuple[str, bool]:
    try:
        encounter, is_new = encounters.create(
            session,
            claim,
            practice_id=person.practice_id,
            partner_id=partner.id,
            external_id=claim.control_number,
            others=read_other_payers(claim),
            is_self_pay=is_self_pay,
            patient=patient,
            at=office_.now(),
        )
    except PayeeOfAnotherPractice as error:
        raise Problem(
            409,
            "payee-of-another-practice",
            "The billing provider belongs to another practice",
            "Correct the billing provider's NPI, or have an operator move it.",
        ) from error
    if is_new:
        coming_of_age.register(session, encounter, at=office_.now())
    audited(session, office_, person, action="create", subject="encounter", subject_id=encounter.id)
    return encounter.id, is_new


async def completed(
    office_: Office, person: Person, *, task_id: str, resolution: str, values: dict[str, str], key: str
) -> Done | None:
    """What was answered to this key before, or None. Raises Problem 422 when it came with something else."""
    sha256 = idempotency.fingerprint("complete_task", task_id, [resolution, values])
    earlier = await run_in_threadpool(idempotency.earlier_answer, office_, person, key=key, body_sha256=sha256)
    return None if earlier is None else _done(Answer.model_validate(earlier))


async def complete_task(
    office_: Office, person: Person, *, task_id: str, resolution: str, values: dict[str, str], key: str
) -> Done:
    """Finish a task in one of its ways. What was typed is kept first, whatever becomes of it."""
    sha256 = idempotency.fingerprint("complete_task", task_id, [resolution, values])
    earlier = await completed(office_, person, task_id=task_id, resolution=resolution, values=values, key=key)
    if earlier is not None:
        return earlier
    task, form_id = await run_in_threadpool(
        _typed, office_, person, task_id=task_id, resolution=resolution, values=values
    )
    if task.subject != "encounter":
        answer = await run_in_threadpool(
            office_work.complete, office_, person, task, resolution=resolution, values=values, key=key, sha256=sha256
        )
        return _done(answer)
    message = CompleteTask(
        command_key=key, body_sha256=sha256, actor_id=person.user_id, task_id=task_id, form_id=form_id
    )
    return await _update(office_, message, person, task.subject_id)


def _typed(
    office_: Office, person: Person, *, task_id: str, resolution: str, values: dict[str, str]
) -> tuple[Task, str]:
    """Check the task and the form, keep what was typed: (the task, id of the form). Raises Problem."""
    with office_.database.writing() as session:
        task = task_rows.task(session, practice_id=person.practice_id, task_id=task_id)
        if task is None:
            raise errors.not_found("task")
        _check_role(person, task)
        form_id = worklists.save_form(
            session,
            practice_id=person.practice_id,
            task_id=task_id,
            actor_id=person.user_id,
            resolution=resolution[:40],
            values=values,
            at=office_.now(),
        )
    kind = KINDS[TaskType(task.type)]
    faults = task_forms.form_faults(TaskType(task.type), resolution, values)
    if faults:
        raise errors.invalid([Fault(field=one.field, message=one.message) for one in faults])
    if kind.resolutions[resolution].needs_approval_right and not person.may(Permission.APPROVE):
        raise Problem(403, "needs-approval-right", "Only a supervisor may choose this", "Ask a supervisor to do it.")
    if task.state != "open":
        raise errors.task_over(task.resolution)
    return task, form_id


def _check_role(person: Person, task: Task) -> None:
    if not may_work(person, Role(task.role)):
        raise not_your_task(task)


def may_work(person: Person, role: Role) -> bool:
    """Whether this person may finish tasks of the role."""
    return person.may(Permission.APPROVE) or (person.may(Permission.WORK) and role in person.roles)


def not_your_task(task: Task) -> Problem:
    """Somebody else's work."""
    owner = task.role.replace("_", " ")
    return Problem(403, "not-your-task", "This task belongs to another role", f"It waits for the {owner}.")


def require_near(day: date, *, today: date, field: str) -> None:
    """Raise Problem 422 for a day so far ahead that the year is a slip of the pen."""
    if day - today > FURTHEST:
        raise errors.invalid([Fault(field=field, message="lies more than two years ahead; is the year right?")])


def version_shown(version: int | None) -> int:
    """The version that a change stands on. Raises Problem 422 where it does not say: it might undo another's."""
    if version is None:
        raise errors.invalid([Fault(field="version", message="is needed: the one that was shown")])
    return version


async def place_hold(office_: Office, person: Person, *, encounter_id: str, until: date, reason: str, key: str) -> Done:
    """Nothing is sent for the encounter before `until` begins or its release."""
    if until <= office_.today(person):
        raise errors.invalid([Fault(field="until", message="must be a day to come")])
    require_near(until, today=office_.today(person), field="until")
    sha256 = idempotency.fingerprint("place_hold", encounter_id, [until, reason])
    earlier = await run_in_threadpool(idempotency.earlier_answer, office_, person, key=key, body_sha256=sha256)
    if earlier is not None:
        return _done(Answer.model_validate(earlier))
    form_id = await run_in_threadpool(_keep_reason, office_, person, encounter_id, reason)
    message = PlaceHold(
        command_key=key,
        body_sha256=sha256,
        actor_id=person.user_id,
        until=start_of(until, person.zone),
        form_id=form_id,
    )
    return await _update(office_, message, person, encounter_id)


def _keep_reason(office_: Office, person: Person, encounter_id: str, reason: str) -> str:
    with office_.database.writing() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")
        return worklists.save_form(
            session,
            practice_id=person.practice_id,
            task_id=encounter_id,
            actor_id=person.user_id,
            resolution="hold",
            values={"reason": reason},
            at=office_.now(),
        )


async def release_hold(office_: Office, person: Person, *, encounter_id: str, key: str) -> Done:
    """Go on with the encounter."""
    sha256 = idempotency.fingerprint("release_hold", encounter_id, [])
    earlier = await run_in_threadpool(idempotency.earlier_answer, office_, person, key=key, body_sha256=sha256)
    if earlier is not None:
        return _done(Answer.model_validate(earlier))
    message = ReleaseHold(command_key=key, body_sha256=sha256, actor_id=person.user_id)
    return await _update(office_, message, person, encounter_id)


async def _update(office_: Office, message: StaffCommand, person: Person, encounter_id: str) -> Done:
    await run_in_threadpool(require_encounter, office_, person, encounter_id)
    try:
        answer = await encounter_workflow.send(office_.client, message, person=person, encounter_id=encounter_id)
    except StillWorking:
        location = idempotency.COMMANDS_PATH + message.command_key
        return Done({"done": False, "code": "accepted", "message": "It is being done."}, 202, location)
    return _done(answer)


def require_encounter(office_: Office, person: Person, encounter_id: str) -> None:
    """Raise Problem 404 when the practice has no such encounter: every route answers alike."""
    with office_.database.reading() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")


def _done(answer: Answer) -> Done:
    if answer.done:
        return Done(answer.model_dump(mode="json"))
    raise Problem(
        REFUSED_STATUS.get(answer.code, 409),
        answer.code.replace("_", "-"),
        "Not done",
        answer.message,
        faults=[Fault(field=name, message=message) for name, message in answer.faults],
    )


def audited(
    session: Session, office_: Office, person: Person, *, action: str, subject: str, subject_id: str, reason: str = ""
) -> None:
    """Write down what a person did, in the transaction of its effect."""
    audit.record(
        session,
        practice_id=person.practice_id,
        at=office_.now(),
        actor_id=person.user_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        reason=reason[:300],
    )


def updated(session: Session, office_: Office, person: Person, subject: str, subject_id: str, reason: str) -> None:
    """Write down a change that a person made."""
    audited(session, office_, person, action="update", subject=subject, subject_id=subject_id, reason=reason)


def kept_once(
    office_: Office,
    person: Person,
    name: str,
    about: str,
    form: BaseModel,
    effect: Callable[[Session], tuple[str, dict[str, Any]]],
    *,
    key: str,
) -> Done:
    """Do what a form asks for, or give the earlier answer to the same key. `about`: what the form changes."""
    sha256 = idempotency.fingerprint(name, about, form.model_dump(mode="json"))
    return Done(idempotency.once(office_, person, name=name, key=key, body_sha256=sha256, effect=effect), 201)
