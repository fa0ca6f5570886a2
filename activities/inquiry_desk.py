"""Eligibility on the desk: the 270 is prepared and stored, its stored answer is read, silence climbs a ladder."""

from sqlmodel import col, select

from activities import inquiries
from activities.desk import Desk
from activities.seen import BLOCKING
from billing.coordination import own_policy
from billing.days import in_words
from billing.deadlines import INQUIRY_LADDER, Reason
from billing.partners import NO_ANSWERS, Reach
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from billing.verification import Verification, VerificationOutcome, read_answer
from database import coverage_checks, encounters, messages, office, records
from database.columns import new_id
from database.tables import InboundMessage, Inquiry, Payer
from interchange.x12 import writing


def ask_payer(desk: Desk) -> str | None:
    """The id of the encounter's inquiry that waits to be sent; prepared and stored if there is none.

    None when nobody can be asked: then a person was; and when the payer has answered on the morning of the visit.
    """
    if answered_today(desk):
        return None
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
    claim = desk.claim
    noun = inquiries.inquiry(
        own_policy(claim),
        claim.patient,
        claim.billing_provider,
        reference=inquiry.id.upper(),
        today=desk.today,
        local_time=desk.local_time,
        service_date=claim.service_from,
    )
    try:
        inquiry.body = inquiries.written(noun, partner, number, local_time=desk.local_time)
    except writing.UnwritableData as error:
        desk.move_to(Stage.REGISTRATION)
        _ask_person(desk, TaskType.REGISTRATION_INCOMPLETE, f"The inquiry cannot be written as a 270: {error}.")
        return None
    desk.session.add(inquiry)
    return inquiry.id


def answered_today(desk: Desk) -> bool:
    """Whether the payer said on the day of service, for the appointment, that this member is covered: once is enough.

    Coverage stands then, and the encounter goes on to coding.
    """
    found = coverage_checks.answer_of_day(desk.session, desk.encounter, desk.claim, zone=desk.policies.zone)
    if found is None or encounters.latest_benefits(desk.session, desk.encounter.id) is not None:
        return False
    coverage_checks.answer_for_visit(desk.session, found, desk.encounter, at=desk.at)
    verified(desk, "Eligibility verified: the payer was asked for the appointment this morning")
    return True


def read_stored_answer(desk: Desk, message_id: str) -> None:
    """Read a stored 271 (or a TA1 or 999 in its place): go on to coding, climb the ladder, or ask a person.

    One that was read stays read: an engine that lost the end of this step has it done again.
    """
    if _was_read(desk, message_id):
        return
    message = desk.session.get(InboundMessage, message_id)
    assert message is not None, "the answer was stored before it was named"
    response = inquiries.response_in(message.body)
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


def _was_read(desk: Desk, message_id: str) -> bool:
    """Whether the message answered a question before, and no other question waits for it."""
    rows = desk.session.exec(select(Inquiry.answer_id).where(Inquiry.encounter_id == desk.encounter.id)).all()
    return message_id in rows and None not in rows


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
