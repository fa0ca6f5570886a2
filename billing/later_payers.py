"""Posting the answer of a payer that is not the first: what the earlier ones left is all there is to settle.

Such a payer repeats the whole charge and explains it away: the effect of the earlier payers as OA-23, its own
contract as CO-45. Those amounts are memo. What is new on a line is

    new adjustment = open before - paid now - patient's share - denied

where `open before` is the charge less every earlier payment and adjustment. A result below zero is nobody's to post.
"""

from collections.abc import Mapping, Sequence

from billing.adjustment_codes import PRIOR_PAYER, Treatment, treatment
from billing.ledger import Account
from billing.money import ZERO, Cents, format_dollars
from billing.patient_share import MEDICAID
from billing.posting import (
    TAKEN_OFF,
    BilledLine,
    DeniedAmount,
    LineVerdict,
    PostingSituation,
    PostingVerdict,
    bill_shares,
    denied_amount,
    goes_on,
    match_lines,
    move,
    raised_without_reason,
    remarks_on,
    verdict_of,
    why_not,
)
from billing.remittance import Adjustment, ClaimPayment, Group, LinePayment

POSTED_BY_MACHINE = frozenset({"1", "2", "3", "4", "19", "20", "21"})
"""CLP02. Some payers say 1 although they were told that they are not the first: the sums decide, not the status"""


def post_later_payment(
    payment: ClaimPayment, situation: PostingSituation, open_cents: Mapping[str, Cents], *, source: str
) -> PostingVerdict:
    """Decide the entries for one CLP of a secondary or later payer that is no reversal.

    `open_cents`: what stands on AR_INS before, by line id. `source` identifies the CLP: remittance id and ordinal.
    """
    exception = why_not(payment, situation, posted=POSTED_BY_MACHINE)
    if exception is not None:
        return PostingVerdict(exception=exception)
    matched = match_lines(payment, situation.lines)
    if matched is None:
        return PostingVerdict(exception="its service lines do not match the claim's lines")
    unexplained = raised_without_reason(line for _, line in matched)
    if unexplained is not None:
        return PostingVerdict(exception=unexplained)
    decided: list[tuple[BilledLine, LineVerdict]] = []
    for billed, line in matched:
        verdict = _decide_line(billed, line, payment, situation, open_cents.get(billed.line_id, ZERO))
        if verdict is None:
            return PostingVerdict(
                exception=f"with the earlier payers it pays and assigns more than was charged for {billed.procedure} "
                f"({format_dollars(line.charge_cents)})"
            )
        decided.append((billed, verdict))
    return verdict_of(decided, source=source)


def _decide_line(
    billed: BilledLine, line: LinePayment, payment: ClaimPayment, situation: PostingSituation, open_before: Cents
) -> LineVerdict | None:
    """One line; None when more is paid and assigned than was open."""
    remarks = remarks_on(line, payment)
    given = [one for one in line.adjustments if one.amount_cents]
    going = [one for one in given if goes_on(one, situation)]
    staying = [one for one in given if not goes_on(one, situation)]
    shares = [one for one in staying if treatment(one) == Treatment.PATIENT_SHARE]
    left = open_before - line.paid_cents - sum(one.amount_cents for one in shares)
    if left < 0:
        return None
    decided = LineVerdict(sides=[*move(Account.CASH_UNAPPLIED, line.paid_cents, billed, situation)])
    decided.passed_on, left = _up_to(left, going, billed, remarks)
    refused = [one for one in staying if treatment(one) == Treatment.DENIAL]
    decided.denials, left = _up_to(left, refused, billed, remarks)
    _adjust(decided, staying, left, billed, situation, remarks)
    bill_shares(decided, shares, billed, line, payment, situation)
    return decided


def _up_to(
    left: int, amounts: Sequence[Adjustment], billed: BilledLine, remarks: tuple[str, ...]
) -> tuple[list[DeniedAmount], int]:
    """Amounts as far as they are still open: a payer refuses the whole charge although part of it is paid long ago."""
    found = []
    for one in amounts:
        part = Cents(min(one.amount_cents, left))
        if part > 0:
            left -= part
            found.append(denied_amount(billed, Adjustment(one.group, one.reason, part), remarks))
    return found, left


def _adjust(
    decided: LineVerdict,
    adjustments: Sequence[Adjustment],
    left: int,
    billed: BilledLine,
    situation: PostingSituation,
    remarks: tuple[str, ...],
) -> None:
    """Write the rest off as far as this payer's contract explains it; what it does not explain is asked about.

    Medicaid pays in full what it pays: there the rest is written off whatever explains it.
    """
    for kind in (Treatment.SEQUESTRATION, Treatment.WITHHOLD, Treatment.CONTRACTUAL):
        for one in adjustments:
            part = Cents(min(one.amount_cents, left))
            if treatment(one) == kind and part > 0:
                left -= part
                decided.sides += move(TAKEN_OFF[kind], part, billed, situation, f"{one.group}-{one.reason}")
    if left > 0 and MEDICAID in situation.filing_indicators:
        code = f"{Group.OTHER}-{PRIOR_PAYER}"
        decided.sides += move(Account.ADJUSTMENT_CONTRACTUAL, Cents(left), billed, situation, code)
    elif left > 0:
        unexplained = Adjustment(Group.OTHER, PRIOR_PAYER, Cents(left))
        decided.denials.append(denied_amount(billed, unexplained, remarks))
