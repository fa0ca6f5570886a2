"""Books that were put back: numbers are passed over, every route is held, and the audit says so, on both databases."""

from datetime import timedelta

from sqlmodel import select

from activities.filing_again import hear_again
from database import audit, messages, restoring, sending, sending_views, tasks
from database.tables import AuditEvent, Partner, SendingHold, Submission
from tests.builders import a_277ca
from tests.office import Office
from tests.stories import sending_desk


def begin_again(office: Office) -> int:
    with office.database.writing() as session:
        return restoring.begin_again(session, taken_at=office.now - timedelta(hours=3), at=office.now)


def test_no_number_is_used_twice(office: Office) -> None:
    with office.database.writing() as session:
        partner_id = session.exec(select(Partner.id)).one()
        before = messages.next_number(session, partner_id=partner_id, name="interchange")
    begin_again(office)
    with office.database.writing() as session:
        after = messages.next_number(session, partner_id=partner_id, name="interchange")
    assert after == before + restoring.NUMBERS_LEFT_OUT + 1


def test_every_route_is_held_once_and_the_audit_says_so(office: Office) -> None:
    assert begin_again(office) == 1
    assert begin_again(office) == 0
    with office.database.writing() as session:
        [hold] = sending.holds(session, practice_id=office.practice_id, at=office.now)
        assert hold.reason.startswith(restoring.REASON)
        assert [one.reason[:8] for one in session.exec(select(AuditEvent))][-2:] == ["restored", "restored"]
        assert audit.check(session)[1] == []
        assert restoring.release(session, at=office.now) == 1
        session.flush()
        assert restoring.standing(session) == restoring.Standing(holds=0, ready=0, unheard=0)


def test_a_hold_that_ends_by_itself_is_none_of_the_restore(office: Office) -> None:
    """What somebody held until tomorrow stays held when tomorrow has come."""
    sending_desk.visits(office, 1)
    sending_desk.hold(office, ends_at=office.now + timedelta(days=1))
    assert begin_again(office) == 1
    office.let_pass(days=2)
    with office.database.reading() as session:
        assert restoring.standing(session) == restoring.Standing(holds=1, ready=1, unheard=0)
    assert sending_desk.send(office) == 0


def test_the_operator_placed_the_hold_and_ended_it(office: Office) -> None:
    """The hold stands under a user's number, who had no part in it: no page names that user."""
    begin_again(office)
    with office.database.writing() as session:
        [shown] = sending_views.holds(session, practice_id=office.practice_id, at=office.now)
        assert (shown.placed_by, "by the operator" in shown.reason) == ("operator", True)
        restoring.release(session, at=office.now)
        assert session.exec(select(SendingHold.released_by)).all() == [None]


def test_an_acknowledgment_is_understood_once_its_claims_are_known(office: Office) -> None:
    sending_desk.visits(office, 1)
    office.deliver(a_277ca("COMESAGAIN"))
    with office.database.writing() as session:
        assert hear_again(session, at=office.now) == 0
        session.exec(select(Submission)).one().control_number = "COMESAGAIN"
        session.flush()
        assert hear_again(session, at=office.now) == 1
        assert [one.state for one in restoring.strangers(session)] == ["done"]


def test_ten_strangers_are_not_none(office: Office) -> None:
    """What is said of ten claims that nobody knows stays a task, as of one."""
    office.deliver(a_277ca(*(f"NOTOURS{number}" for number in range(10))))
    with office.database.writing() as session:
        [task] = restoring.strangers(session)
        assert hear_again(session, at=office.now) == 0
        assert tasks.open_tasks(session, practice_id=office.practice_id, subject_id=task.subject_id) == [task]
