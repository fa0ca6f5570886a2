"""An engine that lost the end of a step, killed or restored from a backup, has it done again: nothing is added."""

from dataclasses import replace

from sqlmodel import col, select

from billing.eligibility import Benefit
from database.tables import Inquiry
from tests.builders import a_claim, an_837p
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
