"""How what is owed changes: each entry that touches a receivable, told by what changed it.

An entry sums to zero, so what happens to the receivables is what happens on its other sides, turned around. That is
why the movements of a time lead from what was owed at its beginning to what is owed at its end, to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from billing.ledger import RECEIVABLES, Account, EntryKind, Side


class Movement(StrEnum):
    """What changed what is owed."""

    MOVED_IN = "moved_in"
    """Open balances of visits that moved here from another system"""
    CHARGED = "charged"
    """Charges, and their corrections"""
    VOIDED = "voided"
    """Charges taken back: the visit is billed to nobody"""
    INSURANCE_PAID = "insurance_paid"
    """Payers' payments posted on claims"""
    INSURANCE_REVERSED = "insurance_reversed"
    """Payers' payments that they took back by a reversal"""
    TAKEN_BACK = "taken_back"
    """What a payer took out of other payments (PLB) for a claim"""
    INSURANCE_REFUND = "insurance_refund"
    """Paid too much by a payer, and owed back to it"""
    PATIENT_PAID = "patient_paid"
    """Patients' money put on their shares, or taken off again"""
    PATIENT_CREDIT = "patient_credit"
    """Paid too much on a share, and held for the patient"""
    CONTRACTUAL = "contractual"
    SEQUESTRATION = "sequestration"
    CAPITATION = "capitation"
    WITHHOLD = "withhold"
    DENIED = "denied"
    """Refused by payers and given up with approval"""
    SELF_PAY = "self_pay"
    SMALL = "small"
    PROMPT_PAY = "prompt_pay"
    ASSISTANCE = "assistance"
    BAD_DEBT = "bad_debt"
    """Patients' shares given up, or placed with an agency"""
    RECOVERED = "recovered"
    """Given up before, and owed again: paid after all, or taken back from an agency"""
    OTHER = "other"
    """Whatever no rule names"""
    TO_PATIENT = "to_patient"
    """From payers to patients, and back: the sum stays"""


WORDS = {
    Movement.MOVED_IN: "Moved in from another system",
    Movement.CHARGED: "Charges",
    Movement.VOIDED: "Charges taken back (voided visits)",
    Movement.INSURANCE_PAID: "Payments of payers",
    Movement.INSURANCE_REVERSED: "Payments that payers reversed",
    Movement.TAKEN_BACK: "Taken back by payers out of other payments",
    Movement.INSURANCE_REFUND: "Owed back to payers",
    Movement.PATIENT_PAID: "Payments of patients, as applied",
    Movement.PATIENT_CREDIT: "Credits of patients, set aside for them",
    Movement.CONTRACTUAL: "Contractual adjustments",
    Movement.SEQUESTRATION: "Sequestration",
    Movement.CAPITATION: "Paid by the head (capitation)",
    Movement.WITHHOLD: "Withheld by payers until the year is settled",
    Movement.DENIED: "Denials written off",
    Movement.SELF_PAY: "Discount for who pays alone",
    Movement.SMALL: "Small balances waived",
    Movement.PROMPT_PAY: "Prompt-pay discounts",
    Movement.ASSISTANCE: "Help with the bill",
    Movement.BAD_DEBT: "Bad debt",
    Movement.RECOVERED: "Recovered from bad debt and waived balances",
    Movement.OTHER: "Other",
    Movement.TO_PATIENT: "From payers to patients",
}
"""As people call them, in the order of a roll-forward"""

PAYMENTS = frozenset({Movement.INSURANCE_PAID, Movement.INSURANCE_REVERSED, Movement.PATIENT_PAID})
TAKEN_OFF = frozenset(
    {
        Movement.CONTRACTUAL,
        Movement.SEQUESTRATION,
        Movement.CAPITATION,
        Movement.WITHHOLD,
        Movement.DENIED,
        Movement.SELF_PAY,
        Movement.SMALL,
        Movement.PROMPT_PAY,
        Movement.ASSISTANCE,
        Movement.BAD_DEBT,
        Movement.RECOVERED,
    }
)
"""Adjustments in the widest sense: what is owed less without a payment"""

_OF_ACCOUNT = {
    Account.REVENUE: Movement.CHARGED,
    Account.CASH_UNAPPLIED: Movement.INSURANCE_PAID,
    Account.PATIENT_UNAPPLIED: Movement.PATIENT_PAID,
    Account.PLB_CLEARING: Movement.TAKEN_BACK,
    Account.PAYER_REFUND_DUE: Movement.INSURANCE_REFUND,
    Account.ADJUSTMENT_CONTRACTUAL: Movement.CONTRACTUAL,
    Account.ADJUSTMENT_SEQUESTRATION: Movement.SEQUESTRATION,
    Account.ADJUSTMENT_CAPITATION: Movement.CAPITATION,
    Account.ADJUSTMENT_DENIAL: Movement.DENIED,
    Account.ADJUSTMENT_SELF_PAY: Movement.SELF_PAY,
    Account.ADJUSTMENT_SMALL: Movement.SMALL,
    Account.ADJUSTMENT_PROMPT_PAY: Movement.PROMPT_PAY,
    Account.ADJUSTMENT_ASSISTANCE: Movement.ASSISTANCE,
    Account.AR_WITHHOLD: Movement.WITHHOLD,
    Account.BAD_DEBT: Movement.BAD_DEBT,
}
_BY_KIND = {
    (EntryKind.VOIDED, Movement.CHARGED): Movement.VOIDED,
    (EntryKind.REVERSAL, Movement.INSURANCE_PAID): Movement.INSURANCE_REVERSED,
    (EntryKind.CREDIT, Movement.PATIENT_PAID): Movement.PATIENT_CREDIT,
    (EntryKind.REINSTATED, Movement.BAD_DEBT): Movement.RECOVERED,
    (EntryKind.REINSTATED, Movement.SMALL): Movement.RECOVERED,
    (EntryKind.RECALLED, Movement.BAD_DEBT): Movement.RECOVERED,
}


@dataclass(frozen=True, slots=True)
class Move:
    """One change of what is owed: plus is owed more."""

    movement: Movement
    insurance_cents: int
    patient_cents: int
    account: str = ""
    """The other side's; empty where both sides are receivables"""
    detail: str = ""
    """Its sub-account: of an adjustment, the group and the reason"""

    @property
    def cents(self) -> int:
        return self.insurance_cents + self.patient_cents


def moves(kind: str, sides: Iterable[Side]) -> list[Move]:
    """How one entry changes what is owed; nothing where it touches no receivable.

    Where it touches both, the other sides are the payer's: what is left of the change is a share that became the
    patient's, or is theirs no more. An opening balance is each one's own.
    """
    listed = list(sides)
    insurance, patient = (sum(one.amount_cents for one in listed if one.account == of) for of in RECEIVABLES)
    touched = {one.account for one in listed if one.account in RECEIVABLES}
    if not touched:
        return []
    if kind == EntryKind.OPENING:
        return [Move(Movement.MOVED_IN, insurance, patient)]
    is_patients = touched == {Account.AR_PATIENT}
    found = [
        Move(
            _movement(kind, one.account),
            0 if is_patients else -one.amount_cents,
            -one.amount_cents if is_patients else 0,
            one.account,
            one.detail,
        )
        for one in listed
        if one.account not in RECEIVABLES
    ]
    if len(touched) > 1 and patient:
        found.append(Move(Movement.TO_PATIENT, -patient, patient))
    return found


def _movement(kind: str, account: Account) -> Movement:
    plain = _OF_ACCOUNT.get(account, Movement.OTHER)
    return _BY_KIND.get((EntryKind(kind), plain), plain)
