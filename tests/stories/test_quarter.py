"""The proof of a quarter: it holds on a small clinic of real parts, and each of its statements can fail."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from billing.stages import Stage
from billing.tasks import TaskType
from database import claim_books, quarter
from database.tables import Encounter, Task
from proofs import obtainable
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office

ROOT = Path(__file__).parents[2]


@pytest.fixture
def denied(office: Office) -> str:
    """A visit of which 60.00 were paid and the rest was refused; a person is asked."""
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=6000, adjustments=(("CO", "50", 9000),))))
    office.go_on(encounter)
    return encounter


def test_a_small_quarter_holds(tmp_path: Path) -> None:
    run = [sys.executable, "cli.py", "prove", "quarter", "--encounters", "12", "--seed", "3"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["proof"], figures["encounters"], figures["holds"]) == ("quarter", 12, True)
    assert {one["name"]: one["of"] for one in figures["ratios"]}["cash recovered"] > 0


def test_a_visit_that_nobody_is_asked_about_is_found(office: Office, denied: str) -> None:
    with office.database.writing() as session:
        assert quarter.accounted(session).holds
        for task in session.exec(select(Task)):
            task.state = "done"
            session.add(task)
        session.flush()
        assert quarter.accounted(session).offenders == [f"visit {denied} in {Stage.POSTING}"]
        for visit in session.exec(select(Encounter)):
            visit.stage = Stage.CLOSED
            session.add(visit)
        session.flush()
        assert quarter.accounted(session).holds


def test_work_that_is_left_is_found(office: Office, denied: str) -> None:
    with office.database.reading() as session:
        [task] = session.exec(select(Task)).all()
        assert task.type == TaskType.DENIAL_REVIEW
        found = quarter.tasks_done(session, now=office.now)
        assert found.offenders == ["1 of 1 tasks are open"]
        late = quarter.tasks_done(session, now=task.due_at + timedelta(days=1))
        assert late.offenders[0].startswith(f"task {task.id} (denial_review) was due")


def test_what_was_not_had_is_counted(office: Office, denied: str) -> None:
    number = office.submission(denied).control_number
    books = {"claims": [{"control_number": number, "paid": 6000, "recoverable": 3000}]}
    with office.database.reading() as session:
        had = quarter.recovered(session, obtainable(claim_books.claim_books(session), books))
        assert (had.count, had.of, had.percent) == (6000, 9000, 66.7)
        assert quarter.denied_by_cause(session) == [("medical_necessity", 1, 9000)]
        assert [(one.name, one.count, one.of) for one in quarter.posted_by_rung(session)] == [
            ("posted without a person", 1, 1),
            ("found by control_number", 1, 1),
        ]
