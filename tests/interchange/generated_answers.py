"""Eligibility inquiries and answers (270, 271) and acknowledgments (999, 277CA) drawn from a seed.

Within what x12sdk can read: it wants a service type (EB03) and a first name, and takes one related party per benefit.
"""

import dataclasses
from decimal import Decimal

from billing.acknowledgment import (
    ClaimAcknowledgment,
    ClaimAcknowledgmentFile,
    ImplementationAcknowledgment,
    LineAcknowledgment,
    SegmentError,
    SetAcknowledgment,
    StatusReason,
)
from billing.claim import Party, Person, Sex
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from tests.interchange.draw import Draw

SERVICE_TYPES = ("30", "1", "33", "35", "47", "48", "86", "88", "98", "AL", "MH", "UC")
SUBSCRIBER_ERRORS = ("58", "64", "71", "72", "73", "75", "78")
FOLLOW_UP = ("C", "N")


def inquiry(draw: Draw) -> EligibilityInquiry:
    """One 270 about a subscriber or a dependent."""
    depends = draw.seldom() or draw.seldom()
    provider = draw.party(
        "1P",
        is_person=draw.often(),
        taxonomy=draw.maybe(lambda: "207Q00000X", 0.4),
        address=draw.maybe(draw.address, 0.3),
        references=draw.references(("HPI", "N7", "TJ"), 1),
    )
    return EligibilityInquiry(
        reference=draw.number(30, 1),
        payer=draw.party("PR", qualifier=draw.choice(("PI", "XV"))),
        provider=provider,
        subscriber=_person(draw),
        member_id=draw.maybe(lambda: draw.number(20), 0.9),
        created=draw.day(),
        created_time=draw.time(),
        dependent=_person(draw) if depends else None,
        dependent_relationship=draw.choice(("01", "19", "34")) if depends and draw.often() else None,
        service_types=draw.some(SERVICE_TYPES, 12 if draw.seldom() else 2, 1),
        service_date=draw.maybe(draw.day),
        trace_originator=f"9{draw.number(9, 9)[:9]:A<9}",
    )


def _person(draw: Draw) -> Person:
    born, sex = draw.maybe(draw.birth, 0.9), draw.choice((Sex.FEMALE, Sex.MALE))
    return Person(
        dataclasses.replace(draw.name(is_person=True), first=draw.word(35)),
        born,
        sex if draw.often() else None,
        draw.maybe(draw.address, 0.3),
        draw.references(("SY", "6P", "EJ"), 2) if draw.seldom() else (),
    )


def response(draw: Draw, asked: EligibilityInquiry) -> EligibilityResponse:
    """The answer to `asked`: benefits, or errors at one of the levels."""
    payer = draw.party("PR", qualifier="PI")
    if draw.seldom():
        level = draw.choice(("2000A", "2100A", "2100B"))
        codes = {"2000A": ("42", "79"), "2100A": ("42", "80"), "2100B": ("43", "50", "51")}[level]
        return EligibilityResponse(asked.reference, payer, None, None, errors=_errors(draw, level, codes))
    letter = "C" if asked.dependent is None else "D"
    known = EligibilityResponse(
        reference=asked.reference,
        payer=payer,
        member_id=asked.member_id or draw.number(20),
        subscriber_name=asked.subscriber.name,
        birth_date=draw.maybe(draw.birth),
        is_dependent=asked.dependent is not None,
    )
    if draw.seldom():
        return dataclasses.replace(known, errors=_errors(draw, f"2100{letter}", SUBSCRIBER_ERRORS))
    errors = _errors(draw, f"2110{letter}", ("52", "53", "69")) if draw.seldom() else ()
    return dataclasses.replace(
        known,
        dates=_periods(draw, ("291", "307", "346"), 2),
        benefits=draw.several(lambda: _benefit(draw), 6, 1),
        errors=errors,
    )


def _errors(draw: Draw, level: str, codes: tuple[str, ...]) -> tuple[InquiryError, ...]:
    return tuple(InquiryError(level, code, draw.choice(FOLLOW_UP)) for code in draw.some(codes, 2, 1))


def _periods(draw: Draw, kinds: tuple[str, ...], most: int) -> tuple:
    """Single days and spans of days."""
    found = []
    for kind in draw.some(kinds, most):
        first = draw.day()
        found.append((kind, first, max(first, draw.day()) if draw.often() else first))
    return tuple(found)


def _benefit(draw: Draw) -> Benefit:
    information = draw.choice(("1", "6", "A", "B", "C", "G", "F", "R", "I"))
    counted = information == "F"
    return Benefit(
        information=information,
        coverage_level=draw.maybe(lambda: draw.choice(("IND", "FAM"))),
        service_types=draw.some(SERVICE_TYPES, 12 if draw.seldom() else 2, 1),
        insurance_type=draw.maybe(lambda: draw.choice(("MB", "HM", "C1", "QM"))),
        plan=draw.maybe(lambda: draw.word(50), 0.3),
        period=draw.maybe(lambda: draw.choice(("23", "27", "29"))),
        amount_cents=draw.cents() if information in "BCG" else None,
        percent=draw.choice((Decimal("0.2"), Decimal("0.35"), Decimal(1))) if information == "A" else None,
        quantity_qualifier="DY" if counted else None,
        quantity=draw.quantity() if counted else None,
        authorization_required=draw.maybe(lambda: draw.choice("YNU"), 0.3),
        in_network=draw.maybe(lambda: draw.choice("YNUW"), 0.5),
        procedure=draw.maybe(lambda: draw.choice(("HC:99213", "HC:J1885:25")), 0.2),
        dates=_periods(draw, ("193", "292", "348"), 2) if draw.seldom() else (),
        messages=draw.several(lambda: draw.word(264), 3) if draw.seldom() else (),
        related=(_related(draw),) if information == "R" or draw.seldom() else (),
    )


def _related(draw: Draw) -> Party:
    role = draw.choice(("PR", "P3", "VN"))
    return draw.party(
        role,
        is_person=role == "P3",
        qualifier="XX" if role == "P3" else "PI",
        taxonomy="207Q00000X" if role == "P3" and draw.often() else None,
        address=draw.maybe(draw.address),
        contact=draw.maybe(draw.contact),
    )


# Acknowledgments --------------------------------------------------------------------------------------------------


def implementation_acknowledgment(draw: Draw) -> ImplementationAcknowledgment:
    """One 999 for a group of claims or remittances: taken, refused in part, or refused as a whole."""
    functional, transaction, version = draw.choice((("HC", "837", "005010X222A1"), ("HP", "835", "005010X221A1")))
    sets = tuple(_set(draw, transaction, version, number) for number in range(1, draw.randint(1, 4) + 1))
    accepted = sum(one.accepted for one in sets)
    return ImplementationAcknowledgment(
        functional_id=functional,
        group_control_number=str(draw.randint(1, 999_999_999)),
        code="A" if accepted == len(sets) else "P" if accepted else "R",
        sets=sets,
        received_count=len(sets),
        accepted_count=accepted,
        version=version,
        included_count=len(sets),
        codes=("5",) if not accepted and draw.often() else (),
    )


def _set(draw: Draw, transaction: str, version: str, number: int) -> SetAcknowledgment:
    code = draw.choice("AAER")
    if code == "A":
        return SetAcknowledgment(transaction, f"{number:04d}", "A", version=version)
    errors = tuple(_error(draw, transaction) for _ in range(draw.randint(1, 4)))
    return SetAcknowledgment(transaction, f"{number:04d}", code, errors, draw.some(("5", "4", "I6"), 3, 1), version)


def _error(draw: Draw, transaction: str) -> SegmentError:
    """A segment that is missing or not expected, or one with faulty elements; the claim, where it is known."""
    number = draw.maybe(lambda: draw.number(20, 1), 0.6) if transaction == "837" else None
    where = {"837": ("NM1", "2010"), "835": ("CAS", "2110")}[transaction]
    position = draw.randint(3, 99_999)
    if draw.often():
        places = draw.some((("1", "7"), ("3:2", "5"), ("9", "1"), ("4", "I12")), 4, 1)
        copies = tuple((place, code, draw.maybe(lambda: draw.word(60))) for place, code in places)
        return SegmentError(*where[:1], position, where[1], "8", copies, number)
    return SegmentError("N3", position, draw.maybe(lambda: "2010"), draw.choice(("2", "3", "4", "5")), (), number)


def claim_acknowledgments(draw: Draw) -> ClaimAcknowledgmentFile:
    """One 277CA: a verdict on the batch, now and then one on the provider, and claims taken and refused."""
    clearinghouse = draw.often()
    sender = draw.party("AY" if clearinghouse else "PR", qualifier="46" if clearinghouse else "PI")
    batch = draw.number(30, 1)
    claims = tuple(_claim_verdict(draw, sender, batch) for _ in range(draw.randint(1, 8)))
    provider = (_verdict(draw, sender, batch, "provider", accepted=True),) if draw.seldom() else ()
    return ClaimAcknowledgmentFile(
        reference=draw.number(30, 1),
        created=draw.day(),
        sender=sender,
        receiver=draw.party("41", qualifier="46"),
        provider=draw.party("85", is_person=draw.seldom()),
        acknowledgments=(_verdict(draw, sender, batch, "batch", accepted=True), *provider, *claims),
        created_time=draw.time(),
    )


def _verdict(draw: Draw, sender: Party, batch: str, level: str, *, accepted: bool) -> ClaimAcknowledgment:
    categories = ("A1", "A2") if accepted else ("A3", "A6", "A7", "A8")
    entity = "85" if level != "batch" else "41"
    reasons = tuple(
        StatusReason(category, draw.choice(("20", "21", "19", "562")), draw.maybe(lambda: entity, 0.4))
        for category in draw.some(categories, 1 if accepted else 4, 1)
    )
    return ClaimAcknowledgment(
        sender,
        None,
        reasons,
        accepted,
        draw.day() if level != "provider" else None,
        draw.cents(),
        level=level,
        batch_reference=batch,
    )


def _claim_verdict(draw: Draw, sender: Party, batch: str) -> ClaimAcknowledgment:
    accepted = draw.often()
    first = draw.day()
    return dataclasses.replace(
        _verdict(draw, sender, batch, "claim", accepted=accepted),
        control_number=draw.number(20, 1),
        payer_claim_number=draw.number(30) if accepted and draw.often() else None,
        clearinghouse_trace=draw.maybe(lambda: draw.number(30)),
        patient_name=draw.name(is_person=True),
        patient_id=draw.number(20),
        service_from=first,
        service_to=draw.maybe(lambda: max(first, draw.day()), 0.3),
        lines=() if accepted else draw.several(lambda: _line_verdict(draw), 3),
    )


def _line_verdict(draw: Draw) -> LineAcknowledgment:
    reasons = tuple(StatusReason("A7", status) for status in draw.some(("453", "454", "507"), 3, 1))
    procedure = draw.choice(("HC:99213", "HC:J1885:25:GT"))
    return LineAcknowledgment(procedure, draw.cents(), reasons, draw.maybe(lambda: draw.number(30)))
