"""Who pays alone was given an estimate: a bill far above it waits for a person, and a disputed one for the dispute."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from activities import good_faith as watching
from activities.account import AccountActivities
from activities.good_faith import CannotBeDisputed
from activities.messages import AccountStep
from activities.office_tasks import complete_office_task
from billing.amendments import Change
from billing.claim import Address, Name, Party, Reference, ServiceLine
from billing.estimates import Asked
from billing.good_faith import Giver
from billing.instalments import PlanState
from billing.money import Cents
from database import estimates, good_faith, letters, proof, worklists
from database.tables import Encounter, EstimateRow, Letter, Patient, Placement, Task
from tests.builders import a_claim, a_line, an_837p
from tests.office import PUBLIC_URL, Office
from tests.stories.amending import amend
from tests.stories.test_households import look_after
from tests.stories.test_instalment_plans import agreed, open_tasks, pass_days, state

BOTH_DATABASES = True
BECAUSE = {"reason": "has no insurance any more"}
GIVER = Giver(
    Party(
        "85",
        False,
        Name("FAMILY PRACTICE"),
        "XX",
        "1993999998",
        address=Address("2 MAIN ST", "SPRINGFIELD", "IL", "62701"),
        references=(Reference("EI", "123456789"),),
    )
)


def opened(office: Office, *, charge: int = 60000) -> str:
    office.take_in(an_837p(a_claim(a_line(charge_cents=Cents(charge)))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    return encounter


def estimated(office: Office, encounter: str, cents: int, *, is_given: bool = True) -> str:
    """The patient was told so much for the day, on paper."""
    with office.database.writing() as session:
        visit = session.get_one(Encounter, encounter)
        line = ServiceLine("99213", Cents(cents), Decimal(1), visit.service_date)
        asked = Asked(visit.service_date, (line,), "11")
        patient = session.get_one(Patient, visit.patient_id)
        row = estimates.make(session, patient, asked, appointment_id=None, at=office.now, by=office.worker_id)
        letter, _ = good_faith.write(session, row, GIVER, written_on=office.today, at=office.now, by=office.worker_id)
        if is_given:
            letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id)
        return row.id


def asked_about(office: Office, estimate: str) -> list[Task]:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == estimate).order_by(col(Task.opened_at), col(Task.id))
        found = list(session.exec(query).all())
        session.expunge_all()
        return found


def worked(office: Office, estimate: str, resolution: str) -> None:
    [task] = [one for one in asked_about(office, estimate) if one.state == "open"]
    with office.database.writing() as session:
        answer = complete_office_task(
            session,
            practice_id=office.practice_id,
            task=session.get_one(Task, task.id),
            resolution=resolution,
            values={"reason": "spoken with the patient"},
            actor_id=office.worker_id,
            at=office.now,
        )
        assert answer.done, answer


def statements(office: Office, encounter: str) -> list[tuple[bool, str | None]]:
    """(sent, why withdrawn) of each statement, after the account looked at itself for three days."""
    for _ in range(3):
        office.let_pass(days=1)
        step = AccountStep(practice_id=office.practice_id, patient_id=office.patient_of(encounter), at=office.now)
        AccountActivities(office.database, PUBLIC_URL).look_after_account(step)
    with office.database.reading() as session:
        query = select(Letter).where(Letter.kind == "statement").order_by(col(Letter.written_at))
        return [(one.sent_at is not None, one.withdrawn_because) for one in session.exec(query)]


def disputed(office: Office, estimate: str) -> None:
    with office.database.writing() as session:
        row = session.get_one(EstimateRow, estimate)
        watching.dispute(session, row, on=office.today, note="Case 17.", at=office.now, by=office.worker_id)


def is_pursued(office: Office) -> bool:
    """Whether the books see who looks after each share that a patient owes."""
    with office.database.reading() as session:
        [found] = [one for one in proof.prove_rows(session) if one.name == "accounts"]
    assert found.looked_at
    return found.holds


def test_a_bill_far_above_the_estimate_waits_for_a_person(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    [task] = asked_about(office, estimate)
    assert (task.type, task.amount_cents, task.role) == ("bill_above_estimate", 40000, "account_representative")
    assert "$600.00 is billed and $200.00 was estimated" in task.reason
    assert "Held against the good-faith estimate: $600.00 is billed and $200.00 was estimated" in office.story(
        encounter
    )
    with office.database.reading() as session:
        shown = worklists.task(session, practice_id=office.practice_id, task_id=task.id)
    assert shown is not None
    assert shown.patient == "DOE, JANE"
    assert statements(office, encounter) == [], "nothing goes out meanwhile"
    assert is_pursued(office)
    worked(office, estimate, "bill_stands")
    assert statements(office, encounter) == [(False, None)]


@pytest.mark.parametrize(("estimate_cents", "is_given"), [(20001, True), (70000, True), (20000, False)])
def test_a_bill_near_the_estimate_or_without_one_goes_out(office: Office, estimate_cents: int, is_given: bool) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, estimate_cents, is_given=is_given)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert asked_about(office, estimate) == []
    assert statements(office, encounter) == [(False, None)]


def test_the_discount_counts(office: Office) -> None:
    office.policy("self_pay_discount_percent", 50)
    encounter = opened(office)
    estimate = estimated(office, encounter, 10000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert asked_about(office, estimate) == [], "$300.00 is billed"


def test_who_turns_out_to_be_insured_is_not_asked_about_any_more(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    policy = {"payer_id": "77777", "payer_name": "RIGHT PAYER", "member_id": "R 1", "reason": "found the card"}
    amend(office, encounter, Change.NEW_COVERAGE, policy)
    assert [(one.state, one.resolution) for one in asked_about(office, estimate)] == [("done", "bill_changed")]


def test_a_dispute_stops_the_paper_until_it_ends(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    worked(office, estimate, "bill_stands")
    assert statements(office, encounter) == [(False, None)]
    disputed(office, estimate)
    task = asked_about(office, estimate)[-1]
    assert (task.type, task.amount_cents) == ("estimate_disputed", 40000)
    withdrawn = (False, "the bill of a visit on it is disputed, or looked at")
    assert statements(office, encounter) == [withdrawn]
    office.let_pass(days=100)
    assert statements(office, encounter) == [withdrawn], "no reminder either"
    assert is_pursued(office)
    worked(office, estimate, "upheld")
    assert statements(office, encounter) == [withdrawn, (False, None)]


def test_only_what_was_given_is_disputed_and_once(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000, is_given=False)
    with pytest.raises(CannotBeDisputed, match="was not given"):
        disputed(office, estimate)
    given = estimated(office, encounter, 20000)
    disputed(office, given)
    with pytest.raises(CannotBeDisputed, match="was recorded already"):
        disputed(office, given)
    assert len(asked_about(office, given)) == 1


def test_the_first_bill_is_the_first_statement(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 60000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    with office.database.reading() as session:
        assert good_faith.first_bill_at(session, session.get_one(EstimateRow, estimate)) is None
    statements(office, encounter)
    with office.database.reading() as session:
        first = good_faith.first_bill_at(session, session.get_one(EstimateRow, estimate))
    assert first is not None
    assert timedelta(0) <= office.now - first <= timedelta(days=3)


def test_a_letter_for_the_day_answers_what_the_patient_asked_about_it(office: Office) -> None:
    encounter = opened(office)
    with office.database.writing() as session:
        visit = session.get_one(Encounter, encounter)
        patient = session.get_one(Patient, visit.patient_id)
        for day in (None, visit.service_date, visit.service_date + timedelta(days=1)):
            assert watching.request(session, patient, day=day, at=office.now) is not None
        assert watching.request(session, patient, day=None, at=office.now) is None
    estimated(office, encounter, 60000)
    with office.database.reading() as session:
        asked = good_faith.requested(session, office.patient_of(encounter))
        assert sorted(one.state for one in asked) == ["done", "done", "open"]


def test_a_voided_visit_leaves_no_question_about_its_bill(office: Office) -> None:
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    amend(office, encounter, Change.VOID, {"reason": "did not happen"})
    assert [one.state for one in asked_about(office, estimate)] == ["done"]


def billed_alone(office: Office) -> tuple[str, str]:
    """(visit, estimate that was given) of somebody who pays alone, whose bill a person let stand."""
    encounter = opened(office)
    estimate = estimated(office, encounter, 20000)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    worked(office, estimate, "bill_stands")
    return encounter, estimate


def test_an_agency_asks_for_nothing_while_a_dispute_stands(office: Office) -> None:
    encounter, estimate = billed_alone(office)
    holder = office.patient_of(encounter)
    for _ in range(130):
        look_after(office, holder)
        if office.asked_about_account(encounter):
            break
        office.let_pass(days=1)
    assert office.decide_account(encounter, "place", agency="Example Recovery").done
    office.go_on(encounter)
    look_after(office, holder)
    disputed(office, estimate)
    look_after(office, holder)
    assert at_the_agency(office) == "suspended"
    look_after(office, holder)
    assert at_the_agency(office) == "suspended"
    worked(office, estimate, "upheld")
    look_after(office, holder)
    assert at_the_agency(office) == "placed"


def at_the_agency(office: Office) -> str:
    with office.database.reading() as session:
        return session.exec(select(Placement.state)).one()


def test_a_disputed_bill_is_not_placed_by_who_was_asked_before(office: Office) -> None:
    encounter, estimate = billed_alone(office)
    holder = office.patient_of(encounter)
    for _ in range(130):
        look_after(office, holder)
        if office.asked_about_account(encounter):
            break
        office.let_pass(days=1)
    disputed(office, estimate)
    refused = office.decide_account(encounter, "place", agency="Example Recovery")
    assert (refused.done, "is disputed now" in refused.message) == (False, True)
    with office.database.reading() as session:
        assert session.exec(select(Placement)).all() == []


def test_an_agreement_counts_no_misses_while_a_dispute_stands(office: Office) -> None:
    encounter, estimate = billed_alone(office)
    look_after(office, office.patient_of(encounter))
    agreed(office, encounter)
    disputed(office, estimate)
    pass_days(office, encounter, 80)
    assert (state(office), "plan_default" in open_tasks(office)) == (PlanState.ACTIVE, False)
    worked(office, estimate, "upheld")
    pass_days(office, encounter, 10)
    assert (state(office), "plan_default" in open_tasks(office)) == (PlanState.ACTIVE, False)
    pass_days(office, encounter, 80)
    assert (state(office), "plan_default" in open_tasks(office)) == (PlanState.BROKEN, True)
