"""A payer pays and says by which number it knows the member: registration is asked whether the number is taken over."""

import json
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from activities.desk import Desk
from billing.claim import Coverage
from billing.coordination import OtherPayer, own_policy
from billing.remittance import ClaimPayment
from billing.tasks import NewTask, TaskType
from database import coverages, held_policies, records, tasks
from database import member_ids as known_numbers
from database.tables import OtherPolicy, RemittanceClaim, Task

SHOWN = 4
"""Last characters of a member's number that a task tells; the rest stands on the visit and the remittance"""


def ask_about_number(desk: Desk, row: RemittanceClaim, payment: ClaimPayment) -> None:
    """Ask once per patient and number; the visit itself goes on."""
    told = payment.corrected_member_id
    known = _coverage_of(desk, row.responsibility)
    if told is None or known is None or told.upper() == (known.member_id or "").upper():
        return
    reason = (
        f"The payer answered the visit of {desk.encounter.service_date} and knows the member by another number, "
        f"ending in {told[-SHOWN:]}; ours ends in {(known.member_id or '')[-SHOWN:]}. Take it over for the patient's "
        "policy, or say why not."
    )
    tasks.open_task(
        desk.session,
        NewTask(TaskType.MEMBER_ID_CORRECTED, key=told, reason=reason, detail={"remittance_claim_id": row.id}),
        practice_id=desk.encounter.practice_id,
        subject="patient",
        subject_id=desk.encounter.patient_id,
        at=desk.at,
    )


def take_over(session: Session, task: Task, *, at: datetime, actor_id: str) -> None:
    """The visit's policy, and the policy that the patient holds, get the payer's number."""
    row = session.get_one(RemittanceClaim, json.loads(task.detail)["remittance_claim_id"])
    number = records.load(ClaimPayment, row.payment).corrected_member_id
    desk = Desk.take(session, practice_id=row.practice_id, encounter_id=str(row.encounter_id), at=at)
    desk.actor_id = actor_id
    if row.responsibility == desk.responsibility:
        desk.keep(replace(desk.claim, coverage=replace(desk.claim.coverage, member_id=number)))
        session.add(desk.encounter)
    policy = _other(desk, row.responsibility)
    if policy is not None:
        before = coverages.policy_of(policy)
        now = replace(before, coverage=replace(before.coverage, member_id=number))
        policy.record = records.dump(now)
        session.add(policy)
        known_numbers.keep(session, desk.encounter, number)
        held_policies.put_right(session, desk.encounter.patient_id, before, now, at=at)
    desk.say("The member's number is taken over from the payer's answer")
    session.flush()


def _other(desk: Desk, place: str) -> OtherPolicy | None:
    return next((one for one in desk.other_policies if one.responsibility == place), None)


def _coverage_of(desk: Desk, place: str) -> Coverage | None:
    """The policy with this place (SBR01)."""
    if place == desk.responsibility:
        return own_policy(desk.claim).coverage
    other = _other(desk, place)
    policy: OtherPayer | None = coverages.policy_of(other) if other is not None else None
    return policy.coverage if policy is not None else None
