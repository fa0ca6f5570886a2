"""Writes a 270 about one policy, for a visit or for an appointment, and reads what came back in its place."""

from dataclasses import replace
from datetime import date, datetime

from billing.claim import Party, Person
from billing.coordination import OtherPayer
from billing.eligibility import EligibilityInquiry, EligibilityResponse
from database.tables import Partner
from interchange.x12 import eligibility_270, eligibility_271, writing
from interchange.x12.syntax import NotX12

PLAN_COVERAGE = "30"
"""EQ01: what is asked about"""
ORIGINATOR = "9ZEROBALAN"
"""TRN03"""


def inquiry(
    policy: OtherPayer,
    patient: Person,
    provider: Party,
    *,
    reference: str,
    today: date,
    local_time: datetime,
    service_date: date,
) -> EligibilityInquiry:
    """What is asked about the patient under this policy; `provider` is who bills."""
    coverage = policy.coverage
    dependent = None if coverage.is_self else replace(patient, references=())
    return EligibilityInquiry(
        reference=reference,
        payer=replace(coverage.payer, role="PR", address=None, references=()),
        provider=Party(
            role="1P",
            is_person=provider.is_person,
            name=provider.name,
            id_qualifier=provider.id_qualifier,
            id=provider.id,
        ),
        subscriber=replace(policy.subscriber, references=()),
        member_id=coverage.member_id,
        created=today,
        created_time=f"{local_time:%H%M}",
        dependent=dependent,
        dependent_relationship=coverage.relationship if dependent else None,
        service_types=(PLAN_COVERAGE,),
        service_date=service_date,
        trace_originator=ORIGINATOR,
    )


def written(asked: EligibilityInquiry, partner: Partner, number: int, *, local_time: datetime) -> bytes:
    """The interchange under its control number. Raises UnwritableData."""
    group = writing.Group(number, eligibility_270.VERSION, [("0001", eligibility_270.write(asked))], "270")
    return enveloped(group, partner, number, local_time=local_time)


def enveloped(group: writing.Group, partner: Partner, number: int, *, local_time: datetime) -> bytes:
    """One group to a partner under ISA13 `number`. Raises UnwritableData."""
    text = writing.write_interchange(
        [group],
        sender=writing.Address(partner.sender_qualifier, partner.sender_id),
        receiver=writing.Address(partner.receiver_qualifier, partner.receiver_id),
        control_number=number,
        instant=local_time,
        usage=partner.usage,
    )
    return text.encode("ascii")


def response_in(body: bytes) -> EligibilityResponse | None:
    """The first 271 of what a partner answered; None: a TA1, a 999, or nothing that can be read."""
    try:
        return next((one.response for one in eligibility_271.read(body) if one.response is not None), None)
    except NotX12:
        return None
