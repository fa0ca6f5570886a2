"""Claims are sent again in bulk, by the facts of the moment, at a pace, each once; a payer never has two."""

from datetime import timedelta
from typing import Any

import pytest

from activities.messages import BatchStep
from billing.resubmission import Refusal
from database import resubmissions, tasks
from database.resubmissions import Kind, Sought
from database.tables import Resubmission
from tests.builders import a_277ca, a_999, a_payment, an_835
from tests.office import Office
from tests.stories import sending_desk as desk
from tests.stories.running import running

BOTH_DATABASES = True
NO_999 = Sought(Kind.NO_999)


@pytest.fixture
def slow(office: Office) -> Office:
    """Two claims at a time, every five minutes."""
    office.policy("catch_up_claims", 2)
    office.policy("catch_up_batches_per_hour", 12)
    return office


def test_a_batch_whose_999_never_came_goes_again_at_a_pace(slow: Office) -> None:
    visits = desk.visits(slow, 5)
    assert desk.send(slow) == 5
    first = desk.batch(slow, slow.submission(visits[0]).batch_id)
    assert desk.fates(slow, desk.confirmed(slow, NO_999)) == [Refusal.NOT_OVERDUE] * 5
    slow.let_pass(hours=5)
    slow.batch.report_unacknowledged(desk.step(slow, first.id))
    run = desk.confirmed(slow, Sought(Kind.NO_999, batch_id=first.id))
    assert desk.fates(slow, run) == ["waiting"] * 5
    sent = []
    for left in (3, 1, 0):
        standing = desk.give_turns(slow, run)
        assert (standing.waiting, standing.next_at) == (left, slow.now + timedelta(minutes=5) if left else None)
        assert desk.give_turns(slow, run).waiting == left, "a turn that is taken twice is one"
        sent.append(desk.send(slow))
        slow.let_pass(minutes=5)
    assert sent == [2, 2, 1]
    assert desk.fates(slow, run) == ["sent"] * 5
    assert len({one.interchange_number for one in desk.items(slow, run)} - {first.interchange_number}) == 3
    assert [len(desk.submissions_of(slow, one)) for one in visits] == [2] * 5
    with slow.database.reading() as session:
        assert tasks.open_tasks(session, practice_id=slow.practice_id, subject_id=first.id) == []
        assert session.get_one(Resubmission, run).state == "done"


def test_what_is_learned_meanwhile_keeps_a_claim_here(slow: Office) -> None:
    visits = desk.visits(slow, 4)
    desk.send(slow)
    slow.let_pass(hours=5)
    run = desk.confirmed(slow, NO_999)
    desk.give_turns(slow, run)
    order = [one.encounter_id for one in desk.items(slow, run)]
    accepted, answered = (slow.submission(one).control_number for one in order[2:])
    slow.deliver(a_277ca(accepted))
    slow.deliver_835(an_835(a_payment(answered, paid=10000, adjustments=(("CO", "45", 5000),))))
    slow.go_on(order[2])
    slow.let_pass(minutes=5)
    desk.give_turns(slow, run)
    fates = dict(zip(order, desk.fates(slow, run), strict=True))
    assert (fates[order[2]], fates[order[3]]) == (Refusal.ACCEPTED, Refusal.ANSWERED)
    assert [len(desk.submissions_of(slow, one)) for one in order] == [2, 2, 1, 1]
    assert set(order) == set(visits)


def test_a_copy_that_has_not_left_is_let_go_when_the_payer_has_the_first(office: Office) -> None:
    [visit] = desk.visits(office, 1)
    desk.send(office)
    first = office.submission(visit).control_number
    office.let_pass(hours=5)
    run = desk.confirmed(office, NO_999)
    desk.give_turns(office, run)
    desk.hold(office)
    office.let_pass(minutes=1)
    office.deliver(a_277ca(first))
    office.go_on(visit)
    assert desk.fates(office, run) == ["let_go"]
    assert office.stage(visit) == "adjudication"
    assert desk.submissions_of(office, visit)[1].state == "withdrawn"


def test_an_interchange_that_nobody_answered_to_goes_again_as_it_was(office: Office) -> None:
    visits = desk.visits(office, 3)
    batch_id = desk.give_up(office)
    for one in visits:
        office.go_on(one)
    assert [office.open_task_types(one) for one in visits] == [["transmission_failed"]] * 3
    written = desk.batch(office, batch_id).body
    run = desk.confirmed(office, Sought(Kind.NOT_TRANSMITTED))
    assert {one.way for one in desk.items(office, run)} == {"same_interchange"}
    assert desk.give_turns(office, run).waiting == 0
    assert [office.open_task_types(one) for one in visits] == [[], [], []]
    assert desk.fates(office, run) == ["transmitting"] * 3
    again = desk.step(office, batch_id)
    assert office.batch.prepare_interchange(again).state == "prepared"
    desk.transmit(office, again)
    assert office.wire.claims == {batch_id: written}
    assert desk.fates(office, run) == ["sent"] * 3
    assert [len(desk.submissions_of(office, one)) for one in visits] == [1, 1, 1]
    office.deliver(a_999(desk.batch(office, batch_id).group_number))
    for one in visits:
        office.go_on(one)
    assert {office.submission(one).state for one in visits} == {"syntax_accepted"}


def test_who_is_given_up_twice_is_told_twice(office: Office) -> None:
    [visit] = desk.visits(office, 1)
    batch_id = desk.give_up(office)
    office.go_on(visit)
    desk.give_turns(office, desk.confirmed(office, Sought(Kind.NOT_TRANSMITTED)))
    assert office.open_task_types(visit) == []
    office.let_pass(days=3)
    desk.fail(office, BatchStep(**desk.step(office, batch_id).model_dump()))
    office.go_on(visit)
    assert office.submission(visit).state == "rejected"


def test_what_was_acknowledged_without_a_receipt_stays(office: Office) -> None:
    [visit] = desk.visits(office, 1)
    batch_id = desk.give_up(office)
    office.go_on(visit)
    office.deliver(a_999(desk.batch(office, batch_id).group_number))
    run = desk.confirmed(office, Sought(batch_id=batch_id))
    assert desk.fates(office, run) == [Refusal.HAS_ARRIVED]


def test_part_of_an_interchange_or_one_that_was_refused_goes_as_new_originals(office: Office) -> None:
    visits = desk.visits(office, 2)
    batch_id = desk.give_up(office)
    for one in visits:
        office.go_on(one)
    office.complete(visits[0], "transmission_failed", "resent", {"reason": "asked for"})
    run = desk.confirmed(office, Sought(batch_id=batch_id))
    fates = {one.encounter_id: (one.way, one.refusal) for one in desk.items(office, run)}
    assert fates == {visits[0]: (None, Refusal.SUPERSEDED), visits[1]: ("new_original", None)}
    desk.visits(office, 1, first=3)
    refused = desk.give_up(office, refused=True)
    for one in office.encounter_ids():
        office.go_on(one)
    again = desk.confirmed(office, Sought(batch_id=refused))
    assert {one.way for one in desk.items(office, again)} == {"new_original"}


def test_what_the_clearinghouse_rejected_for_one_reason_goes_again(office: Office) -> None:
    visits = desk.visits(office, 3)
    desk.send(office)
    numbers = [office.submission(one).control_number for one in visits]
    office.deliver(a_277ca(numbers[0], sender="AY", accepted=False))
    office.deliver(a_277ca(numbers[1], sender="PR", accepted=False, number=2))
    for one in visits:
        office.go_on(one)
    with office.database.reading() as session:
        assert resubmissions.reasons_seen(session, practice_id=office.practice_id) == ["A7:164"]
        wrong = Sought(Kind.REJECTED, reason="A3:21")
        assert resubmissions.candidates(session, wrong, practice_id=office.practice_id) == []
    run = desk.confirmed(office, Sought(Kind.REJECTED))
    fates = {one.control_number: one.refusal or one.state for one in desk.items(office, run)}
    assert fates == {numbers[0]: "waiting", numbers[1]: Refusal.MEND_FIRST}
    desk.give_turns(office, run)
    assert office.open_task_types(visits[0]) == []
    assert office.open_task_types(visits[1]) == ["claim_rejected"]


def test_a_hold_and_another_run_come_first(office: Office) -> None:
    desk.visits(office, 1)
    desk.send(office)
    office.let_pass(hours=5)
    first = desk.confirmed(office, NO_999)
    assert desk.fates(office, desk.confirmed(office, NO_999)) == [Refusal.IN_ANOTHER_RUN]
    desk.hold(office)
    desk.give_turns(office, first)
    assert desk.fates(office, first) == [Refusal.SENDING_HELD]


async def test_a_killed_worker_sends_no_claim_twice(office: Office, engine: Any) -> None:
    office.policy("catch_up_claims", 1)
    async with running(office, engine) as live:
        visits = desk.visits(office, 3)
        for one in visits:
            await live.settle(one)
        await live.advance(visits[0], timedelta(hours=5))
        run = desk.confirmed(office, NO_999)
        for one in visits:
            await live.settle(one)
        handle = live.client.get_workflow_handle(f"resubmission/{office.practice_id}/{run}")
        await live.advance_workflow(handle, timedelta(seconds=1))
    went = [one for one in desk.fates(office, run) if one != "waiting"]
    assert len(went) == 1
    clock = office.now
    async with running(office, engine) as live:
        office.now = max(clock, office.now)
        for _ in range(2):
            await live.advance_workflow(handle, timedelta(minutes=5, seconds=5))
            for one in visits:
                await live.settle(one)
        assert (await handle.result())["waiting"] == 0
    assert desk.fates(office, run) == ["sent"] * 3
    sent = [number for body in office.wire.claims.values() for number in numbers_in(body)]
    assert sorted(sent) == sorted(one.control_number for each in visits for one in desk.submissions_of(office, each))
    assert [len(desk.submissions_of(office, one)) for one in visits] == [2] * 3


def numbers_in(body: bytes) -> list[str]:
    """The control numbers of an interchange's claims."""
    return [one.split("*")[1] for one in body.decode().split("~") if one.strip().startswith("CLM*")]
