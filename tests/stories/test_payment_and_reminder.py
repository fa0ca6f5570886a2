"""A payment and a paper at the same moment, in whatever order they are committed: nobody is asked for what is paid.

RACES=500 runs as many; the suite runs a few.
"""

import os
import random
import threading

from sqlmodel import col, select

from database import letters
from database.proof import prove_rows
from database.tables import Letter, PatientAccount
from tests.office import Office
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
