"""Writes a 276 about one claim as it was sent, and finds its answer in what came back."""

from dataclasses import replace
from datetime import date, datetime

from activities.inquiries import enveloped
from billing.claim import Claim, Name, Party
from billing.claim_status import ClaimStatus, ClaimStatusInquiry, ClaimStatusRequest
from database import records
from database.tables import Partner, StatusInquiry, Submission
from interchange.x12 import claim_status_276, claim_status_277, writing
from interchange.x12.syntax import NotX12


def written(
    row: StatusInquiry, submission: Submission, partner: Partner, number: int, *, today: date, local_time: datetime
) -> bytes:
    """The interchange under its control number. Raises UnwritableData."""
    request = ClaimStatusRequest(
        reference=row.id.upper(),
        created=today,
        created_time=f"{local_time:%H%M}",
        inquiries=(_inquiry(row, submission, partner),),
    )
    group = writing.Group(number, claim_status_276.VERSION, [("0001", claim_status_276.write(request))], "276")
    return enveloped(group, partner, number, local_time=local_time)


def _inquiry(row: StatusInquiry, submission: Submission, partner: Partner) -> ClaimStatusInquiry:
    claim = records.load(Claim, submission.claim)
    provider = claim.billing_provider
    return ClaimStatusInquiry(
        reference=row.id.upper(),
        payer=replace(claim.coverage.payer, role="PR", address=None, contact=None, references=()),
        receiver=Party(
            role="41", is_person=False, name=Name(partner.submitter_name), id_qualifier="46", id=partner.sender_id
        ),
        provider=Party(
            role="1P",
            is_person=provider.is_person,
            name=provider.name,
            id_qualifier=provider.id_qualifier,
            id=provider.id,
        ),
        subscriber=replace(claim.subscriber, address=None, references=()),
        member_id=claim.coverage.member_id,
        dependent=None if claim.coverage.is_self else replace(claim.patient, address=None, references=()),
        payer_claim_number=submission.payer_claim_number,
        patient_control_number=submission.control_number,
        charge_cents=claim.charge_cents,
        service_from=claim.service_from,
        service_to=claim.service_to if claim.service_to != claim.service_from else None,
        bill_type=None if claim.hospital is None else claim.hospital.type_of_bill(claim.frequency)[1:],
    )


def answer_in(body: bytes, row: StatusInquiry) -> ClaimStatus | str:
    """What the partner's answer says of the claim that `row` asks about; or, in words, why it says nothing."""
    try:
        read = [one.answer for one in claim_status_277.read(body) if one.answer is not None]
    except NotX12:
        return "the answer cannot be read"
    statuses = [status for answer in read for status in answer.statuses]
    if not statuses:
        return "the question was refused as faulty (TA1 or 999), or its answer cannot be read"
    own = next((one for one in statuses if is_about(one, row)), None)
    return own if own is not None else "the answer names another claim; it is kept and counts for nothing"


def is_about(status: ClaimStatus, row: StatusInquiry) -> bool:
    """Whether a status answers this question: it echoes its reference, and names no other claim."""
    if status.level != "claim":
        return status.reference.upper() in {row.id.upper(), "0"}
    named = (status.patient_control_number or "").strip().upper()
    return status.reference.strip().upper() == row.id.upper() and named in {"", row.control_number}
