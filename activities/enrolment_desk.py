"""The hold for a missing enrolment: asked about before a claim becomes ready, and lifted for all who wait at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from activities.desk import Desk
from activities.refusals import Refused, Values
from billing.enrolments import Gap, gaps, needs
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from database import encounters, enrolments, office, outbox, tasks
from database.enrolments import Entry
from database.outbox import OutboxKind
from database.tables import Encounter, Payer, Task

DUE_BUSINESS_DAYS = 5
OVERRIDDEN = "enrolment:"
"""Before the payer's id among the overridden edits: a supervisor sent the claim there without the enrolment"""


def lacks_enrolment(desk: Desk) -> bool:
    """Whether the claim has to wait for an enrolment; a person is asked then, once per look at the encounter."""
    if f"{OVERRIDDEN}{desk.encounter.payer_id}" in desk.encounter.edits_overridden.split(","):
        return False
    if not gaps_of(desk.session, desk.encounter, desk.policies, at=desk.at):
        return False
    enrolments.take_turn(desk.session, [desk.encounter.payer_id])
    found = gaps_of(desk.session, desk.encounter, desk.policies, at=desk.at)
    if not found:
        return False
    desk.open_task(
        NewTask(
            TaskType.ENROLMENT_MISSING,
            key=str(desk.encounter.version),
            reason=_in_words(desk.session, desk.encounter, found),
            amount_cents=desk.encounter.charge_cents,
            business_days=DUE_BUSINESS_DAYS,
        )
    )
    return True


def enrolment_gap(desk: Desk) -> str:
    """Why the payer would not take the claim, in words; empty where it would, or a supervisor sent it anyway."""
    if f"{OVERRIDDEN}{desk.encounter.payer_id}" in desk.encounter.edits_overridden.split(","):
        return ""
    found = gaps_of(desk.session, desk.encounter, desk.policies, at=desk.at)
    return _in_words(desk.session, desk.encounter, found) if found else ""


def gaps_of(session: Session, encounter: Encounter, policies: Policies, *, at: datetime) -> tuple[Gap, ...]:
    """What the claim's payer still wants, by the matrix as it stands now."""
    practice_id, payer_id = encounter.practice_id, encounter.payer_id
    today = policies.day(at)
    is_paper = not policies.value("takes_electronic_claims", as_of=today)
    return gaps(
        needs(encounters.claim_of(encounter), is_paper=is_paper),
        enrolments.of_payer(session, practice_id=practice_id, payer_id=payer_id),
        holds_without_row=bool(policies.value("hold_without_enrolment", as_of=today)),
    )


def go_on_enrolled(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """A person says that the matrix is in order. Raises Refused while it says otherwise."""
    found = gaps_of(desk.session, desk.encounter, desk.policies, at=desk.at)
    if found:
        words = _in_words(desk.session, desk.encounter, found)
        raise Refused("not_enrolled", f"the matrix still says no: {words}")
    return "Enrolled; the claim goes on"


def send_anyway(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """A supervisor sends this claim to this payer without the enrolment."""
    overridden = set(filter(None, desk.encounter.edits_overridden.split(",")))
    desk.encounter.edits_overridden = ",".join(sorted(overridden | {f"{OVERRIDDEN}{desk.encounter.payer_id}"}))
    return f"Sent without the enrolment: {values['reason']}"


def put_entries(
    session: Session, entries: Sequence[Entry], *, practice_id: str, at: datetime, by: str
) -> tuple[list[Entry | None], int]:
    """Write cells of the matrix: what each was before, and how many claims that waited for them go on."""
    payers = {entry.payer_id for entry in entries}
    enrolments.take_turn(session, payers)
    before = [enrolments.save(session, entry, practice_id=practice_id, at=at, by=by) for entry in entries]
    released = sum(_release(session, practice_id=practice_id, payer_id=payer_id, at=at) for payer_id in sorted(payers))
    return before, released


def _release(session: Session, *, practice_id: str, payer_id: str, at: datetime) -> int:
    """Every claim that lacks nothing here any more goes on; another keeps its task, with what is left."""
    policies = office.policies_for(session, practice_id=practice_id, payer_id=payer_id)
    released = 0
    for task, encounter in enrolments.waiting(session, practice_id=practice_id, payer_id=payer_id):
        left = gaps_of(session, encounter, policies, at=at)
        if left:
            task.reason = _in_words(session, encounter, left)
            session.add(task)
            continue
        tasks.close_task(session, task, resolution="enrolled", at=at, actor_id=None)
        encounters.tell(session, encounter, "The enrolment is in force; the claim goes on", at=at)
        outbox.enqueue(
            session,
            OutboxKind.WAKE_ENCOUNTER,
            practice_id=practice_id,
            subject_id=encounter.id,
            fact_id=task.id,
            at=at,
        )
        released += 1
    session.flush()
    return released


def _in_words(session: Session, encounter: Encounter, found: tuple[Gap, ...]) -> str:
    payer = session.get(Payer, encounter.payer_id)
    assert payer is not None, "an encounter's payer is never deleted"
    return f"{payer.name} ({payer.payer_number}): {'; '.join(one.why for one in found)}"
