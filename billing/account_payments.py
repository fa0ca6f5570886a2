"""Money for a whole account, spread over the visits that it is owed on: those that it is for, then the oldest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from billing.money import Cents


@dataclass(frozen=True, slots=True)
class Share:
    """What is owed on one visit, in cents above zero."""

    encounter_id: str
    cents: Cents
    at_agency: bool = False
    """A collection agency asks for it; a visit may owe the office another part"""


def oldest_first(owed: Sequence[Share], amount: Cents, *, before: Collection[str] = ()) -> list[Share]:
    """`amount` over the visits in their order, but what it is for (`before`, encounter ids) before any other, less what
    an agency asks for; what is more than all of them stays as credit on the last. Sums to `amount`. Raises ValueError
    when there is no visit to put it on, or nothing to spread.
    """
    if amount <= 0 or not owed:
        raise ValueError("money is spread over at least one visit, and there must be some")
    left, found = int(amount), dict[str, int]()
    for one in sorted(owed, key=lambda share: share.at_agency or share.encounter_id not in before):
        part = min(left, one.cents)
        if part:
            found[one.encounter_id] = found.get(one.encounter_id, 0) + part
        left -= part
    if left:
        last = owed[-1].encounter_id
        found[last] = found.get(last, 0) + left
    return [Share(encounter_id, Cents(cents)) for encounter_id, cents in found.items()]
