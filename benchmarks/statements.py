"""`python -m benchmarks.statements [--papers 1000]`: a run of so many statements beside the bare typesetter.

The accounts write their papers by their own step. Then one run takes them, looks at each under its account's lock,
sets them, makes the file and its list, and hands it to the post; the engine's part is a few dozen activities and is
left out. The bare typesetter makes each of the same papers by itself, and fifty at a time as the run does, with no
database beside it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities import posting_papers
from activities.account import AccountActivities
from activities.intake import import_file
from activities.mail_line import MailServer
from activities.messages import AccountStep, StatementRunStep
from activities.statement_runs import SET_AT_ONCE, StatementRunActivities, begin
from benchmarks.bench_office import add_partner, say
from billing.dunning import Notice
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.stages import Stage
from billing.statement_runs import RunStep
from database import accounts, encounters, ledger, office, statement_runs
from database.engine import Database
from database.setup import upgrade
from database.tables import Encounter, Letter
from simulator import clinic
from templates import documents, statement_view

SHARE = Cents(2000)
FIRST_PAPER = timedelta(days=3)
STEPS = {RunStep.TAKE: "take_papers", RunStep.SET: "set_papers", RunStep.MAKE_FILE: "make_file"}


def main(papers: int) -> None:
    """One line of figures."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'office.sqlite3'}")
        upgrade(database)
        at = datetime.now(UTC)
        practice_id = _with_waiting_papers(database, papers, at=at)
        contents = _contents(database)
        assert len(contents) == papers, f"{len(contents)} papers wait"
        at += FIRST_PAPER
        run_id, seconds = _timed(lambda: _run(database, practice_id, at=at))
        posted, post_seconds = _timed(lambda: _post(database, practice_id, run_id, at=at))
        assert posted == papers
        _, one_by_one = _timed(lambda: [documents.pdf("statements/statement", one) for one in contents])
        parts = [contents[first : first + SET_AT_ONCE] for first in range(0, papers, SET_AT_ONCE)]
        _, by_fifty = _timed(lambda: [documents.statements(part) for part in parts])
        with database.reading() as session:
            size = len(statement_runs.file_of(session, run_id) or b"")
        database.close()
    say(
        bench="a run of statements",
        papers=papers,
        takes_times_bare_typst=round(seconds / one_by_one, 2),
        takes_times_bare_typst_fifty_at_a_time=round(seconds / by_fifty, 2),
        posting_times_bare_typst=round(post_seconds / one_by_one, 2),
        papers_per_second=round(papers / seconds, 1),
        file_mb=round(size / 1_000_000, 1),
    )


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    began = time.monotonic()
    made = act()
    return made, time.monotonic() - began


def _with_waiting_papers(database: Database, count: int, *, at: datetime) -> str:
    """A practice in which so many visits of so many patients owe a copayment, each with a paper that waits."""
    with database.writing() as session:
        practice_id = office.add_practice(session, name="Bench clinic", at=at).id
        partner_id = add_partner(session)
    visits = clinic.clean_visits(count, seed=7, today=at.date())
    body = clinic.file_of(visits, number=7, at=at)
    import_file(database, body, practice_id=practice_id, partner_id=partner_id, at=at)
    with database.writing() as session:
        for visit in session.exec(select(Encounter)).all():
            _owe(session, visit, at=at)
        holders = sorted(set(session.exec(select(Encounter.patient_id))))
    looking = AccountActivities(database, "https://office.test")
    for moment in (at, at + FIRST_PAPER):
        for holder in holders:
            looking.look_after_account(AccountStep(practice_id=practice_id, patient_id=holder, at=moment))
    return practice_id


def _owe(session: Session, visit: Encounter, *, at: datetime) -> None:
    """The payer left a copayment and nothing else is open."""
    first = encounters.lines(session, visit)[0].id
    charge = transfer(Account.AR_INSURANCE, Account.REVENUE, SHARE, line_id=first)
    share = transfer(Account.AR_PATIENT, Account.AR_INSURANCE, SHARE, line_id=first, detail="PR-3")
    entries = [
        Entry(EntryKind.CHARGE, f"bench:charge:{visit.id}", charge, visit.service_date),
        Entry(EntryKind.BILLED_TO_PATIENT, f"bench:share:{visit.id}", share, visit.service_date),
    ]
    ledger.post(session, entries, practice_id=visit.practice_id, at=at, encounter_id=visit.id)
    visit.stage = Stage.PATIENT_BALANCE
    session.add(visit)
    session.flush()


def _contents(database: Database) -> list[str]:
    with database.reading() as session:
        return [statement_view.content(accounts.statement_of(one)) for one in session.exec(select(Letter))]


def _run(database: Database, practice_id: str, *, at: datetime) -> str:
    with database.writing() as session:
        run_id = begin(session, practice_id=practice_id, kinds=tuple(Notice), at=at, by="office").id
    activities = StatementRunActivities(database, MailServer(""))
    step = StatementRunStep(practice_id=practice_id, run_id=run_id, at=at)
    environment = ActivityEnvironment()
    standing: Any = environment.run(activities.take_papers, step)
    while standing.step != RunStep.NOTHING:
        standing = environment.run(getattr(activities, STEPS[standing.step]), step)
    return run_id


def _post(database: Database, practice_id: str, run_id: str, *, at: datetime) -> int:
    with database.writing() as session:
        row = statement_runs.hold(session, practice_id=practice_id, run_id=run_id)
        assert row is not None
        assert posting_papers.look(session, row, at=at) == 0
        return posting_papers.hand_to_post(session, row, on=at.date(), at=at, by="office")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statements")
    parser.add_argument("--papers", type=int, default=1000)
    main(parser.parse_args().papers)
