"""Answers of payers after the first: only what the earlier ones left is settled, to the cent, and nothing twice."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.coordination import answered_as
from billing.later_payers import post_later_payment
from billing.ledger import Account, Balances
from billing.money import Cents
from billing.posting import BilledLine, PostingSituation, post_claim_payment
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from tests.builders import a_payment

DAY = date(2026, 10, 20)
LINE = BilledLine("line1", "99213", (), Cents(15000), DAY)
SECONDARY = PostingSituation(
    lines=(LINE,),
    charge_cents=Cents(15000),
    filing_indicators=frozenset({"MB", "CI"}),
    is_qmb=False,
    already_adjudicated=False,
    payer_detail="second",
)
MEDICAID = replace(SECONDARY, filing_indicators=frozenset({"MB", "MC"}))
LEFT = {"line1": Cents(2000)}
"""The primary paid 80.00 of 150.00, gave up 50.00 and called 20.00 the patient's"""

EXAMPLES: dict[str, tuple[PostingSituation, int, tuple[tuple[str, str, int], ...], dict[str, int], list[int]]] = {
    "E5 pays most of what is left": (
        SECONDARY,
        1500,
        (("OA", "23", 13000), ("PR", "2", 500)),
        {"CASH_UNAPPLIED": 1500, "AR_PAT": 500, "AR_INS": -2000},
        [],
    ),
    "E11 Medicaid pays nothing and owes nothing": (
        MEDICAID,
        0,
        (("OA", "23", 8000), ("CO", "45", 7000)),
        {"ADJ_CONTRACT": 2000, "AR_INS": -2000},
        [],
    ),
    "Medicaid explains it all by the earlier payer": (
        MEDICAID,
        0,
        (("OA", "23", 15000),),
        {"ADJ_CONTRACT": 2000, "AR_INS": -2000},
        [],
    ),
    "a commercial payer explains more by the earlier payer than there was": (
        SECONDARY,
        0,
        (("OA", "23", 15000),),
        {},
        [2000],
    ),
    "pays all that is left": (SECONDARY, 2000, (("OA", "23", 13000),), {"CASH_UNAPPLIED": 2000, "AR_INS": -2000}, []),
    "refuses the whole charge: only what is open is refused": (SECONDARY, 0, (("CO", "29", 15000),), {}, [2000]),
    "sequestration comes before contract": (
        SECONDARY,
        1470,
        (("OA", "23", 13000), ("CO", "253", 30), ("CO", "45", 500)),
        {"CASH_UNAPPLIED": 1470, "ADJ_SEQUESTER": 30, "ADJ_CONTRACT": 500, "AR_INS": -2000},
        [],
    ),
    "its patient share of a Medicaid patient is a question": (
        MEDICAID,
        1500,
        (("OA", "23", 13000), ("PR", "3", 500)),
        {"CASH_UNAPPLIED": 1500, "AR_INS": -1500},
        [500],
    ),
}


def answer(paid: int, cas: tuple[tuple[str, str, int], ...], **changes: Any) -> ClaimPayment:
    return a_payment("PCN", paid=paid, adjustments=cas, status="2", **changes)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_new_is_what_the_earlier_payers_left(name: str) -> None:
    situation, paid, cas, expected, refused = EXAMPLES[name]
    verdict = post_later_payment(answer(paid, cas), situation, LEFT, source="remit:r:1")
    assert verdict.exception is None
    moved = Balances.of((s.account, s.line_id, s.amount_cents) for entry in verdict.entries for s in entry.sides)
    assert {str(one): cents for one in Account if (cents := moved.total(one))} == expected
    assert [one.amount_cents for one in verdict.denials] == refused


@pytest.mark.parametrize(
    ("payment", "changes", "words"),
    [
        (answer(2500, (("OA", "23", 12500),)), {}, "more than was charged"),
        (answer(1500, (("OA", "23", 12500), ("PR", "1", 1000))), {}, "more than was charged"),
        (answer(1500, (("OA", "23", 13500),)), {"already_adjudicated": True}, "already adjudicated"),
        (answer(1500, (("OA", "23", 13500),)), {"charge_cents": Cents(15001)}, "answers a charge"),
        (replace(answer(0, (("OA", "23", 15000),)), status="25"), {}, "claim status 25"),
    ],
)
def test_what_no_machine_may_post(payment: ClaimPayment, changes: dict[str, Any], words: str) -> None:
    verdict = post_later_payment(payment, replace(SECONDARY, **changes), LEFT, source="remit:r:1")
    assert words in (verdict.exception or "")
    assert not verdict.entries


def test_a_third_payer_is_asked_before_the_patient() -> None:
    situation = replace(SECONDARY, has_next_payer=True)
    verdict = post_later_payment(
        answer(1500, (("OA", "23", 13000), ("PR", "2", 500))), situation, LEFT, source="remit:r:1"
    )
    assert verdict.patient_share_cents == 0
    assert [(one.reason, one.amount_cents) for one in verdict.passed_on] == [("2", 500)]


def test_the_first_payer_passes_on_whatever_it_calls_the_patients() -> None:
    situation = replace(SECONDARY, has_next_payer=True)
    cas = (("CO", "45", 5000), ("PR", "3", 2000), ("PR", "204", 1000), ("CO", "16", 500), ("OA", "209", 700))
    payment = a_payment("PCN", paid=5800, adjustments=cas)
    verdict = post_claim_payment(payment, situation, source="remit:r:1")
    assert [one.reason for one in verdict.passed_on] == ["3", "204", "209"]
    assert [one.reason for one in verdict.denials] == ["16"]
    assert verdict.patient_share_cents == 0


@pytest.mark.parametrize(
    ("status", "sent_as", "forwarded_by", "expected"),
    [
        ("1", "P", None, "P"),
        ("2", "P", None, "S"),
        ("20", "P", None, "S"),
        ("3", "P", None, "T"),
        ("4", "P", None, "P"),
        ("1", "S", None, "S"),
        ("4", "S", None, "S"),
        ("4", "P", "another", "S"),
        ("4", "P", "speaks", "P"),
        ("1", "P", "another", "P"),
        ("4", "S", "another", "T"),
        ("1", "S", "another", "T"),
        ("3", "S", "another", "T"),
        ("2", "S", "another", "S"),
        ("3", "S", "speaks", "S"),
    ],
)
def test_who_speaks_in_a_claim_payment(status: str, sent_as: str, forwarded_by: str | None, expected: str) -> None:
    payment = replace(answer(0, ()), status=status)
    assert answered_as(payment, sent_as=sent_as, payer_number="speaks", forwarded_by=forwarded_by) == expected


cents = st.integers(0, 20000)


@given(charge=st.integers(1, 50000), primary=cents, contract=cents, paid=cents, share=cents, other=cents, denied=cents)
def test_two_payers_never_settle_more_than_the_charge(
    charge: int, primary: int, contract: int, paid: int, share: int, other: int, denied: int
) -> None:
    """Whatever two payers say, AR_INS falls by what is paid, given up and assigned, and never below zero."""
    left = charge - primary - contract
    line = replace(LINE, charge_cents=Cents(charge))
    situation = replace(SECONDARY, lines=(line,), charge_cents=Cents(charge))
    cas = [("PR", "2", share), ("CO", "45", other), ("CO", "50", denied)]
    cas.append(("OA", "23", charge - paid - share - other - denied))
    adjustments = tuple(Adjustment(group, reason, Cents(amount)) for group, reason, amount in cas)
    svc = LinePayment("99213", Cents(charge), Cents(paid), adjustments)
    payment = ClaimPayment("PCN", "2", Cents(charge), Cents(paid), lines=(svc,))
    verdict = post_later_payment(payment, situation, {"line1": Cents(left)}, source="remit:r:1")
    if verdict.exception is not None:
        assert paid + share > left
        return
    fallen = -sum(s.amount_cents for e in verdict.entries for s in e.sides if s.account == Account.AR_INSURANCE)
    asked = sum(one.amount_cents for one in verdict.denials)
    assert left - fallen - asked == 0
    assert fallen >= paid
