"""A payment and a paper at the same moment, in whatever order they are committed: nobody is asked for what is paid.

RACES=500 runs as many; the suite runs a few (docs/proofs.md).
"""

import os
import random
import threading
from collections.abc import Callable

import pytest
import sqlalchemy
from sqlmodel import col, select

from activities import handing_over
from activities.mail_line import MailServer
from billing.letters import Way
from database import accounts, letters, patient_payments, paying
from database.columns import new_id
from database.proof import prove_rows
from database.tables import Letter, PatientAccount, PatientPayment
from tests.mail_servers import Desk, mail_server
from tests.office import Office
from tests.stories import statement_desk as desk
from tests.stories.test_households import child, look_after

BOTH_DATABASES = True
RACES = int(os.environ.get("RACES", "12"))
SHARE = 2000


def raced(office: Office, visit: str, holder: str, dice: random.Random) -> list[BaseException]:
    """The patient pays and the account writes its paper, both begun at one moment; gives what broke."""
    start = threading.Barrier(2)
    broke: list[BaseException] = []
    waits = [dice.choice((0.0, 0.0, 0.002, 0.01)) for _ in range(2)]

    def pay() -> None:
        office.pay(visit, SHARE)
        office.go_on(visit)

    def write() -> None:
        look_after(office, holder)

    def run(act: object, wait: float) -> None:
        start.wait()
        threading.Event().wait(wait)
        try:
            act()  # type: ignore[operator]
        except BaseException as error:
            broke.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in zip((pay, write), waits, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return broke


def waiting(office: Office, holder: str) -> list[Letter]:
    with office.database.reading() as session:
        query = select(Letter).where(Letter.patient_id == holder, col(Letter.withdrawn_at).is_(None))
        return list(session.exec(query))


def test_whichever_is_first_nobody_is_asked_for_what_is_paid(office: Office) -> None:
    dice = random.Random(RACES)
    seen = {"paper first": 0, "payment first": 0}
    visits = [child(office, f"CHILD{number}", number + 1, share=SHARE) for number in range(RACES)]
    holders = [office.patient_of(one) for one in visits]
    for one in holders:
        look_after(office, one)
    office.let_pass(days=3)
    for visit, holder in zip(visits, holders, strict=True):
        assert raced(office, visit, holder, dice) == []
        papers = waiting(office, holder)
        assert all(letters.content_of(one).total_cents == SHARE for one in papers), (
            "no paper is about half of a payment"
        )
        seen["paper first" if papers else "payment first"] += 1
        look_after(office, holder)  # the payment wakes the account
        assert waiting(office, holder) == [], "what waits to be sent asks for nothing that is paid"
        assert office.stage(visit) == "closed"
    with office.database.reading() as session:
        assert set(session.exec(select(PatientAccount.owed_cents))) == {0}
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []
    assert sum(seen.values()) == RACES


def at_one_moment(dice: random.Random, *acts: Callable[[], None]) -> list[BaseException]:
    """All of it begun at one moment; gives what broke."""
    start = threading.Barrier(len(acts))
    broke: list[BaseException] = []

    def run(act: Callable[[], None], wait: float) -> None:
        start.wait()
        threading.Event().wait(wait)
        try:
            act()
        except BaseException as error:
            broke.append(error)

    waits = [dice.choice((0.0, 0.0, 0.002, 0.01)) for _ in acts]
    threads = [threading.Thread(target=run, args=pair) for pair in zip(acts, waits, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return broke


def test_a_payment_and_a_hand_over_are_one_after_the_other_and_neither_is_silent(office: Office) -> None:
    """Who holds the account commits first: the list is written under its lock, and so in the order of the commits."""
    dice = random.Random(RACES)
    seen = {"payment": 0, "post": 0}
    visits = desk.waiting(office, RACES)
    for visit in visits:
        letter_id, order = desk.letter_of(office, visit).id, list[str]()

        def pay(visit: str = visit, order: list[str] = order) -> None:
            with office.database.writing() as session:
                patient_id = office.patient_of(visit)
                accounts.lock(session, practice_id=office.practice_id, patient_id=patient_id, at=office.now)
                order.append("payment")
                payment = PatientPayment(
                    id=new_id(),
                    practice_id=office.practice_id,
                    encounter_id=visit,
                    amount_cents=SHARE,
                    method="card",
                    received_on=office.today,
                    received_at=office.now,
                    recorded_by=office.worker_id,
                )
                patient_payments.keep(session, payment, at=office.now)

        def post(letter_id: str = letter_id, order: list[str] = order) -> None:
            with office.database.writing() as session:
                letter = session.get_one(Letter, letter_id)
                account = handing_over.account_of(session, letter, at=office.now)
                order.append("post")
                handing_over.hand_over(
                    session, account, letter, way=Way.MAIL, on=office.today, at=office.now, by=office.worker_id
                )

        assert at_one_moment(dice, pay, post) == []
        is_sent = desk.letter_of(office, visit).sent_at is not None
        is_crossed = letter_id in desk.crossed(office)
        assert (is_sent, is_crossed) == ((True, True) if order[0] == "post" else (False, False)), order
        seen[order[0]] += 1
    assert sum(seen.values()) == RACES


def test_a_payment_and_an_email_at_one_moment_are_never_both_silent(office: Office) -> None:
    """Through the whole step of a run and a mail server: e-mailed and crossed, or neither."""
    dice = random.Random(RACES)
    post = Desk()
    visits = desk.waiting(office, RACES)
    for number, visit in enumerate(visits):
        desk.wants_email(office, visit, f"patient{number}@patients.test")
    with mail_server(post) as server:
        run_id = desk.begun(office)
        desk.call(office, server, "take_papers", run_id)
        paying = [lambda visit=visit: office.pay(visit, SHARE) for visit in visits]
        mailing = [lambda: mailed(office, server, run_id)]
        assert at_one_moment(dice, *mailing, *paying) == []
        desk.go_on(office, run_id, server)
    mailed_letters = {one.letter_id for one in desk.items(office, run_id) if one.state == "handed_over"}
    kept = {one.letter_id for one in desk.items(office, run_id) if one.state == "kept"}
    assert mailed_letters == set(desk.crossed(office))
    assert len(mailed_letters) + len(kept) == RACES
    assert len(post.messages) == len(mailed_letters)


def mailed(office: Office, server: MailServer, run_id: str) -> None:
    desk.call(office, server, "mail_papers", run_id)


def posted_after(office: Office, visit: str, statements: int) -> tuple[int, int]:
    """(what the account is asked for when the visit's payment is posted after so many of the statements that read it,
    how many there are)."""
    holder, seen = office.patient_of(visit), 0
    with office.database.writing() as session:

        def post(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == statements:
                poster = threading.Thread(target=office.go_on, args=(visit,))
                poster.start()
                poster.join()

        connection = session.connection()
        sqlalchemy.event.listen(connection, "after_cursor_execute", post)
        shares = paying.shares(session, practice_id=office.practice_id, holder_id=holder, on=office.today)
        sqlalchemy.event.remove(connection, "after_cursor_execute", post)
    return sum(one.cents for one in shares), seen


def test_a_payment_that_is_posted_while_what_is_owed_is_read_counts_once(office: Office) -> None:
    if office.database.is_sqlite:
        pytest.skip("nobody writes beside a writer there")
    number, statements = 1, 1
    while number <= statements:
        visit = child(office, f"CHILD{number}", number, share=SHARE)
        office.pay(visit, 500)
        asked, statements = posted_after(office, visit, number)
        assert asked == SHARE - 500, f"posted after statement {number} of {statements}"
        number += 1
    assert statements > 1
