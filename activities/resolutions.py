"""Staff commands on an encounter: what each resolution of each task does to it, in one transaction.

A refusal is a typed answer and leaves nothing behind. What was typed is read from the stored form; only its id
travelled.
"""

import json
from collections.abc import Callable
from functools import partial

from sqlmodel import select

from activities import (
    appeal_desk,
    due,
    information_desk,
    patient_refunds,
    promises,
    recovery_notices,
    underpayment_desk,
)
from activities.amending import coverage_as_corrections, make_self_pay
from activities.answered_lines import by_lines, lines_as_sent
from activities.coding_desk import ask_provider, codes_are_right, note_is_signed, provider_answers
from activities.denial_desk import amount_to_write_off, take_exit, write_off
from activities.denial_rows import review_again
from activities.desk import Desk
from activities.enrolment_desk import go_on_enrolled, send_anyway
from activities.inquiry_desk import forget_inquiry, verified, verified_by_telephone
from activities.messages import Answer, CommandStep, CompleteTask, PlaceHold, ReleaseHold
from activities.next_payer import add_policy, keep_as_next, let_policy_go
from activities.parting_desk import split_off
from activities.payer_credits import payer_will_recoup, refund_payer
from activities.posting_review import leave_unapplied, post_reviewed
from activities.refusals import Refused, Values, correct, day_to_come
from activities.submission_desk import make_submission, post_charges
from billing.coding import CODES_STAND, coding_faults
from billing.deadlines import Reason
from billing.denials import Exit
from billing.posting import part_answered
from billing.remittance import ClaimPayment
from billing.roles import Permission, Role, permissions_of
from billing.stages import FactKind, Stage
from billing.task_forms import form_faults
from billing.tasks import KINDS, NewTask, TaskType
from database import audit, commands, encounters, records, tasks
from database.tables import RemittanceClaim, Task, TaskForm, User

Command = CompleteTask | PlaceHold | ReleaseHold


def execute(desk: Desk, step: CommandStep) -> Answer:
    """Carry out the command in `step`, or give the answer it was given before."""
    command = step.complete_task or step.place_hold or step.release_hold
    assert command is not None, "a command step carries one command"
    earlier = _answered(desk, command)
    if earlier is not None:
        return earlier
    desk.actor_id = command.actor_id
    try:
        with desk.session.begin_nested():
            name, answer = _carry_out(desk, command)
    except Refused as refusal:
        return refusal.answer
    _record(desk, command, name, answer)
    return answer


def _answered(desk: Desk, command: Command) -> Answer | None:
    """What was answered to the command's key before; None: nothing."""
    try:
        text = commands.answered(
            desk.session,
            practice_id=desk.encounter.practice_id,
            key=command.command_key,
            body_sha256=command.body_sha256,
        )
    except commands.KeyUsedForAnotherBody as error:
        return Answer(done=False, code="key_reused", message=str(error))
    return None if text is None else Answer.model_validate_json(text)


def _record(desk: Desk, command: Command, name: str, answer: Answer) -> None:
    """The command's row and the audit's, in the transaction of its effect."""
    commands.record(
        desk.session,
        practice_id=desk.encounter.practice_id,
        key=command.command_key,
        body_sha256=command.body_sha256,
        actor_id=command.actor_id,
        name=name,
        subject_id=desk.encounter.id,
        answer=answer.model_dump_json(),
        at=desk.at,
    )
    audit.record(
        desk.session,
        practice_id=desk.encounter.practice_id,
        at=desk.at,
        actor_id=command.actor_id,
        action="update",
        subject="encounter",
        subject_id=desk.encounter.id,
        reason=f"{name}: {answer.message}",
    )


def _carry_out(desk: Desk, command: Command) -> tuple[str, Answer]:
    if isinstance(command, CompleteTask):
        return "complete_task", _complete(desk, command)
    if isinstance(command, PlaceHold):
        return "place_hold", _place_hold(desk, command)
    return "release_hold", _release_hold(desk, command)


def _form(desk: Desk, form_id: str) -> TaskForm:
    form = desk.session.exec(
        select(TaskForm).where(TaskForm.practice_id == desk.encounter.practice_id, TaskForm.id == form_id)
    ).first()
    if form is None:
        raise Refused("form_missing", "what was typed was not found; please send it again")
    return form


def _place_hold(desk: Desk, command: PlaceHold) -> Answer:
    if desk.encounter.on_hold:
        raise Refused("already_on_hold", "the encounter is already on hold")
    if desk.encounter.billed_with_id is not None:
        raise Refused("not_possible", "the visit is billed with another one: put that one on hold")
    if command.until <= desk.at:
        raise Refused("invalid", "a hold ends on a day to come", (("until", "choose a day to come"),))
    values: Values = json.loads(_form(desk, command.form_id).values)
    desk.encounter.on_hold = True
    desk.encounter.hold_reason = values.get("reason", "")[:500]
    desk.schedule(Reason.HOLD_ENDS, command.until)
    desk.say(f"On hold until {desk.policies.day(command.until)}", actor="staff")
    return Answer(done=True, code="done", message="on hold")


def _release_hold(desk: Desk, command: ReleaseHold) -> Answer:
    if not desk.encounter.on_hold:
        raise Refused("not_on_hold", "the encounter is not on hold")
    due.release(desk, "Released from hold", actor="staff")
    return Answer(done=True, code="done", message="released")


def _complete(desk: Desk, command: CompleteTask) -> Answer:
    task = tasks.task(desk.session, practice_id=desk.encounter.practice_id, task_id=command.task_id)
    if task is None or task.subject_id != desk.encounter.id or task.state != "open":
        raise Refused("task_not_open", "this task is not open any more; reload the page")
    form = _form(desk, command.form_id)
    values: Values = {name: text.strip() for name, text in json.loads(form.values).items()}
    faults = form_faults(TaskType(task.type), form.resolution, values)
    if faults:
        raise Refused("invalid", "please correct the form", tuple((one.field, one.message) for one in faults))
    _check_rights(desk, task, form.resolution, command.actor_id)
    tasks.close_task(desk.session, task, resolution=form.resolution, at=desk.at, actor_id=command.actor_id)
    desk.session.flush()
    said = _RESOLUTIONS[TaskType(task.type), form.resolution](desk, task, values, command.actor_id)
    promises.log(desk, task, form.resolution, values, command.actor_id)
    desk.say(said, actor="staff")
    return Answer(done=True, code="done", message=said)


def _check_rights(desk: Desk, task: Task, resolution: str, actor_id: str) -> None:
    """The role's own tasks only, unless the right to approve is held; the second person is another person."""
    user = desk.session.get(User, actor_id)
    if user is None or not user.is_active or user.practice_id != desk.encounter.practice_id:
        raise Refused("forbidden", "this user may not act here")
    roles = frozenset(Role(role) for role in user.roles.split(",") if role)
    may_approve = Permission.APPROVE in permissions_of(roles)
    if not may_approve and Role(task.role) not in roles:
        raise Refused("forbidden", f"this task belongs to the {task.role.replace('_', ' ')}")
    kind = KINDS[TaskType(task.type)].resolutions[resolution]
    if kind.needs_approval_right and not may_approve:
        raise Refused("forbidden", "only somebody with the right to approve may choose this")
    if task.type in {TaskType.WRITE_OFF_APPROVAL, TaskType.OVERRIDE_APPROVAL, TaskType.UNDERPAYMENT_APPROVAL}:
        proposed_by = json.loads(task.detail).get("proposed_by")
        if resolution == "approved" and proposed_by == actor_id:
            raise Refused(
                "needs_second_person",
                "this is approved by somebody else than who proposed it; a second supervisor "
                "is added under Set-up, Users",
            )


def _fields_completed(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    return "Registration completed"


def _ask_again(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    forget_inquiry(desk)
    return "Coverage corrected; the payer is asked again"


def _no_coverage(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return f"{let_policy_go(desk)} (reference {values['reference']})"


def _self_pay(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return make_self_pay(desk, actor=actor_id)


def _first_alone(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    verified(desk, "This policy pays first")
    return f"No other policy is billed (reference {values['reference']})"


def _first_of_two(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    said = add_policy(desk, values)
    verified(desk, "This policy pays first")
    return said


def _second(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    keep_as_next(desk)
    correct(desk, coverage_as_corrections(values))
    forget_inquiry(desk)
    return "Another policy pays first; its payer is asked"


def _retry(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    desk.unschedule(Reason.INQUIRY_RETRY)
    return "The payer is asked again"


def _phone_verified(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    verified_by_telephone(desk, values["reference"])
    return f"Verified by telephone, reference {values['reference']}"


def _recoded(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    return "Recoded"


def _codes_stand(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """For a code that the payer takes and no table has. Raises Refused for codes that are missing or malformed."""
    faults = coding_faults(desk.claim)
    if faults:
        raise Refused("not_possible", f"no payer reads such codes, mend them: {'; '.join(faults)}")
    _override(desk, {CODES_STAND})
    return "The codes stand, whatever the tables say"


def _charges_changed(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    return "Charges changed"


def _charges_approved(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    if desk.claim.charge_cents <= 0:
        raise Refused("invalid", "a visit without any charge cannot be billed; enter the charges")
    post_charges(desk)
    desk.move_to(Stage.SCRUBBING)
    return "Charges approved as they stand"


def _edits_fixed(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    desk.move_to(Stage.CODING)
    return "Claim mended; looked at again"


def _edits_overridden(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    edits = json.loads(task.detail)["edits"]
    if desk.encounter.charge_cents <= desk.policy("override_limit_cents"):
        _override(desk, set(edits.split(",")))
        return f"Edits overridden: {desk.encounter.edits_overridden}"
    reason = f"Override {edits}: {task.reason} Because: {values['reason']}"
    detail = {"edits": edits, "proposed_by": actor_id}
    desk.open_task(NewTask(TaskType.OVERRIDE_APPROVAL, task.id, reason, desk.encounter.charge_cents, detail=detail))
    return "A second person is asked to approve"


def _override_approved(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    _override(desk, set(json.loads(task.detail)["edits"].split(",")))
    return f"Edits overridden by two people: {desk.encounter.edits_overridden}"


def _override_rejected(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return f"The override was not approved: {values['reason']}"


def _override(desk: Desk, edits: set[str]) -> None:
    edits |= set(filter(None, desk.encounter.edits_overridden.split(",")))
    desk.encounter.edits_overridden = ",".join(sorted(edits))


def _new_original(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    correct(desk, values["corrections"])
    if desk.claim.is_void:
        make_submission(desk)
        return "Corrected; the void is sent again"
    desk.move_to(Stage.CODING)
    return "Corrected; the claim is sent anew"


def _split_rejected(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Never adjudicated: both claims are new originals."""
    if desk.claim.is_void or desk.claim.frequency == "7":
        raise Refused("not_possible", "a replacement or a void is not split: correct it, and split what is answered")
    said = split_off(desk, values["lines"], values["reason"])
    desk.move_to(Stage.CODING)
    return f"{said}; the rest is sent anew"


def _resend(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    if desk.live.adjudicated_at is not None:
        raise Refused("answered", "the payer has answered meanwhile; reload the page")
    make_submission(desk)
    return "Sent again as a new submission"


def _handled(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return "Taken up with the clearinghouse; the clocks go on"


def _status_known(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return f"Status known (reference {values['reference']}); looked at again on {values['follow_up']}"


def _resend_with_proof(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    before = desk.live.control_number
    said = _resend(desk, task, values, actor_id)
    return f"{said} (reference {values['reference']}); the proof of timely filing of claim {before} goes to the payer"


def _find_remittance(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return f"Paid by {values['reference']}; the remittance is looked for until {values['follow_up']}"


def _denied_by_phone(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Nothing is denied in the books before the payer's answer is in the house: typed in from paper, or as an 835."""
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return (
        f"Denied by telephone (reference {values['reference']}): {values['reason']}; the written answer is awaited "
        f"until {values['follow_up']}"
    )


def _approve_write_off(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    denials = encounters.open_denials(desk.session, desk.encounter.id)
    if amount_to_write_off(desk, denials) != task.amount_cents:
        raise Refused("amount_changed", "the denied amount has changed since this was proposed; propose it again")
    return write_off(desk, denials, actor=actor_id)


def _reject_write_off(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    because = f"the write-off was not approved: {values['reason']}"
    again = review_again(desk, key=f"rejected:{task.id}", because=because)
    desk.open_task(again or NewTask(TaskType.DENIAL_REVIEW, f"rejected:{task.id}", because, task.amount_cents))
    return "The write-off was not approved"


def _left_unapplied(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return "The payment stays unapplied; the payer was contacted"


def _post_after_all(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The payment is of this visit after all: it is posted once no other answer of its payer to these lines stands."""
    row = desk.session.get(RemittanceClaim, json.loads(task.detail).get("remittance_claim_id", ""))
    submission = next((one for one in desk.submissions if one.control_number == values["control_number"].upper()), None)
    if row is None or submission is None:
        fault = "is no claim of this visit; give its control number from the Claims table"
        raise Refused("invalid", "please correct the form", (("control_number", fault),))
    payment = records.load(ClaimPayment, row.payment)
    part = part_answered(payment, lines_as_sent(desk, submission.control_number))
    _, standing = by_lines(desk, submission.responsibility, part)
    if standing:
        fault = "an answer to this claim stands: take that one back first, or contact the payer about it"
        raise Refused("invalid", "please correct the form", (("control_number", fault),))
    row.control_number, row.state = submission.control_number, "open"
    desk.session.add(row)
    encounters.add_fact(
        desk.session,
        practice_id=row.practice_id,
        encounter_id=desk.encounter.id,
        kind=FactKind.REMITTANCE_ARRIVED,
        source_key=f"remit:{row.remittance_id}:{desk.encounter.id}:{row.ordinal}:{task.id}",
        subject_id=row.remittance_id,
        received_at=desk.at,
    )
    return "The payment is posted to this claim"


def _patient_follow_up(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    desk.schedule(Reason.PATIENT_BALANCE_DUE, day_to_come(desk, values["follow_up"]))
    return f"Spoken with the patient; looked at again on {values['follow_up']}"


_RESOLUTIONS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.REGISTRATION_INCOMPLETE, "fields_completed"): _fields_completed,
    (TaskType.ELIG_NOT_FOUND, "corrected_id"): _ask_again,
    (TaskType.ELIG_NOT_FOUND, "phone_verified"): _phone_verified,
    (TaskType.ELIG_INACTIVE, "new_coverage"): _ask_again,
    (TaskType.ELIG_INACTIVE, "phone_verified"): _phone_verified,
    (TaskType.ELIG_NOT_FOUND, "no_coverage"): _no_coverage,
    (TaskType.ELIG_INACTIVE, "no_coverage"): _no_coverage,
    (TaskType.REGISTRATION_INCOMPLETE, "self_pay"): _self_pay,
    (TaskType.ELIG_NOT_FOUND, "self_pay"): _self_pay,
    (TaskType.ELIG_INACTIVE, "self_pay"): _self_pay,
    (TaskType.COB_CONFLICT, "first_alone"): _first_alone,
    (TaskType.COB_CONFLICT, "first_of_two"): _first_of_two,
    (TaskType.COB_CONFLICT, "second"): _second,
    (TaskType.PAYER_UNAVAILABLE, "retry"): _retry,
    (TaskType.PAYER_UNAVAILABLE, "phone_verified"): _phone_verified,
    (TaskType.CODE_REVIEW, "recoded"): _recoded,
    (TaskType.CODE_REVIEW, "codes_stand"): _codes_stand,
    (TaskType.CODE_REVIEW, "codes_are_right"): codes_are_right,
    (TaskType.CODE_REVIEW, "ask_provider"): ask_provider,
    (TaskType.CODING_QUERY, "answered"): provider_answers,
    (TaskType.NOTE_UNSIGNED, "signed"): note_is_signed,
    (TaskType.OVERRIDE_APPROVAL, "approved"): _override_approved,
    (TaskType.OVERRIDE_APPROVAL, "rejected"): _override_rejected,
    (TaskType.CHARGE_REVIEW, "changed"): _charges_changed,
    (TaskType.CHARGE_REVIEW, "approved"): _charges_approved,
    (TaskType.CLAIM_EDIT_FAILED, "fixed"): _edits_fixed,
    (TaskType.CLAIM_EDIT_FAILED, "overridden"): _edits_overridden,
    (TaskType.ENROLMENT_MISSING, "enrolled"): go_on_enrolled,
    (TaskType.ENROLMENT_MISSING, "corrected"): _edits_fixed,
    (TaskType.ENROLMENT_MISSING, "send_anyway"): send_anyway,
    (TaskType.TRANSMISSION_FAILED, "resent"): _resend,
    (TaskType.TRANSMISSION_FAILED, "handled"): _handled,
    (TaskType.CLAIM_REJECTED, "corrected_new_claim"): _new_original,
    (TaskType.CLAIM_REJECTED, "split_claim"): _split_rejected,
    (TaskType.NO_RESPONSE, "status_known"): _status_known,
    (TaskType.NO_RESPONSE, "resubmitted"): _resend,
    (TaskType.NO_RESPONSE, "not_on_file_with_proof"): _resend_with_proof,
    (TaskType.NO_RESPONSE, "paid_find_era"): _find_remittance,
    (TaskType.NO_RESPONSE, "denied_by_phone"): _denied_by_phone,
    **{(TaskType.DENIAL_REVIEW, way): partial(take_exit, way=way) for way in Exit},
    (TaskType.TAKEBACK_NOTICE, "dispute"): partial(take_exit, way=Exit.APPEAL),
    **{
        (TaskType.TAKEBACK_NOTICE, name): partial(take_exit, way=Exit(name))
        for name in KINDS[TaskType.TAKEBACK_NOTICE].resolutions
        if name != "dispute"
    },
    (TaskType.WRITE_OFF_APPROVAL, "approved"): _approve_write_off,
    (TaskType.WRITE_OFF_APPROVAL, "rejected"): _reject_write_off,
    **appeal_desk.WAYS,
    **information_desk.WAYS,
    **patient_refunds.WAYS,
    **promises.WAYS,
    **recovery_notices.WAYS,
    **underpayment_desk.WAYS,
    (TaskType.PAYMENT_REVIEW, "post"): post_reviewed,
    (TaskType.PAYMENT_REVIEW, "payer_contacted"): leave_unapplied,
    (TaskType.UNMATCHED_REMIT, "payer_contacted"): _left_unapplied,
    (TaskType.UNMATCHED_REMIT, "matched"): _post_after_all,
    (TaskType.PAYER_CREDIT, "refund_payer"): refund_payer,
    (TaskType.PAYER_CREDIT, "payer_will_recoup"): payer_will_recoup,
    (TaskType.PATIENT_BALANCE_DUE, "follow_up"): _patient_follow_up,
}
