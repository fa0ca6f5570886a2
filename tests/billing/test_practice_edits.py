"""The edits that a practice writes: what a line looks like, and what lets it pass."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.claim import Claim, Diagnosis, Name, Party
from billing.coding_rules import CodeRange
from billing.edits.registry import Severity
from billing.money import Cents
from billing.practice_edits import Has, PracticeEdit, Unless, When, findings
from tests.builders import a_claim, a_line

VISIT, SHOT = a_line("99213"), a_line("J1100")
CLAIM = replace(
    a_claim(),
    diagnoses=(Diagnosis("E119"), Diagnosis("I10")),
    lines=(replace(VISIT, diagnosis_pointers=(2,)), replace(SHOT, diagnosis_pointers=(1,), units=Decimal(3))),
)
DOCTOR = Party("DN", is_person=True, name=Name("WELBY"), id_qualifier="XX", id="1234567893")


def edit(when: When, unless: Unless | None = None, **more: Any) -> PracticeEdit:
    values: dict[str, Any] = {"begins": date(2020, 1, 1)} | more
    return PracticeEdit("Z1", Severity.ERROR, "wants a note", when=when, unless=unless or Unless(), **values)


def lines(made: PracticeEdit, claim: Claim = CLAIM) -> list[str]:
    return [one.path for one in findings([made], claim)]


@pytest.mark.parametrize(
    ("when", "found"),
    [
        (When(procedures=(CodeRange("99202", "99215"),)), [1]),
        (When(procedures=(CodeRange("J1100", "J1100"), CodeRange("99213", "99213"))), [1, 2]),
        (When(procedures=(CodeRange("99214", "99215"),)), []),
        (When(diagnoses=(CodeRange("E10", "E11"),)), [2]),
        (When(diagnoses=(CodeRange("I10", "I10"),)), [1]),
        (When(modifiers=("25", "59")), []),
        (When(places=("11",)), [1, 2]),
        (When(places=("22",)), []),
        (When(units_over=1), [2]),
        (When(units_over=3), []),
        (When(payer="nobody"), []),
        (When(payer=CLAIM.coverage.payer.id or ""), [1, 2]),
        (When(charge_over_cents=Cents(VISIT.charge_cents)), []),
        (When(charge_over_cents=Cents(VISIT.charge_cents - 1)), [1, 2]),
        (When(providers=("1111111112",)), []),
        (When(procedures=(CodeRange("99213", "99213"),), units_over=1), []),
    ],
)
def test_a_line_looks_so_when_all_is_true_of_it(when: When, found: list[int]) -> None:
    assert lines(edit(when)) == [f"line.{number}.procedure" for number in found]


def test_ages_are_whole_years_on_the_day_of_service_and_nobody_without_a_birth_date_has_one() -> None:
    day = VISIT.service_date
    born = replace(CLAIM.patient, birth_date=day.replace(year=day.year - 18))
    eighteen, unknown = replace(CLAIM, patient=born), replace(CLAIM, patient=replace(born, birth_date=None))
    assert lines(edit(When(age_to=17)), eighteen) == []
    assert len(lines(edit(When(age_from=18, age_to=18)), eighteen)) == 2
    assert lines(edit(When(age_from=0)), unknown) == lines(edit(When(age_to=130)), unknown) == []


@pytest.mark.parametrize(
    ("unless", "passes"),
    [
        (Unless(modifiers=("25",)), replace(CLAIM, lines=(replace(CLAIM.lines[0], modifiers=("25",)), CLAIM.lines[1]))),
        (Unless(diagnoses=(CodeRange("I10", "I10"),)), CLAIM),
        (Unless(procedures=(CodeRange("J1100", "J1100"),)), CLAIM),
        (Unless(has=Has.AUTHORIZATION), replace(CLAIM, authorization="A1")),
        (Unless(has=Has.REFERRAL), replace(CLAIM, referral="R1")),
        (Unless(has=Has.REFERRING), replace(CLAIM, providers=(DOCTOR,))),
        (
            Unless(has=Has.ORDERING),
            replace(CLAIM, lines=(replace(CLAIM.lines[0], providers=(replace(DOCTOR, role="DK"),)), CLAIM.lines[1])),
        ),
    ],
)
def test_one_thing_that_it_needs_lets_a_line_pass(unless: Unless, passes: Claim) -> None:
    made = edit(When(procedures=(CodeRange("99213", "99213"),)), unless)
    held = replace(passes, authorization=None, referral=None, providers=(), diagnoses=(Diagnosis("E119"),) * 2)
    held = replace(held, lines=(replace(held.lines[0], modifiers=(), providers=()),))
    assert lines(made, passes) == []
    assert lines(made, held) == ["line.1.procedure"]


def test_the_line_itself_is_no_other_procedure_of_the_day() -> None:
    made = edit(When(procedures=(CodeRange("99213", "99213"),)), Unless(procedures=(CodeRange("99213", "99213"),)))
    assert lines(made) == ["line.1.procedure"]
    assert lines(made, replace(CLAIM, lines=(CLAIM.lines[0], CLAIM.lines[0]))) == []


def test_an_edit_looks_at_its_own_days_only() -> None:
    day = VISIT.service_date
    assert len(lines(edit(When(places=("11",)), begins=day, ends=day))) == 2
    assert lines(edit(When(places=("11",)), begins=day.replace(year=day.year + 1))) == []
    assert lines(edit(When(places=("11",)), ends=day.replace(year=day.year - 1))) == []
