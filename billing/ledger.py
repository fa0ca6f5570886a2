"""The ledger's words: accounts, postings, entries. Double entry in whole cents; a debit is positive.

Each entry sums to zero and carries the source that makes it one of a kind: posting it twice changes nothing.
A correction is a reversing entry, never an update.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.money import Cents


class Account(StrEnum):
    """Where money stands."""

    AR_INSURANCE = "AR_INS"
    """Owed by the payer"""
    AR_PATIENT = "AR_PAT"
    """Owed by the patient: only what `patient_may_be_billed` let through"""
    REVENUE = "REVENUE_GROSS"
    """Charges at full price"""
    ADJUSTMENT_CONTRACTUAL = "ADJ_CONTRACT"
    """Given up by contract (CO-45 and its like)"""
    ADJUSTMENT_SEQUESTRATION = "ADJ_SEQUESTER"
    """CO-253"""
    ADJUSTMENT_CAPITATION = "ADJ_CAPITATION"
    """CO-24 where the payer pays by the head"""
    ADJUSTMENT_SELF_PAY = "ADJ_SELF_PAY"
    """Taken off for who pays alone (policy self_pay_discount_percent)"""
    ADJUSTMENT_DENIAL = "ADJ_DENIAL"
    """Denied and written off, with approval"""
    ADJUSTMENT_SMALL = "ADJ_SMALL"
    """Too little to ask for (policy small_balance_cents); a later payment takes it back from here"""
    ADJUSTMENT_PROMPT_PAY = "ADJ_PROMPT"
    """Taken off because the patient paid the rest in time; the sub-account is the offer"""
    ADJUSTMENT_ASSISTANCE = "ADJ_ASSIST"
    """Taken off because help with the bill was granted; the sub-account is the application"""
    BAD_DEBT = "BAD_DEBT"
    """The patient's share, given up or placed with an agency; a later payment takes it back from here"""
    CASH_BANK = "CASH_BANK"
    UNDEPOSITED = "UNDEPOSITED"
    """Cash and cheques taken at the desk, not yet in the bank"""
    UNPLACED = "UNPLACED"
    """Patients' cheques that a lockbox brought to the bank and that are on no visit yet (a liability)"""
    CASH_OVER_SHORT = "CASH_OVER_SHORT"
    """What a till was short of, or had over, when it was counted"""
    CARD_CLEARING = "CARD_CLEARING"
    """Card payments on their way"""
    CARD_FEE = "CARD_FEE"
    """What taking cards cost: kept by the processor out of its payouts"""
    AGENCY_CLEARING = "AGENCY_CLEARING"
    """Collected by agencies and not passed on yet, less the fees that they keep or ask for"""
    AGENCY_FEE = "AGENCY_FEE"
    """What collecting cost"""
    EFT_CLEARING = "EFT_CLEARING"
    """Advised by a remittance, not yet seen at the bank"""
    CASH_UNAPPLIED = "CASH_UNAPPLIED"
    """A remittance's money that no claim has taken yet"""
    PATIENT_UNAPPLIED = "PAT_UNAPPLIED"
    """A patient's money that no balance has taken yet (a liability)"""
    PATIENT_REFUND_DUE = "PAT_REFUND_DUE"
    """On its way back to patients' cards; the processor has not said yet that it is there (a liability)"""
    PATIENT_TRANSFER = "PAT_TRANSFER"
    """A patient's money on its way from one visit to the one that bills it; zero once it has arrived"""
    PLB_CLEARING = "PLB_CLEARING"
    """Taken or given outside the claims, by reason and reference"""
    INTEREST_INCOME = "INTEREST_INCOME"
    PAYER_REFUND_DUE = "PAYER_REFUND_DUE"
    """Owed back to payers, and not paid yet (a liability)"""
    AR_WITHHOLD = "AR_WITHHOLD"
    """Kept back by payers until the year is settled; owed to the practice, by no visit"""
    CAPITATION_INCOME = "CAPITATION_INCOME"
    """Paid by the head, for no visit"""
    INCENTIVES = "INCENTIVES"
    """Bonuses, rebates and allowances of payers"""
    PENALTIES = "PENALTIES"
    PAYER_FEES = "PAYER_FEES"
    NOT_REIMBURSED = "NOT_REIMBURSED"
    """Taken by a payer and never given back (PLB J1)"""
    SETTLEMENTS = "SETTLEMENTS"
    """Interim and final settlements of the year, and costs passed through"""
    TAX_WITHHELD = "TAX_WITHHELD"
    """Backup withholding: claimed with the practice's tax return"""
    LEVIES = "LEVIES"
    """Paid to somebody else by order of an authority"""
    MOVED_CHARGES = "MOVED_CHARGES"
    """Charges of visits that moved here, as the old system's books have them; they are no revenue of these books"""
    MOVED_INSURANCE_PAID = "MOVED_INS_PAID"
    """What payers had paid on them before"""
    MOVED_ADJUSTMENTS = "MOVED_ADJUSTED"
    """What had been taken off before"""
    MOVED_PATIENT_PAID = "MOVED_PAT_PAID"
    """What patients had paid before"""


MOVED = "moved"
"""Sub-account of a share that was the patient's before the office moved here"""
RECEIVABLES = (Account.AR_INSURANCE, Account.AR_PATIENT)
ENCOUNTER_BALANCES = (Account.AR_INSURANCE, Account.AR_PATIENT, Account.PATIENT_UNAPPLIED)
"""All three are zero on every line before an encounter may close."""


ADJUSTMENTS = (
    Account.ADJUSTMENT_CONTRACTUAL,
    Account.ADJUSTMENT_SEQUESTRATION,
    Account.ADJUSTMENT_CAPITATION,
    Account.ADJUSTMENT_DENIAL,
    Account.ADJUSTMENT_SELF_PAY,
    Account.ADJUSTMENT_SMALL,
    Account.ADJUSTMENT_PROMPT_PAY,
    Account.ADJUSTMENT_ASSISTANCE,
    Account.AR_WITHHOLD,
)
"""What is taken off a charge"""


class EntryKind(StrEnum):
    """What happened."""

    OPENING = "opening"
    """A line of a visit that moved here from another system, as it stood there"""
    CHARGE = "charge"
    CHARGE_CHANGED = "charge_changed"
    REMITTANCE_CASH = "remittance_cash"
    PROVIDER_ADJUSTMENT = "provider_adjustment"
    OFFSET = "offset"
    """A provider adjustment meets its counterpart"""
    TAKEN_BACK = "taken_back"
    """What a payer took out of another payment is owed on the claim that it was taken for, or no longer"""
    RECLASSIFIED = "reclassified"
    """A person says what a provider adjustment was"""
    CLAIM_PAYMENT = "claim_payment"
    REVERSAL = "reversal"
    PATIENT_PAYMENT = "patient_payment"
    HANDED_OVER = "handed_over"
    """A patient's money goes from one visit to another that bills it"""
    ALLOCATION = "allocation"
    CREDIT = "credit"
    REFUND = "refund"
    PAYER_REFUND = "payer_refund"
    """A payer is paid back: what stood beyond the charge is owed to it, then paid"""
    BANKED = "banked"
    """The bank has booked what a remittance advised, or the net of a card processor's payout"""
    CARD_FEE = "card_fee"
    """What the card processor keeps of a payout, or a line of it that a person counts as a cost"""
    DEPOSIT = "deposit"
    """Carried from the house to the bank"""
    LOCKBOX = "lockbox"
    """Cheques came to the bank by its lockbox, or one of them went back before it was anybody's"""
    WRITE_OFF = "write_off"
    PAYER_CHANGED = "payer_changed"
    """The open amount is another payer's"""
    SHARE_LEFT = "share_left"
    """What a payer called the patient's, once no other policy is left to ask"""
    SHARE_TAKEN_BACK = "share_taken_back"
    """A share of the patient's goes to a policy that was learned of later"""
    SELF_PAY = "self_pay"
    """Nobody but the patient is billed"""
    BILLED_TO_PATIENT = "billed_to_patient"
    """A person decided that a refused share is the patient's"""
    GIVEN_UP = "given_up"
    """The patient's share, after the account's cycle: placed with an agency or written off"""
    SMALL_BALANCE = "small_balance"
    """All that a patient owes is too little to ask for"""
    PROMPT_PAY = "prompt_pay"
    """The prompt-pay discount; negative where its money went back"""
    ASSISTANCE = "assistance"
    """Help with the bill, as an application's decision says; negative where the share became less"""
    RECALLED = "recalled"
    """Taken back from an agency: the patient's again"""
    AGENCY_FEE = "agency_fee"
    """What an agency keeps of what it collected"""
    REINSTATED = "reinstated"
    """Given up before, and paid or taken back after all"""
    VOIDED = "voided"
    """The charges of a voided claim"""


CHARGES = (Account.REVENUE, Account.MOVED_CHARGES)
"""Where a charge stands, as a credit"""
APPLYING = frozenset({EntryKind.ALLOCATION, EntryKind.CREDIT})
"""Entries that put the patient's money on a share, and take it off where the share is gone"""


@dataclass(frozen=True, slots=True)
class Side:
    """One posting of an entry."""

    account: Account
    amount_cents: Cents
    """Debit positive, credit negative"""
    line_id: str | None = None
    detail: str = ""
    """Sub-account: payer, adjustment code, PLB reference"""


class EntryNotBalanced(ValueError):
    """The sides of an entry do not sum to zero; nothing may be posted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is posted together or not at all."""

    kind: EntryKind
    source_key: str
    """Remittance, CLP ordinal, line, adjustment index ... unique within the practice"""
    sides: tuple[Side, ...]
    service_date: date | None = None

    def __post_init__(self) -> None:
        amounts = sum(side.amount_cents for side in self.sides)
        if amounts != 0:
            raise EntryNotBalanced(f"entry {self.source_key} is off by {amounts} cents")

    @property
    def is_empty(self) -> bool:
        """Nothing moves."""
        return all(side.amount_cents == 0 for side in self.sides)


def transfer(
    debit: Account, credit: Account, amount_cents: Cents, *, line_id: str | None = None, detail: str = ""
) -> tuple[Side, Side]:
    """Two sides that move `amount_cents` from `credit` to `debit`. A negative amount moves it back."""
    return (
        Side(debit, amount_cents, line_id, detail),
        Side(credit, Cents(-amount_cents), line_id, detail),
    )


@dataclass(frozen=True, slots=True)
class Balances:
    """What stands on the accounts of one encounter, by line. A missing line is zero."""

    by_account_and_line: dict[tuple[str, str | None], int]

    @classmethod
    def of(cls, sides: Iterable[tuple[str, str | None, int]]) -> "Balances":
        """Sum (account, line id, cents) rows."""
        sums: dict[tuple[str, str | None], int] = {}
        for account, line_id, cents in sides:
            sums[(account, line_id)] = sums.get((account, line_id), 0) + cents
        return cls(sums)

    def total(self, account: Account) -> Cents:
        """The account's balance over all lines (debit positive)."""
        return Cents(sum(cents for (name, _), cents in self.by_account_and_line.items() if name == account))

    def line(self, account: Account, line_id: str | None) -> Cents:
        """One line's balance on one account."""
        return Cents(self.by_account_and_line.get((account, line_id), 0))

    def lines(self, account: Account) -> dict[str | None, Cents]:
        """Every line with a balance on the account."""
        return {
            line: Cents(cents) for (name, line), cents in self.by_account_and_line.items() if name == account and cents
        }

    def charged(self, line_id: str | None) -> Cents:
        """What the line was charged, here or before it moved here."""
        return Cents(-self.line(Account.REVENUE, line_id) - self.line(Account.MOVED_CHARGES, line_id))

    @property
    def is_zero(self) -> bool:
        """Nobody owes anything and nothing is held for anybody, on any line."""
        return all(not self.lines(account) for account in ENCOUNTER_BALANCES)

    @property
    def owed_cents(self) -> Cents:
        """What payers and patient still owe."""
        return Cents(sum(self.total(account) for account in RECEIVABLES))
