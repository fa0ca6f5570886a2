"""What somebody promised in a call is awaited until its day, and brought back when it was not kept."""

from datetime import timedelta

from sqlmodel import select

from billing.calls import PromiseState
from billing.stages import FactKind
from database import calls, claim_timeline, encounters
from database.columns import new_id
from database.tables import CallRow, Task
from tests.office import Office
from tests.stories.test_denials import answered, exit_by, sent

BOTH_DATABASES = True


def called(office: Office, encounter: str, *, days: int, whom: str = "payer", cents: int | None = None) -> str:
    """A call in which something was promised."""
    call_id = new_id()
    with office.database.writing() as session:
        session.add(
            CallRow(
                id=call_id,
                practice_id=office.practice_id,
                encounter_id=encounter,
                whom=whom,
                channel="telephone",
                reference="REF-5",
                said="it is being looked into",
                promise="pays it",
                promised_on=office.today + timedelta(days=days),
                promised_cents=cents,
                promise_state=PromiseState.OPEN,
                called_at=office.now,
                logged_by=office.worker_id,
            )
        )
        session.flush()
        encounters.add_fact(
            session,
            practice_id=office.practice_id,
            encounter_id=encounter,
            kind=FactKind.CALLED,
            source_key=f"call:{call_id}",
            subject_id=call_id,
            received_at=office.now,
        )
    office.go_on(encounter)
    return call_id


def state(office: Office, call_id: str) -> str | None:
    with office.database.reading() as session:
        return session.get_one(CallRow, call_id).promise_state


def broken(office: Office, encounter: str) -> Task | None:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.type == "promise_broken", Task.state == "open")
        return session.exec(query).first()


def test_a_promise_that_was_not_kept_says_which_one_it_was(office: Office) -> None:
    encounter = sent(office)
    called(office, encounter, days=5, cents=9000)
    second = called(office, encounter, days=9)
    office.let_pass(days=6)
    office.go_on(encounter)
    task = broken(office, encounter)
    assert task is not None
    assert "(reference REF-5): pays it, $90.00, by " in task.reason
    assert state(office, second) == "open"
    again = {"reference": "REF-6", "follow_up": f"{office.today + timedelta(days=7)}"}
    done = office.complete(encounter, "promise_broken", "promised_again", again, by=office.supervisor_id)
    assert done.answer.done, done.answer
    office.go_on(encounter)
    with office.database.reading() as session:
        waiting = [(one.reference, one.promise) for one in calls.open_promises(session, encounter)]
    assert waiting == [("REF-5", "pays it"), ("REF-6", "pays it")]


def test_an_answer_of_the_payer_keeps_its_promise(office: Office) -> None:
    encounter = sent(office)
    call = called(office, encounter, days=5)
    office.let_pass(days=1)
    answered(office, encounter, ("CO", "50", 15000))
    office.let_pass(days=5)
    office.go_on(encounter)
    assert (state(office, call), broken(office, encounter)) == ("kept", None)


def test_what_a_patient_promised_is_kept_by_the_money(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("PR", "1", 15000))
    little = called(office, encounter, days=5, whom="patient", cents=5000)
    office.let_pass(days=1)
    office.pay(encounter, 2000)
    office.let_pass(days=5)
    office.go_on(encounter)
    task = broken(office, encounter)
    assert task is not None
    assert (state(office, little), task.role) == ("broken", "account_representative")
    enough = called(office, encounter, days=5, whom="patient", cents=3000)
    office.pay(encounter, 3000)
    office.let_pass(days=6)
    office.go_on(encounter)
    assert state(office, enough) == "kept"


def test_a_way_out_with_a_call_is_in_the_call_log_and_its_promise_comes_back(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    day = office.today + timedelta(days=20)
    exit_by(office, encounter, "payer_reprocessing", reference="CALL-9", follow_up=f"{day}")
    with office.database.reading() as session:
        [row] = session.exec(select(CallRow)).all()
    assert (row.whom, row.reference, row.promise, row.promised_on) == (
        "payer",
        "CALL-9",
        "The payer processes it again",
        day,
    )
    office.let_pass(days=21)
    office.go_on(encounter)
    with office.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.subject_id == encounter, Task.state == "open")).all()
    assert task.type == "denial_review"
    assert "(reference CALL-9): The payer processes it again" in task.reason
    assert state(office, row.id) == "broken"
    with office.database.reading() as session:
        told = claim_timeline.of_claim(session, practice_id=office.practice_id, control_number=row.control_number or "")
    assert any("reference CALL-9; promised by" in one.words for one in told or [])


def test_a_wait_that_promises_nothing_is_logged_as_a_call_alone(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "133", 15000))
    day = f"{office.today + timedelta(days=20)}"
    exit_by(office, encounter, "wait_until", reference="CALL-1", follow_up=day)
    with office.database.reading() as session:
        [row] = session.exec(select(CallRow)).all()
    assert (row.reference, row.promise, row.promise_state) == ("CALL-1", "", None)
