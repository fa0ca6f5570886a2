"""How a bank's booking is known as the money of a remittance."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from billing.bank import Advice, Fit, Means, Movement, fit
from billing.money import Cents

DAY, AT = date(2026, 11, 4), datetime(2026, 11, 4, tzinfo=UTC)
BOOKED = Movement(DAY, Cents(100), Means.ACH, "1", "R", "PAYER", "", "EFT1", "1512345678")
FIRST = Advice("a", "EFT1", "1512345678", Cents(100), DAY, AT)
OTHER = replace(FIRST, remittance_id="b", trace="EFT2")


@pytest.mark.parametrize(
    ("booked", "advised", "kind", "found"),
    [
        (BOOKED, [FIRST, OTHER], Fit.EXACT, ["a"]),
        (replace(BOOKED, payer_number="512345678"), [FIRST], Fit.EXACT, ["a"]),
        (replace(BOOKED, trace="eft1 "), [FIRST], Fit.EXACT, ["a"]),
        (replace(BOOKED, trace="00EFT1"), [FIRST], Fit.EXACT, ["a"]),
        (replace(BOOKED, payer_number=None), [FIRST], Fit.EXACT, ["a"]),
        (replace(BOOKED, payer_number="1999999999"), [FIRST], Fit.EXACT, ["a"]),
        (replace(BOOKED, trace=None), [FIRST], Fit.NONE, []),
        (replace(BOOKED, trace="EFT3"), [FIRST, OTHER], Fit.NONE, []),
        (replace(BOOKED, amount_cents=Cents(99)), [FIRST], Fit.DIFFERS, ["a"]),
        (
            replace(BOOKED, amount_cents=Cents(150)),
            [FIRST, replace(FIRST, remittance_id="c", paid_cents=Cents(50))],
            Fit.EXACT,
            ["a", "c"],
        ),
        (BOOKED, [FIRST, replace(FIRST, remittance_id="c", payer_number="1999999999")], Fit.EXACT, ["a"]),
        (BOOKED, [FIRST, replace(FIRST, remittance_id="c")], Fit.DIFFERS, ["a", "c"]),
        (BOOKED, [], Fit.NONE, []),
    ],
)
def test_trace_payer_and_amount_name_the_remittance(
    booked: Movement, advised: list[Advice], kind: Fit, found: list[str]
) -> None:
    said, fitting = fit(booked, advised)
    assert (said, [one.remittance_id for one in fitting]) == (kind, found)
