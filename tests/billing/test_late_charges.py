"""Charges that come after their visit: appended with their own diagnoses."""

from dataclasses import replace

import pytest

from billing.claim import Diagnosis
from billing.late_charges import late_charges
from tests.builders import a_claim, a_line

KNOWN = replace(a_claim(a_line()), diagnoses=(Diagnosis("J069", "ABK"), Diagnosis("I10")))


@pytest.mark.parametrize(
    ("said", "pointers", "expected"),
    [
        (("I10",), (1,), (2,)),
        (("R05", "J069"), (1, 2), (3, 1)),
        (("I10",), (1, 2), (2,)),
        ((), (1,), ()),
    ],
)
def test_a_late_line_points_at_the_diagnoses_of_the_whole_visit(
    said: tuple[str, ...], pointers: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    line = a_line("J1100", diagnosis_pointers=pointers)
    told = replace(a_claim(line), diagnoses=tuple(Diagnosis(code) for code in said))
    late = late_charges(KNOWN, told, (), ())
    assert late.added == 1
    assert late.claim.lines[1].diagnosis_pointers == expected
