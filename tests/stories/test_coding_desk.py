"""Coders ask providers, unsigned notes wait, some visits are looked at again, two people override a dear claim."""

from datetime import timedelta

import pytest
from sqlmodel import select

from database.tables import Encounter, Task
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office
from tests.stories.amending import went_out

BOTH_DATABASES = True
WRONG = a_claim(a_line("99213"), diagnoses=())


def opened(office: Office, claim: object = None) -> str:
    office.take_in(an_837p(claim or a_claim()))  # type: ignore[arg-type]
    [encounter] = office.encounter_ids()
    return encounter


def done(office: Office, encounter: str, task: str, resolution: str, *, by: str | None = None, **values: str) -> None:
    result = office.complete(encounter, task, resolution, values, by=by)
    assert result.answer.done, result.answer
    office.go_on(encounter)


def reason_of(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.state == "open")
        return session.exec(query).one().reason


def test_a_question_goes_to_the_provider_and_comes_back_with_the_answer(office: Office) -> None:
    office.policy("second_look_percent", 100)
    encounter = opened(office)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["code_review"]
    assert "second look" in reason_of(office, encounter)
    done(office, encounter, "code_review", "ask_provider", question="Acute or chronic?")
    assert office.open_task_types(encounter) == ["coding_query"]
    assert office.stage(encounter) == "coding"
    done(office, encounter, "coding_query", "answered", answer="Acute.")
    assert office.open_task_types(encounter) == ["code_review"]
    assert reason_of(office, encounter) == "The provider answers: Acute. (asked: Acute or chronic?)"
    done(office, encounter, "code_review", "codes_are_right")
    assert went_out(office).diagnoses[0].code == "J069"


def test_codes_with_a_fault_are_not_called_right(office: Office) -> None:
    claim = a_claim(a_line("9921"))
    encounter = opened(office, claim)
    office.go_on(encounter)
    refused = office.complete(encounter, "code_review", "codes_are_right", {})
    assert not refused.answer.done
    assert refused.answer.code == "not_possible"


def test_the_lot_is_drawn_once_for_a_visit(office: Office) -> None:
    office.policy("second_look_percent", 100)
    encounter = opened(office)
    office.go_on(encounter)
    done(office, encounter, "code_review", "codes_are_right")
    assert office.open_task_types(encounter) == []
    assert office.stage(encounter) == "submission"


def test_an_unsigned_note_waits_and_is_brought_up_for_five_days(office: Office) -> None:
    encounter = opened(office)
    with office.database.writing() as session:
        session.get_one(Encounter, encounter).note_unsigned = True
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["note_unsigned"]
    for _ in range(5):
        office.now += timedelta(days=1)
        office.go_on(encounter)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.subject_id == encounter)).all()
        assert task.escalation >= 2, "due after three days, and brought up each day since"
    assert office.wire.claims == {}
    done(office, encounter, "note_unsigned", "signed", reference="on March 9, in the record")
    assert went_out(office).control_number


@pytest.mark.parametrize(("limit", "people"), [(15000, 1), (14999, 2)])
def test_edits_of_a_dear_claim_are_overridden_by_two_people(office: Office, limit: int, people: int) -> None:
    office.policy("override_limit_cents", limit)
    office.policy("needs_group_number", 1)
    encounter = opened(office)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["claim_edit_failed"]
    first = office.supervisor_id
    done(office, encounter, "claim_edit_failed", "overridden", by=first, reason="has none")
    if people == 2:
        assert office.open_task_types(encounter) == ["override_approval"]
        alone = office.complete(encounter, "override_approval", "approved", {"reason": "me again"}, by=first)
        assert alone.answer.code == "needs_second_person"
        with office.database.writing() as session:
            second = office._person(session, "second", "supervisor")
        done(office, encounter, "override_approval", "rejected", by=second, reason="call the payer")
        assert office.open_task_types(encounter) == ["claim_edit_failed"]
        done(office, encounter, "claim_edit_failed", "overridden", by=first, reason="called: has none")
        done(office, encounter, "override_approval", "approved", by=second, reason="agreed")
    assert went_out(office).coverage.group_number is None
