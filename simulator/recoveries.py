"""Money that payers take back out of other payments, and give back again: PLB WO, by the claim it was paid for."""

from collections.abc import Sequence
from datetime import date

from billing.claim import Party
from billing.money import Cents
from billing.remittance import ProviderAdjustment
from simulator.store import Store

WAITING = "waiting"
"""For a payment that is large enough"""
TAKEN = "taken"
RETURNED = "returned"
RECOVERY = "WO"
INTEREST = "L6"


def begin(store: Store, number: str, *, payer: Party, payee: Party, reference: str, cents: int) -> None:
    """What was paid for a claim is wanted back, out of whatever is paid next to the same payee. Once."""
    store.change(
        "INSERT OR IGNORE INTO recovery VALUES (?, ?, ?, ?, ?, ?)",
        number,
        payer.id,
        payee.id,
        reference,
        cents,
        WAITING,
    )


def taken_from(store: Store, payer: Party, payee: Party, amount: int, on: date) -> list[ProviderAdjustment]:
    """What this payment of `amount` cents is lowered by: it stays above zero, and the rest waits for another."""
    rows = store.rows(
        "SELECT * FROM recovery WHERE state = ? AND payer = ? AND payee = ? ORDER BY control_number",
        WAITING,
        payer.id,
        payee.id,
    )
    found = []
    for row in rows:
        if row["cents"] >= amount:
            continue
        amount -= row["cents"]
        store.change("UPDATE recovery SET state = ? WHERE control_number = ?", TAKEN, row["control_number"])
        found.append(adjustment(payee, RECOVERY, row["reference"], row["cents"], on))
    return found


def give_back(store: Store, number: str, payee: Party, on: date) -> list[ProviderAdjustment]:
    """What was taken for a claim, given back; nothing when it never was, and then it is not taken any more either."""
    row = store.row("SELECT * FROM recovery WHERE control_number = ?", number)
    if row is None or row["state"] == RETURNED:
        return []
    store.change("UPDATE recovery SET state = ? WHERE control_number = ?", RETURNED, number)
    return [adjustment(payee, RECOVERY, row["reference"], -row["cents"], on)] if row["state"] == TAKEN else []


def adjustment(payee: Party, reason: str, reference: str, cents: int, on: date) -> ProviderAdjustment:
    """One pair of a PLB segment; positive lowers the payment."""
    return ProviderAdjustment(payee.id or "", date(on.year, 12, 31), reason, reference, Cents(cents))


def taken_by_claim(store: Store) -> dict[str, int]:
    """Cents that are taken now, by control number."""
    rows: Sequence[dict[str, int | str]] = [
        dict(row) for row in store.rows("SELECT * FROM recovery WHERE state = ?", TAKEN)
    ]
    return {str(row["control_number"]): int(row["cents"]) for row in rows}
