"""When it happened, and until when it may be billed: T."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.claim_details import is_admission_dated
from billing.edits.registry import MEDICARE, Bill, Scope, Severity, Situation, edit
from billing.filing_time import FilingTime

INPATIENT = frozenset({"21", "51", "61"})


@edit("T01", fix="Correct the dates.", scope=Scope.LINE)
def service_not_in_future(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The service happened, and its dates run forwards (2400 DTP*472)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date > situation.today:
            yield f"line.{number}.service_date", f"line {number}: the date of service lies in the future"
        if line.service_date_to is not None and line.service_date_to < line.service_date:
            yield f"line.{number}.service_date", f"line {number}: the service ends before it begins"


def _filing(claim: Claim, situation: Situation) -> tuple[FilingTime, bool]:
    """How long the claim is timely, and whether the payer set it: Medicare by law, others by a row of their own."""
    is_medicare = claim.coverage.filing_indicator == MEDICARE
    filing = situation.filing or FilingTime(claim.service_from, situation.policies, is_medicare=is_medicare)
    is_own = situation.policies.is_payers_own("filing_limit_days", as_of=situation.today)
    return filing, filing.told is not None or is_medicare or is_own


@edit("T02", fix="Give the reason for the delay (CLM20) where there is proof of timely filing, or write it off.")
def filed_in_time(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer's filing limit has not passed, or the claim says why it is late (42 CFR 424.44; the payer's own row of
    policy filing_limit_days; CLM20)."""
    filing, is_certain = _filing(claim, situation)
    if is_certain and filing.limit < situation.at and not claim.delay_reason:
        yield "delay_reason", "the payer's filing limit has passed"


@edit("T02B", Severity.WARNING, fix="Send it at once; look up the payer's limit and give it a policy row.")
def filed_soon_enough(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The filing limit does not pass within days (policy filing_warning_days), nor has it passed where only the
    office's default is known."""
    filing, is_certain = _filing(claim, situation)
    if filing.urgent_from <= situation.at <= filing.limit:
        yield "service_date", "the payer's filing limit passes within days"
    elif filing.limit < situation.at and not is_certain:
        yield "service_date", "the usual filing limit has passed; expect a denial unless there is proof"


@edit("T01B", Severity.WARNING, fix="Make a line for each month.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def span_within_a_month(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A line's days lie in one calendar month (2400 DTP*472 RD8)."""
    for number, line in enumerate(claim.lines, start=1):
        last = line.service_date_to
        if last is not None and (last.year, last.month) != (line.service_date.year, line.service_date.month):
            yield f"line.{number}.service_date", f"line {number}: many payers want a line for each month"


@edit("T03", Severity.WARNING, fix="Give the day of admission.", bill=Bill.PROFESSIONAL)
def admission_is_dated(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service to an inpatient says when they were admitted (2300 DTP*435)."""
    if claim.place_of_service in INPATIENT and not is_admission_dated(claim):
        yield "admitted_on", "the claim is for an inpatient, and the day of admission is missing"
