"""The task of a denial: whose it is, by when, what each refused amount means in words, and what is usually tried."""

from collections.abc import Sequence
from datetime import datetime

from billing.denials import Exit, classify, lead
from billing.money import Cents, format_dollars
from billing.posting import DeniedAmount
from billing.tasks import NewTask, TaskType
from database.tables import Denial


def amounts_of(denials: Sequence[Denial]) -> tuple[DeniedAmount, ...]:
    """The rows as billing's nouns."""
    return tuple(
        DeniedAmount(
            one.line_id,
            one.adjustment_group,
            one.reason,
            Cents(one.amount_cents),
            tuple(filter(None, one.remarks.split(","))),
            one.blocked_reason,
        )
        for one in denials
    )


def review(
    denied: Sequence[DeniedAmount],
    *,
    line_ids: Sequence[str],
    key: str,
    not_after: datetime | None,
    because: str = "",
    may_appeal: bool = True,
    **detail: str,
) -> NewTask:
    """One review of all that is refused now; its owner is that of the largest amount.

    `because` says why the matter comes up again; `not_after` is the last day to appeal; `may_appeal` False: no level
    is left, and it is not proposed.
    """
    finding = lead(denied)
    words = [_in_words(one, line_ids) for one in denied]
    ways = dict.fromkeys(way for one in (max(denied, key=_amount), *denied) for way in classify(one).ways_out)
    if not may_appeal:
        ways.pop(Exit.APPEAL, None)
    return NewTask(
        TaskType.DENIAL_REVIEW,
        key=key,
        reason="; ".join([because, *words] if because else words),
        amount_cents=sum(one.amount_cents for one in denied),
        detail={**detail, "usual": ",".join(ways), "category": finding.category},
        role=finding.owner,
        business_days=finding.business_days,
        not_after=not_after,
    )


def _amount(denied: DeniedAmount) -> int:
    return denied.amount_cents


def _in_words(denied: DeniedAmount, line_ids: Sequence[str]) -> str:
    line = line_ids.index(denied.line_id) + 1
    code = f"{denied.group}-{denied.reason}" + (f" with {', '.join(denied.remarks)}" if denied.remarks else "")
    why = denied.blocked_reason or classify(denied).words
    return f"line {line}: {format_dollars(denied.amount_cents)} {code}: {why}"


def unsettled(open_cents: int, *, key: str, pay_back_by: datetime) -> NewTask:
    """The payer's part is not zero, and nothing else asks about it."""
    amount = format_dollars(abs(open_cents))
    if open_cents >= 0:
        reason = f"{amount} of the payer's part is open and undecided; nothing else asks about it."
        return NewTask(TaskType.DENIAL_REVIEW, key, reason, amount_cents=open_cents)
    reason = (
        f"The payer has paid {amount} more than it owed on this visit. Pay it back by {pay_back_by:%Y-%m-%d}, unless "
        "the payer takes it back by itself before."
    )
    return NewTask(TaskType.PAYER_CREDIT, key, reason, amount_cents=-open_cents, not_after=pay_back_by)
