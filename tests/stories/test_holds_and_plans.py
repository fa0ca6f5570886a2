"""Claims leave by plan, gather behind a hold, and leave after it by the pace; nothing is forgotten meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from activities import filing_limits
from billing.claim import Name
from database import sending, sending_views
from database.tables import Outbox, SendingHold
from tests.builders import a_claim, an_837p
from tests.office import Office
from tests.stories import sending_desk as desk

BOTH_DATABASES = True
"""The stories begin at 7:00 in the morning by the practice's clock"""


@pytest.fixture
def slow(office: Office) -> Office:
    """Two claims at a time, every five minutes."""
    office.policy("catch_up_claims", 2)
    office.policy("catch_up_batches_per_hour", 12)
    return office


def test_an_outage_is_held_over_and_then_caught_up_with(slow: Office) -> None:
    first = desk.visits(slow, 3)
    hold = desk.hold(slow)
    assert desk.send(slow) == 0
    slow.let_pass(hours=25)
    desk.visits(slow, 2, first=4)
    for encounter in first:
        slow.go_on(encounter)
    assert [slow.open_task_types(one) for one in first] == [[], [], []]
    assert slow.story(first[0])[-1] == "The claim waits: sending to this partner is on hold (the payer is down)"
    with slow.database.reading() as session:
        [shown] = filing_limits.with_limits(
            session, sending_views.holds(session, practice_id=slow.practice_id, at=slow.now), at=slow.now
        )
    assert (shown.claims, shown.charge_cents, shown.days_left) == (5, 75000, 351)
    slow.let_pass(minutes=1)
    desk.release(slow, hold)
    slow.let_pass(minutes=1)
    desk.visits(slow, 1, first=6)
    assert desk.send(slow) == 3, "two that gathered, and the new one, which waits for no pace"
    assert desk.send(slow) == 0
    with slow.database.reading() as session:
        [wish] = session.exec(select(Outbox).where(Outbox.kind == "start_batch", Outbox.fact_id == sending.LATER))
    assert timedelta(minutes=4) < wish.send_after - wish.queued_at <= timedelta(minutes=5)
    slow.let_pass(minutes=5)
    assert (desk.send(slow), desk.send(slow)) == (2, 0)
    slow.let_pass(minutes=5)
    assert (desk.send(slow), desk.send(slow)) == (1, 0)
    with slow.database.reading() as session:
        assert session.get_one(SendingHold, hold).caught_up_at == slow.now


def test_filing_warnings_go_on_behind_a_hold(office: Office) -> None:
    office.policy("filing_limit_days", 30)
    [encounter] = desk.visits(office, 1)
    desk.hold(office)
    office.let_pass(days=26)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]
    assert any("filing limit" in one for one in office.story(encounter))


def test_a_payers_hold_keeps_nobody_elses(office: Office) -> None:
    [mine] = desk.visits(office, 1)
    other = a_claim(member_id="OTHER00001", control_number="EXT9")
    payer = replace(other.coverage.payer, id="88888", name=Name("OTHER PAYER"))
    office.take_in(an_837p(replace(other, coverage=replace(other.coverage, payer=payer))))
    [theirs] = [one for one in office.encounter_ids() if one != mine]
    office.go_on(theirs)
    hold = desk.hold(office, payer_id=office.submission(mine).payer_id)
    assert (desk.send(office), desk.send(office)) == (1, 0)
    assert office.submission(theirs).transmitted_at is not None
    assert office.submission(mine).batch_id is None
    office.let_pass(minutes=1)
    desk.release(office, hold)
    assert desk.send(office) == 1


def test_a_hold_ends_on_its_day(office: Office) -> None:
    desk.visits(office, 1)
    desk.hold(office, ends_at=office.now + timedelta(days=1))
    office.let_pass(hours=23)
    assert desk.send(office) == 0
    office.let_pass(hours=2)
    assert desk.send(office) == 1


def test_claims_leave_at_the_times_of_the_plan(office: Office) -> None:
    desk.plan(office, times="12:00, 17:00")
    desk.visits(office, 2)
    assert desk.send(office) == 0
    with office.database.reading() as session:
        rows = session.exec(select(Outbox).where(Outbox.kind == "start_batch")).all()
    assert [one.fact_id for one in rows] == [sending.LATER], "made ready, a claim asks for the batch of noon"
    assert timedelta(hours=4) < rows[0].send_after - rows[0].queued_at <= timedelta(hours=5)
    office.let_pass(hours=5)
    desk.visits(office, 1, first=3)
    assert (desk.send(office), desk.send(office)) == (3, 0)
    desk.visits(office, 1, first=4)
    office.let_pass(hours=4, minutes=59)
    assert desk.send(office) == 0
    office.let_pass(minutes=1)
    assert desk.send(office) == 1


def test_claims_leave_at_their_number_or_after_the_wait(office: Office) -> None:
    desk.plan(office, at_count=3, wait_seconds=3600)
    desk.visits(office, 2)
    assert desk.send(office) == 0
    desk.visits(office, 1, first=3)
    assert desk.send(office) == 3
    desk.visits(office, 1, first=4)
    office.let_pass(minutes=59)
    assert desk.send(office) == 0
    office.let_pass(minutes=1)
    assert desk.send(office) == 1


def test_who_asks_sends_what_is_ready_and_no_more(office: Office) -> None:
    office.policy("batch_claims", 1)
    desk.plan(office, times="17:00")
    desk.visits(office, 2)
    office.let_pass(minutes=1)
    with office.database.writing() as session:
        sending.ask_now(
            session,
            practice_id=office.practice_id,
            partner_id=office.partner_id,
            at=office.now,
            by=office.worker_id,
        )
    office.let_pass(minutes=1)
    desk.visits(office, 1, first=3)
    assert [desk.send(office) for _ in range(3)] == [1, 1, 0]


def test_a_batch_is_never_larger_than_it_may_be(office: Office) -> None:
    office.policy("batch_claims", 2)
    desk.plan(office, at_count=3, wait_seconds=60)
    desk.visits(office, 5)
    assert [desk.send(office) for _ in range(2)] == [2, 2]
    office.let_pass(minutes=1)
    assert desk.send(office) == 1
