"""Filing stored mail: by several at once, and while the database fails for a moment."""

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select
from temporalio.testing import ActivityEnvironment

from activities import mailbox as of_mailbox
from activities.mailbox import MailboxActivities
from activities.messages import Filed, FileStep
from database import messages
from database.tables import InboundMessage, RemittanceFile, Task
from tests.builders import NOON, a_payment, an_835, an_837p
from tests.database.crowd import together
from tests.office import Office

FILES = 5
READERS = 4


def stored(office: Office, *bodies: bytes) -> None:
    """Mail that came and was not looked at yet."""
    with office.database.writing() as session:
        for number, body in enumerate(bodies, start=1):
            messages.store_inbound(
                session, partner_id=office.partner_id, kind="835", body=body, received_at=NOON, mail_id=number
            )


def file_all(office: Office) -> Filed:
    mailbox = MailboxActivities(office.database, office.lines)
    filed: Filed = ActivityEnvironment().run(mailbox.file_messages, FileStep(partner_id=office.partner_id))
    return filed


def states(office: Office) -> set[str]:
    with office.database.reading() as session:
        return set(session.exec(select(InboundMessage.state)))


def test_what_several_file_at_once_is_filed_once(office: Office) -> None:
    office.take_in(an_837p())
    stored(office, *(an_835(a_payment(f"UNKNOWN{one}"), trace=f"T{one}") for one in range(FILES)))

    together(READERS, lambda _: file_all(office))

    assert states(office) == {"filed"}
    with office.database.reading() as session:
        assert len(session.exec(select(RemittanceFile.id)).all()) == FILES
        assert session.exec(select(Task.reason).where(col(Task.type) == "intake_error")).all() == []


def test_a_database_that_fails_is_no_fault_of_the_message(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(office, an_835(a_payment("UNKNOWN")))

    def fail(*_: object) -> str:
        raise OperationalError("COMMIT", {}, Exception("deadlock detected"))

    monkeypatch.setattr(of_mailbox, "file_message", fail)
    with pytest.raises(OperationalError):
        file_all(office)

    assert states(office) == {"stored"}


def test_a_message_that_breaks_filing_stops_none_after_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.take_in(an_837p())
    stored(office, b"ISA*broken", an_835(a_payment("UNKNOWN")))
    really = of_mailbox.file_message

    def break_on_the_first(session: Session, message_id: str) -> str:
        if session.get_one(InboundMessage, message_id).body == b"ISA*broken":
            raise RecursionError
        return really(session, message_id)

    monkeypatch.setattr(of_mailbox, "file_message", break_on_the_first)
    filed = file_all(office)

    assert (filed.filed, filed.failed) == (1, 1)
    assert states(office) == {"failed", "filed"}


def test_a_partners_run_leaves_the_mail_of_others_to_theirs(office: Office) -> None:
    stored(office, an_835(a_payment("UNKNOWN")))
    elsewhere = Office(office.database)

    assert file_all(elsewhere).filed == 0
    assert states(office) == {"stored"}
