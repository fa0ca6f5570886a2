"""What is looked at before it is posted: all of a payer's answers, those that refuse or take back, codes on a stop
list, or write-offs above a limit. What no rule holds is posted by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from billing.adjustment_codes import Treatment, treatment
from billing.money import Cents, format_dollars
from billing.remittance import ClaimPayment


class Mode(IntEnum):
    """Policy `posting_mode`."""

    AUTOMATIC = 0
    SEMI = 1
    """Answers that refuse an amount or take something back are looked at"""
    REVIEW_ALL = 2


@dataclass(frozen=True, slots=True)
class StopCode:
    """An adjustment that is never posted unseen."""

    reason: str
    """CARC"""
    group: str = ""
    """CAS01; empty: under any group"""
    note: str = ""
    """Why, in the office's words"""

    def is_on(self, group: str, reason: str) -> bool:
        return self.reason == reason and self.group in {"", group}

    @property
    def code(self) -> str:
        return f"{self.group}-{self.reason}" if self.group else self.reason


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """What holds for a payer."""

    mode: Mode = Mode.AUTOMATIC
    stops: tuple[StopCode, ...] = ()
    write_off_limit_cents: int = 0
    """The largest contractual write-off of one answer that is posted unseen; 0: any"""
    write_off_days: int = 0
    """After so many days one above it is posted unseen; 0: never"""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why answers are looked at first."""

    reasons: tuple[str, ...]
    only_for_its_size: bool
    """Nothing but the limit on write-offs holds it: such a one may be posted by itself after a while"""


def hold(payments: Sequence[ClaimPayment], rules: ReviewRules) -> Hold | None:
    """Why one remittance's answers for a visit are looked at before they are posted; None: they are posted."""
    large = _above_limit(payments, rules.write_off_limit_cents)
    others = [*_by_mode(payments, rules.mode), *_stopped(payments, rules.stops)]
    reasons = tuple(dict.fromkeys([*others, *large]))
    return Hold(reasons, only_for_its_size=not others) if reasons else None


def _by_mode(payments: Sequence[ClaimPayment], mode: Mode) -> Iterable[str]:
    if mode >= Mode.REVIEW_ALL:
        yield "this payer's answers are looked at before they are posted"
    elif mode == Mode.SEMI:
        if any(payment.is_reversal for payment in payments):
            yield "it takes an earlier answer back"
        for payment in payments:
            kinds = [(treatment(one), one.amount_cents) for one in payment.all_adjustments()]
            refused = sum(cents for kind, cents in kinds if kind == Treatment.DENIAL and not payment.is_reversal)
            if refused:
                yield f"it refuses {format_dollars(refused)}"


def _stopped(payments: Sequence[ClaimPayment], stops: Sequence[StopCode]) -> Iterable[str]:
    for payment in payments:
        for one in payment.all_adjustments():
            found = next((stop for stop in stops if stop.is_on(one.group, one.reason)), None)
            if found is not None:
                because = f": {found.note}" if found.note else ""
                yield f"{one.group}-{one.reason} of {format_dollars(one.amount_cents)} is on the stop list{because}"


def _above_limit(payments: Sequence[ClaimPayment], limit_cents: int) -> Iterable[str]:
    for payment in payments:
        written_off = sum(
            one.amount_cents for one in payment.all_adjustments() if treatment(one) == Treatment.CONTRACTUAL
        )
        if limit_cents and not payment.is_reversal and written_off > limit_cents:
            yield f"it writes off {format_dollars(Cents(written_off))}, above {format_dollars(limit_cents)}"
