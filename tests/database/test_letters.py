"""One letter and two people at once, on both databases."""

import contextlib
from threading import Event

from billing.letters import Letter as Content
from database import letters, records
from database.columns import new_id
from database.letters import LetterSent, LetterWithdrawn
from database.tables import Letter
from tests.builders import NOON
from tests.database.crowd import together
from tests.office import Office


def written(office: Office) -> str:
    """The id of a letter that waits."""
    with office.database.writing() as session:
        letter = Letter(
            id=new_id(),
            practice_id=office.practice_id,
            kind="appeal",
            content=records.dump(Content("Appeal", NOON.date(), (), (), (), ())),
            written_at=NOON,
            written_by="office",
        )
        session.add(letter)
        return letter.id


def test_a_letter_is_sent_or_withdrawn_and_never_both(office: Office) -> None:
    letter_id = written(office)
    is_read, is_sent = Event(), Event()

    def withdraw() -> None:
        with contextlib.suppress(LetterSent), office.database.writing() as session:
            letter = letters.find(session, practice_id=office.practice_id, letter_id=letter_id)
            assert letter is not None
            is_read.set()
            is_sent.wait(1)  # in vain on SQLite, which admits one writer
            letters.withdraw(session, letter, because="paid meanwhile", at=NOON)

    def send() -> None:
        is_read.wait(10)
        with contextlib.suppress(LetterWithdrawn), office.database.writing() as session:
            letter = letters.find(session, practice_id=office.practice_id, letter_id=letter_id)
            assert letter is not None
            letters.mark_sent(session, letter, at=NOON, actor_id=office.worker_id)
        is_sent.set()

    together(2, lambda number: (withdraw, send)[number]())
    with office.database.reading() as session:
        letter = session.get_one(Letter, letter_id)
    assert (letter.sent_at is None) != (letter.withdrawn_at is None)
