"""What the payers do, chosen by what the claim says: the letters at the beginning of the member id."""

from dataclasses import dataclass
from enum import StrEnum


class Scenario(StrEnum):
    """How a claim fares."""

    PAID = "PAID"
    COPAY = "COPAY"
    DEDUCT = "DEDUCT"
    COINS = "COINS"
    UNDERPAID = "UNDERPAID"
    REJECT = "REJECT"
    DENIED = "DENIED"
    DUPLICATE = "DUPLICATE"
    EARLY = "EARLY"
    SILENT = "SILENT"
    INACTIVE = "INACTIVE"
    NOTFOUND = "NOTFOUND"
    REVERSED = "REVERSED"
    DATA = "DATA"
    UNPROCESSABLE = "UNPROC"
    AUTH = "AUTH"
    BUNDLED = "BUNDLED"
    OTHER = "OTHER"
    ENDED = "ENDED"
    STRANGER = "STRANGER"
    LATE = "LATE"
    EXCLUDED = "EXCLUDED"
    UNITS = "UNITS"
    PROTECTED = "PROTECTED"
    SLOW = "SLOW"
    LOST = "LOST"
    MISLAID = "MISLAID"
    APPEALED = "APPEAL"
    RECORDS = "RECORDS"
    TAKEN = "TAKEN"
    SPLIT = "SPLIT"
    REPEATED = "REPEATED"
    """No member id begins so: a claim that the payer has already"""


@dataclass(frozen=True, slots=True)
class Story:
    """One row of the table in docs/simulator.md."""

    says: str
    share: int
    """How many of a hundred of the clinic's encounters"""


STORIES: dict[Scenario, Story] = {
    Scenario.PAID: Story("the allowed amount is paid in full; every other member id fares the same", 15),
    Scenario.COPAY: Story("a copayment of 20.00 (PR-3) on the first line, the rest is paid", 8),
    Scenario.DEDUCT: Story("the first line goes to the deductible (PR-1), the rest is paid", 7),
    Scenario.COINS: Story("coinsurance of 20 % (PR-2) on every line, the rest is paid", 7),
    Scenario.UNDERPAID: Story("a tenth less is allowed than agreed; a month after a letter it is corrected", 2),
    Scenario.REJECT: Story("the payer's 277CA rejects the claim (A7:164); another member id is taken", 5),
    Scenario.DENIED: Story("the first line is denied (CO-50), the rest is paid; a letter changes nothing", 3),
    Scenario.DUPLICATE: Story("paid, and the same 835 comes again a day later in a new envelope", 4),
    Scenario.EARLY: Story("the 835 comes before both 277CAs", 4),
    Scenario.SILENT: Story("no 277CA, no 835, no status (277 E1); the claim sent again is paid", 3),
    Scenario.INACTIVE: Story("eligibility: coverage is not active (EB01 6); another member id is covered", 3),
    Scenario.NOTFOUND: Story("eligibility: subscriber not found (AAA 75); another member id is found", 3),
    Scenario.REVERSED: Story("a copayment of 20.00 first; six days later reversed and corrected to 10.00", 3),
    Scenario.DATA: Story("the claim is denied (CO-16, N290); its replacement is paid", 3),
    Scenario.UNPROCESSABLE: Story("the claim is denied (CO-16, MA130); only a new original is paid", 2),
    Scenario.AUTH: Story("the first line is denied (CO-197), the rest is paid; a replacement with REF G1 is paid", 3),
    Scenario.BUNDLED: Story("the first line is denied (CO-97), the rest is paid; a replacement with -59 is paid", 2),
    Scenario.OTHER: Story("the claim is denied (CO-22); the payer with the id 90002 takes it as PAID", 2),
    Scenario.ENDED: Story("the claim is denied (PR-27); a replacement with another member id is paid", 2),
    Scenario.STRANGER: Story("the claim is denied (PR-31); a replacement with another member id is paid", 2),
    Scenario.LATE: Story("the claim is denied (CO-29) and stays so", 1),
    Scenario.EXCLUDED: Story("the first line is denied (PR-204), the rest is paid; it may be billed", 2),
    Scenario.UNITS: Story("half of the first line is denied (CO-151), the rest is paid", 2),
    Scenario.PROTECTED: Story("coinsurance of 20 % (PR-2) on every line with N781: nothing of it may be billed", 2),
    Scenario.SLOW: Story(
        "paid as PAID, 60 days after it came, with interest (PLB L6); asked before, it is pending (277 P1)", 1
    ),
    Scenario.LOST: Story("it never reaches the payer, who finds no such claim (277 A4); sent again it is paid", 1),
    Scenario.MISLAID: Story("paid as PAID (277 F1 with the transfer's number), the 835 comes 45 days later", 1),
    Scenario.APPEALED: Story("the first line is denied (CO-50); a month after a letter it is reversed and paid", 2),
    Scenario.RECORDS: Story("the claim is denied (CO-252, N706); a month after a letter it is reversed and paid", 2),
    Scenario.TAKEN: Story("paid; a week later taken out of another payment (PLB WO), and given back after a letter", 1),
    Scenario.SPLIT: Story("the last line is answered apart, two days later, under a number of its own", 2),
    Scenario.REPEATED: Story("a claim that the payer has already comes again: the whole is denied (OA-18)", 0),
}


PLAIN = frozenset({Scenario.PAID, Scenario.COPAY, Scenario.DEDUCT, Scenario.COINS})
"""Scenarios in which neither payer nor clearinghouse does anything that takes a person"""


def scenario_of(member_id: str | None) -> Scenario:
    """The scenario whose letters the member id begins with; PAID when there is none."""
    letters = (member_id or "").upper()
    return next((one for one in Scenario if letters.startswith(one.value)), Scenario.PAID)
