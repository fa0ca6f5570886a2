"""Two people do the same thing this moment, on the database that lets them."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.engine import Database
from database.tables import User
from tests.api.conftest import Book, open_book
from tests.databases import empty, postgres

__all__ = ["empty", "postgres"]

DAYS = [date(2026, 2, 1) + timedelta(days=number) for number in range(10)]


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.fixture
def busy(empty: Database, tmp_path: Path) -> Book:
    return open_book(empty, tmp_path)


async def test_two_people_book_the_same_minutes(busy: Book) -> None:
    encounter = busy.encounter()
    async with busy.connect(Role.FRONT_DESK) as client:

        async def book(day: date, number: int) -> httpx.Response:
            headers = {"Idempotency-Key": f"book-{day}-{number}"}
            body = {
                "patient_id": encounter.patient_id,
                "day": str(day),
                "at_time": "09:30",
                "provider": f"Dr. {number}",
            }
            return await client.post("/api/v1/appointments", json=body, headers=headers)

        for day in (busy.now.date() + timedelta(days=number) for number in range(1, 11)):
            both = await asyncio.gather(book(day, 1), book(day, 2))
            assert sorted(one.status_code for one in both) == [201, 422], [one.text for one in both]


async def test_two_people_close_one_till(busy: Book) -> None:
    with busy.database.reading() as session:
        user_id = session.exec(select(User.id).where(User.practice_id == busy.practice_id)).first()
    async with busy.connect(Role.SUPERVISOR) as client:

        async def close(day: date, number: int) -> httpx.Response:
            headers = {"Idempotency-Key": f"close-{day}-{number}"}
            body = {"cash": "0.00", "cheques": "0.00"}
            return await client.post(f"/api/v1/tills/{day}/{user_id}/close", json=body, headers=headers)

        for day in DAYS:
            both = await asyncio.gather(close(day, 1), close(day, 2))
            assert sorted(one.status_code for one in both) == [201, 409], [one.text for one in both]
