"""Step 4, charge review: what a person looks at before the charges are posted, by the policies of the practice.

Beside what is wrong in itself (`billing.charges.charge_faults`) these ask about what is unlikely. Each is off while its
policy is 0. The words name no day but those of the visit, so that what somebody approved is asked once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.charges import ChargeMaster
from billing.claim import Claim, ServiceLine
from billing.contracts import Expected
from billing.money import format_dollars


@dataclass(frozen=True, slots=True)
class ChargeRules:
    """The policies `charge_outlier_times`, `charge_late_days` and `charge_needs_price` as they are in force."""

    outlier_times: int = 0
    """A charge above so many times its price is looked at"""
    late_days: int = 0
    """A visit that was entered more than so many days after its first service is looked at"""
    needs_price: bool = False
    """A line whose code is not in the charge master is looked at, though its sender charged something"""


def charge_questions(
    claim: Claim, master: ChargeMaster, rules: ChargeRules, *, expected: Sequence[Expected], entered_on: date
) -> list[str]:
    """What a charge reviewer is asked. `expected`: what the payer's contract allows for each line, or empty;
    `entered_on`: the practice's day on which the visit came in."""
    found: list[str] = []
    for number, line in enumerate(claim.lines, start=1):
        known = expected[number - 1] if expected else None
        found += _questions_of_line(number, line, master, rules, known)
    days = (entered_on - claim.service_from).days
    if 0 < rules.late_days < days:
        found.append(
            f"entered on {entered_on}, {days} days after the first service; the office asks after {rules.late_days}: "
            "see that the payer still takes the claim, and why it came late"
        )
    return found


def _questions_of_line(
    number: int, line: ServiceLine, master: ChargeMaster, rules: ChargeRules, expected: Expected | None
) -> list[str]:
    price = master.price_of(line)
    if line.charge_cents <= 0:
        return []
    found: list[str] = []
    if rules.needs_price and price is None:
        found.append(
            f"line {number}: {line.called} has no price in the charge master (field line.{number}.charge); load its "
            "price, or approve the charge"
        )
    times = rules.outlier_times
    if times and price is not None and line.unit_basis == "UN" and line.charge_cents > times * price * line.units:
        asked = format_dollars(int(price * line.units))
        found.append(
            f"line {number}: charged {format_dollars(line.charge_cents)}, more than {times} times the {asked} that the "
            f"charge master asks (field line.{number}.charge)"
        )
    elif times and price is None and expected is not None and _is_above(line, times, expected):
        found.append(
            f"line {number}: charged {format_dollars(line.charge_cents)}, more than {times} times the "
            f"{format_dollars(expected.cents or 0)} that the payer's contract allows (field line.{number}.charge)"
        )
    return found


def _is_above(line: ServiceLine, times: int, expected: Expected) -> bool:
    """What is allowed nothing, such as a bundled code, says nothing of its charge."""
    return expected.cents is not None and 0 < times * expected.cents < line.charge_cents
