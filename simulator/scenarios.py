"""What the payers do, chosen by what the claim says: the letters at the beginning of the member id."""

from dataclasses import dataclass
from enum import StrEnum


class Scenario(StrEnum):
    """How a claim fares."""

    PAID = "PAID"
    COPAY = "COPAY"
    DEDUCT = "DEDUCT"
    COINS = "COINS"
    REJECT = "REJECT"
    DENIED = "DENIED"
    DUPLICATE = "DUPLICATE"
    EARLY = "EARLY"
    SILENT = "SILENT"
    INACTIVE = "INACTIVE"
    NOTFOUND = "NOTFOUND"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True)
class Story:
    """One row of the table in docs/simulator.md."""

    says: str
    share: int
    """How many of a hundred of the clinic's encounters"""


STORIES: dict[Scenario, Story] = {
    Scenario.PAID: Story("the allowed amount is paid in full; every other member id fares the same", 28),
    Scenario.COPAY: Story("a copayment of 20.00 (PR-3) on the first line, the rest is paid", 14),
    Scenario.DEDUCT: Story("the first line goes to the deductible (PR-1), the rest is paid", 9),
    Scenario.COINS: Story("coinsurance of 20 % (PR-2) on every line, the rest is paid", 11),
    Scenario.REJECT: Story("the payer's 277CA rejects the claim (A7:164); another member id is taken", 7),
    Scenario.DENIED: Story("the first line is denied (CO-50), the rest is paid", 7),
    Scenario.DUPLICATE: Story("paid, and the same 835 comes again a day later in a new envelope", 5),
    Scenario.EARLY: Story("the 835 comes before both 277CAs", 5),
    Scenario.SILENT: Story("no 277CA of the payer and no 835; the claim sent again is paid", 4),
    Scenario.INACTIVE: Story("eligibility: coverage is not active (EB01 6); another member id is covered", 3),
    Scenario.NOTFOUND: Story("eligibility: subscriber not found (AAA 75); another member id is found", 3),
    Scenario.REVERSED: Story("a copayment of 20.00 first; six days later reversed and corrected to 10.00", 4),
}


def scenario_of(member_id: str | None) -> Scenario:
    """The scenario whose letters the member id begins with; PAID when there is none."""
    letters = (member_id or "").upper()
    return next((one for one in Scenario if letters.startswith(one.value)), Scenario.PAID)
