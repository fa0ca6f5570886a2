"""How far a claim has come: the same dates give the same state, in whatever order they were learnt."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.deadlines import Reason
from billing.policies import Policies, PolicyRow
from billing.submission import Progress, SubmissionState, deadlines
from tests.builders import NOON

READY = Progress(ready_at=NOON)
STEPS = {
    "transmitted_at": SubmissionState.TRANSMITTED,
    "syntax_accepted_at": SubmissionState.SYNTAX_ACCEPTED,
    "clearinghouse_accepted_at": SubmissionState.CLEARINGHOUSE_ACCEPTED,
    "payer_accepted_at": SubmissionState.PAYER_ACCEPTED,
    "rejected_at": SubmissionState.REJECTED,
    "adjudicated_at": SubmissionState.ADJUDICATED,
}
"""From nearest to farthest"""
DEFAULTS = Policies.of([])


def with_dates(*names: str) -> Progress:
    return replace(READY, **{name: NOON + timedelta(hours=1) for name in names})


@given(st.sets(st.sampled_from(list(STEPS))))
def test_the_state_is_the_farthest_point_reached(known: set[str]) -> None:
    farthest = [state for name, state in STEPS.items() if name in known]
    assert with_dates(*known).state == (farthest[-1] if farthest else SubmissionState.READY)


def test_the_order_in_which_facts_come_does_not_matter() -> None:
    for order in permutations(STEPS):
        progress = READY
        for number, name in enumerate(order):
            progress = replace(progress, **{name: NOON + timedelta(days=number)})
        assert progress.state == SubmissionState.ADJUDICATED


def test_a_refusal_ends_the_way_of_a_submission_and_an_adjudication_outweighs_it() -> None:
    assert with_dates("payer_accepted_at", "rejected_at").state == SubmissionState.REJECTED
    assert with_dates("rejected_at", "adjudicated_at").state == SubmissionState.ADJUDICATED


@pytest.mark.parametrize(
    ("progress", "reason", "due_at"),
    [
        (READY, Reason.TRANSMISSION_DUE, NOON + timedelta(hours=24)),
        (
            with_dates("transmitted_at"),
            Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE,
            NOON + timedelta(days=1, hours=1),
        ),
        (
            with_dates("transmitted_at", "syntax_accepted_at"),
            Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE,
            NOON + timedelta(days=1, hours=1),
        ),
        (
            with_dates("transmitted_at", "clearinghouse_accepted_at"),
            Reason.PAYER_ACKNOWLEDGMENT_DUE,
            NOON + timedelta(days=3, hours=1),
        ),
        (
            with_dates("transmitted_at", "payer_accepted_at"),
            Reason.REMITTANCE_DUE,
            NOON + timedelta(days=21, hours=1),
        ),
    ],
)
def test_every_silence_has_a_deadline(progress: Progress, reason: Reason, due_at: datetime) -> None:
    [deadline] = deadlines(progress, DEFAULTS, at=NOON)
    assert (deadline.reason, deadline.due_at) == (reason, due_at)


@pytest.mark.parametrize("name", ["rejected_at", "adjudicated_at"])
def test_nothing_is_awaited_once_the_payer_or_a_refusal_has_spoken(name: str) -> None:
    assert deadlines(with_dates(name), DEFAULTS, at=NOON) == []


def test_a_payer_that_sends_no_277ca_is_not_waited_for() -> None:
    silent = Policies.of([PolicyRow("sends_payer_acknowledgment", 0, NOON.date(), payer_id="x")])
    taken = with_dates("transmitted_at", "clearinghouse_accepted_at")
    alarm, early = deadlines(taken, silent, at=NOON)
    assert (alarm.reason, early.reason) == (Reason.REMITTANCE_DUE, Reason.STATUS_INQUIRY)
    assert early.due_at < alarm.due_at
    assert deadlines(taken, silent, at=early.due_at) == [alarm]
