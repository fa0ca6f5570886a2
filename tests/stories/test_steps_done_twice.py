"""An engine that lost the end of a step, killed or restored from a backup, has it done again: nothing is added."""

from dataclasses import replace

from sqlmodel import col, select

from billing.eligibility import Benefit
from database import status_inquiries
from database.tables import Inquiry
from tests.builders import a_277ca, a_claim, a_status, an_837p
from tests.office import Office, active


def test_a_payers_answer_that_was_read_opens_no_second_task(office: Office) -> None:
    office.wire.answer = lambda inquiry: replace(active(inquiry), benefits=(Benefit("6"),))
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    [task] = office.go_on(encounter).open_tasks
    with office.database.reading() as session:
        answer_id = session.exec(select(Inquiry.answer_id).where(col(Inquiry.encounter_id) == encounter)).one()
    again = office.encounter.prepare_claim(office.step(encounter, answer_id))
    assert [one.task_id for one in again.open_tasks] == [task.task_id]
    office.wire.answer = active
    assert office.complete(encounter, "elig_inactive", "new_coverage", {"corrections": "member_id = W123"}).answer.done
    assert office.stage(encounter) == "verification"
    office.go_on(encounter)
    assert office.stage(encounter) == "submission"


def test_what_a_payer_said_of_a_claim_is_asked_again_on_its_day(office: Office) -> None:
    office.wire.status = lambda inquiry: a_status(inquiry, "P1", "20")
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    for ordinal, sender in enumerate(("AY", "PR"), 1):
        office.deliver(a_277ca(number, sender=sender, number=ordinal))
    office.go_on(encounter)
    office.let_pass(days=22)
    first = office.go_on(encounter)
    with office.database.reading() as session:
        [question] = status_inquiries.of_claim(session, number)
    again = office.encounter.read_status_answer(office.step(encounter, question.message_id))

    assert "status_inquiry" in [one.reason for one in first.agenda]
    assert again.agenda == first.agenda


def test_the_same_bytes_on_another_day_are_another_answer(office: Office) -> None:
    """A page that a clearinghouse sends whatever it is asked: the ladder goes on, and ends with a person."""
    office.wire.status = lambda inquiry: a_status(inquiry, "E0", "0")
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    for ordinal, sender in enumerate(("AY", "PR"), 1):
        office.deliver(a_277ca(number, sender=sender, number=ordinal))
    office.go_on(encounter)
    office.let_pass(days=22)
    for _ in range(8):
        office.go_on(encounter)
        office.let_pass(days=1)

    assert office.open_task_types(encounter) == ["no_response"]
