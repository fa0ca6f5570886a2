"""Sending the outbox: a message that cannot be sent keeps none behind it waiting."""

from typing import Any, cast

import pytest
from sqlmodel import select
from temporalio.client import Client

from activities.dispatch import Dispatcher
from database import outbox
from database.columns import new_id
from database.engine import Database
from database.outbox import OutboxKind
from database.tables import Outbox
from tests.builders import NOON


class Engine:
    """Remembers what was started, and refuses one id as a bug would."""

    def __init__(self, refused: str) -> None:
        self.refused = refused
        self.started: list[str] = []

    async def start_workflow(self, _name: str, _start: object, **options: Any) -> None:
        if self.refused in options["id"]:
            raise TypeError("no such message")
        self.started.append(options["id"])


async def test_one_that_cannot_be_sent_does_not_stop_the_others(database: Database) -> None:
    practice, broken, sound = new_id(), new_id(), new_id()
    with database.writing() as session:
        for subject in (broken, sound):
            outbox.enqueue(session, OutboxKind.WAKE_ENCOUNTER, practice_id=practice, subject_id=subject, at=NOON)
    engine = Engine(broken)
    dispatcher = Dispatcher(database, cast(Client, engine), task_queue="office", interval_seconds=1)

    with pytest.raises(TypeError):
        await dispatcher.send_waiting()

    assert engine.started == [f"encounter/{practice}/{sound}"]
    with database.reading() as session:
        assert session.exec(select(Outbox.subject_id)).all() == [broken]
