"""A payer that is silent is asked by machine (276), and its answer (277) is acted on; in the end a person knows all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from billing.claim_status import ClaimStatus, ClaimStatusInquiry
from database import messages, status_inquiries, tasks
from database.tables import Encounter, InboundMessage, StatusInquiry, Task
from tests.builders import a_277, a_277ca, a_claim, a_payment, a_status, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True
ALARM = 22
"""Days after which a payer that accepted a claim should have answered"""
Says = Callable[[ClaimStatusInquiry], ClaimStatus]


def says(category: str, status: str = "20", **told: object) -> Says:
    return lambda inquiry: a_status(inquiry, category, status, **told)  # type: ignore[arg-type]


def sent(office: Office, *, accepted: bool = True) -> tuple[str, str]:
    """A claim that the clearinghouse took, and the payer too unless told otherwise: (encounter, control number)."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver(a_277ca(number, sender="AY"))
    if accepted:
        office.deliver(a_277ca(number, sender="PR", number=2))
    office.go_on(encounter)
    return encounter, number


def asked(office: Office, number: str) -> list[StatusInquiry]:
    with office.database.reading() as session:
        return list(status_inquiries.of_claim(session, number))


def only_task(office: Office, encounter: str) -> Task:
    with office.database.reading() as session:
        [task] = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter)
        return task


def test_a_payer_that_is_silent_is_asked_before_a_person_is(office: Office) -> None:
    office.wire.status = says("P1")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    standing = office.go_on(encounter)
    [question] = office.wire.asked
    assert (question.patient_control_number, question.charge_cents) == (number, 15000)
    [row] = asked(office, number)
    assert (row.state, row.meaning, row.category, row.doing) == ("answered", "pending", "P1", "ask_again")
    assert office.open_task_types(encounter) == []
    due = next(one.due_at for one in standing.agenda if one.reason == "status_inquiry")
    assert due == office.now + timedelta(days=14)
    with office.database.reading() as session:
        message = session.get_one(InboundMessage, row.message_id)
        assert (message.kind, message.state) == ("277", "filed")


def test_the_second_pending_answer_brings_a_person_who_sees_both(office: Office) -> None:
    office.wire.status = says("P1", "20", payer_claim_number="ICN77")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    office.let_pass(days=15)
    office.go_on(encounter)
    task = only_task(office, encounter)
    assert (task.type, task.reason.count("277 P1:20")) == ("no_response", 3)
    assert len(asked(office, number)) == 2
    assert office.submission(encounter).payer_claim_number == "ICN77"


def test_it_goes_on_asking_at_a_pace_and_keeps_one_task(office: Office) -> None:
    office.wire.status = says("P2")
    encounter, number = sent(office)
    for _ in range(12):
        office.let_pass(days=10)
        office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]
    assert 3 <= len(asked(office, number)) <= 9


def test_a_claim_that_is_not_found_is_sent_again_once(office: Office) -> None:
    office.wire.status = says("A4", "35")
    encounter, first = sent(office, accepted=False)
    office.let_pass(days=6)
    assert office.go_on(encounter).stage == "submission"
    second = office.submission(encounter).control_number
    assert second != first
    assert asked(office, first)[0].doing == "send_again"
    office.send_claims()
    office.deliver(a_277ca(second, sender="AY", number=3))
    office.go_on(encounter)
    office.let_pass(days=6)
    office.go_on(encounter)
    task = only_task(office, encounter)
    assert "sent again once" in task.reason
    assert office.submission(encounter).control_number == second


def test_a_claim_that_the_payer_accepted_is_not_sent_again(office: Office) -> None:
    office.wire.status = says("D0", "35")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert "proof of timely filing" in only_task(office, encounter).reason
    assert office.submission(encounter).control_number == number


def test_a_paid_claim_without_a_remittance_is_looked_for(office: Office) -> None:
    office.wire.status = says("F1", "65", paid_cents=10000, check_number="EFT0009", payment_date=None)
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    task = only_task(office, encounter)
    assert "$100.00 paid, check or transfer EFT0009" in task.reason
    office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    office.go_on(encounter)
    assert (office.open_task_types(encounter), office.stage(encounter)) == ([], "closed")


def test_a_rejection_is_mended(office: Office) -> None:
    office.wire.status = says("A7", "164", entity="IL")
    encounter, _ = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["claim_rejected"]
    office.complete(encounter, "claim_rejected", "corrected_new_claim", {"corrections": "member_id = W1"})
    assert office.go_on(encounter).stage == "submission"


@pytest.mark.parametrize("category", ["R3", "P3", "E0", "F2", "Z1"])
def test_what_a_machine_cannot_answer_goes_to_a_person(office: Office, category: str) -> None:
    office.wire.status = says(category)
    encounter, _ = sent(office)
    office.let_pass(days=ALARM)
    standing = office.go_on(encounter)
    assert f"277 {category}:20" in only_task(office, encounter).reason
    assert all(one.reason != "status_inquiry" for one in standing.agenda)


def test_a_partner_that_is_away_is_tried_by_the_ladder_and_then_a_person_asks(office: Office) -> None:
    office.wire.status = says("E1")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.wire.failing = 1
    office.go_on(encounter)
    for hours in (1, 8, 24):
        assert office.open_task_types(encounter) == []
        office.let_pass(hours=hours)
        office.go_on(encounter)
    assert "after 4 tries" in only_task(office, encounter).reason
    [row] = asked(office, number)
    assert (row.state, row.tries) == ("failed", 4)


def test_a_partner_that_takes_no_questions_leaves_it_to_a_person_at_once(office: Office) -> None:
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert "the partner answered 404" in only_task(office, encounter).reason
    assert asked(office, number)[0].state == "failed"


@pytest.mark.parametrize("way", ["policy", "files"])
def test_who_is_not_asked_by_machine_is_asked_by_a_person(office: Office, way: str) -> None:
    office.wire.status = says("P1")
    encounter, number = sent(office)
    if way == "policy":
        office.policy("status_inquiry", 0)
    else:
        office.reach(reached_by="folder", outbox="/out", inbox="/in")
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]
    assert (office.wire.asked, asked(office, number)) == ([], [])


def test_an_answer_about_another_claim_is_kept_and_counts_for_nothing(office: Office) -> None:
    office.wire.status = says("F1", patient_control_number="SOMEBODYELSE")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    [row] = asked(office, number)
    assert (row.state, row.meaning, row.tries) == ("waiting", None, 1)
    assert row.message_id is not None
    assert "names another claim" in row.said


def test_a_hold_keeps_the_office_from_asking(office: Office) -> None:
    office.wire.status = says("P1")
    encounter, number = sent(office)
    with office.database.writing() as session:
        session.get_one(Encounter, encounter).on_hold = True
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    assert asked(office, number) == []


def test_a_remittance_ends_the_asking(office: Office) -> None:
    office.wire.status = says("P1")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    office.deliver_835(an_835(a_payment(number)))
    standing = office.go_on(encounter)
    assert all(one.reason != "status_inquiry" for one in standing.agenda)
    office.let_pass(days=20)
    office.go_on(encounter)
    assert len(office.wire.asked) == 1


def test_a_payer_without_a_277ca_is_asked_early(office: Office) -> None:
    office.policy("sends_payer_acknowledgment", 0)
    office.wire.status = says("P1")
    encounter, number = sent(office, accepted=False)
    office.let_pass(days=6)
    office.go_on(encounter)
    assert office.wire.asked == []
    office.let_pass(days=2)
    assert office.go_on(encounter).stage == "adjudication"
    assert [row.doing for row in asked(office, number)] == ["ask_again"]


def test_a_277_in_the_mail_is_folded_the_same_way_and_once(office: Office) -> None:
    encounter, number = sent(office)
    body = a_277(status_named(office, number, "F1"))
    assert office.deliver(body) == "277: 1 statuses kept, 0 name no claim of ours"
    office.go_on(encounter)
    [row] = asked(office, number)
    assert (row.asked_at, row.meaning) == (None, "paid")
    assert office.open_task_types(encounter) == ["no_response"]
    office.deliver(body)
    office.go_on(encounter)
    assert len(asked(office, number)) == 1


def test_a_payer_that_says_unasked_that_it_cannot_answer_changes_nothing(office: Office) -> None:
    encounter, number = sent(office)
    office.deliver(a_277(status_named(office, number, "E1")))
    office.go_on(encounter)
    [row] = asked(office, number)
    assert (row.meaning, row.doing) == ("no_answer", "try_again")
    assert office.open_task_types(encounter) == []


def test_the_answer_of_a_slow_partner_finds_its_question(office: Office) -> None:
    office.wire.status = says("E2")
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    office.go_on(encounter)
    [question] = office.wire.asked
    office.deliver(a_277(a_status(question, "P1", patient_control_number=None)))
    office.go_on(encounter)
    [row] = asked(office, number)
    assert (row.state, row.meaning, row.doing) == ("answered", "pending", "ask_again")


def test_a_277_that_fits_nobody_becomes_a_task(office: Office) -> None:
    _, number = sent(office)
    office.deliver(a_277(status_named(office, "NOTOURS", "F1")))
    with office.database.reading() as session:
        query = select(InboundMessage.id).where(
            InboundMessage.kind == "277", InboundMessage.partner_id == office.partner_id
        )
        message_id = session.exec(query).one()
        [task] = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=message_id)
        assert messages.asked_about(session, practice_id=office.practice_id, message_id=message_id) is not None
    assert task.type == "intake_error"
    assert asked(office, number) == []


def status_named(office: Office, number: str, category: str) -> ClaimStatus:
    """What a payer says of a claim that nobody asked about."""
    claim = a_claim()
    question = ClaimStatusInquiry(
        reference="UNASKED1",
        payer=claim.coverage.payer,
        receiver=claim.billing_provider,
        provider=claim.billing_provider,
        subscriber=claim.subscriber,
        member_id=claim.coverage.member_id,
        patient_control_number=number,
    )
    return a_status(question, category)
