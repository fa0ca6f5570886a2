"""What may go again and as what: no claim that a payer has accepted or answered, whatever else is said of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.policies import Policies
from billing.resubmission import (
    REFUSAL_WORDS,
    WAY_WORDS,
    Decision,
    Refusal,
    Situation,
    Way,
    changes,
    fingerprint,
    refusal,
    way_of,
)
from billing.submission import Progress

MONDAY = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
AT = MONDAY + timedelta(days=2)
POLICIES = Policies(())
SENT = Progress(ready_at=MONDAY, transmitted_at=MONDAY)


def situation(progress: Progress = SENT, **changes: Any) -> Situation:
    """A claim that was sent on Monday and of which nothing was heard."""
    usual = Situation(
        progress=progress,
        is_latest=True,
        is_withdrawn=False,
        is_answered=False,
        is_with_its_payer=True,
        is_being_changed=False,
        news_waits=False,
        was_rejected_by_payer=False,
        is_in_batch=True,
        batch_state="transmitted",
        filing_limit=AT + timedelta(days=30),
    )
    return replace(usual, **changes)


def why(one: Situation) -> Refusal | None:
    return refusal(one, POLICIES, at=AT)


def test_a_claim_of_which_nothing_was_heard_may_go() -> None:
    assert why(situation()) is None
    assert way_of(situation(), None, is_whole=True) == Way.NEW_ORIGINAL


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (situation(is_answered=True), Refusal.ANSWERED),
        (situation(replace(SENT, adjudicated_at=AT)), Refusal.ANSWERED),
        (situation(replace(SENT, payer_accepted_at=MONDAY)), Refusal.ACCEPTED),
        (situation(replace(SENT, payer_accepted_at=MONDAY, rejected_at=AT)), Refusal.ACCEPTED),
        (situation(replace(SENT, clearinghouse_accepted_at=MONDAY)), Refusal.CLEARINGHOUSE_HAS_IT),
        (situation(replace(SENT, rejected_at=MONDAY), was_rejected_by_payer=True), Refusal.MEND_FIRST),
        (situation(replace(SENT, transmitted_at=None, rejected_at=AT, syntax_accepted_at=AT)), Refusal.HAS_ARRIVED),
        (situation(Progress(MONDAY), envelope_accepted=True, batch_state="failed"), Refusal.HAS_ARRIVED),
        (situation(is_withdrawn=True), Refusal.WITHDRAWN),
        (situation(is_latest=False), Refusal.SUPERSEDED),
        (situation(is_with_its_payer=False), Refusal.WITH_ANOTHER_PAYER),
        (situation(is_being_changed=True), Refusal.BEING_CHANGED),
        (situation(news_waits=True), Refusal.NEWS_WAITS),
        (situation(is_in_batch=False), Refusal.NOT_SENT_YET),
        (situation(batch_state="prepared"), Refusal.BEING_SENT),
        (situation(replace(SENT, is_paper=True)), Refusal.ON_PAPER),
        (situation(replace(SENT, is_moved=True)), Refusal.MOVED_HERE),
        (situation(on_hold=True), Refusal.ON_HOLD),
        (situation(sending_held=True), Refusal.SENDING_HELD),
        (situation(in_another_run=True), Refusal.IN_ANOTHER_RUN),
        (situation(filing_limit=AT - timedelta(minutes=1)), Refusal.TOO_LATE),
        (situation(replace(SENT, transmitted_at=AT - timedelta(hours=3))), Refusal.NOT_OVERDUE),
        (situation(replace(SENT, syntax_accepted_at=AT - timedelta(hours=3))), Refusal.NOT_OVERDUE),
    ],
)
def test_each_reason_keeps_a_claim_here(one: Situation, expected: Refusal) -> None:
    assert why(one) == expected


@pytest.mark.parametrize(
    "one",
    [
        situation(replace(SENT, rejected_at=MONDAY)),
        situation(replace(SENT, syntax_accepted_at=MONDAY)),
        situation(Progress(ready_at=MONDAY, rejected_at=MONDAY), batch_state="failed"),
    ],
)
def test_what_never_reached_a_payer_may_go(one: Situation) -> None:
    assert why(one) is None


@given(
    st.sets(st.sampled_from(["syntax_accepted_at", "clearinghouse_accepted_at", "rejected_at"])),
    st.sampled_from(["payer_accepted_at", "adjudicated_at"]),
    st.sampled_from(["prepared", "transmitted", "accepted", "rejected", "failed"]),
    st.booleans(),
)
def test_what_a_payer_has_never_goes(heard: set[str], at_payer: str, batch: str, is_latest: bool) -> None:
    progress = replace(SENT, **dict.fromkeys([*heard, at_payer], MONDAY))
    assert why(situation(progress, batch_state=batch, is_latest=is_latest)) in {Refusal.ANSWERED, Refusal.ACCEPTED}


@pytest.mark.parametrize(
    ("is_whole", "was_refused", "way"),
    [
        (True, False, Way.SAME_INTERCHANGE),
        (False, False, Way.NEW_ORIGINAL),
        (True, True, Way.NEW_ORIGINAL),
    ],
)
def test_the_stored_interchange_goes_whole_where_nobody_answered(is_whole: bool, was_refused: bool, way: Way) -> None:
    one = situation(Progress(ready_at=MONDAY, rejected_at=MONDAY), batch_state="failed", was_refused=was_refused)
    assert way_of(one, None, is_whole=is_whole) == way
    assert way_of(one, Refusal.ON_HOLD, is_whole=is_whole) is None


def test_what_was_sent_has_a_receipt_and_is_not_unproven() -> None:
    assert way_of(situation(batch_state="failed"), None, is_whole=True) == Way.NEW_ORIGINAL


def test_another_fate_is_another_fingerprint() -> None:
    goes, stays = Decision("A1", Way.NEW_ORIGINAL), Decision("B2", None, Refusal.ON_HOLD)
    assert fingerprint([goes, stays]) == fingerprint([stays, goes])
    others = [[goes], [goes, Decision("B2", None, Refusal.ANSWERED)], [Decision("A1", Way.SAME_INTERCHANGE), stays]]
    assert len({fingerprint([goes, stays]), *(fingerprint(one) for one in others)}) == 4


def test_what_has_changed_is_told() -> None:
    goes = {name: Decision(name, Way.NEW_ORIGINAL) for name in ("A1", "B2", "C3")}
    now = {
        "A1": Decision("A1", None, Refusal.ANSWERED),
        "B2": Decision("B2", None, Refusal.ANSWERED),
        "D4": Decision("D4", Way.NEW_ORIGINAL),
    }
    assert changes(goes, now) == [
        "1 claim not among those looked for any more",
        "1 claim not in the preview before",
        f"2 claims now: {REFUSAL_WORDS[Refusal.ANSWERED]}",
    ]
    assert changes(goes, goes) == []


def test_everything_has_words() -> None:
    assert set(REFUSAL_WORDS) == set(Refusal)
    assert set(WAY_WORDS) == set(Way)
