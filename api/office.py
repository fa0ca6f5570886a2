"""What a request may reach: settings, database, engine, keys and the one clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from billing.days import day_of
from database.access import Person
from database.code_finding import CodeFinder
from database.engine import Database
from settings import Settings
from temporal.encryption import EncryptionCodec

Clock = Callable[[], datetime]
"""Gives an aware instant"""


def wall_clock() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """Everything outside the request itself. One per application, made by `create_app`."""

    settings: Settings
    database: Database
    codec: EncryptionCodec
    client: Client | None
    """None: the engine is not connected; what needs it answers 503"""
    codes: CodeFinder
    clock: Clock = wall_clock

    def now(self) -> datetime:
        return self.clock()

    def today(self, person: Person) -> date:
        """The day on the person's calendar."""
        return day_of(self.clock(), person.zone)


def office_of(request: Request) -> Office:
    """The office that serves this request."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]
