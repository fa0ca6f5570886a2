"""When it happened, and until when it may be billed: T."""

from collections.abc import Iterator
from datetime import datetime

from billing.claim import Claim
from billing.claim_details import is_admission_dated
from billing.deadlines import filing_deadline, filing_warning
from billing.edits.registry import MEDICARE, Scope, Severity, Situation, edit

INPATIENT = frozenset({"21", "51", "61"})


@edit("T01", fix="Correct the dates.", scope=Scope.LINE)
def service_not_in_future(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The service happened, and its dates run forwards (2400 DTP*472)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date > situation.today:
            yield f"line.{number}.service_date", f"line {number}: the date of service lies in the future"
        if line.service_date_to is not None and line.service_date_to < line.service_date:
            yield f"line.{number}.service_date", f"line {number}: the service ends before it begins"


def _limit(claim: Claim, situation: Situation) -> tuple[datetime, bool]:
    """The last instant to file, and whether the payer set it: Medicare by law, others by a policy row of their own."""
    told = situation.told_limit
    limit = filing_deadline(situation.filing_anchor or claim.service_from, situation.policies, told=told)
    is_medicare = claim.coverage.filing_indicator == MEDICARE
    return limit, told is not None or is_medicare or situation.policies.is_payers_own(
        "filing_limit_days", as_of=situation.today
    )


@edit("T02", fix="Give the reason for the delay (CLM20) where there is proof of timely filing, or write it off.")
def filed_in_time(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer's filing limit has not passed, or the claim says why it is late (42 CFR 424.44; the payer's own row of
    policy filing_limit_days; CLM20)."""
    limit, is_certain = _limit(claim, situation)
    if is_certain and limit < situation.at and not claim.delay_reason:
        yield "delay_reason", "the payer's filing limit has passed"


@edit("T02B", Severity.WARNING, fix="Send it at once; look up the payer's limit and give it a policy row.")
def filed_soon_enough(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The filing limit does not pass within days (policy filing_warning_days), nor has it passed where only the
    office's default is known."""
    limit, is_certain = _limit(claim, situation)
    anchor = situation.filing_anchor or claim.service_from
    warned = filing_warning(anchor, situation.policies, told=situation.told_limit)
    if warned <= situation.at <= limit:
        yield "service_date", "the payer's filing limit passes within days"
    elif limit < situation.at and not is_certain:
        yield "service_date", "the usual filing limit has passed; expect a denial unless there is proof"


@edit("T01B", Severity.WARNING, fix="Make a line for each month.", scope=Scope.LINE)
def span_within_a_month(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A line's days lie in one calendar month (2400 DTP*472 RD8)."""
    for number, line in enumerate(claim.lines, start=1):
        last = line.service_date_to
        if last is not None and (last.year, last.month) != (line.service_date.year, line.service_date.month):
            yield f"line.{number}.service_date", f"line {number}: many payers want a line for each month"


@edit("T03", Severity.WARNING, fix="Give the day of admission.")
def admission_is_dated(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service to an inpatient says when they were admitted (2300 DTP*435)."""
    if claim.place_of_service in INPATIENT and not is_admission_dated(claim):
        yield "admitted_on", "the claim is for an inpatient, and the day of admission is missing"
