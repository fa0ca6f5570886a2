"""An office in a temporary directory, with one practice, a stranger's practice, and a user per role."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import SQLModel
from temporalio.client import Client

from api.app import create_app
from billing.claim import Claim
from billing.roles import Role
from billing.tasks import NewTask
from database import access, encounters, office, tasks
from database.columns import new_id
from database.engine import Database
from database.tables import Encounter, Partner, Task
from settings import Settings
from temporal.encryption import KeyRing
from tests.api import builders

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WEBHOOK_SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ="
KEYRING = KeyRing(active="spring", keys={"spring": b"0" * 32})


@dataclass
class Book:
    """A book of record with somebody in it."""

    database: Database
    settings: Settings
    practice_id: str
    partner_id: str
    tokens: dict[Role, str]
    stranger: str
    """Token of a supervisor of another practice"""
    now: datetime = OPENED
    app: FastAPI = field(init=False)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def open(self, client: Client | None = None, settings: Settings | None = None) -> FastAPI:
        self.app = create_app(
            settings or self.settings, self.database, client=client, keyring=KEYRING, clock=self.clock
        )
        return self.app

    def connect(self, role: Role | None = None, *, token: str | None = None, **options: Any) -> httpx.AsyncClient:
        """A client of the application, as somebody with this role or token, or as nobody."""
        bearer = self.tokens[role] if role else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= options.pop("headers", {})
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=options.pop("raise_app_exceptions", True))
        return httpx.AsyncClient(transport=transport, base_url="http://office.test", headers=headers, **options)

    def signed_in(self, role: Role, **options: Any) -> httpx.AsyncClient:
        """A browser in which somebody with this role signed in; it sends what browsers send."""
        with self.database.writing() as session:
            person = access.person_of_token(session, self.tokens[role], at=self.now)
            assert person is not None
            session_id = access.open_session(session, user_id=person.user_id, at=self.now)
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        return self.connect(headers=headers, cookies={"zerobalance_session": session_id}, **options)

    def encounter(self, claim: Claim | None = None) -> Encounter:
        with self.database.writing() as session:
            encounter, _ = encounters.create(
                session,
                claim or builders.claim(),
                practice_id=self.practice_id,
                partner_id=self.partner_id,
                external_id="VISIT-1",
                at=self.now,
            )
        return encounter

    def task(self, new: NewTask, *, subject: str = "encounter", subject_id: str) -> Task:
        with self.database.writing() as session:
            task = tasks.open_task(
                session, new, practice_id=self.practice_id, subject=subject, subject_id=subject_id, at=self.now
            )
        assert task is not None
        return task


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    database = Database(f"sqlite:///{tmp_path / 'office.sqlite3'}")
    yield open_book(database, tmp_path)
    database.close()


def open_book(database: Database, folder: Path) -> Book:
    """An office with two practices, their staff and a clearinghouse, in an empty database."""
    SQLModel.metadata.create_all(database.engine)
    settings = Settings(
        data_dir=folder,
        public_url="http://office.test",
        ui_origin="http://engine.test",
        webhook_secrets={"clearinghouse": SecretStr(WEBHOOK_SECRET)},
    )
    with database.writing() as session:
        practice = office.add_practice(session, name="Family practice", at=OPENED)
        stranger = office.add_practice(session, name="Another practice", at=OPENED)
        partner = _partner()
        session.add(partner)
        tokens = access.install_staff(session, practice_id=practice.id, prefix="first", at=OPENED)
        strangers = access.install_staff(session, practice_id=stranger.id, prefix="second", at=OPENED)
    book = Book(database, settings, practice.id, partner.id, tokens, strangers[Role.SUPERVISOR])
    book.open()
    return book


def _partner() -> Partner:
    return Partner(
        id=new_id(),
        name="Clearinghouse",
        base_url="http://clearinghouse.test",
        secret_name="clearinghouse",
        sender_id="OFFICE",
        receiver_id="HOUSE",
        submitter_name="Family practice",
        submitter_contact="Desk",
        submitter_telephone="5555550100",
    )


@pytest.fixture
async def supervisor(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.SUPERVISOR) as client:
        yield client
