"""The figures of a day: written down once, never changed, late where late, unknown where nobody wrote them down."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from activities import daily_figures as writing
from billing.daily_figures import KINDS
from billing.days import day_of, start_of, zone_named
from billing.periods import month_of
from database import board, daily_figures
from database import office as practices
from tests.builders import a_claim, a_line, a_payment, an_835, an_837p
from tests.office import Office


def begins(office: Office, days: int) -> None:
    """It is the first minute of the day so many days later."""
    with office.database.reading() as session:
        zone = practices.zone_of(session, office.practice_id)
    office.now = start_of(day_of(office.now, zone) + timedelta(days=days), zone) + timedelta(minutes=1)


def write_down(office: Office) -> list[date]:
    """What one look of the reconciliation does; the days of this office that were wanted."""
    wanted = [day for practice, day in writing.wanted(office.database, at=office.now) if practice == office.practice_id]
    for day in wanted:
        writing.write_down(office.database, office.practice_id, day, at=office.now)
    return wanted


def known(office: Office, day: date) -> dict[str, int]:
    with office.database.reading() as session:
        found = daily_figures.of_day(session, practice_id=office.practice_id, day=day)
    return {one.name: one.numerator for one in found}


@pytest.fixture
def worked(office: Office) -> Office:
    """Of $150 twice: one paid $100 with $30 off and $20 of the patient's, the other unanswered."""
    office.take_in(an_837p(*[a_claim(a_line(one, 15000), control_number=f"EXT{one}") for one in ("99212", "99213")]))
    visits = office.encounter_ids()
    for encounter in visits:
        office.go_on(encounter)
    office.send_claims()
    paid = a_payment(
        office.submission(visits[0]).control_number,
        paid=10000,
        adjustments=(("CO", "45", 3000), ("PR", "3", 2000)),
        procedure=office.encounter_line(visits[0]).procedure,
    )
    office.deliver_835(an_835(paid))
    office.go_on(visits[0])
    return office


def test_a_day_is_written_down_once_it_has_ended_and_says_what_it_came_to(worked: Office) -> None:
    assert write_down(worked) == [], "the practice was opened today: there was no day before"
    begins(worked, 1)
    [day] = write_down(worked)
    found = known(worked, day)
    assert set(found) == set(KINDS)
    wanted = {
        "owed": 17000,
        "owed_by_payers": 15000,
        "owed_by_patients": 2000,
        "charged": 30000,
        "payers_paid": 10000,
        "taken_off": 3000,
        "claims_open": 1,
        "visits_open": 2,
        "unbilled_visits": 0,
        "denials_open": 0,
    }
    assert {name: found[name] for name in wanted} == wanted
    ages = [name for name in KINDS if name.startswith("owed_") and not name.startswith("owed_by")]
    assert sum(found[name] for name in (*ages, "credits")) == found["owed"]


def test_a_second_look_changes_nothing_even_when_the_books_did(worked: Office) -> None:
    begins(worked, 1)
    [day] = write_down(worked)
    before = known(worked, day)
    worked.take_in(an_837p(a_claim(a_line("99214", 9900), control_number="EXT3")))
    assert write_down(worked) == []
    assert writing.write_down(worked.database, worked.practice_id, day, at=worked.now) == 0
    assert known(worked, day) == before


def test_two_looks_at_once_write_a_day_down_once(worked: Office) -> None:
    begins(worked, 1)
    [day] = [one for practice, one in writing.wanted(worked.database, at=worked.now) if practice == worked.practice_id]
    with ThreadPoolExecutor(2) as threads:
        looks = [
            threads.submit(writing.write_down, worked.database, worked.practice_id, day, at=worked.now)
            for _ in range(2)
        ]
        assert sum(one.result() for one in looks) == len(KINDS)
    assert set(known(worked, day)) == set(KINDS)


def test_what_was_posted_after_the_day_is_not_in_its_ledger(worked: Office) -> None:
    begins(worked, 1)
    worked.pay(worked.encounter_ids()[0], 2000)
    [day] = write_down(worked)
    assert known(worked, day)["owed_by_patients"] == 2000
    assert known(worked, day)["patients_paid"] == 0


def test_a_late_day_is_said_to_be_and_a_missed_one_stays_unknown(worked: Office) -> None:
    begins(worked, 1)
    [first] = write_down(worked)
    begins(worked, 3)
    worked.now += timedelta(hours=8)
    [late] = write_down(worked)
    assert late == first + timedelta(days=3)
    with worked.database.reading() as session:
        found = daily_figures.trend(
            session, practice_id=worked.practice_id, name="owed", since=first, until=late + timedelta(days=1)
        )
    assert [(one.value is not None, one.is_late) for one in found] == [
        (True, False),
        (False, False),
        (False, False),
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize("statement", ["UPDATE day_figure SET numerator = 0", "DELETE FROM day_figure"])
def test_the_database_refuses_to_change_a_day(worked: Office, statement: str) -> None:
    begins(worked, 1)
    [day] = write_down(worked)
    before = known(worked, day)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), worked.database.writing() as session:
        session.execute(sa.text(statement))
    assert known(worked, day) == before


def test_the_ratios_of_a_months_last_day_are_the_boards(worked: Office) -> None:
    last = month_of(day_of(worked.now, zone_named("UTC"))).last
    with worked.database.reading() as session:
        figures = board.board(session, practice_id=worked.practice_id, month=month_of(last))
        days = daily_figures.work_out(session, practice_id=worked.practice_id, day=last, at=worked.now)
    by_name = {one.name: one for one in days}
    for one in figures:
        kind, mine = KINDS[one.name], by_name[one.name]
        assert (kind.title, kind.counts, kind.measure.value) == (one.title, one.counts, one.unit.value)
        assert (mine.numerator, mine.denominator, mine.value) == (one.numerator, one.denominator, one.value)
