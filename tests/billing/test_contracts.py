"""What a payer should allow, in figures worked out by hand: see docs/contracts.md."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.claim import ServiceLine
from billing.contracts import (
    NO_CONTRACT,
    Basis,
    Contract,
    Expected,
    InForce,
    PlaceKind,
    Rate,
    Terms,
    contract_on,
    expected_allowed,
    expected_of,
)
from billing.money import Cents
from billing.relative_values import FeeSchedule, fee
from tests.billing.fee_schedules import AS_MEDICARE, MIAMI, in_force, schedule
from tests.builders import a_claim, a_line

SCHEDULE = schedule()
JANUARY = date(2026, 1, 1)


def line(procedure: str, **changes: Any) -> ServiceLine:
    return a_line(procedure, 100000, **changes)


def expect(*lines: ServiceLine, by: InForce | None = None, place: str = "11") -> list[Expected]:
    return expected_allowed(lines, by or in_force(loaded=SCHEDULE), place_of_service=place)


def cents(*lines: ServiceLine, by: InForce | None = None, place: str = "11") -> list[Cents | None]:
    return [one.cents for one in expect(*lines, by=by, place=place)]


def test_medicares_fee_by_hand() -> None:
    """(1.30 x 1.000 + 1.21 x 1.050 + 0.10 x 1.900) x 33.4009 = 2.7605 x 33.4009 = 92.2032 dollars."""
    value = SCHEDULE.values["G0001", ""]
    assert fee(value, MIAMI, place_of_service="11") == 9220
    assert fee(value, MIAMI, place_of_service="22") == 6835
    assert fee(value, MIAMI, place_of_service="11", factor=Decimal(40)) == 11042


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        ([line("G0001")], [9220]),
        ([line("G0001", units=Decimal(2))], [18440]),
        ([line("G0001", place_of_service="22")], [6835]),
        ([line("G0001", modifiers=("26",))], [3390]),
        # the dearer one whole, the other at half
        ([line("G0002"), line("G0003")], [14964, 3741]),
        ([line("G0003", units=Decimal(3))], [14964]),
        # an office visit is no surgery
        ([line("G0002"), line("G0001")], [14964, 9220]),
        # both sides, in one line and in two, beside another procedure
        ([line("G0002", modifiers=("50",))], [22446]),
        ([line("G0002", modifiers=("LT",)), line("G0002", modifiers=("RT",)), line("G0003")], [14964, 7482, 3741]),
        ([line("G0002", modifiers=("50",)), line("G0003")], [22446, 3741]),
        ([line("G0009", modifiers=("50",))], [14964]),
        ([line("G0003", modifiers=("50",))], [7482]),
        ([line("G0003", modifiers=("LT",)), line("G0003", modifiers=("RT",))], [7482, 0]),
        # endoscopies: the dearest whole, of the others what exceeds the base, of the base nothing
        ([line("G0011"), line("G0012"), line("G0010")], [22445, 3741, 0]),
        ([line("G0010"), line("G0012")], [0, 18705]),
        ([line("G0010")], [14964]),
        ([line("G0012", units=Decimal(2))], [22446]),
        # a family counts as one procedure
        ([line("G0011"), line("G0012"), line("G0002")], [22445, 3741, 7482]),
        # who helps, and two who operate
        ([line("G0002", modifiers=("80",))], [2394]),
        ([line("G0002", modifiers=("AS",))], [2035]),
        ([line("G0002", modifiers=("62",))], [9353]),
        ([line("G0005")], [0]),
        ([line("G0007")], [1784]),
    ],
)
def test_what_medicare_allows(lines: list[ServiceLine], amounts: list[int]) -> None:
    assert cents(*lines) == amounts


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([line("ZZ999")], "ZZ999 is not in the relative values 2026A"),
        ([line("G0006")], "no price of G0006 (status C)"),
        ([line("G0002", modifiers=("52",))], "modifier 52 has no price of its own here"),
        ([line("G0001", modifiers=("TC",))], "G0001-TC is not in the relative values"),
        ([line("G0003", modifiers=("80",))], "who is paid with modifier 80 is not known"),
        ([line("G0001", unit_basis="MJ")], "the line counts something else"),
        ([line("G0002", modifiers=("50",), units=Decimal(2))], "both sides (modifier 50) are one unit"),
        ([line("G0007"), line("G0001")], "paid where nothing else is paid that day"),
        ([line("G0008"), line("G0008")], "reduces by its rule 5"),
        ([line("G0003", units=Decimal(6))], "procedure 6 of the day: priced by report"),
        ([line("G0003"), line("G0002", modifiers=("52",))], "another procedure of the day has no known price"),
    ],
)
def test_what_is_not_known_says_why(lines: list[ServiceLine], why: str) -> None:
    first = expect(*lines)[0]
    assert first.cents is None
    assert first.words.startswith("not known: ")
    assert why in first.words


@pytest.mark.parametrize(
    ("by", "why"),
    [
        (InForce(), NO_CONTRACT.words),
        (in_force(), "not known: no relative values are loaded for the day of service"),
        (in_force(loaded=replace(SCHEDULE, locality=None)), "no cost indices are loaded for the contract's locality"),
    ],
)
def test_without_what_prices_it_nothing_is_known(by: InForce, why: str) -> None:
    [found] = expect(line("G0001"), by=by)
    assert found.cents is None
    assert why in found.words


OWN = (
    Rate("99213", JANUARY, amount_cents=Cents(8000)),
    Rate("99213", date(2026, 10, 1), amount_cents=Cents(8500)),
    Rate("99213", date(2027, 1, 1), amount_cents=Cents(9900)),
    Rate("99213", JANUARY, "25", amount_cents=Cents(9000)),
    Rate("99213", JANUARY, place=PlaceKind.FACILITY, amount_cents=Cents(6000)),
    Rate("G0002", JANUARY, amount_cents=Cents(20000)),
    Rate("G0002", JANUARY, "50", amount_cents=Cents(31000)),
    Rate("J0001", JANUARY, percent=Decimal(40)),
)


@pytest.mark.parametrize(
    ("one", "place", "amount"),
    [
        (a_line(), "11", 8500),
        (a_line(service_date=date(2026, 9, 30)), "11", 8000),
        (a_line(modifiers=("25",)), "11", 9000),
        (a_line(modifiers=("59",)), "11", 8500),
        (a_line(), "22", 6000),
        (a_line(units=Decimal(2), charge=30000), "11", 17000),
        (a_line(charge=7000), "11", 7000),
        (line("G0002", modifiers=("50",)), "11", 31000),
        (a_line("J0001", 10001), "11", 4000),
        (a_line("J0001", 10001, units=Decimal(3)), "11", 4000),
        (a_line("99999"), "11", None),
    ],
)
def test_a_contracts_own_prices(one: ServiceLine, place: str, amount: int | None) -> None:
    assert cents(one, by=in_force(Terms(Basis.SCHEDULE), rates=OWN), place=place) == [amount]


def test_more_than_the_charge_where_the_contract_pays_so() -> None:
    terms = Terms(Basis.SCHEDULE, takes_lesser=False)
    assert cents(a_line(charge=7000), by=in_force(terms, rates=OWN)) == [8500]


def test_both_sides_of_a_code_without_relative_values_are_not_guessed() -> None:
    """The schedule prices the code, but nothing says whether its second side is paid."""
    rates = (Rate("99213", JANUARY, amount_cents=Cents(8000)),)
    terms = Terms(Basis.SCHEDULE, bilateral=Decimal(150))
    [found] = expect(a_line(modifiers=("50",)), by=in_force(terms, rates=rates))
    assert found == Expected(
        None, "not known: what both sides of 99213 are paid: no relative values that are loaded say"
    )
    left, right = expect(a_line(modifiers=("LT",)), a_line(modifiers=("RT",)), by=in_force(terms, rates=rates))
    assert (left.cents, right.cents) == (8000, None)
    assert "whether the second side of 99213 is reduced" in right.words
    [silent] = expect(a_line(modifiers=("50",)), by=in_force(Terms(Basis.SCHEDULE), rates=rates))
    assert silent.words == "not known: the contract does not say what both sides (modifier 50) are paid"


def test_several_procedures_without_relative_values_are_not_guessed() -> None:
    terms = Terms(Basis.SCHEDULE, multiple=(Decimal(100), Decimal(50)))
    rates = (Rate("99213", JANUARY, amount_cents=Cents(8000)), Rate("93000", JANUARY, amount_cents=Cents(2000)))
    found = expect(a_line(), a_line("93000"), by=in_force(terms, rates=rates))
    assert [one.cents for one in found] == [None, None]
    assert cents(a_line(), by=in_force(terms, rates=rates)) == [8000]


@pytest.mark.parametrize(
    ("terms", "one", "amount"),
    [
        (Terms(Basis.CHARGE, Decimal("62.5")), a_line(charge=10001), 6251),
        (Terms(Basis.CHARGE, Decimal(80)), a_line(charge=10000, units=Decimal(4), modifiers=("26",)), 8000),
        (Terms(Basis.SCHEDULE, otherwise=Decimal(30)), a_line("99999", 10000), 3000),
        (replace(AS_MEDICARE, percent=Decimal(120)), line("G0001"), 11064),
        (replace(AS_MEDICARE, conversion_factor=Decimal(40)), line("G0001"), 11042),
        (replace(AS_MEDICARE, otherwise=Decimal(25)), a_line("ZZ999", 10000), 2500),
    ],
)
def test_a_percentage_of_a_base(terms: Terms, one: ServiceLine, amount: int) -> None:
    assert cents(one, by=in_force(terms, loaded=SCHEDULE)) == [amount]


def test_the_words_tell_how_it_comes_about() -> None:
    [dear, other] = expect(
        line("G0002"), line("G0003"), by=in_force(replace(AS_MEDICARE, percent=Decimal(110)), loaded=SCHEDULE)
    )
    assert dear.words == ("110 % of Medicare's fee of $149.64 (2026A, locality 0910204); procedure 1 of the day: 100 %")
    assert other.words.endswith("procedure 2 of the day: 50 %")


def test_the_contract_in_force_is_the_one_that_began_last() -> None:
    terms = Terms(Basis.CHARGE)
    old = Contract("a", "old", date(2025, 1, 1), None, terms)
    new = Contract("b", "new", date(2026, 7, 1), date(2026, 12, 31), terms)
    days = [date(2024, 12, 31), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [contract_on([new, old], day) for day in days] == [None, old, new, new, old]


def test_each_day_of_a_claim_is_looked_at_by_itself() -> None:
    """Two procedures on two days are both the first of their day; the contract of a day prices it."""
    by = in_force(loaded=SCHEDULE)
    later = date(2026, 10, 21)
    claim = a_claim(line("G0003", service_date=later), line("G0002"), line("G0003"))
    found = expected_of(claim, lambda day: by)
    assert [one.cents for one in found] == [7482, 14964, 3741]
    only = expected_of(claim, lambda day: by if day == later else InForce())
    assert [one.cents for one in only] == [7482, None, None]


CODES = sorted({procedure for procedure, _ in SCHEDULE.values})
some_lines = st.lists(
    st.builds(
        line,
        st.sampled_from(CODES),
        units=st.integers(1, 3).map(Decimal),
        modifiers=st.sampled_from([(), ("50",), ("LT",), ("RT",), ("80",), ("59",)]),
    ),
    min_size=1,
    max_size=5,
)


def _alone(one: ServiceLine, loaded: FeeSchedule) -> Cents | None:
    whole = replace(AS_MEDICARE, multiple=())
    return expect(one, by=in_force(whole, loaded=loaded))[0].cents


@given(some_lines)
def test_beside_others_a_line_is_never_worth_more_than_alone(lines: list[ServiceLine]) -> None:
    for one, found in zip(lines, cents(*lines), strict=True):
        alone = _alone(one, SCHEDULE)
        assert found is None or (alone is not None and 0 <= found <= alone)


@given(some_lines)
def test_no_line_is_allowed_more_than_units_times_both_sides_of_its_fee(lines: list[ServiceLine]) -> None:
    for one, found in zip(lines, cents(*lines), strict=True):
        most = fee(SCHEDULE.values[one.procedure, ""], MIAMI, place_of_service="11") * one.units * 2
        assert found is None or found <= most


@given(some_lines, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(lines: list[ServiceLine], random: Any) -> None:
    places = list(range(len(lines)))
    random.shuffle(places)
    before = expect(*lines)
    after = expect(*[lines[at] for at in places])
    by_line = [after[places.index(at)] for at in range(len(lines))]

    def told(one: Expected, of: ServiceLine) -> tuple[object, ...]:
        return of.procedure, of.modifiers, of.units, one.cents

    assert sorted(map(told, before, lines), key=str) == sorted(map(told, by_line, lines), key=str)
