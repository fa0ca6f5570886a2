"""Tasks that no encounter's workflow waits for: about a remittance, a batch or a message. One transaction each."""

import json
from datetime import datetime

from sqlmodel import Session

from activities import (
    assistance,
    card_payouts,
    coming_of_age,
    instalment_plans,
    lockbox_desk,
    member_ids,
    payer_credits,
    provider_money,
    returned_cheques,
)
from activities.account_decisions import answer_question, decide_before_collections, wake
from activities.messages import Answer
from activities.move_sign_off import sign_off
from activities.remittance import tell_of_rows
from billing.money import format_dollars
from billing.task_forms import form_faults
from billing.tasks import TaskType
from database import (
    accounts,
    coverage_checks,
    good_faith,
    ledger,
    office,
    provider_adjustments,
    remittances,
    submissions,
    tasks,
)
from database.tables import EstimateRow, PatientAccount, RemittanceClaim, Task

_SAID = {
    (TaskType.UNMATCHED_REMIT, "matched"): "matched",
    (TaskType.UNMATCHED_REMIT, "payer_contacted"): "left unapplied",
    (TaskType.PRECOLLECTION_APPROVAL, "place"): "placed with the agency",
    (TaskType.PRECOLLECTION_APPROVAL, "write_off"): "written off",
    (TaskType.PRECOLLECTION_APPROVAL, "hold"): "waits",
    (TaskType.MOVE_SIGN_OFF, "signed_off"): "signed off; what is due goes to patients from now on",
}
"""What the person is told; of all others: closed"""


_ABOUT_ACCOUNTS = frozenset({TaskType.PRECOLLECTION_APPROVAL, TaskType.PATIENT_QUESTION, TaskType.PLAN_DEFAULT})
_ABOUT_THE_BANK = frozenset({TaskType.CHEQUE_RETURNED, TaskType.UNPLACED_CHEQUE, TaskType.CARD_PAYOUT_LINE})
_ABOUT_HELP = frozenset({TaskType.ASSISTANCE_REVIEW, TaskType.ASSISTANCE_APPROVAL})
_KEEPS_BILL_BACK = frozenset({TaskType.BILL_ABOVE_ESTIMATE, TaskType.ESTIMATE_DISPUTED})


def complete_office_task(
    session: Session,
    *,
    practice_id: str,
    task: Task,
    resolution: str,
    values: dict[str, str],
    actor_id: str,
    at: datetime,
) -> Answer:
    """Complete the task, or say why not; a refusal changes nothing."""
    _hold(session, task, at=at)
    if task.state != "open":
        return Answer(done=False, code="task_not_open", message="this task is not open any more; reload the page")
    typed = {name: text.strip() for name, text in values.items()}
    faults = form_faults(TaskType(task.type), resolution, typed)
    if faults:
        return Answer(
            done=False,
            code="invalid",
            message="please correct the form",
            faults=tuple((one.field, one.message) for one in faults),
        )
    refused = None
    if task.type == TaskType.PLB_REVIEW:
        refused = _place_adjustment(session, task, resolution, typed, actor_id=actor_id, at=at)
    elif task.type == TaskType.REFUND_APPROVAL:
        refused = payer_credits.settle(session, task, resolution, typed, actor_id=actor_id, at=at)
    elif task.type == TaskType.MEMBER_ID_CORRECTED and resolution == "taken":
        member_ids.take_over(session, task, at=at, actor_id=actor_id)
    elif task.type in _ABOUT_HELP:
        refused = assistance.decide(session, task, resolution, typed, actor_id=actor_id, at=at)
    elif task.type == TaskType.PLAN_DEFAULT:
        refused = instalment_plans.decide(session, task, resolution, typed, practice_id=practice_id, at=at)
    elif task.type == TaskType.PATIENT_QUESTION:
        refused = answer_question(session, task, typed, practice_id=practice_id, at=at)
    elif task.type == TaskType.WHO_ANSWERS:
        refused = coming_of_age.decide(session, task, resolution, typed, actor_id=actor_id, at=at)
    elif task.type in _ABOUT_THE_BANK:
        refused = _settle_at_bank(session, task, resolution, typed, actor_id=actor_id, at=at)
    elif task.type == TaskType.UNMATCHED_REMIT:
        refused = _settle_row(session, task, resolution, typed, practice_id=practice_id)
    elif task.type == TaskType.PRECOLLECTION_APPROVAL:
        refused = decide_before_collections(
            session, task, resolution, typed, practice_id=practice_id, actor_id=actor_id, at=at
        )
    elif task.type in {TaskType.VISIT_COVERAGE, TaskType.AUTHORIZATION_MISSING, TaskType.NOTICE_WANTED}:
        coverage_checks.settle(session, task.subject_id, resolution, practice_id=practice_id, at=at)
    elif task.type == TaskType.MOVE_SIGN_OFF:
        refused = sign_off(session, task.subject_id, practice_id=practice_id, by=actor_id, at=at)
    elif task.type in _KEEPS_BILL_BACK:
        good_faith.ask_anew(session, session.get_one(EstimateRow, task.subject_id))
        wake(session, _account(session, task, at=at), at=at)
    elif resolution == "resent":
        message = "claims are sent again one by one, from their own encounters' tasks"
        refused = Answer(done=False, code="invalid", message=message)
    if refused is not None:
        return refused
    tasks.close_task(session, task, resolution=resolution, at=at, actor_id=actor_id)
    return Answer(done=True, code="done", message=_SAID.get((TaskType(task.type), resolution), "closed"))


def _hold(session: Session, task: Task, *, at: datetime) -> None:
    """See the task as it is now, until the transaction ends; its account first, as the account's own step does, or the
    book, as the posting that closes it does."""
    if task.type == TaskType.PLB_REVIEW or task.type in _ABOUT_THE_BANK:
        ledger.hold_book(session, task.practice_id)
    if task.type in _KEEPS_BILL_BACK:
        _account(session, task, at=at)
    if task.type in _ABOUT_HELP:
        assistance.of_task(session, task, at=at)
    if task.type in _ABOUT_ACCOUNTS:
        accounts.lock(session, practice_id=task.practice_id, patient_id=task.subject_id, at=at)
    if task.type == TaskType.WHO_ANSWERS:
        coming_of_age.hold(session, task, at=at)
    session.refresh(task, with_for_update={"key_share": True})


def _account(session: Session, task: Task, *, at: datetime) -> PatientAccount:
    """The account of the patient whose estimate the task is about, held."""
    patient_id = session.get_one(EstimateRow, task.subject_id).patient_id
    return accounts.lock(session, practice_id=task.practice_id, patient_id=patient_id, at=at)


def _settle_at_bank(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """Patients' money: a cheque that the bank gives back, one of the lockbox that is nobody's yet, or a line of a
    payout that fits nothing."""
    if task.type == TaskType.CARD_PAYOUT_LINE:
        return card_payouts.settle(session, task, resolution, values, actor_id=actor_id, at=at)
    if task.type == TaskType.UNPLACED_CHEQUE:
        return lockbox_desk.settle(session, task, resolution, values, actor_id=actor_id, at=at)
    today = office.policies_for(session, practice_id=task.practice_id, payer_id=None).day(at)
    return returned_cheques.settle(session, task, resolution, values, actor_id=actor_id, at=at, today=today)


def _place_adjustment(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """Money outside the claims: put on the claim that it is for, booked as what it is, or left where it is."""
    if resolution == "reviewed":
        return None
    adjustment_id = json.loads(task.detail or "{}").get("adjustment_id", "")
    ledger.hold_book(session, task.practice_id)
    row = provider_adjustments.find(session, practice_id=task.practice_id, adjustment_id=adjustment_id)
    if row is None or not row.open_cents:
        return _invalid("resolution", "nothing of this money stands on PLB_CLEARING: choose to leave it as it is")
    if resolution != "linked":
        provider_money.reclassify(session, row, resolution, actor=actor_id, at=at)
        return None
    named = provider_adjustments.encounter_named(
        session, practice_id=task.practice_id, reference=values["control_number"]
    )
    if named is None:
        return _invalid("control_number", "no claim of this practice has this number, or several have")
    paid = sum(provider_adjustments.paid_by_line(session, practice_id=row.practice_id, encounter_id=named).values())
    if paid < row.open_cents or not remittances.standing_rows(session, named):
        return _invalid("control_number", f"this claim was paid {format_dollars(max(paid, 0))}: it cannot be for it")
    provider_money.put_on(session, row, named, at=at, cause=task.id)
    return None


def _invalid(field: str, fault: str) -> Answer:
    return Answer(done=False, code="invalid", message="please correct the form", faults=((field, fault),))


def _settle_row(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, practice_id: str
) -> Answer | None:
    row = session.get(RemittanceClaim, json.loads(task.detail)["remittance_claim_id"])
    assert row is not None, "the task was opened for this row"
    if resolution != "matched":
        row.state = "excepted"
        session.add(row)
        return None
    submission = submissions.named(session, values["control_number"].upper(), practice_id=practice_id)
    if submission is None:
        return _invalid("control_number", "no claim of this practice has this control number")
    row.encounter_id = submission.encounter_id
    row.state = "open"
    row.matched_by = "person"
    session.add(row)
    session.flush()
    file = remittances.find(session, practice_id=practice_id, remittance_id=row.remittance_id)
    assert file is not None, "a row belongs to a remittance"
    tell_of_rows(session, row, file, late=True)
    return None
