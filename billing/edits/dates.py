"""When it happened, and until when it may be billed: T."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.deadlines import filing_deadline
from billing.edits.registry import Severity, Situation, edit


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
