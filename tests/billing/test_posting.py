"""Posting: the worked examples as sums per account and line, the gate, and everything a machine must not post."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing.adjustment_codes import Treatment, treatment
from billing.ledger import Account, Balances, Entry, EntryKind, transfer
from billing.money import Cents
from billing.patient_share import ShareQuestion, patient_may_be_billed
from billing.posting import (
    BilledLine,
    DeniedAmount,
    PostingSituation,
    PostingVerdict,
    allocation,
    match_lines,
    post_claim_payment,
    released_credit,
    reverses,
    reversing_entries,
)
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from tests.builders import a_payment, a_reversal

DAY = date(2026, 10, 20)
Cas = tuple[tuple[str, str, int], ...]


def billed(*charges: tuple[str, int]) -> tuple[BilledLine, ...]:
    return tuple(
        BilledLine(f"line{number}", code, (), Cents(charge), DAY) for number, (code, charge) in enumerate(charges, 1)
    )


def a_situation(*lines: BilledLine, **changes: Any) -> PostingSituation:
    usual = PostingSituation(
        lines=lines,
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        filing_indicators=frozenset({"CI"}),
        is_qmb=False,
        already_adjudicated=False,
        payer_detail="payer",
    )
    return replace(usual, **changes)


def adjustments(cas: Cas) -> tuple[Adjustment, ...]:
    return tuple(Adjustment(group, reason, Cents(amount)) for group, reason, amount in cas)


def svc(code: str, charge: int, paid: int, *cas: tuple[str, str, int], **changes: Any) -> LinePayment:
    return replace(LinePayment(code, Cents(charge), Cents(paid), adjustments(cas)), **changes)


def clp(*lines: LinePayment, cas: Cas = (), **changes: Any) -> ClaimPayment:
    claim_level = adjustments(cas)
    payment = ClaimPayment(
        control_number="PCN",
        status="1",
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        paid_cents=Cents(sum(line.paid_cents for line in lines) - sum(one.amount_cents for one in claim_level)),
        adjustments=claim_level,
        lines=lines,
    )
    return replace(payment, **changes)


def charged(situation: PostingSituation) -> list[Entry]:
    return [
        Entry(
            EntryKind.CHARGE,
            f"charge:{line.line_id}",
            transfer(Account.AR_INSURANCE, Account.REVENUE, line.charge_cents, line_id=line.line_id),
        )
        for line in situation.lines
    ]


def sums(*entries: Entry) -> dict[str, int]:
    """Cents per account, without zeros."""
    balances = sums_of(*entries)
    return {str(account): cents for account in Account if (cents := balances.total(account))}


def sums_of(*entries: Entry) -> Balances:
    return Balances.of((side.account, side.line_id, side.amount_cents) for entry in entries for side in entry.sides)


def books_after(situation: PostingSituation, verdict: PostingVerdict) -> dict[str, int]:
    assert verdict.exception is None
    return sums(*charged(situation), *verdict.entries)


E1 = a_situation(*billed(("99213", 15000)))
E2 = a_situation(*billed(("99214", 18000)), filing_indicators=frozenset({"MB"}))
E3 = a_situation(*billed(("99214", 20000), ("93000", 6000)))
E4 = a_situation(*billed(("99212", 9000)))
E9 = a_situation(*billed(("99215", 25000), ("36415", 5000)))

EXAMPLES: dict[str, tuple[PostingSituation, ClaimPayment, dict[str, int], list[tuple[str, str, str, int]]]] = {
    "E1 paid, copay": (
        E1,
        clp(svc("99213", 15000, 8000, ("CO", "45", 5000), ("PR", "3", 2000))),
        {"REVENUE_GROSS": -15000, "CASH_UNAPPLIED": 8000, "ADJ_CONTRACT": 5000, "AR_PAT": 2000},
        [],
    ),
    "E2 deductible, coinsurance, sequestration": (
        E2,
        clp(
            svc(
                "99214",
                18000,
                3920,
                ("CO", "45", 8000),
                ("CO", "253", 80),
                ("PR", "1", 5000),
                ("PR", "2", 1000),
            )
        ),
        {
            "REVENUE_GROSS": -18000,
            "CASH_UNAPPLIED": 3920,
            "ADJ_CONTRACT": 8000,
            "ADJ_SEQUESTER": 80,
            "AR_PAT": 6000,
        },
        [],
    ),
    "E3 partly denied": (
        E3,
        clp(
            svc("99214", 20000, 10400, ("CO", "45", 7000), ("PR", "2", 2600)),
            svc("93000", 6000, 0, ("CO", "16", 6000), remarks=("N290",)),
        ),
        {
            "REVENUE_GROSS": -26000,
            "CASH_UNAPPLIED": 10400,
            "ADJ_CONTRACT": 7000,
            "AR_PAT": 2600,
            "AR_INS": 6000,
        },
        [("line2", "CO", "16", 6000)],
    ),
    "E4 whole claim denied": (
        E4,
        clp(svc("99212", 9000, 0, ("CO", "29", 9000)), status="4"),
        {"REVENUE_GROSS": -9000, "AR_INS": 9000},
        [("line1", "CO", "29", 9000)],
    ),
    "E9 bundled, down-coded, claim-level CAS": (
        E9,
        clp(
            svc("99214", 25000, 11000, ("CO", "45", 14000), submitted_procedure="99215"),
            svc("36415", 5000, 0, ("CO", "97", 5000)),
            cas=(("PR", "1", 2500),),
        ),
        {
            "REVENUE_GROSS": -30000,
            "CASH_UNAPPLIED": 8500,
            "AR_PAT": 2500,
            "ADJ_CONTRACT": 14000,
            "AR_INS": 5000,
        },
        [("line2", "CO", "97", 5000)],
    ),
    "two of four units denied on a paid line": (
        E1,
        clp(svc("99213", 15000, 5000, ("CO", "45", 5000), ("CO", "151", 5000))),
        {"REVENUE_GROSS": -15000, "CASH_UNAPPLIED": 5000, "ADJ_CONTRACT": 5000, "AR_INS": 5000},
        [("line1", "CO", "151", 5000)],
    ),
    "the payer's prior-payer memo moves nothing": (
        E1,
        clp(svc("99213", 15000, 15000, ("OA", "23", 0))),
        {"REVENUE_GROSS": -15000, "CASH_UNAPPLIED": 15000},
        [],
    ),
    "a negative contractual amount raises what is owed": (
        E1,
        clp(svc("99213", 15000, 15500, ("CO", "45", -500))),
        {"REVENUE_GROSS": -15000, "CASH_UNAPPLIED": 15500, "ADJ_CONTRACT": -500},
        [],
    ),
    "paid to nobody's credit: zero, and denied whatever CLP02 says": (
        E1,
        clp(svc("99213", 15000, 0, ("PR", "204", 15000))),
        {"REVENUE_GROSS": -15000, "AR_INS": 15000},
        [("line1", "PR", "204", 15000)],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_comes_out(name: str) -> None:
    situation, payment, expected, denied = EXAMPLES[name]
    verdict = post_claim_payment(payment, situation, source="remit:r:1")
    assert books_after(situation, verdict) == expected
    assert [(one.line_id, one.group, one.reason, one.amount_cents) for one in verdict.denials] == denied
    assert verdict.patient_share_cents == expected.get("AR_PAT", 0)


def test_e1_with_the_copay_taken_at_the_desk_ends_at_zero() -> None:
    verdict = post_claim_payment(a_payment("PCN"), E1, source="remit:r:1")
    desk = Entry(
        EntryKind.PATIENT_PAYMENT, "payment:1", transfer(Account.UNDEPOSITED, Account.PATIENT_UNAPPLIED, Cents(2000))
    )
    posted = [*charged(E1), *verdict.entries, desk]
    applied = allocation(sums_of(*posted), ["line1"], source="apply:1")
    assert applied is not None
    assert sums_of(*posted, applied).is_zero


def test_e6_a_reversal_with_its_correction_moves_ten_to_the_patient() -> None:
    first = a_payment("PCN1001")
    corrected = a_payment("PCN1001", paid=6000, adjustments=(("CO", "45", 6000), ("PR", "3", 3000)))
    posted = post_claim_payment(first, E1, source="remit:r1:1").entries
    assert reverses(a_reversal(first), first)
    back = reversing_entries(posted, source="remit:r2:1")
    again = post_claim_payment(corrected, E1, source="remit:r2:2").entries
    assert sums(*posted, *back) == {}
    assert sums(*charged(E1), *posted, *back, *again) == {
        "REVENUE_GROSS": -15000,
        "CASH_UNAPPLIED": 6000,
        "ADJ_CONTRACT": 6000,
        "AR_PAT": 3000,
    }


@pytest.mark.parametrize(
    ("changes", "is_its_reversal"),
    [
        ({}, True),
        ({"payer_claim_number": None}, True),
        ({"payer_claim_number": "OTHER"}, False),
        ({"control_number": "OTHER"}, False),
        ({"paid_cents": Cents(-7999)}, False),
        ({"charge_cents": Cents(-14999)}, False),
    ],
)
def test_a_reversal_takes_back_exactly_one_payment(changes: dict[str, Any], is_its_reversal: bool) -> None:
    first = a_payment("PCN1001")
    assert reverses(replace(a_reversal(first), **changes), first) is is_its_reversal


def test_a_patient_who_paid_more_than_the_corrected_share_has_a_credit() -> None:
    balances = Balances({("AR_PAT", "line1"): -500, ("AR_PAT", "line2"): 300})
    credit = released_credit(balances, ["line1", "line2"], source="credit:1")
    assert credit is not None
    assert sums(credit) == {"AR_PAT": 500, "PAT_UNAPPLIED": -500}
    assert released_credit(Balances({}), ["line1"], source="credit:2") is None


@pytest.mark.parametrize(
    ("held", "owed", "applied"),
    [(0, [100], []), (100, [60, 60], [60, 40]), (500, [60, 60], [60, 60]), (50, [0, 80], [50]), (50, [-10, 20], [20])],
)
def test_unapplied_money_takes_the_first_line_first(held: int, owed: list[int], applied: list[int]) -> None:
    lines = [f"line{number}" for number in range(len(owed))]
    balances = Balances(
        {("PAT_UNAPPLIED", None): -held, **{("AR_PAT", line): cents for line, cents in zip(lines, owed, strict=True)}}
    )
    entry = allocation(balances, lines, source="apply:1")
    parts = (
        []
        if entry is None
        else [side.amount_cents for side in entry.sides if side.account == Account.PATIENT_UNAPPLIED]
    )
    assert parts == applied


NOT_BY_MACHINE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "already adjudicated": ({}, {"already_adjudicated": True}),
    "the payer answers a charge of $160.00": ({"charge_cents": Cents(16000)}, {}),
    "claim status 2 (CLP02)": ({"status": "2"}, {}),
    "claim status 22 (CLP02)": ({"status": "22"}, {}),
    "claim status 25 (CLP02)": ({"status": "25"}, {}),
    "a negative payment": ({"paid_cents": Cents(-1)}, {}),
    "do not match": ({"lines": (svc("99214", 15000, 15000),)}, {}),
}


@pytest.mark.parametrize("reason", NOT_BY_MACHINE)
def test_what_a_machine_must_not_post_comes_back_in_words(reason: str) -> None:
    payment, situation = NOT_BY_MACHINE[reason]
    verdict = post_claim_payment(replace(a_payment("PCN"), **payment), replace(E1, **situation), source="remit:r:1")
    assert reason in (verdict.exception or "")
    assert (verdict.entries, verdict.denials) == ((), ())


TWINS = (
    BilledLine("line1", "97110", ("GP",), Cents(5000), DAY),
    BilledLine("line2", "97110", ("GP",), Cents(5000), DAY),
    BilledLine("line3", "97110", ("59",), Cents(5000), DAY),
    BilledLine("line4", "93000", (), Cents(6000), DAY),
)


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        (
            [
                svc("97110", 5000, 1, control_number="LINE2"),
                svc("97110", 5000, 2, control_number="LINE1"),
                svc("97110", 5000, 3, control_number="LINE3"),
                svc("93000", 6000, 4),
            ],
            ["line2", "line1", "line3", "line4"],
        ),
        (
            [
                svc("97110", 5000, 1),
                svc("97110", 5000, 2, control_number="LINE1"),
                svc("97110", 5000, 3, modifiers=("59",)),
                svc("93000", 6000, 4, control_number="STRANGER"),
            ],
            ["line2", "line1", "line3", "line4"],
        ),
        (
            [
                svc("97110", 5000, 1, modifiers=("59",)),
                svc("97112", 5000, 2, submitted_procedure="97110"),
                svc("97110", 5000, 3, modifiers=("GP",)),
                svc("93000", 6000, 4),
            ],
            ["line3", "line2", "line1", "line4"],
        ),
        ([svc("97110", 5000, 1)] * 3, None),
        ([*([svc("97110", 5000, 1)] * 3), svc("93000", 6000, 4), svc("93000", 6000, 4)], None),
        ([*([svc("97110", 5000, 1)] * 3), svc("93000", 6001, 4, control_number="LINE4")], None),
    ],
)
def test_lines_are_paired_by_number_then_code_and_modifiers_then_code(
    lines: list[LinePayment], order: list[str] | None
) -> None:
    pairs = match_lines(clp(*lines), TWINS)
    assert (None if pairs is None else [line.line_id for line, _ in pairs]) == order


def test_a_payment_without_lines_is_spread_and_each_line_balances() -> None:
    situation = a_situation(*billed(("99213", 10000), ("93000", 5000), ("36415", 1)))
    payment = replace(
        clp(cas=(("CO", "45", 5001), ("PR", "2", 1000))), charge_cents=Cents(15001), paid_cents=Cents(9000)
    )
    verdict = post_claim_payment(payment, situation, source="remit:r:1")
    assert books_after(situation, verdict) == {
        "REVENUE_GROSS": -15001,
        "CASH_UNAPPLIED": 9000,
        "ADJ_CONTRACT": 5001,
        "AR_PAT": 1000,
    }
    after = sums_of(*charged(situation), *verdict.entries)
    assert after.lines(Account.AR_INSURANCE) == {}


@pytest.mark.parametrize("cas", [("CO", "16", 0), ("PR", "3", 0), ("OA", "23", 0)])
def test_an_adjustment_of_nothing_asks_nobody(cas: tuple[str, str, int]) -> None:
    payment = clp(svc("99213", 15000, 10000, ("CO", "45", 3000), ("PR", "2", 2000), cas))
    verdict = post_claim_payment(payment, E1, source="remit:r:1")
    assert (verdict.denials, verdict.patient_share_cents) == ((), 2000)


def test_a_spread_denial_opens_nothing_on_lines_that_bear_no_cent_of_it() -> None:
    situation = a_situation(*billed(("99213", 10000), ("36415", 1)))
    payment = replace(clp(cas=(("CO", "97", 100),)), charge_cents=Cents(10001), paid_cents=Cents(9901))
    verdict = post_claim_payment(payment, situation, source="remit:r:1")
    assert [(one.line_id, one.amount_cents) for one in verdict.denials] == [("line1", 100)]


ALLOWED = ShareQuestion(
    filing_indicators=frozenset({"CI"}),
    is_qmb=False,
    remarks=frozenset(),
    reasons=frozenset({"2"}),
    has_open_denial=False,
)
GATE: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"filing_indicators": frozenset()}, None),
    ({"filing_indicators": frozenset({"MB"})}, None),
    ({"is_qmb": True}, "qualified Medicare beneficiary"),
    ({"remarks": frozenset({"N781"})}, "qualified Medicare beneficiary"),
    ({"remarks": frozenset({"N782", "N130"})}, "qualified Medicare beneficiary"),
    ({"remarks": frozenset({"N783"})}, "qualified Medicare beneficiary"),
    ({"filing_indicators": frozenset({"MC"})}, "Medicaid"),
    ({"filing_indicators": frozenset({"WC"})}, "workers' compensation"),
    ({"filing_indicators": frozenset({"CH"})}, "TRICARE"),
    ({"reasons": frozenset({"2", "209"})}, "CARC 209"),
    ({"reasons": frozenset({"303"})}, "CARC 209 or 303"),
    ({"has_open_denial": True}, "denied and undecided"),
]


@pytest.mark.parametrize(("changes", "words"), GATE)
def test_the_gate_says_why(changes: dict[str, Any], words: str | None) -> None:
    permission = patient_may_be_billed(replace(ALLOWED, **changes))
    assert permission.allowed is (words is None)
    assert (words or "nothing forbids") in permission.reason


@pytest.mark.parametrize(
    ("situation", "remarks"),
    [
        ({"is_qmb": True}, ()),
        ({"filing_indicators": frozenset({"MC"})}, ()),
        ({"filing_indicators": frozenset({"WC"})}, ()),
        ({}, ("N781",)),
    ],
)
def test_a_blocked_share_stays_with_the_payer_and_becomes_a_question(
    situation: dict[str, Any], remarks: tuple[str, ...]
) -> None:
    payment = replace(a_payment("PCN"), remarks=remarks)
    verdict = post_claim_payment(payment, replace(E1, **situation), source="remit:r:1")
    assert books_after(E1, verdict)["AR_INS"] == 2000
    [blocked] = verdict.denials
    assert isinstance(blocked, DeniedAmount)
    assert (blocked.reason, blocked.amount_cents, bool(blocked.blocked_reason)) == ("3", 2000, True)


@pytest.mark.parametrize(
    ("group", "reason", "expected"),
    [
        ("CO", "45", Treatment.CONTRACTUAL),
        ("CO", "P12", Treatment.CONTRACTUAL),
        ("CO", "253", Treatment.SEQUESTRATION),
        ("PR", "1", Treatment.PATIENT_SHARE),
        ("PR", "142", Treatment.PATIENT_SHARE),
        ("OA", "23", Treatment.MEMO),
        ("PR", "45", Treatment.DENIAL),
        ("PR", "96", Treatment.DENIAL),
        ("CO", "1", Treatment.DENIAL),
        ("CO", "97", Treatment.DENIAL),
        ("CO", "23", Treatment.DENIAL),
        ("OA", "45", Treatment.DENIAL),
        ("PI", "45", Treatment.DENIAL),
        ("CO", "9999", Treatment.DENIAL),
    ],
)
def test_what_is_not_recognised_is_a_denial(group: str, reason: str, expected: Treatment) -> None:
    assert treatment(Adjustment(group, reason, Cents(1))) == expected
