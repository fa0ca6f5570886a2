"""A status (277) that comes with the mail finds its claim, and becomes a fact for its encounter."""

import hashlib
from dataclasses import replace

from sqlmodel import Session

from billing.claim_status import ClaimStatus
from billing.stages import FactKind
from database import encounters, records, status_inquiries, submissions
from database.tables import InboundMessage, Submission


def claim_of(session: Session, status: ClaimStatus, *, partner_id: str | None) -> Submission | None:
    """The claim that was asked about (TRN02), else the one that is named (REF*EJ). None: neither is known, or they
    contradict each other. The caller checks who may speak of it.
    """
    asked = status_inquiries.referred_to(session, status.reference)
    number = (status.patient_control_number or "").strip().upper()
    if asked is not None:
        same = number in {"", asked.control_number}
        return submissions.by_control_number(session, asked.control_number) if same else None
    if not number:
        return None
    formerly = submissions.formerly(session, number, partner_id=partner_id)
    return submissions.by_control_number(session, number) or (formerly[0] if len(formerly) == 1 else None)


def claim_asked_about(session: Session, request: ClaimStatus, *, partner_id: str | None) -> Submission | None:
    """The claim that a payer wants documents for: by our number (REF*EJ), else by the payer's own (REF*1K)."""
    found = claim_of(session, replace(request, reference=""), partner_id=partner_id)
    if found is not None or not request.payer_claim_number:
        return found
    return submissions.by_payer_number(session, request.payer_claim_number, partner_id=partner_id)


def keep(session: Session, message: InboundMessage, submission: Submission, status: ClaimStatus) -> bool:
    """Keep it for the claim's encounter, under the claim's own number; False when the same one came before."""
    body = records.dump(replace(status, patient_control_number=submission.control_number))
    return encounters.add_fact(
        session,
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        kind=FactKind.STATUS_ANSWERED,
        source_key=f"277:{message.id}:{hashlib.sha256(body.encode()).hexdigest()[:40]}",
        subject_id=message.id,
        received_at=message.received_at,
        body=body,
    )
