"""What is held before it is posted, and what never is."""

import pytest

from billing.money import Cents
from billing.posting_review import Mode, ReviewRules, StopCode, hold
from billing.remittance import ClaimPayment
from tests.builders import a_payment, a_reversal

PAID = a_payment("A", paid=8000, adjustments=(("CO", "45", 7000),))
REFUSED = a_payment("A", paid=0, adjustments=(("CO", "50", 15000),))


def reasons(*payments: ClaimPayment, **rules: object) -> tuple[str, ...]:
    found = hold(payments, ReviewRules(**rules))  # type: ignore[arg-type]
    return found.reasons if found else ()


@pytest.mark.parametrize(
    ("payments", "rules", "said"),
    [
        ((PAID,), {}, ()),
        ((REFUSED,), {}, ()),
        ((PAID,), {"mode": Mode.SEMI}, ()),
        ((REFUSED,), {"mode": Mode.SEMI}, ("it refuses $150.00",)),
        ((a_reversal(PAID), PAID), {"mode": Mode.SEMI}, ("it takes an earlier answer back",)),
        ((a_reversal(REFUSED), PAID), {"mode": Mode.SEMI}, ("it takes an earlier answer back",)),
        ((PAID,), {"mode": Mode.REVIEW_ALL}, ("this payer's answers are looked at before they are posted",)),
        ((PAID,), {"stops": (StopCode("45"),)}, ("CO-45 of $70.00 is on the stop list",)),
        ((PAID,), {"stops": (StopCode("45", "CO", "too much"),)}, ("CO-45 of $70.00 is on the stop list: too much",)),
        ((PAID,), {"stops": (StopCode("45", "PI"), StopCode("97"))}, ()),
        ((PAID,), {"write_off_limit_cents": 7000}, ()),
        ((PAID,), {"write_off_limit_cents": 6999}, ("it writes off $70.00, above $69.99",)),
        ((a_reversal(PAID),), {"write_off_limit_cents": 1}, ()),
    ],
)
def test_what_is_held(payments: tuple[ClaimPayment, ...], rules: dict[str, object], said: tuple[str, ...]) -> None:
    assert reasons(*payments, **rules) == said


def test_only_its_size_lets_an_answer_go_by_itself() -> None:
    large = ReviewRules(write_off_limit_cents=Cents(100))
    assert hold([PAID], large).only_for_its_size  # type: ignore[union-attr]
    stopped = ReviewRules(stops=(StopCode("45"),), write_off_limit_cents=Cents(100))
    assert not hold([PAID], stopped).only_for_its_size  # type: ignore[union-attr]
