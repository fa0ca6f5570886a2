"""The filing clock warns at half, at three quarters and then daily; one task grows more urgent, many are not opened."""

from datetime import timedelta

from database import tasks
from database.tables import Task
from tests.builders import a_277ca, a_claim, an_837p
from tests.office import Office

BOTH_DATABASES = True


def sent(office: Office) -> tuple[str, str]:
    office.policy("filing_limit_days", 90)
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter, office.submission(encounter).control_number


def open_tasks(office: Office, encounter: str) -> list[Task]:
    with office.database.reading() as session:
        return list(tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter))


def warnings(office: Office, encounter: str) -> list[str]:
    return [one for one in office.story(encounter) if "filing limit" in one]


def test_it_tells_whoever_has_the_visit_and_opens_one_task_else(office: Office) -> None:
    office.policy("clearinghouse_acknowledgment_business_days", 3000)
    encounter, _ = sent(office)
    office.let_pass(days=46)
    office.go_on(encounter)
    [task] = open_tasks(office, encounter)
    assert task.type == "no_response"
    office.let_pass(days=24)
    office.go_on(encounter)
    assert len(warnings(office, encounter)) == 2
    for _ in range(20):
        office.let_pass(days=1)
        office.go_on(encounter)
    [task] = open_tasks(office, encounter)
    assert "has passed" in task.reason
    assert task.escalation >= 3
    told = warnings(office, encounter)
    assert [one.rsplit(", ", 1)[-1] for one in told[-4:-1]] == ["2 days are left", "1 day is left", "0 days are left"]
    assert "has passed" in told[-1]


def test_a_closed_task_comes_back_with_the_next_rung(office: Office) -> None:
    office.policy("clearinghouse_acknowledgment_business_days", 3000)
    encounter, _ = sent(office)
    office.let_pass(days=46)
    office.go_on(encounter)
    later = (office.today + timedelta(days=200)).isoformat()
    office.complete(encounter, "no_response", "status_known", {"reference": "CALL-1", "follow_up": later})
    office.let_pass(days=24)
    office.go_on(encounter)
    assert [one.type for one in open_tasks(office, encounter)] == ["no_response"]


def test_a_claim_that_the_payer_accepted_is_safe(office: Office) -> None:
    office.policy("remittance_alarm_days", 3000)
    encounter, number = sent(office)
    office.deliver(a_277ca(number, sender="PR"))
    office.go_on(encounter)
    office.let_pass(days=120)
    standing = office.go_on(encounter)
    assert warnings(office, encounter) == []
    assert all(one.reason != "timely_filing" for one in standing.agenda)
