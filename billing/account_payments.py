"""Money for a whole account, spread over the visits that it is owed on: the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.money import Cents


@dataclass(frozen=True, slots=True)
class Share:
    """What is owed on one visit, in cents above zero."""

    encounter_id: str
    cents: Cents


def oldest_first(owed: Sequence[Share], amount: Cents) -> list[Share]:
    """`amount` over the visits in their order; what is more than all of them stays as credit on the last. Sums to
    `amount`. Raises ValueError when there is no visit to put it on, or nothing to spread.
    """
    if amount <= 0 or not owed:
        raise ValueError("money is spread over at least one visit, and there must be some")
    left, found = int(amount), []
    for one in owed:
        part = min(left, one.cents)
        if part:
            found.append(Share(one.encounter_id, Cents(part)))
        left -= part
    if left:
        last = owed[-1].encounter_id
        if found and found[-1].encounter_id == last:
            found[-1] = Share(last, Cents(found[-1].cents + left))
        else:
            found.append(Share(last, Cents(left)))
    return found
