"""Files a stored message: what it says becomes facts for encounters, remittances, news for batches, or a task.

One message, one transaction. What fits nobody becomes a task with the reason; nothing is passed over in silence.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from activities import bank_files, told_statuses
from billing.acknowledgment import ClaimAcknowledgment, ImplementationAcknowledgment
from billing.claim import Claim, Party
from billing.remittance import Remittance, adjustments_not_allowed
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, messages, office, outbox, records, remittances, submissions, tasks
from database.columns import new_id
from database.outbox import OutboxKind
from database.tables import Batch, InboundMessage, RemittanceFile, Submission
from interchange.bank.faults import BankFileInvalid
from interchange.x12 import (
    acknowledgment_277ca,
    acknowledgment_999,
    acknowledgment_ta1,
    claim_status_277,
    information_request_277,
    remittance_835,
)
from interchange.x12.detect import FileKind
from interchange.x12.issues import Issue
from interchange.x12.parting import parts
from interchange.x12.syntax import NotX12

CUT_OFF = frozenset({"2"})
"""IK502: the transaction set has no trailer"""

ALL_OURS = ", 0 name no claim of ours"
"""How the note of a 277CA, 277 or 277RFAI ends whose claims are all known; with the comma, since 10 ends in 0 too"""

SHOWN_ISSUES = 10
"""How many faults of a file a task names; the rest are counted"""


def file_message(session: Session, message_id: str) -> str:
    """File one stored message, once, and return what became of it, in words."""
    message = messages.lock(session, message_id)
    if message.state == "filed":
        return message.note
    several = parts(message.body)
    note = _file_parts(session, message, several) if several else _file_one(session, message)
    message.state = "filed"
    message.note = note
    session.add(message)
    return note


def _file_one(session: Session, message: InboundMessage) -> str:
    filer = _FILERS.get(message.kind)
    try:
        return filer(session, message) if filer else _unknown(session, message)
    except NotX12 as error:
        return _ask(session, message, f"The message is announced as {message.kind} and is no X12: {error}.")


def _file_parts(session: Session, message: InboundMessage, several: list[tuple[FileKind, bytes]]) -> str:
    """A file of several kinds: each part is a message of its own, filed like one that came alone."""
    notes = []
    for kind, body in several:
        part, _ = messages.store_inbound(
            session,
            partner_id=message.partner_id,
            practice_id=message.practice_id,
            kind=str(kind),
            body=body,
            received_at=message.received_at,
            mail_id=message.mail_id,
        )
        notes.append(f"{kind}: {file_message(session, part.id)}")
    return "; ".join(notes)


def is_filed(kind: str) -> bool:
    """Whether this office files messages of the kind."""
    return kind in _FILERS


def note_failure(session: Session, message_id: str, what: str) -> None:
    """Filing broke: the message keeps its bytes, and a person is told. It is not tried again by itself."""
    message = messages.lock(session, message_id)
    if message.state == "filed":
        return  # by somebody else, meanwhile
    message.state = "failed"
    message.note = what
    session.add(message)
    _ask(session, message, f"Filing this {message.kind} message failed ({what}); its bytes are kept.")


def _practice_of(session: Session, message: InboundMessage) -> str:
    """The practice a message belongs to; the operator's queue is the first practice's."""
    return message.practice_id or office.first_practice(session).id


def _ask(
    session: Session,
    message: InboundMessage,
    reason: str,
    *,
    task_type: TaskType = TaskType.INTAKE_ERROR,
    key: str = "message",
    amount_cents: int = 0,
) -> str:
    tasks.open_task(
        session,
        NewTask(task_type, key=key, reason=reason, amount_cents=amount_cents),
        practice_id=_practice_of(session, message),
        subject="message",
        subject_id=message.id,
        at=message.received_at,
    )
    return reason


def _unknown(session: Session, message: InboundMessage) -> str:
    if message.kind == "unknown":
        reason = "The file is not recognised: it has no ISA header, so it is no X12; ask the sender for the whole file."
        return _ask(session, message, reason)
    return _ask(session, message, f"A message of kind {message.kind} came; this office does not file that kind yet.")


def _in_words(issues: tuple[Issue, ...]) -> str:
    errors = [issue for issue in issues if issue.severity == "error"]
    words = [f"{one.segment} {one.segment_index or ''}".strip() + f": {one.message}" for one in errors[:SHOWN_ISSUES]]
    if len(errors) > SHOWN_ISSUES:
        words.append(f"and {len(errors) - SHOWN_ISSUES} more")
    return "; ".join(words)


def _file_ta1(session: Session, message: InboundMessage) -> str:
    """TA1: a refused interchange refuses every claim in it; an accepted one says nothing about the claims. One that was
    transmitted once more and is refused as a duplicate had arrived the first time."""
    notes = []
    for item in acknowledgment_ta1.read(message.body):
        said = item.acknowledgment
        batch = _batch(session, message, interchange=said.control_number)
        if batch is None:
            notes.append(_ask(session, message, f"A TA1 answers interchange {said.control_number}, which is not ours."))
        elif said.accepted or (said.is_duplicate and batch.resends):
            batch.envelope_accepted_at = batch.envelope_accepted_at or message.received_at
            session.add(batch)
            notes.append("interchange accepted")
        else:
            _refuse_batch(session, message, batch, f"The interchange was refused (TA1 {said.code} {said.note})")
            notes.append("interchange refused")
    return "; ".join(notes) or _ask(session, message, "The message holds no TA1.")


def _batch(session: Session, message: InboundMessage, *, interchange: str) -> Batch | None:
    if message.partner_id is None or not interchange.isdigit():
        return None
    found = submissions.batch_of_interchange(
        session, partner_id=message.partner_id, interchange_number=int(interchange)
    )
    return found if found is not None and _may_speak_of(message, found) else None


def _may_speak_of(message: InboundMessage, sent: Batch | Submission) -> bool:
    """Only the partner it was sent by, and a file that a practice dropped by hand only of that practice's claims."""
    return sent.partner_id == message.partner_id and message.practice_id in {None, sent.practice_id}


def _file_999(session: Session, message: InboundMessage) -> str:
    """999: each transaction set is accepted or refused; claims of a refused set never left the clearinghouse."""
    notes = []
    for item in acknowledgment_999.read(message.body):
        if item.acknowledgment is None:
            notes.append(_ask(session, message, f"A 999 cannot be read: {_in_words(item.issues)}"))
            continue
        batch = _batch_of_group(session, message, item.acknowledgment)
        if batch is None:
            group = item.acknowledgment.group_control_number
            notes.append(_ask(session, message, f"A 999 answers group {group}, which is not ours."))
            continue
        notes.append(_fold_999(session, message, batch, item.acknowledgment))
    return "; ".join(notes) or _ask(session, message, "The message holds no 999.")


def _batch_of_group(session: Session, message: InboundMessage, said: ImplementationAcknowledgment) -> Batch | None:
    if message.partner_id is None or not said.group_control_number.isdigit():
        return None
    found = submissions.batch_of_group(
        session, partner_id=message.partner_id, group_number=int(said.group_control_number)
    )
    return found if found is not None and _may_speak_of(message, found) else None


def _fold_999(session: Session, message: InboundMessage, batch: Batch, said: ImplementationAcknowledgment) -> str:
    accepted = refused = 0
    for submission in submissions.hold_batch(session, batch.id):
        if said.accepts(submission.set_number or ""):
            submissions.mark_syntax_accepted(session, submission, at=message.received_at)
            accepted += 1
        else:
            reason = f"Refused for its syntax (999): {_errors_of(said, submission)}"
            _refuse(session, message, submission, reason)
            refused += 1
    batch.state = "accepted" if accepted else "rejected"
    batch.acknowledged_at = message.received_at
    session.add(batch)
    _wake(session, batch, message.received_at)
    return f"999: {accepted} claims accepted, {refused} refused"


def _errors_of(said: ImplementationAcknowledgment, submission: Submission) -> str:
    """The faults the 999 names for this claim, or those of its whole set."""
    sets = [one for one in said.sets if one.control_number.lstrip("0") == (submission.set_number or "").lstrip("0")]
    errors = [error for one in sets for error in one.errors]
    own = [error for error in errors if error.control_number == submission.control_number] or errors
    words = [
        f"{error.segment} at {error.position} code {error.code or '-'}"
        + "".join(f", element {place} code {code}" for place, code, _ in error.elements)
        for error in own[:SHOWN_ISSUES]
    ]
    return "; ".join(words) or f"the whole group was refused ({said.code})"


def _refuse_batch(session: Session, message: InboundMessage, batch: Batch, reason: str) -> None:
    for submission in submissions.of_batch(session, batch.id):
        _refuse(session, message, submission, reason)
    batch.state = "rejected"
    batch.acknowledged_at = message.received_at
    session.add(batch)
    _wake(session, batch, message.received_at)


def _refuse(session: Session, message: InboundMessage, submission: Submission, reason: str) -> None:
    encounters.add_fact(
        session,
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        kind=FactKind.SUBMISSION_REFUSED,
        source_key=f"refused:{message.kind}:{submission.control_number}",
        subject_id=message.id,
        received_at=message.received_at,
        body=json.dumps({"control_number": submission.control_number, "reason": reason}),
    )


def _wake(session: Session, batch: Batch, at: datetime) -> None:
    outbox.enqueue(session, OutboxKind.WAKE_BATCH, practice_id=batch.practice_id, subject_id=batch.id, at=at)


def _file_277ca(session: Session, message: InboundMessage) -> str:
    """277CA: a verdict on a claim, or on a whole batch, by the clearinghouse or the payer."""
    kept = unknown = 0
    for item in acknowledgment_277ca.read(message.body):
        if item.file is None:
            if item.issues:
                _ask(session, message, f"A 277CA cannot be read: {_in_words(item.issues)}")
            continue
        for one in item.file.acknowledgments:
            concerned = _claims_of(session, message, one, one.provider or item.file.provider)
            names_a_claim = one.control_number is not None or not one.accepted
            unknown += names_a_claim and not concerned
            for submission in concerned:
                kept += _keep_acknowledgment(session, message, submission, one)
    if unknown:
        _ask(session, message, f"A 277CA says something of claims that are not ours: {unknown} in all.", key="unknown")
    return f"277CA: {kept} verdicts kept, {unknown} name no claim of ours"


def _claims_of(
    session: Session, message: InboundMessage, one: ClaimAcknowledgment, provider: Party | None
) -> list[Submission]:
    """The claims that a verdict is about: one by its number, a provider's in a batch, or all of a batch."""
    if one.control_number is not None:
        submission = submissions.by_control_number(session, one.control_number)
        named = [submission] if submission else _formerly(session, message, one.control_number, provider)
        return [row for row in named if _may_speak_of(message, row)]
    if one.level == "claim" or one.accepted:
        return []
    batch = session.get(Batch, (one.batch_reference or "").lower())
    if batch is None or not _may_speak_of(message, batch):
        return []
    sent = submissions.of_batch(session, batch.id)
    npi = provider.npi if one.level == "provider" and provider is not None else None
    return [row for row in sent if npi in {None, records.load(Claim, row.claim).billing_provider.npi}]


def _formerly(session: Session, message: InboundMessage, number: str, provider: Party | None) -> Sequence[Submission]:
    """The claim that an old system had sent under this number. Two practices may have had the same one: then the
    provider whom the message names decides, and without one nobody does.
    """
    rows = submissions.formerly(session, number, partner_id=message.partner_id)
    if len(rows) > 1 and provider is not None:
        practice_id = office.practice_of_payee(session, npi=provider.npi, tax_id=None)
        rows = [one for one in rows if one.practice_id == practice_id]
    return rows if len(rows) == 1 else []


def _keep_acknowledgment(
    session: Session, message: InboundMessage, submission: Submission, one: ClaimAcknowledgment
) -> bool:
    own = replace(one, control_number=submission.control_number)
    body = records.dump(own)
    return encounters.add_fact(
        session,
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        kind=FactKind.CLAIM_ACKNOWLEDGED,
        source_key=f"277ca:{hashlib.sha256(body.encode()).hexdigest()[:40]}",
        subject_id=message.id,
        received_at=message.received_at,
        body=body,
    )


def _file_277(session: Session, message: InboundMessage) -> str:
    """277: where claims stand at a payer, asked for or not. What names no claim of ours is told a person."""
    kept = unknown = 0
    for item in claim_status_277.read(message.body):
        if item.answer is None:
            if item.issues:
                _ask(session, message, f"A 277 cannot be read: {_in_words(item.issues)}")
            continue
        for status in item.answer.statuses:
            submission = told_statuses.claim_of(session, status, partner_id=message.partner_id)
            if submission is None or not _may_speak_of(message, submission):
                unknown += 1
            else:
                kept += told_statuses.keep(session, message, submission, status)
    if unknown:
        _ask(session, message, f"A 277 says something of claims that are not ours: {unknown} in all.", key="unknown")
    return f"277: {kept} statuses kept, {unknown} name no claim of ours"


def _file_277rfai(session: Session, message: InboundMessage) -> str:
    """277RFAI: a payer asks for documents about claims. What names no claim of ours is told a person."""
    kept = unknown = 0
    for item in information_request_277.read(message.body):
        if not item.requests and item.issues:
            _ask(session, message, f"A 277RFAI cannot be read: {_in_words(item.issues)}")
        for one in item.requests:
            submission = told_statuses.claim_asked_about(session, one, partner_id=message.partner_id)
            if submission is None or not _may_speak_of(message, submission):
                unknown += 1
            else:
                kept += told_statuses.keep(session, message, submission, one)
    if unknown:
        _ask(session, message, f"{unknown} requests of a 277RFAI name no claim of ours.", key="unknown")
    return f"277RFAI: {kept} requests kept, {unknown} name no claim of ours"


def _file_835(session: Session, message: InboundMessage) -> str:
    """835: each transaction for each payee is one remittance, known by its content."""
    notes = []
    for ordinal, item in enumerate(remittance_835.read_remittances(message.body), start=1):
        notes.append(_file_remittance(session, message, ordinal, item))
    return "; ".join(notes) or _ask(session, message, "The message holds no 835 transaction.")


def _file_remittance(
    session: Session, message: InboundMessage, ordinal: int, item: remittance_835.ReadRemittance
) -> str:
    key = f"st:{ordinal}"
    remittance = item.remittance
    if remittance is None:
        reason = f"Remittance {ordinal} of the file cannot be read: {_in_words(item.issues)}"
        return _ask(session, message, reason, key=key)
    payee = remittance.payee
    npi = payee.id if payee.id_qualifier == "XX" else None
    practice_id = office.practice_of_payee(session, npi=npi, tax_id=remittance.payee_tax_id)
    if practice_id is None or message.practice_id not in {None, practice_id}:
        reason = f"Remittance {ordinal} of the file pays a provider whom no practice here bills under."
        return _ask(
            session,
            message,
            reason,
            key=key,
            task_type=TaskType.UNKNOWN_PAYEE,
            amount_cents=remittance.paid_cents,
        )
    if remittances.known(session, practice_id=practice_id, content_hash=item.content_hash) is not None:
        return "the same remittance came before; nothing to do"
    return _keep_remittance(session, message, ordinal, item, remittance, practice_id=practice_id)


def _keep_remittance(
    session: Session,
    message: InboundMessage,
    ordinal: int,
    item: remittance_835.ReadRemittance,
    remittance: Remittance,
    *,
    practice_id: str,
) -> str:
    payee_npi = remittance.payee.id or ""
    other = remittances.same_trace(session, practice_id=practice_id, remittance=remittance, payee_npi=payee_npi)
    faults = _why_not_posted(item)
    file = _remittance_row(message, ordinal, item, remittance, practice_id=practice_id)
    file.state = "excepted" if faults or other else "stored"
    session.add(file)
    session.flush()
    if other is not None or faults:
        reason = (
            "A remittance with the same payer, trace and day but other content came before; nothing was posted."
            if other is not None
            else f"The remittance cannot be posted; nothing of it was: {faults}"
        )
        conflict = TaskType.REMITTANCE_CONFLICT if other is not None else TaskType.ERA_UNBALANCED
        tasks.open_task(
            session,
            NewTask(conflict, key="remittance", reason=reason, amount_cents=remittance.paid_cents),
            practice_id=practice_id,
            subject="remittance",
            subject_id=file.id,
            at=message.received_at,
        )
        return reason
    outbox.enqueue(
        session,
        OutboxKind.START_REMITTANCE,
        practice_id=practice_id,
        subject_id=file.id,
        at=message.received_at,
    )
    return f"remittance of {len(item.payments)} claims stored"


def _remittance_row(
    message: InboundMessage,
    ordinal: int,
    item: remittance_835.ReadRemittance,
    remittance: Remittance,
    *,
    practice_id: str,
) -> RemittanceFile:
    return RemittanceFile(
        id=new_id(),
        practice_id=practice_id,
        message_id=message.id,
        set_ordinal=ordinal,
        trace=remittance.trace,
        payer_number=remittance.payer_id,
        payment_date=remittance.payment_date,
        payee_npi=remittance.payee.id or "",
        content_hash=item.content_hash,
        paid_cents=remittance.paid_cents,
        provider_adjustment_cents=sum(one.amount_cents for one in remittance.provider_adjustments),
        header=records.dump(remittance),
        claim_count=len(item.payments),
        state="stored",
        received_at=message.received_at,
    )


def _why_not_posted(item: remittance_835.ReadRemittance) -> str:
    """What forbids posting: a sum that does not come out, a payment or group that cannot be read, a cut-off file.

    Other faults against the guide (payers leave out names and dates) cost no money and are only noted.
    """
    faults = [
        str(issue.message)
        for issue in item.issues
        if issue.level == "balance" or (issue.level == "transaction" and issue.code in CUT_OFF)
    ]
    for payment in item.payments:
        faults += [issue.message for issue in payment.issues if issue.level == "balance"]
        if payment.payment is None:
            faults.append(f"CLP {payment.ordinal} cannot be read: {_in_words(payment.issues)}")
            continue
        unknown = adjustments_not_allowed(payment.payment)
        if unknown:
            faults.append(f"CLP {payment.ordinal} has an adjustment group that the 835 does not know: {unknown}")
    return "; ".join(faults[:SHOWN_ISSUES])


def _file_bank(session: Session, message: InboundMessage) -> str:
    """A bank's file: bookings that are held against remittances, or cheques. One that contradicts itself is told."""
    try:
        return bank_files.take(session, message, practice_id=_practice_of(session, message))
    except BankFileInvalid as error:
        return _ask(session, message, f"The bank's file cannot be taken, and nothing of it was: {error}.")


_FILERS: dict[str, Callable[[Session, InboundMessage], str]] = {
    "TA1": _file_ta1,
    "999": _file_999,
    "277CA": _file_277ca,
    "277": _file_277,
    "277RFAI": _file_277rfai,
    "835": _file_835,
    **dict.fromkeys(bank_files.KINDS, _file_bank),
}
