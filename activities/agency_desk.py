"""A placement on its own visit: what was given to the agency, what it keeps, what comes back, what it must be told."""

import json

from activities.desk import Desk
from billing.agencies import OPEN, EventKind, PlacementState
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents, format_dollars
from database import agencies
from database.tables import Fact, PatientPayment, Placement

BY_AGENCY = "agency"
"""The method of a payment that an agency collected"""


def given(desk: Desk, placement_id: str | None, cents: int) -> None:
    """So much of the share was left when it was given up: all that the agency may ask for."""
    if placement_id is None:
        return
    row = agencies.hold_placement(desk.session, placement_id)
    if row.state not in OPEN:
        return
    row.balance_cents = min(row.balance_cents, cents)
    _end_if_paid(desk, row)


def post_fee(desk: Desk, payment: PatientPayment) -> None:
    """What the agency keeps of it, or asks for; below zero where the payment was taken back."""
    if payment.fee_cents:
        sides = transfer(Account.AGENCY_FEE, Account.AGENCY_CLEARING, Cents(payment.fee_cents), detail=BY_AGENCY)
        desk.post([Entry(EntryKind.AGENCY_FEE, f"agency_fee:{payment.id}", sides)])


def tell_reduced(desk: Desk, cents: Cents, kind: EventKind) -> None:
    """The agency may ask for so much less, and is told; what the office had written off itself is nobody's to tell."""
    left = int(cents)
    if left <= 0:
        return
    for row in agencies.open_of(desk.session, desk.encounter.id):
        part = min(left, row.balance_cents)
        if part > 0:
            row.balance_cents -= part
            left -= part
            agencies.tell(desk.session, row, kind, amount_cents=part, at=desk.at, by="office")
            _end_if_paid(desk, row)


def _end_if_paid(desk: Desk, row: Placement) -> None:
    if row.balance_cents == 0:
        row.state = PlacementState.PAID_IN_FULL
    desk.session.add(row)
    desk.session.flush()


def take_recall(desk: Desk, fact: Fact) -> str:
    """What is left at the agency is the patient's again."""
    told: dict[str, str] = json.loads(fact.body)
    left = int(told["cents"])
    entries = []
    for line_id, cents in desk.balances.lines(Account.BAD_DEBT).items():
        part = Cents(min(left, cents))
        if part > 0:
            sides = transfer(Account.AR_PATIENT, Account.BAD_DEBT, part, line_id=line_id)
            source = f"recalled:{fact.id}:{line_id}"
            entries.append(Entry(EntryKind.RECALLED, source, sides, desk.encounter.service_date))
            left -= part
    if not entries:
        return "nothing was left to take back"
    desk.post(entries, actor=told["actor_id"])
    total = int(told["cents"]) - left
    desk.say(f"{format_dollars(total)} taken back from {told['agency']}: {told['words']}")
    return f"took back {total} cents"
