"""Who pays first, by the rules of the NAIC and of Medicare, and what has to be asked before anybody can say."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.claim import Coverage, Name, Party, Person
from billing.coordination import OtherPayer
from billing.days import months_after
from billing.held_policies import Basis, Custody, HeldPolicy, placed, policy_key, renumbered
from billing.msp import Accident, Answers, EmployerSize, Entitlement, MedicarePlace, medicare_place, missing
from billing.payer_order import payer_order

TODAY = date(2026, 3, 2)
CHILD = Person(Name("Apfel", "Lena"), date(2020, 1, 1))
ADULT = Person(Name("Apfel", "Rosa"), date(1980, 1, 1))
MOTHER = Person(Name("Apfel", "Rosa"), date(1990, 3, 9))
FATHER = Person(Name("Birne", "Karl"), date(1985, 7, 30))
FIRST = MedicarePlace(None, "Medicare pays first")
WORKING = MedicarePlace("12", "working aged")


def held(
    name: str,
    basis: Basis | None = Basis.ACTIVE_EMPLOYMENT,
    *,
    subscriber: Person | None = None,
    custody: Custody | None = None,
    since: date | None = None,
    until: date | None = None,
) -> HeldPolicy:
    payer = Party(role="PR", is_person=False, name=Name(name), id_qualifier="PI", id=name.upper())
    coverage = Coverage(payer=payer, member_id=f"{name}1", relationship="19" if subscriber else "18")
    return HeldPolicy(OtherPayer(coverage, subscriber or ADULT), basis, custody, since, until)


def names(policies: list[HeldPolicy], patient: Person = ADULT, medicare: MedicarePlace | None = None) -> list[str]:
    return [one.name for one in payer_order(policies, patient=patient, day=TODAY, medicare=medicare).policies]


MINE, SPOUSES = held("Mine"), held("Spouse", subscriber=FATHER)
RETIREE, COBRA = held("Retiree", Basis.FORMER_EMPLOYMENT), held("Cobra", Basis.CONTINUATION)
MEDICARE, MEDICAID, TRICARE = (held(one.title(), Basis(one)) for one in ("medicare", "medicaid", "tricare"))
CRASH = held("Crash", Basis.ACCIDENT)
MOTHERS, FATHERS = held("Mother", subscriber=MOTHER), held("Father", subscriber=FATHER)

ORDERS = [
    ([SPOUSES, MINE], ADULT, None, ["Mine", "Spouse"]),
    ([FATHERS, MOTHERS], CHILD, None, ["Mother", "Father"]),
    ([COBRA, RETIREE, MINE], ADULT, None, ["Mine", "Retiree", "Cobra"]),
    ([MEDICAID, TRICARE, MINE], ADULT, None, ["Mine", "Tricare", "Medicaid"]),
    ([MEDICAID, MEDICARE], ADULT, None, ["Medicare", "Medicaid"]),
    ([RETIREE, MEDICARE], ADULT, None, ["Medicare", "Retiree"]),
    ([MEDICARE, MINE], ADULT, WORKING, ["Mine", "Medicare"]),
    ([MINE, MEDICARE], ADULT, FIRST, ["Medicare", "Mine"]),
    ([RETIREE, MEDICARE, SPOUSES], ADULT, WORKING, ["Spouse", "Medicare", "Retiree"]),
    ([MEDICARE, TRICARE, MEDICAID], ADULT, FIRST, ["Medicare", "Tricare", "Medicaid"]),
    ([MINE, CRASH, MEDICARE], ADULT, FIRST, ["Crash", "Medicare", "Mine"]),
    ([MEDICAID, MOTHERS], CHILD, None, ["Mother", "Medicaid"]),
]


@pytest.mark.parametrize(("policies", "patient", "medicare", "expected"), ORDERS)
def test_each_rule_in_every_order_given(
    policies: list[HeldPolicy], patient: Person, medicare: MedicarePlace | None, expected: list[str]
) -> None:
    for given_order in permutations(policies):
        found = payer_order(given_order, patient=patient, day=TODAY, medicare=medicare)
        assert [one.name for one in found.policies] == expected
        assert [one.policy.responsibility for one in found.policies] == list("PST")[: len(expected)]
        assert len(found.reasons) == len(expected) - 1
        assert not found.unknown


@pytest.mark.parametrize(
    ("mother", "father", "expected"),
    [
        (Custody.WITH_THE_CHILD, Custody.ORDERED, ["Father", "Mother"]),
        (Custody.APART, Custody.WITH_THE_CHILD, ["Father", "Mother"]),
        (Custody.WITH_THE_CHILD, Custody.APART, ["Mother", "Father"]),
        (None, Custody.ORDERED, ["Father", "Mother"]),
    ],
)
def test_parents_who_live_apart(mother: Custody | None, father: Custody, expected: list[str]) -> None:
    both = [replace(MOTHERS, custody=mother), replace(FATHERS, custody=father)]
    assert names(both, CHILD) == expected
    assert names(both[::-1], CHILD) == expected


def test_the_birthday_rule_looks_at_the_day_in_the_year_and_not_at_the_age() -> None:
    found = payer_order([FATHERS, MOTHERS], patient=CHILD, day=TODAY)
    assert found.reasons == ["Mother first: birthday rule, March 9 comes before July 30"]


def test_a_birth_date_that_is_missing_is_asked_for_and_the_order_as_given_stands() -> None:
    silent = replace(FATHERS, policy=replace(FATHERS.policy, subscriber=Person(Name("Birne", "Karl"))))
    found = payer_order([silent, MOTHERS], patient=CHILD, day=TODAY)
    assert [one.name for one in found.policies] == ["Father", "Mother"]
    assert found.unknown == ["Father and Mother: the birth date of the subscriber of Father is missing (birthday rule)"]


def test_medicare_beside_a_plan_of_work_needs_the_questions_first() -> None:
    found = payer_order([MEDICARE, MINE], patient=ADULT, day=TODAY)
    assert found.unknown == ["Medicare and Mine: ask the Medicare secondary payer questions"]


def test_medicare_in_second_place_says_why_and_in_first_place_does_not() -> None:
    second = payer_order([MEDICARE, MINE], patient=ADULT, day=TODAY, medicare=WORKING).policies[1]
    assert second.policy.coverage.insurance_type == "12"
    told = replace(MEDICARE.policy, coverage=replace(MEDICARE.policy.coverage, insurance_type="12"))
    first = payer_order([replace(MEDICARE, policy=told)], patient=ADULT, day=TODAY).policies[0]
    assert first.policy.coverage.insurance_type is None


def test_two_plans_of_one_kind_go_by_the_longer_coverage_and_else_stay_as_given() -> None:
    old, new = held("Old", since=date(2020, 1, 1)), held("New", since=date(2024, 1, 1))
    assert names([new, old]) == ["Old", "New"]
    assert names([held("B"), held("A")]) == ["B", "A"]


def test_what_is_known_holds_though_something_between_is_not() -> None:
    early = held("Early", since=date(2020, 1, 1))
    found = names([held("Late", since=date(2024, 1, 1)), held("Unknown"), early])
    assert found.index("Early") < found.index("Late")


def test_only_policies_in_force_are_in_the_order() -> None:
    ended = held("Ended", until=date(2026, 3, 1))
    last_day = held("LastDay", until=TODAY)
    begins = held("Begins", since=date(2026, 3, 3))
    assert names([ended, last_day, begins]) == ["LastDay"]


def test_a_corrected_member_id_is_taken_over_by_the_same_policy_only() -> None:
    right = replace(MINE.policy, coverage=replace(MINE.policy.coverage, member_id="NEW"))
    assert policy_key(renumbered(MINE, MINE.policy, right).policy) == ("MINE", "NEW")
    assert renumbered(RETIREE, MINE.policy, right) == RETIREE


@given(st.lists(st.sampled_from([MINE, SPOUSES, RETIREE, COBRA, MEDICARE, MEDICAID, TRICARE, CRASH]), unique_by=id))
def test_no_policy_is_lost_and_each_has_its_own_place(policies: list[HeldPolicy]) -> None:
    found = payer_order(policies, patient=ADULT, day=TODAY, medicare=WORKING).policies
    assert sorted(one.name for one in found) == sorted(one.name for one in policies)
    assert list(found) == placed(found)


PLACES = [
    (Answers(), None),
    (Answers(accident=Accident.WORK), "15"),
    (Answers(accident=Accident.AUTOMOBILE), "14"),
    (Answers(accident=Accident.OTHER), "47"),
    (Answers(has_black_lung=True), "41"),
    (Answers(is_veterans=True), "42"),
    (Answers(is_federal_grant=True), "16"),
    (Answers(has_employer_plan=True, employer_size=EmployerSize.UNDER_20), None),
    (Answers(has_employer_plan=True, employer_size=EmployerSize.UNDER_100), "12"),
    (Answers(has_employer_plan=True, employer_size=EmployerSize.FROM_100), "12"),
    (Answers(entitlement=Entitlement.DISABILITY, has_employer_plan=True, employer_size=EmployerSize.UNDER_100), None),
    (Answers(entitlement=Entitlement.DISABILITY, has_employer_plan=True, employer_size=EmployerSize.FROM_100), "43"),
    (Answers(entitlement=Entitlement.RENAL, has_employer_plan=True, renal_since=date(2023, 9, 3)), "13"),
    (Answers(entitlement=Entitlement.RENAL, has_employer_plan=True, renal_since=date(2023, 9, 2)), None),
    (Answers(entitlement=Entitlement.DISABILITY), None),
]


@pytest.mark.parametrize(("answers", "insurance_type"), PLACES)
def test_the_medicare_questions(answers: Answers, insurance_type: str | None) -> None:
    place = medicare_place(answers, day=TODAY)
    assert place.insurance_type == insurance_type
    assert place.is_first == (insurance_type is None)


def test_an_answer_that_decides_is_asked_for() -> None:
    assert set(missing(Answers(has_employer_plan=True))) == {"employer_size"}
    assert set(missing(Answers(has_employer_plan=True, entitlement=Entitlement.RENAL))) == {"renal_since"}
    with pytest.raises(ValueError, match="employer_size"):
        medicare_place(Answers(has_employer_plan=True), day=TODAY)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 12, 5), 1, date(2024, 1, 5)),
        (date(2023, 9, 2), 30, date(2026, 3, 2)),
    ],
)
def test_months_after(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected
