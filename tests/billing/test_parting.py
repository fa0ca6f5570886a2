"""Parting and joining: every line on exactly one claim, to the cent, with its own diagnoses."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing import joining, parting
from billing.claim import Claim, Diagnosis, Name, Party
from billing.joining import Visit
from billing.parting import Rules
from tests.builders import a_claim, a_hospital_claim, a_line, a_revenue_line

CODES = ("M5450", "M542", "J069", "Z23", "R51", "E119")
DOCTORS = (None, "1999999968", "1999999950")
PRIMARIES = {"+1": frozenset({"A"}), "+2": frozenset[str]()}
rules = st.builds(Rules, st.integers(1, 50), st.booleans(), st.booleans())


def _rendering(npi: str | None) -> tuple[Party, ...]:
    return () if npi is None else (Party("82", True, Name("DOC"), "XX", npi),)


lines = st.builds(
    lambda procedure, charge, days, pointers, doctor: a_line(
        procedure,
        charge,
        service_date=date(2026, 9, 28) + timedelta(days=days),
        diagnosis_pointers=tuple(pointers),
        providers=_rendering(doctor),
    ),
    st.sampled_from(("A", "B", "+1", "+2")),
    st.integers(0, 99999),
    st.integers(0, 40),
    st.lists(st.integers(1, len(CODES)), max_size=4, unique=True),
    st.sampled_from(DOCTORS),
)
visits = st.lists(lines, min_size=1, max_size=130).map(
    lambda found: a_claim(
        *found, diagnoses=tuple(Diagnosis(code, "ABF" if place else "ABK") for place, code in enumerate(CODES))
    )
)


def pointed(claim: Claim, place: int) -> list[str]:
    return [claim.diagnoses[one - 1].code for one in claim.lines[place].diagnosis_pointers]


@given(visits, rules)
def test_every_line_is_in_exactly_one_part_in_its_order(claim: Claim, wanted: Rules) -> None:
    found = parting.parts(claim, wanted, PRIMARIES)
    assert sorted(place for places in found for place in places) == list(range(len(claim.lines)))
    assert all(list(places) == sorted(places) for places in found)
    assert list(found) == sorted(found)


@given(visits, rules)
def test_the_parts_sum_to_the_cent_and_point_at_what_the_lines_pointed_at(claim: Claim, wanted: Rules) -> None:
    found = parting.parts(claim, wanted, PRIMARIES)
    whole = [parting.with_lines(claim, places) for places in found]
    assert sum(one.charge_cents for one in whole) == claim.charge_cents
    for places, one in zip(found, whole, strict=True):
        assert [pointed(one, at) for at in range(len(places))] == [pointed(claim, place) for place in places]
        codes = [each.code for each in one.diagnoses]
        assert codes == [code for code in CODES if code in codes]
        assert [each.qualifier for each in one.diagnoses] == ["ABK", *["ABF"] * (len(codes) - 1)][: len(codes)]


@given(visits, rules)
def test_no_part_breaks_a_rule(claim: Claim, wanted: Rules) -> None:
    for places in parting.parts(claim, wanted, PRIMARIES):
        assert parting.why(parting.with_lines(claim, places), wanted) == ""


@given(visits, rules)
def test_a_visit_that_fits_is_one_part(claim: Claim, wanted: Rules) -> None:
    fits = not parting.why(claim, wanted)
    assert (len(parting.parts(claim, wanted, PRIMARIES)) == 1) == fits


def test_an_add_on_stays_with_its_primary() -> None:
    claim = a_claim(a_line("A"), a_line("B"), a_line("B"), a_line("+1"))
    assert parting.parts(claim, Rules(lines_at_most=2), PRIMARIES) == ((0, 3), (1, 2))
    assert parting.parts(claim, Rules(lines_at_most=2)) == ((0, 1), (2, 3))


def test_what_the_patient_paid_is_shared_out_by_charges() -> None:
    assert parting.shared_out(None, [1, 2]) == [None, None]
    assert parting.shared_out(parting.Cents(150), [100, 100]) == [100, 50]
    assert parting.shared_out(parting.Cents(50), [100, 100]) == [50, None]
    assert parting.shared_out(parting.Cents(500), [100, 100]) == [100, 400]


@given(st.lists(visits, min_size=2, max_size=4), st.permutations(CODES))
def test_what_is_joined_and_taken_out_is_what_it_was(claims: list[Claim], codes: list[str]) -> None:
    """Each visit with its own order of diagnoses, place and provider."""
    claims = [
        replace(
            one,
            diagnoses=tuple(Diagnosis(code, "ABF" if at else "ABK") for at, code in enumerate(codes[ordinal:])),
            lines=tuple(
                replace(line, diagnosis_pointers=tuple(p for p in line.diagnosis_pointers if p <= len(codes) - ordinal))
                for line in one.lines
            ),
            place_of_service=("11", "12")[ordinal % 2],
        )
        for ordinal, one in enumerate(claims)
    ]
    found = joining.joined([Visit(str(at), one) for at, one in enumerate(claims)])
    assert found.claim.charge_cents == sum(one.charge_cents for one in claims)
    start = 0
    for ordinal, one in enumerate(claims):
        places = [place for place, visit in enumerate(found.visit_of) if visit == ordinal]
        assert places == list(range(start, start + len(one.lines)))
        start += len(one.lines)
        for place, line in zip(places, one.lines, strict=True):
            said = found.claim.lines[place]
            assert (said.place_of_service or found.claim.place_of_service) == one.place_of_service
            assert parting.rendering_of(found.claim, said) == parting.rendering_of(one, line)
            assert [found.claim.diagnoses[at - 1].code for at in said.diagnosis_pointers] == [
                one.diagnoses[at - 1].code for at in line.diagnosis_pointers
            ]
        again = joining.taken_out(one, found.claim, places)
        assert again.charge_cents == one.charge_cents
        assert [line.service_date for line in again.lines] == [line.service_date for line in one.lines]
        assert [parting.rendering_of(again, line) for line in again.lines] == [
            parting.rendering_of(one, line) for line in one.lines
        ]
        assert [pointed(again, at) for at in range(len(again.lines))] == [
            pointed(one, at) for at in range(len(one.lines))
        ]


def test_visits_that_differ_are_told_in_words() -> None:
    first, other = a_claim(), a_claim(member_id="OTHER1", accident=("AA", "OH"))
    found = joining.why_not([Visit("V1", first), Visit("V2", other)], Rules())
    assert found == [
        "visit V2 has another member id than visit V1",
        "visit V2 has another accident than visit V1",
    ]


def test_too_many_diagnoses_lines_and_providers_are_told() -> None:
    many = [a_claim(a_line(), diagnoses=(Diagnosis(f"M{at:03d}", "ABK"),)) for at in range(13)]
    named = [Visit(str(at), one) for at, one in enumerate(many)]
    assert joining.why_not(named, Rules()) == ["together they have 13 diagnoses, and a claim holds 12"]
    long = [Visit(str(at), a_claim(*[a_line()] * 30)) for at in range(2)]
    assert "together they have 60" in joining.why_not(long, Rules())[0]
    other = replace(a_claim(), providers=_rendering("1999999968"))
    two = [Visit("1", a_claim()), Visit("2", other)]
    assert joining.why_not(two, Rules()) == []
    assert "one rendering provider" in joining.why_not(two, Rules(one_rendering_provider=True))[0]


def test_an_institutional_claim_is_one_part() -> None:
    claim = a_hospital_claim(*[a_revenue_line("0300", 100, "80053")] * 60)
    assert parting.parts(claim, Rules(one_month=True)) == (tuple(range(60)),)
    assert parting.why(claim, Rules()) == ""
    assert "by itself" in joining.why_not([Visit("1", claim), Visit("2", a_claim())], Rules())[0]
