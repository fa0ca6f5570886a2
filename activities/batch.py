"""Submission: ready claims of one practice become one interchange for one partner, once.

`prepare_interchange` allocates the numbers and stores the bytes, `transmit` sends the stored bytes,
`record_receipt` stores what the partner said. A retry of any of them changes nothing.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta, tzinfo
from itertools import groupby

from sqlmodel import Session
from temporalio import activity

from activities.lines import NotReached, Parcel
from activities.messages import BatchStanding, BatchStep, ReceiptStep, Transmission
from activities.partner_lines import SENDING_SECONDS, PartnerLines
from billing import partners
from billing.claim import BatchHeader, Claim, Contact, Name, Party
from billing.days import day_of, in_words
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, messages, office, outbox, records, sending, submissions, tasks
from database.engine import Database
from database.outbox import OutboxKind
from database.tables import Batch, Partner, Submission
from interchange.x12 import claim_files, writing
from interchange.x12.detect import identify


class BatchActivities:
    """What a batch's workflow asks of the book of record and of the partner."""

    def __init__(self, database: Database, lines: PartnerLines) -> None:
        self._database = database
        self._lines = lines

    @activity.defn
    def prepare_interchange(self, step: BatchStep) -> BatchStanding:
        """Take the ready claims, allocate control numbers and store the bytes, in one transaction."""
        with self._database.writing() as session:
            batch = session.get(Batch, step.batch_id)
            if batch is None:
                batch = _write_batch(session, step)
            return _standing(session, batch)

    @activity.defn
    def transmit(self, step: BatchStep) -> Transmission:
        """Send the stored bytes under the batch's own key and name. No transaction is open meanwhile."""
        with self._database.reading() as session:
            batch = session.get(Batch, step.batch_id)
            assert batch is not None, "a batch is prepared before it is transmitted"
            partner = office.partner(session, step.partner_id)
        parcel = Parcel(key=batch.id, name=_file_name(batch, partner), body=batch.body, sha256=batch.sha256)
        try:
            return self._lines.to(partner, within_seconds=SENDING_SECONDS).send(parcel)
        except NotReached as error:
            return Transmission(reason=str(error))

    @activity.defn
    def record_receipt(self, step: ReceiptStep) -> BatchStanding:
        """Store the receipt, or the final no: then every claim of the batch learns that it never left."""
        with self._database.writing() as session:
            batch = session.get(Batch, step.batch_id)
            assert batch is not None, "a batch is prepared before it is transmitted"
            said = step.transmission
            if said.receipt_id is not None and batch.transmitted_at is None:
                submissions.mark_transmitted(
                    session,
                    batch,
                    at=step.at,
                    receipt_id=said.receipt_id,
                    received_at=said.received_at or step.at,
                )
            elif said.receipt_id is None and batch.state == "prepared":
                batch.state = "failed"
                batch.failed_because, batch.was_refused = said.reason[:300], said.refused
                session.add(batch)
                refuse_claims(
                    session,
                    list(submissions.of_batch(session, batch.id)),
                    reason=f"The claim was not transmitted: {said.reason}",
                    source=f"transmit:{batch.id}" + (f":{batch.resends}" if batch.resends else ""),
                    subject_id=batch.id,
                    step=step,
                )
            return _standing(session, batch)

    @activity.defn
    def look_at_batch(self, step: BatchStep) -> BatchStanding:
        """How far the batch has come, as far as TA1 and 999 have said."""
        with self._database.reading() as session:
            batch = session.get(Batch, step.batch_id)
            return _standing(session, batch)

    @activity.defn
    def report_unacknowledged(self, step: BatchStep) -> BatchStanding:
        """No 999 in time: a task for the EDI analyst, once."""
        with self._database.writing() as session:
            batch = session.get(Batch, step.batch_id)
            assert batch is not None, "a batch is prepared before it is transmitted"
            if batch.state == "transmitted" and batch.transmitted_at is not None:
                since = in_words(batch.transmitted_at, office.zone_of(session, batch.practice_id))
                tasks.open_task(
                    session,
                    NewTask(
                        TaskType.TRANSMISSION_FAILED,
                        key="no_acknowledgment",
                        reason=f"No TA1 or 999 for interchange {batch.interchange_number:09d} with "
                        f"{batch.claim_count} claims since {since}.",
                    ),
                    practice_id=batch.practice_id,
                    subject="batch",
                    subject_id=batch.id,
                    at=step.at,
                )
            return _standing(session, batch)


def refuse_claims(
    session: Session,
    refused: list[Submission],
    *,
    reason: str,
    source: str,
    subject_id: str,
    step: BatchStep | ReceiptStep,
) -> None:
    """Tell each claim's encounter that its submission was refused."""
    for submission in refused:
        encounters.add_fact(
            session,
            practice_id=submission.practice_id,
            encounter_id=submission.encounter_id,
            kind=FactKind.SUBMISSION_REFUSED,
            source_key=f"{source}:{submission.control_number}",
            subject_id=subject_id,
            received_at=step.at,
            body=json.dumps({"control_number": submission.control_number, "reason": reason}),
        )


def _standing(session: Session, batch: Batch | None) -> BatchStanding:
    if batch is None:
        return BatchStanding(state="empty")
    due_at = None
    if batch.transmitted_at is not None:
        policies = office.policies_for(session, practice_id=batch.practice_id, payer_id=None)
        hours = policies.value("syntax_acknowledgment_hours", as_of=policies.day(batch.transmitted_at))
        due_at = batch.transmitted_at + timedelta(hours=hours)
    return BatchStanding(state=batch.state, claim_count=batch.claim_count, acknowledgment_due_at=due_at)


def _file_name(batch: Batch, partner: Partner) -> str:
    return partners.upload_name(
        partner.upload_name,
        kind=identify(batch.body),
        interchange_number=batch.interchange_number,
        group_number=batch.group_number,
        instant=batch.prepared_at,
        usage=partner.usage,
    )


def _write_batch(session: Session, step: BatchStep) -> Batch | None:
    policies = office.policies_for(session, practice_id=step.practice_id, payer_id=None)
    limit = policies.value("batch_claims", as_of=policies.day(step.at))
    ready, took_backlog = submissions.take_ready(
        session, practice_id=step.practice_id, partner_id=step.partner_id, limit=limit, at=step.at
    )
    route = {"practice_id": step.practice_id, "partner_id": step.partner_id}
    if not ready:
        due_at = sending.queues(session, **route, at=step.at).next_at()
        if due_at is not None and due_at > step.at:
            sending.wish_later(session, **route, at=step.at, due_at=due_at)
        return None
    partner = office.partner(session, step.partner_id)
    batch = Batch(
        id=step.batch_id,
        partner_id=partner.id,
        practice_id=step.practice_id,
        interchange_number=messages.next_number(session, partner_id=partner.id, name="interchange"),
        group_number=messages.next_number(session, partner_id=partner.id, name="group"),
        claim_count=len(ready),
        body=b"",
        sha256="",
        prepared_at=step.at,
    )
    batch.body = _interchange(ready, batch, partner, policies.zone).encode("ascii")
    batch.sha256 = hashlib.sha256(batch.body).hexdigest()
    session.add(batch)
    session.flush()
    for submission in ready:
        submission.batch_id = batch.id
        session.add(submission)
    session.flush()
    sending.take_note(session, **route, at=step.at, took_backlog=took_backlog)
    session.flush()
    _wish_for_the_others(session, step)
    return batch


def _wish_for_the_others(session: Session, step: BatchStep) -> None:
    """What the batch has no place for, such as claims of the other kind, goes in one of its own; what is not due yet,
    when it is."""
    route = {"practice_id": step.practice_id, "partner_id": step.partner_id}
    due_at = sending.queues(session, **route, at=step.at).next_at()
    if due_at is None:
        return
    if due_at > step.at:
        sending.wish_later(session, **route, at=step.at, due_at=due_at)
        return
    outbox.enqueue(
        session, OutboxKind.START_BATCH, practice_id=step.practice_id, subject_id=step.partner_id, at=step.at
    )


def _interchange(ready: Sequence[Submission], batch: Batch, partner: Partner, zone: tzinfo) -> str:
    """The 837P or 837I: one transaction set (ST02) per payer, whose number each of its submissions keeps. Days and
    times are those of `zone`.
    """
    claims = {one.control_number: records.load(Claim, one.claim) for one in ready}
    version = claim_files.version_of(next(iter(claims.values())))
    sets = []
    by_payer = sorted(ready, key=lambda one: one.payer_id)
    for number, (_, group) in enumerate(groupby(by_payer, key=lambda one: one.payer_id), start=1):
        members = list(group)
        set_number = f"{number:04d}"
        for submission in members:
            submission.set_number = set_number
        own = [claims[submission.control_number] for submission in members]
        sets.append((set_number, claim_files.write(_header(batch, partner, zone), own)))
    return writing.write_interchange(
        [writing.Group(batch.group_number, version, sets)],
        sender=writing.Address(partner.sender_qualifier, partner.sender_id),
        receiver=writing.Address(partner.receiver_qualifier, partner.receiver_id),
        control_number=batch.interchange_number,
        instant=batch.prepared_at.astimezone(zone),
        usage=partner.usage,
    )


def _header(batch: Batch, partner: Partner, zone: tzinfo) -> BatchHeader:
    submitter = Party(
        role="41",
        is_person=False,
        name=Name(partner.submitter_name),
        id_qualifier="46",
        id=partner.sender_id,
        contact=Contact(partner.submitter_contact, (("TE", partner.submitter_telephone),)),
    )
    receiver = Party(
        role="40", is_person=False, name=Name(partner.name.upper()), id_qualifier="46", id=partner.receiver_id
    )
    return BatchHeader(
        submitter=submitter,
        receiver=receiver,
        reference=batch.id.upper(),
        created=day_of(batch.prepared_at, zone),
        created_time=f"{batch.prepared_at.astimezone(zone):%H%M}",
    )
