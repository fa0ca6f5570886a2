"""The proof of a year: it holds for a few families of real parts, and each of its statements can fail."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from billing.account_holds import HoldKind
from database import account_holds, year
from database.tables import Letter, PatientPayment
from tests.office import Office
from tests.stories.test_agencies import hold
from tests.stories.test_households import child, look_after

ROOT = Path(__file__).parents[2]


def test_a_small_year_holds(tmp_path: Path) -> None:
    run = [sys.executable, "cli.py", "prove", "year", "--guarantors", "5", "--seed", "3"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["proof"], figures["guarantors"], figures["holds"]) == ("year", 5, True)
    assert figures["paid_cents"] > 0


def asked(office: Office) -> tuple[str, str]:
    """(visit, holder) of a share of 20.00 whose statement was sent."""
    visit = child(office, "ANNA", 1, share=2000)
    holder = office.patient_of(visit)
    for days in (0, 3):
        office.let_pass(days=days)
        look_after(office, holder)
    with office.database.writing() as session:
        [paper] = session.exec(select(Letter)).all()
        paper.sent_at = office.now
        session.add(paper)
    return visit, holder


def test_an_account_that_nobody_looks_after_is_found_until_a_hold_says_why(office: Office) -> None:
    _, holder = asked(office)
    with office.database.reading() as session:
        [found] = year.accounts_rest(session).offenders
    assert found.startswith(f"account {holder} owes 2000 cents")
    hold(office, holder, HoldKind.BANKRUPTCY)
    with office.database.reading() as session:
        assert [one.kind for one in account_holds.standing(session, holder)] == [HoldKind.BANKRUPTCY]
        assert year.accounts_rest(session).holds


def test_a_paper_that_asks_for_more_than_the_payers_left_is_found(office: Office) -> None:
    visit, _ = asked(office)
    with office.database.reading() as session:
        assert year.papers_ask_rightly(session, {visit: 2000}).holds
        assert year.papers_ask_rightly(session, {visit: 2000}).looked_at == 1
        [found] = year.papers_ask_rightly(session, {visit: 1999}).offenders
    assert "2000 of visit V1" in found


def test_money_that_nobody_says_he_paid_is_found(office: Office) -> None:
    visit, holder = asked(office)
    office.pay(visit, 2500)
    office.go_on(visit)
    office.let_pass(days=1)
    look_after(office, holder)
    with office.database.writing() as session:
        assert year.money_in(session, 2500).holds
        assert year.money_in(session, 2499).offenders == ["2500 cents were taken in, 2499 were paid"]
        for one in session.exec(select(PatientPayment)):
            one.amount_cents -= 100
            one.received_at -= timedelta(days=1)
            session.add(one)
        session.flush()
        assert "2400 cents came" in year.money_in(session, 2400).offenders[0]
        session.rollback()


def test_who_would_have_paid_and_was_placed_is_found(office: Office) -> None:
    asked(office)
    with office.database.reading() as session:
        assert year.placed_rightly(session, {"ANNA DOE"}, {"ANNA DOE", "BEN DOE"}).holds
        assert year.placed_rightly(session, {"ANNA DOE"}, {"BEN DOE"}).offenders == ["ANNA DOE"]
