"""Provider adjustments (PLB of the 835): what a payer takes or gives outside the claims, each with its own account.

A positive amount lowers the payment, a negative one raises it. What is income, a fee, tax or the year's settlement is
booked at once; what belongs to a claim waits on PLB_CLEARING until its counterpart comes (a balance carried forward and
consumed, a recovery announced and taken, a refund that was sent and acknowledged) or it is put on the claim that it was
taken for. Codes: 005010X221A1, PLB03-1.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents
from billing.remittance import ProviderAdjustment

RECOVERY = "WO"
"""An overpayment is recovered; or, negative, announced and left for now"""
FORWARDED = "FB"
"""A balance is carried to the next payment, or consumed from the one before"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a reason code does to the books."""

    account: Account
    words: str
    is_asked: bool = False
    """Somebody outside posting has to act on it"""


_CLEARING = Account.PLB_CLEARING
_SETTLEMENT = Kind(Account.SETTLEMENTS, "cost report or interim settlement")

KINDS: dict[str, Kind] = {
    "50": Kind(Account.PENALTIES, "late filing reduction", is_asked=True),
    "51": Kind(Account.PENALTIES, "interest penalty", is_asked=True),
    "72": Kind(_CLEARING, "refund of the office, received"),
    "90": Kind(Account.INCENTIVES, "early payment allowance"),
    "AH": Kind(Account.PAYER_FEES, "origination fee"),
    "AM": Kind(Account.PAYER_FEES, "applied to a borrower's account", is_asked=True),
    "AP": Kind(_CLEARING, "benefits paid in advance"),
    "B2": Kind(Account.INCENTIVES, "rebate"),
    "B3": Kind(Account.INCENTIVES, "recovery allowance"),
    "BD": Kind(Account.SETTLEMENTS, "bad debt of the cost report"),
    "BN": Kind(Account.INCENTIVES, "bonus"),
    "C5": Kind(_CLEARING, "temporary allowance"),
    "CR": Kind(Account.CAPITATION_INCOME, "interest on capitation"),
    "CS": Kind(_CLEARING, "adjustment"),
    "CT": Kind(Account.CAPITATION_INCOME, "capitation"),
    "CV": Kind(Account.SETTLEMENTS, "capital costs passed through"),
    "CW": Kind(Account.SETTLEMENTS, "nurse anesthetists' costs passed through"),
    "DM": Kind(Account.SETTLEMENTS, "medical education passed through"),
    "E3": Kind(Account.AR_WITHHOLD, "withhold"),
    FORWARDED: Kind(_CLEARING, "balance carried forward"),
    "FC": Kind(Account.SETTLEMENTS, "allocation of a fund"),
    "GO": Kind(Account.SETTLEMENTS, "graduate education passed through"),
    "HM": Kind(Account.SETTLEMENTS, "hemophilia clotting factor"),
    "IP": Kind(Account.INCENTIVES, "incentive payment"),
    "IR": Kind(Account.TAX_WITHHELD, "tax withheld for the Internal Revenue Service", is_asked=True),
    "IS": _SETTLEMENT,
    "J1": Kind(Account.NOT_REIMBURSED, "not reimbursable"),
    "L3": Kind(Account.PENALTIES, "penalty", is_asked=True),
    "L6": Kind(Account.INTEREST_INCOME, "interest"),
    "LE": Kind(Account.LEVIES, "levy", is_asked=True),
    "LS": _SETTLEMENT,
    "OA": Kind(Account.SETTLEMENTS, "organ acquisition passed through"),
    "OB": Kind(_CLEARING, "offset for an affiliated provider"),
    "PI": _SETTLEMENT,
    "PL": _SETTLEMENT,
    "RA": Kind(_CLEARING, "change of earlier months"),
    "RE": Kind(Account.SETTLEMENTS, "return on equity"),
    "SL": Kind(Account.LEVIES, "student loan repaid", is_asked=True),
    "TL": Kind(_CLEARING, "a third party is liable"),
    RECOVERY: Kind(_CLEARING, "recovery of an overpayment"),
    "WU": Kind(_CLEARING, "recovery, not specified"),
}
UNKNOWN = Kind(_CLEARING, "a reason that this office does not know")
BOOKED_BY_HAND = {
    "not_reimbursed": Account.NOT_REIMBURSED,
    "penalty": Account.PENALTIES,
    "settlement": Account.SETTLEMENTS,
    "incentive": Account.INCENTIVES,
    "fee": Account.PAYER_FEES,
}
"""Where a person may put what stays on PLB_CLEARING"""


def kind_of(reason: str) -> Kind:
    """What is done with a reason code."""
    return KINDS.get(reason, UNKNOWN)


def detail_of(reason: str, reference: str | None) -> str:
    """The sub-account: reason and reference, such as `WO:ICN003`."""
    return f"{reason}:{reference or ''}"[:80]


def adjustment_entry(one: ProviderAdjustment, *, source: str) -> Entry:
    """What one pair of a PLB does to the money of its remittance."""
    return Entry(
        EntryKind.PROVIDER_ADJUSTMENT,
        source,
        (
            Side(kind_of(one.reason).account, one.amount_cents, None, detail_of(one.reason, one.reference)),
            Side(Account.CASH_UNAPPLIED, Cents(-one.amount_cents), None),
        ),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """An earlier adjustment of the same payer with the same reference."""

    id: str
    open_cents: int
    """What of it stands on PLB_CLEARING: positive was taken, negative was given"""
    linked_cents: int = 0
    """What of it was put on a claim"""


@dataclass(frozen=True, slots=True)
class Offset:
    """A part of a new adjustment that ends a part of an earlier one."""

    id: str
    cents: int
    """With the sign of the new one"""
    is_link: bool = False
    """It ends what had been put on a claim"""


def offsets(cents: int, earlier: Sequence[Standing]) -> tuple[Offset, ...]:
    """What a new adjustment ends, oldest first: amounts of the other sign that are open, then those that were put on
    claims."""
    found: list[Offset] = []
    left = cents
    for one in earlier:
        part = min(abs(left), abs(one.open_cents))
        if part and (one.open_cents < 0) != (left < 0):
            signed = part if left > 0 else -part
            found.append(Offset(one.id, signed))
            left -= signed
    for one in earlier:
        part = min(abs(left), abs(one.linked_cents))
        if part and (one.linked_cents < 0) != (left < 0):
            signed = part if left > 0 else -part
            found.append(Offset(one.id, signed, is_link=True))
            left -= signed
    return tuple(found)


def waits(reason: str, open_cents: int) -> bool:
    """Whether an open amount's counterpart is expected, so that nobody is asked yet: a payer that leaves a balance for
    now takes it out of a later payment.
    """
    return open_cents < 0 and reason in {RECOVERY, FORWARDED}


def claims_named(reference: str | None) -> list[str]:
    """The claim numbers that a reference may be: all of it, then each of its words. Payers put their claim number
    there, the office's, or both with a patient's number between them.
    """
    whole = (reference or "").strip().upper()
    words = [word for word in re.split(r"[^A-Z0-9]+", whole) if len(word) >= _SHORTEST]
    return list(dict.fromkeys([whole, *words])) if whole else []


_SHORTEST = 5
"""Characters of a word that may be a claim's number"""
