"""A payer does not take the practice's claims yet: they wait, and go on together when it does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlmodel import col, select

from activities.desk import Desk
from activities.enrolment_desk import lacks_enrolment, put_entries
from billing.amendments import Change
from billing.claim import Claim, Coverage, Name, Party
from billing.deadlines import after_business_days
from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState
from database.enrolments import Entry
from database.outbox import OutboxKind
from database.tables import Encounter, Outbox, Task
from tests.builders import CLINIC_NPI, DOCTOR_NPI, NOON, a_claim, an_837p
from tests.office import Office

BOTH_DATABASES = True
PAYER, OTHER = "99999", "88888"


def visit(number: int, payer: str = PAYER) -> Claim:
    party = Party("PR", is_person=False, name=Name(f"PAYER {payer}"), id_qualifier="PI", id=payer)
    coverage = Coverage(payer=party, member_id=f"ABC12345{number}", filing_indicator="CI")
    return a_claim(control_number=f"EXT{number}", coverage=coverage)


def payer_of(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        return session.get_one(Encounter, encounter).payer_id


def put(
    office: Office,
    payer_id: str,
    state: EnrolmentState,
    *,
    npi: str = CLINIC_NPI,
    kind: EnrolmentKind = EnrolmentKind.CLAIMS,
    first: date | None = None,
) -> int:
    """One click in the matrix; returns how many claims go on."""
    entry = Entry(payer_id, Enrolment(npi, kind, state, first))
    with office.database.writing() as session:
        _, released = put_entries(
            session, [entry], practice_id=office.practice_id, at=office.now, by=office.supervisor_id
        )
    return released


def woken(office: Office) -> list[str]:
    with office.database.reading() as session:
        query = select(Outbox.subject_id).where(
            Outbox.kind == OutboxKind.WAKE_ENCOUNTER, col(Outbox.fact_id).is_not(None)
        )
        return sorted(session.exec(query.where(Outbox.practice_id == office.practice_id)))


def task_of(office: Office, encounter: str) -> Task:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.state == "open")
        return session.exec(query).one()


@pytest.fixture
def held(office: Office) -> str:
    """A visit that waits: the 837 with its payer is only requested."""
    office.take_in(an_837p(visit(1)))
    [encounter] = office.encounter_ids()
    put(office, payer_of(office, encounter), EnrolmentState.REQUESTED)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["enrolment_missing"]
    return encounter


def test_three_claims_wait_and_one_click_sends_all_three_while_another_payers_stays(office: Office) -> None:
    office.take_in(an_837p(*(visit(number) for number in (1, 2, 3)), visit(4, OTHER)))
    by_payer: dict[str, list[str]] = {}
    for encounter in office.encounter_ids():
        by_payer.setdefault(payer_of(office, encounter), []).append(encounter)
    mine, theirs = sorted(by_payer, key=lambda payer: -len(by_payer[payer]))
    for payer_id in (mine, theirs):
        put(office, payer_id, EnrolmentState.REQUESTED)
    for encounter in office.encounter_ids():
        office.go_on(encounter)
    assert {office.stage(one) for one in office.encounter_ids()} == {"scrubbing"}
    with office.database.writing() as session:
        for row in session.exec(select(Outbox)):
            session.delete(row)

    released = put(office, mine, EnrolmentState.ACTIVE)
    again = put(office, mine, EnrolmentState.ACTIVE)
    asked_again = woken(office)
    for encounter in office.encounter_ids():
        office.go_on(encounter)

    assert (released, again) == (3, 0)
    assert asked_again == sorted(by_payer[mine])
    assert [office.stage(one) for one in by_payer[mine]] == ["submission"] * 3
    assert [office.open_task_types(one) for one in by_payer[mine]] == [[]] * 3
    [stays] = by_payer[theirs]
    assert (office.stage(stays), office.open_task_types(stays)) == ("scrubbing", ["enrolment_missing"])


def test_the_task_says_who_with_whom_what_for_and_why(office: Office, held: str) -> None:
    task = task_of(office, held)
    assert task.reason == f"PAYER 99999 (99999): 837 enrolment of provider {CLINIC_NPI}: requested, not active yet"
    assert (task.role, task.amount_cents) == ("credentialing", 15000)
    assert task.due_at == after_business_days(NOON, 5)
    assert office.go_on(held).waiting_on == "credentialing"


def test_a_missing_row_holds_nothing_until_the_practice_says_so(office: Office) -> None:
    office.take_in(an_837p(visit(1)))
    [lax] = office.encounter_ids()
    office.go_on(lax)
    office.policy("hold_without_enrolment", 1)
    office.take_in(an_837p(visit(2), number=2))
    [strict] = [one for one in office.encounter_ids() if one != lax]
    office.go_on(strict)

    assert office.stage(lax) == "submission"
    assert task_of(office, strict).reason.count("no row in the matrix") == 2
    assert put(office, payer_of(office, strict), EnrolmentState.NOT_NEEDED) == 0
    assert task_of(office, strict).reason.count("no row in the matrix") == 1
    contract = {"npi": DOCTOR_NPI, "kind": EnrolmentKind.CONTRACT}
    assert put(office, payer_of(office, strict), EnrolmentState.ACTIVE, first=date(2026, 10, 21), **contract) == 0  # type: ignore[arg-type]
    assert "in force from 2026-10-21, the visit was on 2026-10-20" in task_of(office, strict).reason
    assert put(office, payer_of(office, strict), EnrolmentState.ACTIVE, first=date(2026, 10, 20), **contract) == 1  # type: ignore[arg-type]


def test_enrolled_is_refused_while_the_matrix_says_no(office: Office, held: str) -> None:
    refused = office.complete(held, "enrolment_missing", "enrolled", {})
    assert (refused.answer.done, refused.answer.code) == (False, "not_enrolled")
    assert "requested, not active yet" in refused.answer.message
    assert office.open_task_types(held) == ["enrolment_missing"]


def test_a_supervisor_sends_it_anyway_and_to_this_payer_alone(office: Office, held: str) -> None:
    reason = {"reason": "the letter is on its way"}
    refused = office.complete(held, "enrolment_missing", "send_anyway", reason)
    assert refused.answer.code == "forbidden"
    done = office.complete(held, "enrolment_missing", "send_anyway", reason, by=office.supervisor_id)
    assert done.answer.done
    assert office.go_on(held).stage == "submission"

    put(office, other_payer(office), EnrolmentState.REFUSED)
    change = {"payer_id": OTHER, "payer_name": f"PAYER {OTHER}", "member_id": "W1", "filing_indicator": "CI"}
    office.amend(held, Change.NEW_COVERAGE, change | {"group_number": ""})
    office.go_on(held)
    assert office.open_task_types(held) == ["enrolment_missing"]
    assert "refused by the payer" in task_of(office, held).reason


def other_payer(office: Office) -> str:
    """The id of the other payer, made known by a visit of its own."""
    before = set(office.encounter_ids())
    office.take_in(an_837p(visit(9, OTHER), number=9))
    [made] = set(office.encounter_ids()) - before
    return payer_of(office, made)


def test_an_amendment_takes_the_claim_out_of_the_queue(office: Office, held: str) -> None:
    office.amend(held, Change.SELF_PAY, {"reason": "the patient pays"})
    office.go_on(held)
    assert (office.open_task_types(held), office.stage(held)) == ([], "patient_balance")
    assert put(office, payer_of(office, held), EnrolmentState.ACTIVE) == 0


def test_a_corrected_provider_is_looked_up_anew(office: Office, held: str) -> None:
    corrections = {"corrections": "billing_provider.npi = 1245319599"}
    assert office.complete(held, "enrolment_missing", "corrected", corrections).answer.done
    office.go_on(held)
    assert (office.stage(held), office.open_task_types(held)) == ("submission", [])


def test_a_hold_outlasts_the_enrolment(office: Office, held: str) -> None:
    with office.database.writing() as session:
        encounter = session.get_one(Encounter, held)
        encounter.on_hold = True
        session.add(encounter)
    assert put(office, payer_of(office, held), EnrolmentState.ACTIVE) == 1
    office.go_on(held)
    assert office.stage(held) == "scrubbing"


def test_a_row_that_becomes_active_while_a_claim_is_being_held_releases_it(office: Office) -> None:
    """Both wait for their turn with the payer: without it the click would see no task, and the claim no row."""
    office.take_in(an_837p(visit(1)))
    [encounter] = office.encounter_ids()
    payer_id = payer_of(office, encounter)
    office.go_on(encounter)
    put(office, payer_id, EnrolmentState.REQUESTED)
    with ThreadPoolExecutor() as people:
        with office.database.writing() as session:
            desk = Desk.take(session, practice_id=office.practice_id, encounter_id=encounter, at=office.now)
            assert lacks_enrolment(desk)
            released = people.submit(put, office, payer_id, EnrolmentState.ACTIVE)
            with pytest.raises(TimeoutError):
                released.result(timeout=0.3)
        assert released.result() == 1
