"""When the coverage of a coming visit is asked about."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.days import zone_named
from billing.verification_times import Asked, CheckKind, plan, starts_at

ZONE = zone_named("America/New_York")
DAY = date(2026, 3, 20)
EARLIER = date(2026, 3, 6)
START = starts_at(DAY, "09:30", ZONE)
BOOKED = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE = START - timedelta(hours=48)
MORNING = starts_at(DAY, "06:00", ZONE)
ALL = [Asked(one, "A", DAY) for one in (CheckKind.BOOKING, CheckKind.BEFORE, CheckKind.DAY)]


@pytest.mark.parametrize(
    ("now", "asked", "due", "next_at"),
    [
        (BOOKED, [], CheckKind.BOOKING, BEFORE),
        (BOOKED, ALL[:1], None, BEFORE),
        (BEFORE - timedelta(seconds=1), ALL[:1], None, BEFORE),
        (BEFORE, ALL[:1], CheckKind.BEFORE, MORNING),
        (BEFORE, ALL[:2], None, MORNING),
        (MORNING, ALL[:2], CheckKind.DAY, None),
        (MORNING, ALL, None, None),
        (MORNING, [], CheckKind.DAY, None),
        (BOOKED, [Asked(CheckKind.BOOKING, "B", DAY)], CheckKind.CHANGE, BEFORE),
        (BOOKED, [*ALL[:1], Asked(CheckKind.CHANGE, "A", DAY)], None, BEFORE),
        (BOOKED, [Asked(CheckKind.BOOKING, "A", EARLIER)], CheckKind.CHANGE, BEFORE),
        (BOOKED, [Asked(CheckKind.BOOKING, "A", EARLIER), Asked(CheckKind.CHANGE, "A", DAY)], None, BEFORE),
        (BEFORE, [Asked(CheckKind.BEFORE, "A", EARLIER)], CheckKind.BEFORE, MORNING),
        (MORNING, [*ALL[:2], Asked(CheckKind.DAY, "A", EARLIER)], CheckKind.DAY, None),
        (MORNING, [*ALL, Asked(CheckKind.CHANGE, "A", EARLIER)], CheckKind.CHANGE, None),
    ],
)
def test_each_check_has_its_instant(
    now: datetime, asked: list[Asked], due: CheckKind | None, next_at: datetime | None
) -> None:
    found = plan(BOOKED, DAY, "09:30", now, zone=ZONE, hours_before=48, asked=asked, policy="A")
    assert (found.due, found.next_at) == (due, next_at)


def test_who_books_for_today_is_asked_about_once() -> None:
    booked = MORNING + timedelta(hours=1)
    found = plan(booked, DAY, "09:30", booked, zone=ZONE, hours_before=48, asked=[], policy="A")
    assert (found.due, found.next_at) == (CheckKind.DAY, None)


def test_without_hours_before_nothing_lies_between_booking_and_the_day() -> None:
    found = plan(BOOKED, DAY, "09:30", BEFORE, zone=ZONE, hours_before=0, asked=ALL[:1], policy="A")
    assert (found.due, found.next_at) == (None, MORNING)
