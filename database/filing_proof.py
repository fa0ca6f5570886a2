"""What is on record about one submission's way to its payer: the evidence of timely filing."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlmodel import Session, col, select

from billing.claim import Claim
from billing.coordination import MEDICARE
from billing.filing_proof import Evidence, Heard, Sent
from billing.filing_time import FilingTime, anchor_day
from billing.policies import Policies
from billing.reply_words import why_claim_was_refused
from database import office, records, remittances, status_inquiries, submissions
from database.tables import Batch, Submission


def evidence(session: Session, *, practice_id: str, control_number: str) -> tuple[Evidence, tzinfo] | None:
    """The evidence and the practice's zone; None: the practice has no such claim."""
    row = session.get(Submission, control_number)
    if row is None or row.practice_id != practice_id:
        return None
    claim = records.load(Claim, row.claim)
    policies = office.policies_for(session, practice_id=practice_id, payer_id=row.payer_id)
    filing = _filing(session, row, claim, policies)
    own_row = policies.is_overridden("filing_limit_days", as_of=filing.anchor)
    query = select(Submission).where(Submission.encounter_id == row.encounter_id, Submission.payer_id == row.payer_id)
    earlier = session.exec(query.where(Submission.ordinal < row.ordinal).order_by(col(Submission.ordinal))).all()
    found = Evidence(
        claim=claim,
        sent=_sent(session, row),
        earlier=tuple(_sent(session, one) for one in earlier if one.transmitted_at is not None),
        heard=(*_acknowledged(session, row), *_answered(session, row)),
        payer_claim_number=row.payer_claim_number,
        filing=filing,
        limit_is_known=own_row or filing.is_medicare or filing.told is not None,
    )
    return found, policies.zone


def newest_of(session: Session, *, practice_id: str, encounter_id: str) -> str | None:
    """The control number of the visit's newest claim that was sent, or of the newest at all."""
    query = select(Submission).where(Submission.practice_id == practice_id, Submission.encounter_id == encounter_id)
    rows = session.exec(query.order_by(col(Submission.ordinal).desc())).all()
    sent: Sequence[Submission] = [one for one in rows if one.transmitted_at is not None] or rows
    return sent[0].control_number if sent else None


def _filing(session: Session, row: Submission, claim: Claim, policies: Policies) -> FilingTime:
    is_medicare = claim.coverage.filing_indicator in MEDICARE
    anchor = anchor_day(
        policies.value("filing_anchor", as_of=claim.service_from),
        first=claim.service_from,
        last=claim.service_to or claim.service_from,
        answered_on=remittances.earlier_answer(session, row.encounter_id, before=row.responsibility),
        is_medicare=is_medicare,
        is_institutional=claim.hospital is not None,
    )
    return FilingTime(anchor, policies, row.filing_limit_on, is_medicare)


def _sent(session: Session, row: Submission) -> Sent:
    batch = session.get(Batch, row.batch_id) if row.batch_id else None
    return Sent(
        control_number=row.control_number,
        transmitted_at=row.transmitted_at,
        is_paper=row.is_paper,
        interchange_number=batch.interchange_number if batch else None,
        group_number=batch.group_number if batch else None,
        set_number=row.set_number,
        sha256=batch.sha256 if batch else None,
        receipt_id=batch.receipt_id if batch else None,
        envelope_accepted_at=batch.envelope_accepted_at if batch else None,
        syntax_accepted_at=row.syntax_accepted_at,
        first_submitted_at=row.first_submitted_at,
    )


def _acknowledged(session: Session, row: Submission) -> list[Heard]:
    found = []
    for fact, said in submissions.acknowledgments(session, row):
        words = f"accepted (277CA {said.codes})" if said.accepted else f"rejected: {why_claim_was_refused(said)}"
        if said.payer_claim_number:
            words += f", claim number {said.payer_claim_number}"
        who = "clearinghouse" if said.from_clearinghouse else "payer"
        found.append(Heard(fact.received_at, who, words, is_acceptance=said.accepted))
    return found


def _answered(session: Session, row: Submission) -> list[Heard]:
    found = []
    for one in status_inquiries.of_claim(session, row.control_number):
        if one.asked_at is not None:
            found.append(Heard(one.asked_at, "office", "the payer was asked what has become of the claim (276)"))
        if one.answered_at is not None:
            found.append(Heard(one.answered_at, "payer", one.said))
    return found
