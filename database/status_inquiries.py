"""What payers were asked about claims (276) and what they said (277)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from billing.stages import FactKind
from billing.status_verdicts import Answered, Doing, Meaning
from database import encounters
from database.columns import new_id
from database.tables import StatusInquiry, Submission

WAITING = "waiting"
ANSWERED = "answered"
FAILED = "failed"
NEEDLESS = "needless"
_NEVER = datetime.max.replace(tzinfo=UTC)
_STILL_OPEN = frozenset({Meaning.PENDING, Meaning.UNDER_WAY})


def of_claim(session: Session, control_number: str) -> Sequence[StatusInquiry]:
    """Every question and answer about one claim, oldest first."""
    query = select(StatusInquiry).where(StatusInquiry.control_number == control_number)
    rows = session.exec(query.order_by(StatusInquiry.id)).all()
    return sorted(rows, key=lambda one: (one.asked_at or one.answered_at or _NEVER, one.id))


def waiting(session: Session, control_number: str) -> StatusInquiry | None:
    """The question about a claim that has no answer yet."""
    return session.exec(
        select(StatusInquiry)
        .where(StatusInquiry.control_number == control_number, StatusInquiry.state == WAITING)
        .order_by(col(StatusInquiry.asked_at).desc(), StatusInquiry.id)
    ).first()


def was_read(session: Session, encounter_id: str, message_id: str) -> bool:
    """Whether this message was read as what a payer said of one of the visit's claims."""
    query = select(StatusInquiry.id).where(
        StatusInquiry.encounter_id == encounter_id, StatusInquiry.message_id == message_id
    )
    return session.exec(query).first() is not None


def waiting_id(session: Session, control_number: str) -> str | None:
    """The id of that question."""
    row = waiting(session, control_number)
    return None if row is None else row.id


def referred_to(session: Session, reference: str) -> StatusInquiry | None:
    """The question that an answer echoes (TRN02), in whatever practice: the caller checks."""
    return session.get(StatusInquiry, reference.strip().lower())


def pending_in_a_row(rows: Sequence[StatusInquiry]) -> int:
    """How many of the newest answers said that the claim is pending."""
    count = 0
    for row in reversed([one for one in rows if one.state == ANSWERED]):
        if row.meaning not in _STILL_OPEN:
            break
        count += 1
    return count


def was_sent_again(session: Session, encounter_id: str, *, payer_id: str) -> bool:
    """Whether a claim of the visit to this payer was sent again by machine because it was not found."""
    query = (
        select(StatusInquiry.id)
        .join(Submission, col(Submission.control_number) == col(StatusInquiry.control_number))
        .where(
            StatusInquiry.encounter_id == encounter_id,
            StatusInquiry.doing == Doing.SEND_AGAIN,
            Submission.payer_id == payer_id,
        )
    )
    return session.exec(query.limit(1)).first() is not None


def keep_answer(row: StatusInquiry, answered: Answered, *, message_id: str, at: datetime) -> None:
    """Write the answer beside its question."""
    row.state = ANSWERED
    row.answered_at = at
    row.message_id = message_id
    row.meaning = answered.meaning
    row.category, row.status = answered.category[:10], answered.status[:10]
    row.entity = answered.entity[:10] if answered.entity else None
    row.payer_claim_number = answered.payer_claim_number
    row.said = answered.words


def unasked(submission: Submission) -> StatusInquiry:
    """The row of an answer that came with the mail and echoes no question of ours."""
    return StatusInquiry(
        id=new_id(),
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        control_number=submission.control_number,
        partner_id=submission.partner_id,
    )


def ask_now(session: Session, submission: Submission, *, by: str, key: str, at: datetime) -> bool:
    """A person wants the payer asked: the encounter is woken. False when this very wish came before."""
    return encounters.add_fact(
        session,
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        kind=FactKind.STATUS_ASKED,
        source_key=f"status_asked:{submission.control_number}:{key}"[:120],
        subject_id=by,
        received_at=at,
        body=submission.control_number,
    )


def is_wished(session: Session, submission: Submission) -> bool:
    """Whether a person's wish to ask about this claim is not carried out yet."""
    return any(
        one.kind == FactKind.STATUS_ASKED and one.body == submission.control_number
        for one in encounters.pending_facts(session, submission.encounter_id)
    )
