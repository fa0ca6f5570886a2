"""What may go again, and as what. A claim that a payer has accepted or answered never does: the copy would come back
as a duplicate (CARC 18), or be paid twice and taken back.

*A new original* goes under a control number of its own, in another interchange. *The stored interchange* goes byte for
byte, under the numbers and the key it had: right where nobody knows whether the partner has it, since a partner that
does takes it for the same one.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from billing.deadlines import after_business_days
from billing.policies import Policies
from billing.submission import Progress, SubmissionState


class Way(StrEnum):
    """As what a claim goes again."""

    NEW_ORIGINAL = "new_original"
    SAME_INTERCHANGE = "same_interchange"


WAY_WORDS: dict[Way, str] = {
    Way.NEW_ORIGINAL: "a new original under a new control number",
    Way.SAME_INTERCHANGE: "the stored interchange again, byte for byte",
}


class Refusal(StrEnum):
    """Why a claim does not go again."""

    ANSWERED = "answered"
    ACCEPTED = "accepted"
    CLEARINGHOUSE_HAS_IT = "clearinghouse_has_it"
    HAS_ARRIVED = "has_arrived"
    MEND_FIRST = "mend_first"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    WITH_ANOTHER_PAYER = "with_another_payer"
    BEING_CHANGED = "being_changed"
    NEWS_WAITS = "news_waits"
    NOT_SENT_YET = "not_sent_yet"
    BEING_SENT = "being_sent"
    NOT_OVERDUE = "not_overdue"
    ON_PAPER = "on_paper"
    MOVED_HERE = "moved_here"
    ON_HOLD = "on_hold"
    SENDING_HELD = "sending_held"
    TOO_LATE = "too_late"
    IN_ANOTHER_RUN = "in_another_run"
    NOT_WHOLE = "not_whole"
    STOPPED = "stopped"


REFUSAL_WORDS: dict[Refusal, str] = {
    Refusal.ANSWERED: "the payer has answered it (835); a second one would be a duplicate",
    Refusal.ACCEPTED: "the payer has accepted it; a second one would be a duplicate",
    Refusal.CLEARINGHOUSE_HAS_IT: "the clearinghouse accepted it and passed it on; ask the payer what became of it",
    Refusal.HAS_ARRIVED: "it has arrived after all: it was acknowledged, though it was given up without a receipt",
    Refusal.MEND_FIRST: "the payer rejected it: it is mended on its task, and goes out from there",
    Refusal.WITHDRAWN: "the office let go of it",
    Refusal.SUPERSEDED: "a newer claim of the visit has taken its place",
    Refusal.WITH_ANOTHER_PAYER: "the visit is with another payer now",
    Refusal.BEING_CHANGED: "the visit is being corrected; its claim goes out once that is done",
    Refusal.NEWS_WAITS: "something has come for the visit and is being looked at; try again in a minute",
    Refusal.NOT_SENT_YET: "it has not left yet and waits for the next batch",
    Refusal.BEING_SENT: "its interchange is being transmitted",
    Refusal.NOT_OVERDUE: "its acknowledgment is not overdue yet",
    Refusal.ON_PAPER: "it went on paper",
    Refusal.MOVED_HERE: "another system sent it",
    Refusal.ON_HOLD: "the visit is on hold",
    Refusal.SENDING_HELD: "sending to this partner or payer is on hold",
    Refusal.TOO_LATE: "the payer's filing limit has passed: send it with a proof of timely filing from its task",
    Refusal.IN_ANOTHER_RUN: "it waits in another bulk resubmission",
    Refusal.NOT_WHOLE: "the stored interchange cannot go as a whole any more; look again at what may go",
    Refusal.STOPPED: "the resubmission was stopped before its turn",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether one claim may go again, as it is now."""

    progress: Progress
    is_latest: bool
    """No newer claim of the visit has taken its place"""
    is_withdrawn: bool
    is_answered: bool
    """A remittance names it, posted or not"""
    is_with_its_payer: bool
    """The visit has not gone on to another payer"""
    is_being_changed: bool
    """Recoded, amended, or billed to nobody"""
    news_waits: bool
    """A fact is stored and not looked at"""
    was_rejected_by_payer: bool
    is_in_batch: bool
    envelope_accepted: bool = False
    """By a TA1"""
    batch_state: str = ""
    """prepared, transmitted, accepted, rejected, failed"""
    was_refused: bool = False
    """The partner said no to the interchange as it was: the same bytes would meet the same"""
    on_hold: bool = False
    sending_held: bool = False
    in_another_run: bool = False
    filing_limit: datetime | None = None

    @property
    def is_unproven(self) -> bool:
        """Nobody answered when it was transmitted: the partner may have it, or not."""
        return self.batch_state == "failed" and self.progress.transmitted_at is None and not self.was_refused

    @property
    def has_arrived(self) -> bool:
        """It was given up without a receipt, and its acknowledgment came nevertheless."""
        heard = self.progress.syntax_accepted_at or self.progress.clearinghouse_accepted_at
        return self.progress.transmitted_at is None and (self.envelope_accepted or heard is not None)


def refusal(one: Situation, policies: Policies, *, at: datetime) -> Refusal | None:
    """Why the claim may not go again; None: it may. What is the payer's comes first: nothing outweighs it."""
    found = (
        (one.is_answered or one.progress.adjudicated_at is not None, Refusal.ANSWERED),
        (one.progress.payer_accepted_at is not None, Refusal.ACCEPTED),
        (one.is_withdrawn, Refusal.WITHDRAWN),
        (not one.is_latest, Refusal.SUPERSEDED),
        (not one.is_with_its_payer, Refusal.WITH_ANOTHER_PAYER),
        (one.progress.is_paper, Refusal.ON_PAPER),
        (one.progress.is_moved, Refusal.MOVED_HERE),
        (one.news_waits, Refusal.NEWS_WAITS),
        (one.is_being_changed, Refusal.BEING_CHANGED),
        (not one.is_in_batch, Refusal.NOT_SENT_YET),
        (one.batch_state == "prepared", Refusal.BEING_SENT),
        (one.was_rejected_by_payer, Refusal.MEND_FIRST),
        (one.progress.state == SubmissionState.CLEARINGHOUSE_ACCEPTED, Refusal.CLEARINGHOUSE_HAS_IT),
        (one.has_arrived, Refusal.HAS_ARRIVED),
        (_is_early(one.progress, policies, at), Refusal.NOT_OVERDUE),
        (one.in_another_run, Refusal.IN_ANOTHER_RUN),
        (one.on_hold, Refusal.ON_HOLD),
        (one.sending_held, Refusal.SENDING_HELD),
        (one.filing_limit is not None and at > one.filing_limit, Refusal.TOO_LATE),
    )
    return next((why for is_so, why in found if is_so), None)


def _is_early(progress: Progress, policies: Policies, at: datetime) -> bool:
    """Whether the partner may still be at work on it: a copy sent before that would be the second one."""
    today = policies.day(at)
    match progress.state:
        case SubmissionState.TRANSMITTED if progress.transmitted_at is not None:
            hours = policies.value("syntax_acknowledgment_hours", as_of=today)
            return at < progress.transmitted_at + timedelta(hours=hours)
        case SubmissionState.SYNTAX_ACCEPTED if progress.syntax_accepted_at is not None:
            days = policies.value("clearinghouse_acknowledgment_business_days", as_of=today)
            return at < after_business_days(progress.syntax_accepted_at, days, policies.zone)
    return False


def way_of(one: Situation, why: Refusal | None, *, is_whole: bool) -> Way | None:
    """As what a claim goes; None: it does not. `is_whole`: every claim of its interchange is chosen and may go, so that
    the stored one can go as it was."""
    if why is not None:
        return None
    return Way.SAME_INTERCHANGE if one.is_unproven and is_whole else Way.NEW_ORIGINAL


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one claim."""

    control_number: str
    way: Way | None
    refusal: Refusal | None = None

    @property
    def words(self) -> str:
        """For people."""
        return WAY_WORDS[self.way] if self.way else REFUSAL_WORDS[self.refusal] if self.refusal else ""


def fingerprint(decisions: Sequence[Decision]) -> str:
    """What a preview showed, in 64 characters: another fate of any claim is another fingerprint."""
    told = sorted(f"{one.control_number}:{one.way or ''}:{one.refusal or ''}" for one in decisions)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def changes(shown: Mapping[str, Decision], now: Mapping[str, Decision]) -> list[str]:
    """What is otherwise than it was shown, counted and in words."""
    counted: Counter[str] = Counter()
    for number in shown.keys() | now.keys():
        before, after = shown.get(number), now.get(number)
        if before == after:
            continue
        if before is None:
            counted["not in the preview before"] += 1
        elif after is None:
            counted["not among those looked for any more"] += 1
        else:
            counted[f"now: {after.words}"] += 1
    return [f"{count} {'claim' if count == 1 else 'claims'} {words}" for words, count in sorted(counted.items())]
