"""Letters about instalments that are charged to a kept card: told ahead, refused, or the card has run out."""

from dataclasses import dataclass
from datetime import date

from billing.letters import Fact, Letter
from billing.money import format_dollars
from billing.statement_words import long_day

KIND = "instalment_notice"
"""Kind of these letters"""
STOP = "You may stop these charges at any time: on the page where you see your bill, or by telling us."


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on each of them."""

    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    written_on: date
    card: str
    """As the processor calls it, such as `card ending in 4242`"""
    part_day: date
    cents: int


def told_ahead(head: Head, *, agreed_cents: int) -> Letter:
    """What will be charged and when, and why it is another amount than was agreed."""
    amount = format_dollars(head.cents)
    why = (
        f" You agreed to {format_dollars(agreed_cents)} for this part; less is left of it."
        if head.cents != agreed_cents
        else ""
    )
    return _letter(
        head,
        "A part of your payment plan will be charged",
        (
            f"On {long_day(head.part_day)} we charge {amount} to your {head.card}, as you agreed.{why}",
            "If you pay it in another way before that day, nothing is charged.",
            STOP,
        ),
    )


def refused(head: Head, *, again_on: date | None, pay_by: date) -> Letter:
    """The card was refused: tried once more, or to be paid in another way."""
    next_step = (
        f"We try it once more on {long_day(again_on)}. You may pay in another way before."
        if again_on is not None
        else f"We do not try it again. Please pay this part in another way by {long_day(pay_by)}, so that your plan "
        "goes on."
    )
    return _letter(
        head,
        "Your card was refused",
        (f"The part of your payment plan that was due on {long_day(head.part_day)} was not paid.", next_step, STOP),
    )


def run_out(head: Head, *, pay_by: date) -> Letter:
    """The card's last month is over before the day."""
    return _letter(
        head,
        "Your card has expired",
        (
            f"Your {head.card} cannot be charged for the part of {long_day(head.part_day)} and those after it.",
            f"Please let another card be kept, on the page where you see your bill, or pay by {long_day(pay_by)} in "
            "another way, so that your plan goes on.",
        ),
    )


def _letter(head: Head, title: str, paragraphs: tuple[str, ...]) -> Letter:
    facts = (
        Fact("Card", head.card),
        Fact("Part of", long_day(head.part_day)),
        Fact("Amount", format_dollars(head.cents)),
    )
    return Letter(
        title=title,
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=facts,
        paragraphs=paragraphs,
    )
