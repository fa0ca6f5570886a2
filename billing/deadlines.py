"""Deadlines: the agenda's reasons and how their instants are found."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from billing.days import day_of, end_of, is_business_day
from billing.policies import Policies
from billing.roles import Role


class Reason(StrEnum):
    """Why the office looks again at an encounter at some instant."""

    INQUIRY_RETRY = "inquiry_retry"
    """The payer could not be reached: ask again"""
    TRANSMISSION_DUE = "transmission_due"
    """The claim is ready and should have a receipt by now"""
    CLEARINGHOUSE_ACKNOWLEDGMENT_DUE = "clearinghouse_acknowledgment_due"
    PAYER_ACKNOWLEDGMENT_DUE = "payer_acknowledgment_due"
    REMITTANCE_DUE = "remittance_due"
    """The payer should have answered by now"""
    STATUS_INQUIRY = "status_inquiry"
    """Ask the payer what has become of the claim"""
    TIMELY_FILING = "timely_filing"
    """The payer's filing limit comes near"""
    APPEAL_LIMIT = "appeal_limit"
    """The last day to appeal a denial comes near"""
    POSTING_REVIEW_OVER = "posting_review_over"
    """An answer was held for its size alone, long enough"""
    REVERSAL_UNPAIRED = "reversal_unpaired"
    """A remittance waits for the one it takes back"""
    PATIENT_BALANCE_DUE = "patient_balance_due"
    CROSSOVER_DUE = "crossover_due"
    """The payer forwarded the claim: the next payer should have answered"""
    AMENDMENT_DUE = "amendment_due"
    """A change waits for a payer: its number for the claim, its answer, or its money back"""
    RECONSIDERATION_DUE = "reconsideration_due"
    """The payer was asked to correct what it allowed, and should have answered"""
    MONTH_OVER = "month_over"
    """The month whose visits go to the payer as one claim is over"""
    OWNER_DUE = "owner_due"
    """The visit that bills this one should have come to zero"""
    FOLLOW_UP = "follow_up"
    """A person said when to look again"""
    PROMISE_DUE = "promise_due"
    """What somebody promised should have come"""
    HOLD_ENDS = "hold_ends"
    """The day until which the encounter was held"""
    TASK_DUE = "task_due"
    """The earliest open task becomes overdue or rises a rung"""


OWNERS: dict[Reason, Role] = {
    Reason.INQUIRY_RETRY: Role.ELIGIBILITY,
    Reason.TRANSMISSION_DUE: Role.EDI_ANALYST,
    Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE: Role.EDI_ANALYST,
    Reason.PAYER_ACKNOWLEDGMENT_DUE: Role.BILLER,
    Reason.REMITTANCE_DUE: Role.BILLER,
    Reason.STATUS_INQUIRY: Role.BILLER,
    Reason.TIMELY_FILING: Role.BILLER,
    Reason.APPEAL_LIMIT: Role.DENIALS,
    Reason.POSTING_REVIEW_OVER: Role.POSTER,
    Reason.REVERSAL_UNPAIRED: Role.POSTER,
    Reason.PATIENT_BALANCE_DUE: Role.ACCOUNT_REP,
    Reason.CROSSOVER_DUE: Role.BILLER,
    Reason.AMENDMENT_DUE: Role.BILLER,
    Reason.RECONSIDERATION_DUE: Role.DENIALS,
    Reason.MONTH_OVER: Role.BILLER,
    Reason.OWNER_DUE: Role.BILLER,
    Reason.FOLLOW_UP: Role.BILLER,
    Reason.PROMISE_DUE: Role.BILLER,
    Reason.HOLD_ENDS: Role.SUPERVISOR,
    Reason.TASK_DUE: Role.SUPERVISOR,
}

WORDS: dict[Reason, str] = {
    Reason.INQUIRY_RETRY: "ask the payer about eligibility again",
    Reason.TRANSMISSION_DUE: "the claim should have been transmitted",
    Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE: "the clearinghouse should have acknowledged the claim",
    Reason.PAYER_ACKNOWLEDGMENT_DUE: "the payer should have acknowledged the claim",
    Reason.REMITTANCE_DUE: "the payer should have answered with a remittance",
    Reason.STATUS_INQUIRY: "ask the payer what has become of the claim",
    Reason.TIMELY_FILING: "the filing limit comes near",
    Reason.APPEAL_LIMIT: "the last day to appeal comes near",
    Reason.POSTING_REVIEW_OVER: "post an answer that nobody objected to",
    Reason.REVERSAL_UNPAIRED: "a reversal still has no original",
    Reason.PATIENT_BALANCE_DUE: "the patient's share should have been paid",
    Reason.CROSSOVER_DUE: "the payer to whom the claim was forwarded should have answered",
    Reason.AMENDMENT_DUE: "the payer should have made way for a change: its number for the claim, or its money back",
    Reason.RECONSIDERATION_DUE: "the payer should have answered the reconsideration",
    Reason.MONTH_OVER: "the month's visits are billed as one claim",
    Reason.OWNER_DUE: "the visit that bills this one should be at zero",
    Reason.FOLLOW_UP: "look again, as was agreed",
    Reason.PROMISE_DUE: "what was promised should have come",
    Reason.HOLD_ENDS: "the hold ends",
    Reason.TASK_DUE: "an open task becomes overdue",
}

INQUIRY_LADDER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8))
"""How long to wait after the first, second ... try of an eligibility inquiry that met silence."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One entry of the agenda."""

    reason: Reason
    due_at: datetime


def after_business_days(start: datetime, days: int, zone: tzinfo = UTC) -> datetime:
    """The same time of day, so many business days later on the calendar of the zone."""
    instant = start
    while days > 0:
        instant += timedelta(days=1)
        if is_business_day(day_of(instant, zone)):
            days -= 1
    return instant


def appeal_deadline(answered_at: datetime, policies: Policies) -> datetime:
    """The end of the practice's last day to appeal a denial: the payer's `appeal_limit_days` after its answer."""
    answered_on = policies.day(answered_at)
    days = policies.value("appeal_limit_days", as_of=answered_on)
    return end_of(answered_on + timedelta(days=days), policies.zone)


def reconsideration_deadline(answered_on: date, policies: Policies) -> datetime:
    """The end of the practice's last day to dispute an allowed amount: the payer's `reconsideration_limit_days` after
    its answer."""
    days = policies.value("reconsideration_limit_days", as_of=answered_on)
    return end_of(answered_on + timedelta(days=days), policies.zone)
