"""A booked visit is verified before the patient comes: asked in time, each failure told, the day's answer used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import WorkflowHandle
from temporalio.worker import Replayer

import worker
from activities.coming_visit import ComingVisitActivities
from activities.ids import coming_visit_workflow
from activities.messages import ComingVisitStanding, ComingVisitStep, InquiryStep
from activities.office_tasks import complete_office_task
from billing.claim import Name, Party
from billing.coordination import own_policy
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from billing.held_policies import HeldPolicy
from billing.patients import registration_of
from database import appointments, coverage_checks, held_policies, registrations, tasks
from database.appointments import Coming
from database.tables import Benefits, Inquiry, Patient, Task
from temporal.plugin import office_plugin
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office, active
from tests.stories.running import Running, running
from tests.stories.test_fhir_intake import set_up

BOTH_DATABASES = True
CLAIM = a_claim()


def booked(office: Office, *, days: int = 20, is_insured: bool = True) -> str:
    """An appointment so many days ahead of a patient with a policy."""
    set_up(office)
    with office.database.writing() as session:
        told = registration_of(CLAIM.patient)
        row = registrations.register(session, told, practice_id=office.practice_id, at=office.now)
        registrations.know_as(session, row, CLAIM)
        if is_insured:
            held_policies.keep(session, row, [HeldPolicy(own_policy(CLAIM))], at=office.now, by=None)
        found = appointments.book(
            session,
            practice_id=office.practice_id,
            patient_id=row.id,
            day=office.today + timedelta(days=days),
            at_time="09:30",
            minutes=20,
            provider="Dr. Smith",
            reason="",
            at=office.now,
            by=office.worker_id,
        )
        return found.id


def look(office: Office, appointment: str, **more: Any) -> ComingVisitStanding:
    step = ComingVisitStep(practice_id=office.practice_id, appointment_id=appointment, at=office.now, **more)
    return ComingVisitActivities(office.database).look_ahead(step)


def go_on(office: Office, appointment: str) -> ComingVisitStanding:
    """Take machine steps as the workflow would, until it would wait."""
    standing = look(office, appointment)
    while standing.inquiry_id is not None:
        step = InquiryStep(practice_id=office.practice_id, inquiry_id=standing.inquiry_id, at=office.now)
        answer = office.eligibility.inquire_eligibility(step)
        standing = look(office, appointment, message_id=answer.message_id, was_silent=answer.message_id is None)
    return standing


def arrived(office: Office, appointment: str) -> None:
    """The patient stands at the desk."""
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
        assert row is not None
        row.state = Coming.ARRIVED
        session.add(row)
        appointments.wake(session, row, at=office.now)


def checks(office: Office, appointment: str) -> list[tuple[str, str | None]]:
    with office.database.reading() as session:
        return [(one.kind, one.outcome) for one in coverage_checks.of_appointment(session, appointment)]


def open_tasks(office: Office, appointment: str) -> list[Task]:
    with office.database.reading() as session:
        found = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=appointment)
        session.expunge_all()
        return [one for one in found if one.type == "visit_coverage"]


def worked(office: Office, appointment: str, resolution: str, **values: str) -> None:
    [task] = open_tasks(office, appointment)
    with office.database.writing() as session:
        answer = complete_office_task(
            session,
            practice_id=office.practice_id,
            task=session.get_one(Task, task.id),
            resolution=resolution,
            values=values,
            actor_id=office.worker_id,
            at=office.now,
        )
        assert answer.done, answer


def inactive(inquiry: EligibilityInquiry) -> EligibilityResponse:
    return replace(active(inquiry), benefits=(Benefit("6", service_types=("30",)),))


def test_asked_at_booking_before_and_on_the_day_and_over_when_the_patient_came(office: Office) -> None:
    appointment = booked(office)
    standing = go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "active")]
    assert standing.coverage == "coverage is active on the date of service"
    assert standing.next_at is not None
    assert standing.next_at - office.now > timedelta(days=17)
    for kind in ("before", "day"):
        assert standing.next_at is not None
        office.now = standing.next_at
        standing = go_on(office, appointment)
        assert checks(office, appointment)[-1] == (kind, "active")
    assert go_on(office, appointment) == replace_story(standing)
    arrived(office, appointment)
    assert look(office, appointment).is_over
    with office.database.reading() as session:
        assert len(session.exec(select(Benefits).where(Benefits.appointment_id == appointment)).all()) == 3


def replace_story(standing: ComingVisitStanding) -> ComingVisitStanding:
    """The same standing, of a look that found nothing to do."""
    return standing.model_copy(update={"said": ()})


def test_the_mornings_answer_counts_for_the_visit_and_nobody_asks_twice(office: Office) -> None:
    appointment = booked(office, days=1)
    go_on(office, appointment)
    office.now += timedelta(days=1)
    go_on(office, appointment)
    assert checks(office, appointment)[-1] == ("day", "active")
    office.take_in(an_837p(a_claim(a_line(service_date=office.today))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    assert any("asked for the appointment this morning" in text for text in office.story(encounter))
    assert office.stage(encounter) == "submission"
    with office.database.reading() as session:
        assert session.exec(select(Inquiry).where(Inquiry.encounter_id == encounter)).all() == []
        [kept] = session.exec(select(Benefits).where(Benefits.encounter_id == encounter)).all()
        assert kept.message_id is not None


def test_an_answer_of_another_day_or_member_is_asked_for_anew(office: Office) -> None:
    appointment = booked(office, days=1)
    go_on(office, appointment)
    office.now += timedelta(days=1)
    office.take_in(an_837p(a_claim(a_line(service_date=office.today))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    with office.database.reading() as session:
        assert len(session.exec(select(Inquiry).where(Inquiry.encounter_id == encounter)).all()) == 1


def test_transposed_digits_are_told_and_the_corrected_policy_is_asked_about(office: Office) -> None:
    def knows(inquiry: EligibilityInquiry) -> EligibilityResponse:
        if inquiry.member_id == "ABC123465":
            return active(inquiry)
        return replace(active(inquiry), benefits=(), errors=(InquiryError("2100C", "72", "C"),))

    office.wire.answer = knows
    appointment = booked(office)
    go_on(office, appointment)
    [task] = open_tasks(office, appointment)
    assert task.type == "visit_coverage"
    assert "member" in task.reason.lower() or "insured" in task.reason.lower()
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
        assert row is not None
        right = replace(CLAIM, coverage=replace(CLAIM.coverage, member_id="ABC123465"))
        patient = session.get_one(Patient, row.patient_id)
        held_policies.keep(session, patient, [HeldPolicy(own_policy(right))], at=office.now, by=office.worker_id)
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "not_found"), ("change", "active")]
    assert open_tasks(office, appointment) == [], "the cause went away by itself"


def test_a_plan_that_ended_is_told_and_asked_again_when_a_person_says_so(office: Office) -> None:
    office.wire.answer = inactive
    appointment = booked(office)
    go_on(office, appointment)
    office.wire.answer = active
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "inactive")]
    worked(office, appointment, "corrected")
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "inactive"), ("change", "active")]


def moved(office: Office, appointment: str, *, days: int) -> None:
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
        assert row is not None
        row.day += timedelta(days=days)
        session.add(row)
        appointments.wake(session, row, at=office.now)


def test_a_visit_that_moves_is_asked_about_again_for_its_new_day(office: Office) -> None:
    asked_for = []

    def until_the_end_of_the_year(inquiry: EligibilityInquiry) -> EligibilityResponse:
        asked_for.append(inquiry.service_date)
        return active(inquiry) if len(asked_for) < 3 else inactive(inquiry)

    office.wire.answer = until_the_end_of_the_year
    appointment = booked(office, days=1)
    first = office.today + timedelta(days=1)
    go_on(office, appointment)
    assert checks(office, appointment) == [("before", "active")]
    moved(office, appointment, days=30)
    go_on(office, appointment)
    assert checks(office, appointment)[1:] == [("change", "active")]
    moved(office, appointment, days=-29)
    go_on(office, appointment)
    go_on(office, appointment)
    assert checks(office, appointment)[2:] == [("change", "inactive")]
    assert asked_for == [first, first + timedelta(days=30), first + timedelta(days=1)]
    assert [one.type for one in open_tasks(office, appointment)] == ["visit_coverage"]


def test_a_visit_that_moves_while_the_payer_is_silent_is_asked_about_at_once(office: Office) -> None:
    office.wire.failing = 1
    appointment = booked(office)
    assert go_on(office, appointment).next_at is not None
    moved(office, appointment, days=3)
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "replaced"), ("change", "active")]
    assert open_tasks(office, appointment) == []


def test_what_a_person_is_asked_says_the_day_to_which_the_visit_moved(office: Office) -> None:
    office.wire.answer = inactive
    appointment = booked(office)
    go_on(office, appointment)
    [before] = open_tasks(office, appointment)
    moved(office, appointment, days=3)
    standing = go_on(office, appointment)
    [after] = open_tasks(office, appointment)
    assert before.reason.startswith(f"The visit of {office.today + timedelta(days=20)} 09:30")
    assert after.reason.startswith(f"The visit of {office.today + timedelta(days=23)} 09:30")
    assert standing.open_tasks == 1
    with office.database.reading() as session:
        closed = session.get_one(Task, before.id)
        assert (closed.state, closed.resolution, closed.closed_by) == ("done", "no_longer_due", None)


def test_while_the_payer_is_asked_about_the_new_day_nobody_is_asked_about_the_old_one(office: Office) -> None:
    office.wire.answer = inactive
    appointment = booked(office)
    go_on(office, appointment)
    moved(office, appointment, days=3)
    office.wire.failing = 1
    assert go_on(office, appointment).open_tasks == 0


def test_another_hour_of_the_same_day_is_said_and_the_payer_is_not_asked_again(office: Office) -> None:
    office.wire.answer = inactive
    appointment = booked(office)
    go_on(office, appointment)
    for hour in ("11:00", "09:30"):
        with office.database.writing() as session:
            row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
            assert row is not None
            row.at_time = hour
        go_on(office, appointment)
        [task] = open_tasks(office, appointment)
        assert hour in task.reason
        assert "active" in task.reason
    assert checks(office, appointment) == [("booking", "inactive")]


def test_a_step_that_runs_twice_notes_one_silence(office: Office) -> None:
    """The worker died between the transaction and its answer to the engine."""
    office.wire.failing = 1
    appointment = booked(office)
    next_at = go_on(office, appointment).next_at
    assert look(office, appointment, was_silent=True).next_at == next_at
    with office.database.reading() as session:
        [check] = coverage_checks.of_appointment(session, appointment)
        assert check.tries == 1


def test_another_payer_is_told_unless_the_patient_holds_it(office: Office) -> None:
    other = Benefit("R", related=(Party("PRP", is_person=False, name=Name("OTHER PLAN")),))
    office.wire.answer = lambda inquiry: replace(active(inquiry), benefits=(*active(inquiry).benefits, other))
    appointment = booked(office)
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", "other_payer")]
    assert "OTHER PLAN" in open_tasks(office, appointment)[0].reason
    worked(office, appointment, "patient_told", reason="brings the card")
    assert checks(office, appointment) == [("booking", "other_payer")]
    assert go_on(office, appointment).open_tasks == 0


def test_a_payer_that_is_down_is_asked_again_and_then_a_person_is_told(office: Office) -> None:
    office.wire.failing = 1000
    appointment = booked(office)
    standing = go_on(office, appointment)
    waits = []
    while not open_tasks(office, appointment):
        assert standing.next_at is not None
        waits.append(standing.next_at - office.now)
        office.now = standing.next_at
        standing = go_on(office, appointment)
    assert waits == [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8)]
    assert checks(office, appointment) == [("booking", "unavailable")]
    office.wire.failing = 0
    assert standing.next_at is not None
    office.now = standing.next_at
    go_on(office, appointment)
    assert checks(office, appointment)[-1] == ("before", "active")
    assert open_tasks(office, appointment) == []


def test_after_a_silence_the_policy_that_is_held_now_is_asked_about(office: Office) -> None:
    office.wire.failing = 1000
    appointment = booked(office)
    standing = go_on(office, appointment)
    while not open_tasks(office, appointment):
        assert standing.next_at is not None
        office.now = standing.next_at
        standing = go_on(office, appointment)
    office.wire.failing = 0
    asked: list[str | None] = []
    office.wire.answer = lambda inquiry: asked.append(inquiry.member_id) or active(inquiry)  # type: ignore[func-returns-value]
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
        assert row is not None
        other = replace(CLAIM, coverage=replace(CLAIM.coverage, member_id="NEW777777"))
        patient = session.get_one(Patient, row.patient_id)
        held_policies.keep(session, patient, [HeldPolicy(own_policy(other))], at=office.now, by=office.worker_id)
    go_on(office, appointment)
    assert asked == ["NEW777777"]


@pytest.mark.parametrize(("wish", "outcome", "asked"), [(None, "no_policy", 1), ("no_insurance", "patient_pays", 0)])
def test_a_patient_without_insurance_is_asked_and_one_who_pays_is_not(
    office: Office, wish: str | None, outcome: str, asked: int
) -> None:
    appointment = booked(office, is_insured=False)
    with office.database.writing() as session:
        row = appointments.find(session, practice_id=office.practice_id, appointment_id=appointment)
        assert row is not None
        session.get_one(Patient, row.patient_id).wish = wish
    go_on(office, appointment)
    assert checks(office, appointment) == [("booking", outcome)]
    assert len(open_tasks(office, appointment)) == asked


def test_nobody_said_who_came_and_the_visit_is_over_a_day_later(office: Office) -> None:
    appointment = booked(office, days=1)
    go_on(office, appointment)
    office.now += timedelta(days=3)
    assert look(office, appointment).is_over


async def until_next(live: Running, handle: WorkflowHandle[Any, Any]) -> timedelta:
    """How long until the coming visit looks again."""
    standing = await handle.query("standing", result_type=ComingVisitStanding)
    assert standing.next_at is not None
    return standing.next_at - live.office.now + timedelta(minutes=1)


async def test_on_the_engine_it_is_asked_in_time_and_ends_with_the_arrival(office: Office, engine: Any) -> None:
    async with running(office, engine) as live:
        appointment = booked(office)
        handle = live.client.get_workflow_handle(coming_visit_workflow(office.practice_id, appointment))
        await live.dispatcher.send_waiting()
        await live.advance_workflow(handle, timedelta(minutes=1))
        assert checks(office, appointment) == [("booking", "active")]
        await live.advance_workflow(handle, await until_next(live, handle))
        assert checks(office, appointment) == [("booking", "active"), ("before", "active")]
        await live.advance_workflow(handle, await until_next(live, handle))
        assert checks(office, appointment)[-1] == ("day", "active")
        arrived(office, appointment)
        await live.dispatcher.send_waiting()
        result = await handle.result()
        assert result["is_over"]
        history = await handle.fetch_history()
        replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
        await replayer.replay_workflow(history)
