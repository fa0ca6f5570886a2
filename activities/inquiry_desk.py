"""Eligibility on the desk: the 270 is prepared and stored, its stored answer is read, silence climbs a ladder."""

from dataclasses import replace

from sqlmodel import col, select

from activities.desk import Desk
from activities.seen import BLOCKING
from billing.claim import Claim, Party
from billing.days import in_words
from billing.deadlines import INQUIRY_LADDER, Reason
from billing.eligibility import EligibilityInquiry, EligibilityResponse
from billing.partners import NO_ANSWERS, Reach
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from billing.verification import Verification, VerificationOutcome, read_answer
from database import encounters, messages, office, records
from database.columns import new_id
from database.tables import InboundMessage, Inquiry, Partner, Payer
from interchange.x12 import eligibility_270, eligibility_271, writing
from interchange.x12.syntax import NotX12


def ask_payer(desk: Desk) -> str | None:
    """The id of the encounter's inquiry that waits to be sent; prepared and stored if there is none.

    None when nobody can be asked: then a person was.
    """
    payer = desk.session.get(Payer, desk.encounter.payer_id)
    assert payer is not None, "an encounter's payer is never deleted"
    partner = office.partner(desk.session, payer.partner_id)
    if not Reach(partner.reached_by).answers_at_once:
        if not any(task.type in BLOCKING[Stage.VERIFICATION] for task in desk.open_tasks()):
            _ask_person(desk, TaskType.PAYER_UNAVAILABLE, f"{NO_ANSWERS[0].upper()}{NO_ANSWERS[1:]}.")
        return None
    waiting = desk.session.exec(
        select(Inquiry)
        .where(Inquiry.encounter_id == desk.encounter.id, col(Inquiry.answer_id).is_(None))
        .order_by(col(Inquiry.prepared_at).desc())
    ).first()
    if waiting is not None:
        return waiting.id
    number = messages.next_number(desk.session, partner_id=partner.id, name="interchange")
    inquiry = Inquiry(
        id=new_id(),
        partner_id=partner.id,
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        interchange_number=number,
        body=b"",
        prepared_at=desk.at,
    )
    noun = _inquiry(desk.claim, reference=inquiry.id.upper(), desk=desk)
    try:
        text = _written(noun, partner, number, desk)
    except writing.UnwritableData as error:
        desk.move_to(Stage.REGISTRATION)
        _ask_person(desk, TaskType.REGISTRATION_INCOMPLETE, f"The inquiry cannot be written as a 270: {error}.")
        return None
    inquiry.body = text.encode("ascii")
    desk.session.add(inquiry)
    return inquiry.id


def _written(noun: EligibilityInquiry, partner: Partner, number: int, desk: Desk) -> str:
    return writing.write_interchange(
        [writing.Group(number, eligibility_270.VERSION, [("0001", eligibility_270.write(noun))], "270")],
        sender=writing.Address(partner.sender_qualifier, partner.sender_id),
        receiver=writing.Address(partner.receiver_qualifier, partner.receiver_id),
        control_number=number,
        instant=desk.local_time,
        usage=partner.usage,
    )


def _inquiry(claim: Claim, *, reference: str, desk: Desk) -> EligibilityInquiry:
    provider = Party(
        role="1P",
        is_person=claim.billing_provider.is_person,
        name=claim.billing_provider.name,
        id_qualifier=claim.billing_provider.id_qualifier,
        id=claim.billing_provider.id,
    )
    payer = replace(claim.coverage.payer, role="PR", address=None, references=())
    dependent = None if claim.coverage.is_self else replace(claim.patient, references=())
    return EligibilityInquiry(
        reference=reference,
        payer=payer,
        provider=provider,
        subscriber=replace(claim.subscriber, references=()),
        member_id=claim.coverage.member_id,
        created=desk.today,
        created_time=f"{desk.local_time:%H%M}",
        dependent=dependent,
        dependent_relationship=claim.coverage.relationship if dependent else None,
        service_types=("30",),
        service_date=claim.service_from,
        trace_originator="9ZEROBALAN",
    )


def read_stored_answer(desk: Desk, message_id: str) -> None:
    """Read a stored 271 (or a TA1 or 999 in its place): go on to coding, climb the ladder, or ask a person."""
    message = desk.session.get(InboundMessage, message_id)
    assert message is not None, "the answer was stored before it was named"
    response = _response_in(message.body)
    _close_inquiry(desk, message_id)
    message.state = "filed"
    desk.session.add(message)
    if response is None:
        _ask_person(
            desk,
            TaskType.ELIG_NOT_FOUND,
            "The inquiry was refused as faulty, or its answer cannot be read; compare the registration with the card.",
        )
        return
    verification = read_answer(response, service_date=desk.claim.service_from)
    if verification.outcome == VerificationOutcome.UNAVAILABLE:
        note_silence(desk, verification.reason)
        return
    encounters.keep_benefits(
        desk.session,
        desk.encounter,
        verification,
        response=records.dump(response),
        at=desk.at,
        message_id=message_id,
    )
    desk.encounter.inquiry_count = 0
    match verification.outcome:
        case VerificationOutcome.ACTIVE if verification.other_payers and not desk.other_policies:
            names = ", ".join(verification.other_payers)
            reason = f"Coverage is active, and the payer knows of another one: {names}. Find out which pays first."
            _ask_person(desk, TaskType.COB_CONFLICT, reason)
        case VerificationOutcome.ACTIVE:
            verified(desk, "Eligibility verified: " + verification.reason)
        case VerificationOutcome.INACTIVE:
            _ask_person(desk, TaskType.ELIG_INACTIVE, verification.reason)
        case VerificationOutcome.NOT_FOUND:
            _ask_person(desk, TaskType.ELIG_NOT_FOUND, verification.reason)


def verified(desk: Desk, words: str) -> None:
    """Coverage stands: on to coding."""
    desk.encounter.verified_at = desk.at
    desk.unschedule(Reason.INQUIRY_RETRY)
    desk.say(words)
    desk.move_to(Stage.CODING)


def verified_by_telephone(desk: Desk, reference: str) -> None:
    """A person asked the payer: stored beside the electronic answers."""
    verification = Verification(VerificationOutcome.ACTIVE, f"by telephone, reference {reference}")
    encounters.keep_benefits(
        desk.session, desk.encounter, verification, response=verification.reason, at=desk.at, message_id=None
    )
    verified(desk, "Eligibility verified by telephone")


def note_silence(desk: Desk, why: str) -> None:
    """The payer gave no answer: ask again after the next rung; after the last one a person does."""
    rung = desk.encounter.inquiry_count
    desk.encounter.inquiry_count = rung + 1
    if rung < len(INQUIRY_LADDER):
        again = desk.at + INQUIRY_LADDER[rung]
        desk.schedule(Reason.INQUIRY_RETRY, again)
        desk.say(f"No eligibility answer ({why}); asked again at {in_words(again, desk.policies.zone)}")
        return
    desk.encounter.inquiry_count = 0
    _ask_person(desk, TaskType.PAYER_UNAVAILABLE, f"No eligibility answer after {rung + 1} tries: {why}.")


def forget_inquiry(desk: Desk) -> None:
    """What was asked is out of date after a correction: the next inquiry is made anew."""
    for inquiry in desk.session.exec(
        select(Inquiry).where(Inquiry.encounter_id == desk.encounter.id, col(Inquiry.answer_id).is_(None))
    ):
        desk.session.delete(inquiry)
    desk.session.flush()
    desk.encounter.inquiry_count = 0


def _close_inquiry(desk: Desk, message_id: str) -> None:
    for inquiry in desk.session.exec(
        select(Inquiry).where(Inquiry.encounter_id == desk.encounter.id, col(Inquiry.answer_id).is_(None))
    ):
        inquiry.answer_id = message_id
        desk.session.add(inquiry)


def _ask_person(desk: Desk, task_type: TaskType, reason: str) -> None:
    desk.open_task(
        NewTask(
            task_type,
            key=str(desk.encounter.version),
            reason=reason,
            amount_cents=desk.encounter.charge_cents,
        )
    )


def _response_in(body: bytes) -> EligibilityResponse | None:
    try:
        return next((one.response for one in eligibility_271.read(body) if one.response is not None), None)
    except NotX12:
        return None
