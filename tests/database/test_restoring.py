"""Books that were put back: numbers are passed over, every route is held, and the audit says so, on both databases."""

from datetime import timedelta

from sqlmodel import select

from database import audit, messages, restoring, sending
from database.tables import AuditEvent, Partner
from tests.office import Office


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
