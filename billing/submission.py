"""Steps 5 and 6: how far one claim has come. Sent is a receipt; accepted has two senders.

ready -> transmitted (receipt stored) -> syntax accepted (999) -> clearinghouse accepted (277CA) -> payer accepted
(277CA) -> adjudicated (835). Facts may come in any order and twice: each is a date on the submission, and the
state is read off the dates, so that the same facts always give the same state.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from billing.deadlines import Deadline, Reason, after_business_days
from billing.filing_time import FilingTime
from billing.policies import Policies


class SubmissionState(StrEnum):
    """How far the claim has come, in the field's words."""

    READY = "ready"
    TRANSMITTED = "transmitted"
    SYNTAX_ACCEPTED = "syntax_accepted"
    CLEARINGHOUSE_ACCEPTED = "clearinghouse_accepted"
    PAYER_ACCEPTED = "payer_accepted"
    REJECTED = "rejected"
    """Refused by TA1, 999 or 277CA: never adjudicated"""
    ADJUDICATED = "adjudicated"
    WITHDRAWN = "withdrawn"
    """The office let go of it"""


ON_ITS_WAY = frozenset(
    {
        SubmissionState.TRANSMITTED,
        SubmissionState.SYNTAX_ACCEPTED,
        SubmissionState.CLEARINGHOUSE_ACCEPTED,
        SubmissionState.PAYER_ACCEPTED,
    }
)
"""Sent, and neither refused nor answered"""


@dataclass(frozen=True, slots=True)
class Progress:
    """The dates of one submission; None: has not happened as far as is known."""

    ready_at: datetime
    transmitted_at: datetime | None = None
    syntax_accepted_at: datetime | None = None
    clearinghouse_accepted_at: datetime | None = None
    payer_accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    adjudicated_at: datetime | None = None
    is_paper: bool = False
    """Mailed: nobody acknowledges it, the next word is the payer's answer"""
    is_moved: bool = False
    """Sent by another system, which heard the acknowledgments: the next word is the payer's answer"""

    @property
    def goes_unacknowledged(self) -> bool:
        """Nobody tells this office that the claim arrived."""
        return self.is_paper or self.is_moved

    @property
    def state(self) -> SubmissionState:
        """The farthest point reached. An adjudication outweighs a refusal: the payer did look at the claim."""
        if self.adjudicated_at:
            return SubmissionState.ADJUDICATED
        if self.rejected_at:
            return SubmissionState.REJECTED
        if self.payer_accepted_at:
            return SubmissionState.PAYER_ACCEPTED
        if self.clearinghouse_accepted_at:
            return SubmissionState.CLEARINGHOUSE_ACCEPTED
        if self.syntax_accepted_at:
            return SubmissionState.SYNTAX_ACCEPTED
        if self.transmitted_at:
            return SubmissionState.TRANSMITTED
        return SubmissionState.READY


def deadlines(progress: Progress, policies: Policies, *, at: datetime) -> list[Deadline]:
    """What should come next and by when, for a submission that is under way. Every silence has a meaning.

    Days and hours come from the policies in force on `at`.
    """
    today = policies.day(at)
    anchor = progress.transmitted_at or progress.ready_at
    found: list[Deadline] = []
    match progress.state:
        case SubmissionState.READY:
            due = anchor + timedelta(hours=policies.value("transmission_due_hours", as_of=today))
            found.append(Deadline(Reason.TRANSMISSION_DUE, due))
        case SubmissionState.TRANSMITTED if progress.is_paper:
            days = policies.value("paper_remittance_alarm_days", as_of=today)
            found.append(Deadline(Reason.REMITTANCE_DUE, anchor + timedelta(days=days)))
        case SubmissionState.TRANSMITTED if progress.is_moved:
            found.append(Deadline(Reason.REMITTANCE_DUE, _remittance_due(anchor, policies, at)))
        case SubmissionState.TRANSMITTED | SubmissionState.SYNTAX_ACCEPTED:
            days = policies.value("clearinghouse_acknowledgment_business_days", as_of=today)
            found.append(Deadline(Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE, after_business_days(anchor, days)))
        case SubmissionState.CLEARINGHOUSE_ACCEPTED:
            if policies.value("sends_payer_acknowledgment", as_of=today):
                days = policies.value("payer_acknowledgment_business_days", as_of=today)
                found.append(Deadline(Reason.PAYER_ACKNOWLEDGMENT_DUE, after_business_days(anchor, days)))
            else:
                found.append(Deadline(Reason.REMITTANCE_DUE, _remittance_due(anchor, policies, at)))
                found += _early_inquiry(anchor, policies, at)
        case SubmissionState.PAYER_ACCEPTED:
            found.append(Deadline(Reason.REMITTANCE_DUE, _remittance_due(anchor, policies, at)))
    return found


def _early_inquiry(anchor: datetime, policies: Policies, at: datetime) -> list[Deadline]:
    """A payer that sends no 277CA is asked early whether it has the claim; once, so only while that day is to come."""
    due = anchor + timedelta(days=policies.value("early_status_days", as_of=policies.day(at)))
    is_asked = policies.value("status_inquiry", as_of=policies.day(at))
    return [Deadline(Reason.STATUS_INQUIRY, due)] if is_asked and due > at else []


def filing_clock(filing: FilingTime, *, at: datetime) -> list[Deadline]:
    """The timely-filing entry of a claim that no payer has accepted yet: the next warning, at last the limit itself."""
    rung = filing.next_rung(at)
    return [] if rung is None else [Deadline(Reason.TIMELY_FILING, rung)]


def _remittance_due(anchor: datetime, policies: Policies, at: datetime) -> datetime:
    return anchor + timedelta(days=policies.value("remittance_alarm_days", as_of=policies.day(at)))
