"""When it happened, and until when it may be billed: T."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.deadlines import filing_deadline
from billing.edits.registry import Severity, Situation, edit

INPATIENT = frozenset({"21", "51", "61"})


@edit("T01")
def service_not_in_future(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The service happened, and its dates run forwards (2400 DTP*472)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date > situation.today:
            yield f"line.{number}.service_date", f"line {number}: the date of service lies in the future"
        if line.service_date_to is not None and line.service_date_to < line.service_date:
            yield f"line.{number}.service_date", f"line {number}: the service ends before it begins"


@edit("T02", Severity.WARNING)
def filed_in_time(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer's filing limit has not passed (policy filing_limit_days)."""
    if filing_deadline(situation.filing_anchor or claim.service_from, situation.policies) < situation.at:
        yield "service_date", "the payer's filing limit has passed; expect a denial unless there is proof"


@edit("T01B", Severity.WARNING)
def span_within_a_month(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A line's days lie in one calendar month (2400 DTP*472 RD8)."""
    for number, line in enumerate(claim.lines, start=1):
        last = line.service_date_to
        if last is not None and (last.year, last.month) != (line.service_date.year, line.service_date.month):
            yield f"line.{number}.service_date", f"line {number}: many payers want a line for each month"


@edit("T03", Severity.WARNING)
def admission_is_dated(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service to an inpatient says when they were admitted (2300 DTP*435)."""
    is_dated = any(one.elements[:2] == ("DTP", "435") for one in claim.other_segments)
    if claim.place_of_service in INPATIENT and not is_dated:
        yield "place_of_service", "the claim is for an inpatient, and the day of admission is missing"
