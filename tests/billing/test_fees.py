"""What of an entry was collected, and what a base comes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.fees import Collected, Fee, Receipt, Terms, collected, fee_of, percent, share_of
from billing.ledger import Account, EntryKind, Side
from billing.money import Cents

AGREED = Terms(625, of_payers=True, of_patients=True, minimum_cents=0)


def side(account: Account, cents: int, detail: str = "") -> Side:
    return Side(account, Cents(cents), None, detail)


@pytest.mark.parametrize(
    ("kind", "sides", "receipts"),
    [
        (
            EntryKind.CLAIM_PAYMENT,
            [
                side(Account.CASH_UNAPPLIED, 8000),
                side(Account.ADJUSTMENT_CONTRACTUAL, 5000, "CO-45"),
                side(Account.AR_INSURANCE, -15000, "blue"),
                side(Account.AR_PATIENT, 2000, "PR-3"),
            ],
            [Collected(Receipt.PAYERS_PAID, "blue", 8000)],
        ),
        (
            EntryKind.REVERSAL,
            [side(Account.CASH_UNAPPLIED, -8000), side(Account.AR_INSURANCE, 8000, "blue")],
            [Collected(Receipt.PAYERS_REVERSED, "blue", -8000)],
        ),
        (
            EntryKind.TAKEN_BACK,
            [side(Account.PLB_CLEARING, -700), side(Account.AR_INSURANCE, 700, "blue")],
            [Collected(Receipt.PAYERS_TOOK_BACK, "blue", -700)],
        ),
        (
            EntryKind.PAYER_REFUND,
            [side(Account.AR_INSURANCE, 500, "blue"), side(Account.PAYER_REFUND_DUE, -500)],
            [Collected(Receipt.PAYERS_REFUNDED, "blue", -500)],
        ),
        (EntryKind.PAYER_REFUND, [side(Account.PAYER_REFUND_DUE, 500), side(Account.CASH_BANK, -500)], []),
        (
            EntryKind.PATIENT_PAYMENT,
            [side(Account.CARD_CLEARING, 2000), side(Account.PATIENT_UNAPPLIED, -2000)],
            [Collected(Receipt.PATIENTS_PAID, "", 2000)],
        ),
        (
            EntryKind.PATIENT_PAYMENT,
            [side(Account.CARD_CLEARING, -2000), side(Account.PATIENT_UNAPPLIED, 2000)],
            [Collected(Receipt.PATIENTS_RETURNED, "", -2000)],
        ),
        (
            EntryKind.REFUND,
            [side(Account.PATIENT_UNAPPLIED, 300), side(Account.PATIENT_REFUND_DUE, -300)],
            [Collected(Receipt.PATIENTS_REFUNDED, "", -300)],
        ),
        (EntryKind.REFUND, [side(Account.PATIENT_REFUND_DUE, 300), side(Account.CARD_CLEARING, -300)], []),
        (EntryKind.ALLOCATION, [side(Account.PATIENT_UNAPPLIED, 300), side(Account.AR_PATIENT, -300)], []),
        (EntryKind.REMITTANCE_CASH, [side(Account.EFT_CLEARING, 8000), side(Account.CASH_UNAPPLIED, -8000)], []),
        (EntryKind.CHARGE, [side(Account.AR_INSURANCE, 15000, "blue"), side(Account.REVENUE, -15000)], []),
    ],
)
def test_an_entry_brings_what_came_and_takes_what_went(
    kind: EntryKind, sides: list[Side], receipts: list[Collected]
) -> None:
    assert collected(kind, sides) == receipts


@pytest.mark.parametrize(
    ("base", "basis_points", "cents"),
    [
        (100_00, 625, 625),
        (8, 625, 1),
        (7, 625, 0),
        (1_000_000_01, 700, 70_000_00),
        (50, 100, 1),
        (49, 100, 0),
        (0, 625, 0),
    ],
)
def test_a_share_is_rounded_half_up_once(base: int, basis_points: int, cents: int) -> None:
    """0.5 cents is 1; 0.4375 is 0."""
    assert share_of(base, basis_points) == cents


@pytest.mark.parametrize(
    ("receipts", "carried", "minimum", "fee"),
    [
        (100_00, 0, 0, Fee(100_00, 6_25, 6_25, 0)),
        (100_00, 0, 50_00, Fee(100_00, 6_25, 50_00, 0)),
        (-40_00, 0, 0, Fee(-40_00, 0, 0, -40_00)),
        (-40_00, 0, 50_00, Fee(-40_00, 0, 50_00, -40_00)),
        (100_00, -40_00, 0, Fee(60_00, 3_75, 3_75, 0)),
        (30_00, -40_00, 0, Fee(-10_00, 0, 0, -10_00)),
    ],
)
def test_a_base_below_zero_is_carried_and_a_minimum_is_asked_all_the_same(
    receipts: int, carried: int, minimum: int, fee: Fee
) -> None:
    assert fee_of(receipts, carried, Terms(625, of_payers=True, of_patients=True, minimum_cents=minimum)) == fee


@given(st.lists(st.integers(-10_000_000, 10_000_000), max_size=24))
def test_whatever_is_collected_is_asked_a_share_of_once(months: list[int]) -> None:
    """Nothing carried is lost or doubled: the bases above zero and the last carry are all that was collected."""
    carried, bases = 0, []
    for receipts in months:
        fee = fee_of(receipts, carried, AGREED)
        carried = fee.carried_out_cents
        bases.append(max(fee.base_cents, 0))
    assert sum(bases) + carried == sum(months)


def test_terms_say_what_counts() -> None:
    payers = Terms(600, of_payers=True, of_patients=False, minimum_cents=0, excluded_payers=frozenset({"blue"}))
    assert payers.counts(Receipt.PAYERS_PAID, "green")
    assert not payers.counts(Receipt.PAYERS_REFUNDED, "blue")
    assert not payers.counts(Receipt.PATIENTS_PAID, "")
    assert percent(625) == "6.25 %"
    assert percent(600) == "6 %"
    assert percent(1000) == "10 %"
