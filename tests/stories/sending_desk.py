"""What stories of holds, plans and bulk resubmissions do again and again, on the books of `tests.office`."""

from datetime import datetime

from sqlmodel import select

from activities import resending
from activities.messages import BatchStep, ReceiptStep, ResubmissionStanding, ResubmissionStep, Transmission
from activities.resubmission import ResubmissionActivities
from database import outbox, resubmission_views, resubmissions, sending
from database.columns import new_id
from database.outbox import OutboxKind
from database.resubmission_views import ItemView
from database.resubmissions import Sought
from database.tables import Batch, SendingHold, SendingPlanRow, Submission
from tests.builders import a_claim, an_837p
from tests.office import Office


def visits(office: Office, count: int, *, first: int = 1) -> list[str]:
    """So many clean visits of different patients whose claims are ready."""
    known = set(office.encounter_ids())
    claims = [
        a_claim(member_id=f"MEMBER{number:05}", control_number=f"EXT{number:05}")
        for number in range(first, first + count)
    ]
    office.take_in(an_837p(*claims, number=first))
    new = [one for one in office.encounter_ids() if one not in known]
    for encounter in new:
        office.go_on(encounter)
    assert len(new) == count
    return new


def step(office: Office, batch_id: str | None = None) -> BatchStep:
    return BatchStep(
        practice_id=office.practice_id, partner_id=office.partner_id, batch_id=batch_id or new_id(), at=office.now
    )


def send(office: Office) -> int:
    """One wish for a batch: how many claims left; 0: none was due."""
    given = step(office)
    standing = office.batch.prepare_interchange(given)
    if standing.state == "empty":
        return 0
    transmit(office, given)
    return standing.claim_count


def transmit(office: Office, given: BatchStep) -> None:
    said = office.batch.transmit(given)
    office.batch.record_receipt(ReceiptStep(**given.model_dump(), transmission=said))


def give_up(office: Office, *, refused: bool = False) -> str:
    """A batch that the partner never answered to, or refused: its id."""
    given = step(office)
    assert office.batch.prepare_interchange(given).state == "prepared"
    fail(office, given, refused=refused)
    return given.batch_id


def fail(office: Office, given: BatchStep, *, refused: bool = False) -> None:
    said = Transmission(refused=refused, reason="the file is refused" if refused else "the partner never answered")
    office.batch.record_receipt(ReceiptStep(**given.model_dump(), transmission=said))


def hold(office: Office, *, payer_id: str | None = None, ends_at: datetime | None = None) -> str:
    with office.database.writing() as session:
        row = sending.place_hold(
            session,
            practice_id=office.practice_id,
            partner_id=office.partner_id,
            payer_id=payer_id,
            reason="the payer is down",
            ends_at=ends_at,
            at=office.now,
            by=office.supervisor_id,
        )
    assert row is not None
    return row.id


def release(office: Office, hold_id: str) -> None:
    with office.database.writing() as session:
        row = session.get_one(SendingHold, hold_id)
        row.released_at, row.released_by = office.now, office.supervisor_id
        session.add(row)


def plan(office: Office, times: str = "", at_count: int | None = None, wait_seconds: int | None = None) -> None:
    with office.database.writing() as session:
        session.add(
            SendingPlanRow(
                id=new_id(),
                practice_id=office.practice_id,
                partner_id=office.partner_id,
                effective_from=office.today,
                times=times,
                at_count=at_count,
                wait_seconds=wait_seconds,
                set_at=office.now,
                set_by=office.supervisor_id,
            )
        )


def confirmed(office: Office, sought: Sought) -> str:
    """What is found is shown and confirmed: the id of the resubmission."""
    with office.database.writing() as session:
        found = resubmissions.candidates(session, sought, practice_id=office.practice_id)
        chosen = resending.decide(session, found, practice_id=office.practice_id, at=office.now)
        row = resubmissions.keep_preview(
            session, sought, chosen, practice_id=office.practice_id, at=office.now, by=office.worker_id
        )
        row.state, row.confirmed_at, row.confirmed_by = "running", office.now, office.worker_id
        outbox.enqueue(
            session,
            OutboxKind.START_RESUBMISSION,
            practice_id=office.practice_id,
            subject_id=row.id,
            at=office.now,
        )
        return row.id


def give_turns(office: Office, run: str) -> ResubmissionStanding:
    """What the workflow does at once; then each visit absorbs what it is told."""
    activities = ResubmissionActivities(office.database)
    standing = activities.give_turns(
        ResubmissionStep(practice_id=office.practice_id, resubmission_id=run, at=office.now)
    )
    for encounter in office.encounter_ids():
        office.go_on(encounter)
    return standing


def items(office: Office, run: str) -> list[ItemView]:
    with office.database.reading() as session:
        found = resubmission_views.view(session, practice_id=office.practice_id, resubmission_id=run, limit=1000)
    assert found is not None
    return found.items


def fates(office: Office, run: str) -> list[str]:
    """Refusals, and states of what goes."""
    return [one.refusal or one.state for one in items(office, run)]


def submissions_of(office: Office, encounter: str) -> list[Submission]:
    with office.database.reading() as session:
        query = select(Submission).where(Submission.encounter_id == encounter)
        return sorted(session.exec(query), key=lambda one: one.ordinal)


def batch(office: Office, batch_id: str | None) -> Batch:
    with office.database.reading() as session:
        return session.get_one(Batch, batch_id)
