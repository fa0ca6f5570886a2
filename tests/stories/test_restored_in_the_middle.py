"""An office is backed up in the middle of its work, works on, is killed, and put back elsewhere: the clearinghouse has
heard more than the books know. Nothing is sent twice, everything finishes, and the books prove.
"""

import asyncio
import contextlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

import demo
import office_backup
import office_setup
from activities.filing_again import hear_again
from billing.submission import SubmissionState
from database import restoring
from database.engine import Database
from database.tables import InboundMessage, Submission
from settings import Settings
from simulator.people import Staff
from simulator.store import Store
from simulator.time_travel import Traveller
from temporal import engine

ENCOUNTERS = 12
SEED = 5
WORLD = ("simulator.db", "simulator.db-wal", "simulator.db-shm", demo.CLOCK_FILE)
"""What is not the office's: the clearinghouse's memory, and the time"""


@pytest.mark.timeout(400)
async def test_a_restored_office_finishes_and_the_books_prove(tmp_path: Path) -> None:
    first = settings_in(tmp_path / "first")
    backup = tmp_path / "backup"
    async with demo.office_at_work(first) as parts:
        await work_on_after_the_backup(parts, backup)
        lost = told(parts.database, sent) - of_backup(backup, sent)
        known_mail = told(parts.database, mail)
    assert len(lost) >= 3, "nothing was sent after the backup"
    second = first.model_copy(
        update={"data_dir": tmp_path / "second", "database_url": settings_in(tmp_path / "second").database_url}
    )
    office_backup.restore(second, backup, over=False, at=datetime.now(UTC))
    for name in WORLD:
        if (first.data_dir / name).exists():
            shutil.copyfile(first.data_dir / name, second.data_dir / name)
    async with demo.office_at_work(second) as parts:
        await hear_what_was_lost(parts)
        assert told(parts.database, mail) >= known_mail, "mail of after the backup came again"
        assert told(parts.database, waiting) & lost == set(), "what left after the backup does not leave again"
        outcome = await demo.drive(parts, encounters=ENCOUNTERS, seed=SEED)
        figures = await demo.proofs_of(parts)
    assert outcome.by_stage == {"closed": ENCOUNTERS}
    assert figures["holds"], [one for one in figures["proofs"] if not one["holds"]]
    assert figures["compared_with_payer"]
    assert sent_twice(second.data_dir) == []


def settings_in(folder: Path) -> Settings:
    return Settings(
        data_dir=folder,
        api_port=engine.free_port(),
        simulator_port=engine.free_port(),
        temporal_port=engine.free_port(),
        temporal_ui_port=engine.free_port(),
    )


async def work_on_after_the_backup(parts: demo.Parts, backup: Path) -> None:
    """Back up while claims are ready that have not left, let them leave and be acknowledged, then kill everything."""
    driving = asyncio.create_task(demo.drive(parts, encounters=ENCOUNTERS, seed=SEED))
    await until(lambda: len(told(parts.database, waiting)) >= 3)
    await asyncio.to_thread(office_backup.take, parts.settings, backup)
    await until(lambda: told(parts.database, waiting) == set() and len(told(parts.database, acknowledged)) >= 3)
    await parts.processes.kill_all()
    driving.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await driving


async def hear_what_was_lost(parts: demo.Parts) -> None:
    """What docs/runbooks.md says: the mail comes again, people do their work again, and only then claims leave."""
    traveller = Traveller(await office_setup.connected(parts.settings, "restored"), parts.world)
    await asyncio.to_thread(parts.world.set_clocks, parts.clock())
    staff = Staff(parts.world.office, error_rate=0, seed=SEED, deliver=parts.world.deliver_letter)
    await traveller.settle()
    while await asyncio.to_thread(staff.work):
        await traveller.settle()
    with parts.database.writing() as session:
        hear_again(session, at=parts.clock())
    await traveller.settle()
    with parts.database.writing() as session:
        assert restoring.standing(session).unheard == 0
        assert restoring.release(session, at=parts.clock()) == 1


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.05)


def told(database: Database, ask: Callable[[Session], set[str]]) -> set[str]:
    with database.reading() as session:
        return ask(session)


def of_backup(folder: Path, ask: Callable[[Session], set[str]]) -> set[str]:
    copy = shutil.copyfile(folder / office_backup.BOOK_FILE, folder.with_name("looked-at.sqlite3"))
    database = Database(f"sqlite:///{copy}")
    found = told(database, ask)
    database.close()
    return found


def _numbers(session: Session, *conditions: Any) -> set[str]:
    return set(session.exec(select(Submission.control_number).where(*conditions)))


def waiting(session: Session) -> set[str]:
    return _numbers(session, Submission.state == SubmissionState.READY, col(Submission.batch_id).is_(None))


def sent(session: Session) -> set[str]:
    return _numbers(session, col(Submission.transmitted_at).is_not(None))


def acknowledged(session: Session) -> set[str]:
    return _numbers(session, col(Submission.clearinghouse_accepted_at).is_not(None))


def mail(session: Session) -> set[str]:
    return set(session.exec(select(InboundMessage.sha256).where(col(InboundMessage.mail_id).is_not(None))))


def sent_twice(folder: Path) -> list[str]:
    """Claims that the clearinghouse planned to acknowledge more than once: they came in two interchanges."""
    store = Store(folder / "simulator.db")
    plans = [json.loads(row["body"]) for row in store.rows("SELECT body FROM event WHERE kind = 'acknowledge'")]
    store.close()
    heard = [number for one in plans if one["sender"] == "AY" for number in one["numbers"]]
    return sorted({one for one in heard if heard.count(one) > 1})
