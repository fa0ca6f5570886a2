"""Coders ask providers, unsigned notes wait, some visits are looked at again, two people override a dear claim."""

from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from activities.desk import Desk
from api import coding_desk
from api.app import create_app
from billing.tasks import NewTask, TaskType
from database import access, encounters, visit_notes
from database.tables import Encounter, Task
from settings import Settings
from tests.api.page_forms import inputs_of
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


async def test_a_coder_reads_the_note_mends_what_is_found_and_asks_the_provider(office: Office, tmp_path: Path) -> None:
    office.policy("second_look_percent", 100)
    encounter = opened(office)
    office.go_on(encounter)
    with office.database.writing() as session:
        visit_notes.add(
            session,
            session.get_one(Encounter, encounter),
            text="Sore throat, swab taken.",
            signed_by="M. Curie, MD",
            signed_on=date(2026, 10, 20),
            at=office.now,
            by=office.worker_id,
        )
        cookie = access.open_session(session, user_id=office.worker_id, at=office.now)
        task = session.exec(select(Task).where(Task.subject_id == encounter, Task.state == "open")).one()
        claim = encounters.claim_of(session.get_one(Encounter, encounter))
    app = create_app(Settings(data_dir=tmp_path), office.database, clock=lambda: office.now)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://office.test",
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        cookies={"zerobalance_session": cookie},
    ) as browser:
        page = (await browser.get(f"/tasks/{task.id}")).text
        assert "Signed by M. Curie, MD on 2026-10-20" in page
        assert "Sore throat, swab taken." in page

        form = inputs_of(page) | {"code.line.1.pointers": "2"}
        found = (await browser.post(f"/tasks/{task.id}/check?part=findings", data=form)).text
        assert '<span data-findings="line.1.pointers" data-holds>' in found
        form |= {"code.diagnoses.2": "J02.9"}
        found = (await browser.post(f"/tasks/{task.id}/check?part=findings", data=form)).text
        assert 'data-findings="line.1.pointers"' not in found

        done(office, encounter, "code_review", "recoded", corrections=coding_desk.corrections(claim, form))
        with office.database.writing() as session:
            desk = Desk.take(session, practice_id=office.practice_id, encounter_id=encounter, at=office.now)
            assert [one.code for one in desk.claim.diagnoses] == ["J069", "J029"]
            desk.open_task(NewTask(TaskType.CODE_REVIEW, "again", "Which one?"))
        done(office, encounter, "code_review", "ask_provider", question="Was the swab read in the office?")
        done(office, encounter, "coding_query", "answered", answer="Yes, positive.")
        story = (await browser.get(f"/encounters/{encounter}")).text
    assert "worker asked the provider: Was the swab read in the office?" in story
    assert "worker answered: Yes, positive." in story
    with office.database.reading() as session:
        lines = encounters.timeline(session, practice_id=office.practice_id, encounter_id=encounter)
        assert not [one.text for one in lines if "swab" in one.text], "stories travel through the engine without it"


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
