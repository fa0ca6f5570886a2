"""Promises: what keeps them, and how they are told."""

from datetime import date

import pytest

from billing.calls import Promise, Since, With, in_words, is_kept
from billing.money import Cents

BY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("whom", "cents", "since", "expected"),
    [
        (With.PAYER, None, Since(answers=1), True),
        (With.PAYER, None, Since(patient_cents=500), False),
        (With.PATIENT, 500, Since(patient_cents=499), False),
        (With.PATIENT, 500, Since(patient_cents=500), True),
        (With.PATIENT, None, Since(), False),
        (With.PATIENT, None, Since(patient_cents=1), True),
        (With.OTHER, None, Since(answers=1, patient_cents=500), False),
    ],
)
def test_what_came_in_keeps_a_promise_or_not(whom: With, cents: int | None, since: Since, expected: bool) -> None:
    promise = Promise("pays it", BY, None if cents is None else Cents(cents))
    assert is_kept(whom, promise, since) is expected


def test_a_promise_is_told_whole() -> None:
    promise = Promise("pays it", BY, Cents(9000))
    assert in_words(With.PAYER, promise, called_on=date(2026, 3, 2), reference="17") == (
        "on 2026-03-02 the payer promised (reference 17): pays it, $90.00, by 2026-03-20"
    )
