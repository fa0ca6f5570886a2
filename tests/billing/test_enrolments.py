"""Which enrolments a claim needs, and whether a row covers the day of service."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Name, Party
from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState, Need, gaps, needs, row_faults
from tests.builders import CLINIC_NPI, DOCTOR_NPI, a_claim, a_line

DAY = date(2026, 10, 20)
OTHER_DOCTOR = Party("82", is_person=True, name=Name("ROE", "RICHARD"), id_qualifier="XX", id="1245319599")
CLAIMS = Need(CLINIC_NPI, EnrolmentKind.CLAIMS, DAY)
CONTRACT = Need(DOCTOR_NPI, EnrolmentKind.CONTRACT, DAY)


def test_a_claim_needs_837_for_who_bills_and_a_contract_for_who_rendered() -> None:
    assert needs(a_claim(), is_paper=False) == (CLAIMS, CONTRACT)


def test_a_claim_on_paper_needs_no_837() -> None:
    assert needs(a_claim(), is_paper=True) == (CONTRACT,)


def test_who_bills_without_a_rendering_provider_rendered_it_and_needs_the_contract() -> None:
    assert needs(replace(a_claim(), providers=()), is_paper=True) == (replace(CONTRACT, npi=CLINIC_NPI),)


def test_each_line_asks_for_its_own_provider_on_its_own_day() -> None:
    later = date(2026, 10, 21)
    lines = (a_line(), a_line(providers=(OTHER_DOCTOR,)), a_line(service_date=later))
    wanted = needs(a_claim(*lines), is_paper=True)
    assert wanted == (CONTRACT, replace(CONTRACT, npi="1245319599"), replace(CONTRACT, day=later))


@pytest.mark.parametrize(
    ("state", "first", "last", "why"),
    [
        ("active", None, None, None),
        ("active", DAY, DAY, None),
        ("active", date(2026, 10, 21), None, "in force from 2026-10-21, the visit was on 2026-10-20"),
        ("active", None, date(2026, 10, 19), "ended on 2026-10-19, the visit was on 2026-10-20"),
        ("ended", None, date(2026, 10, 31), None),
        ("ended", None, date(2026, 10, 19), "ended on 2026-10-19, the visit was on 2026-10-20"),
        ("ended", None, None, "ended"),
        ("requested", DAY, None, "requested, not active yet"),
        ("refused", None, None, "refused by the payer"),
        ("not_needed", date(2027, 1, 1), None, None),
    ],
)
def test_a_row_covers_the_day_of_service_or_says_why_not(
    state: str, first: date | None, last: date | None, why: str | None
) -> None:
    row = Enrolment(CLINIC_NPI, EnrolmentKind.CLAIMS, EnrolmentState(state), first, last)
    found = gaps([CLAIMS], [row], holds_without_row=True)
    assert [one.why for one in found] == ([] if why is None else [f"837 enrolment of provider {CLINIC_NPI}: {why}"])


@pytest.mark.parametrize(("holds", "count"), [(False, 0), (True, 2)])
def test_a_missing_row_holds_only_where_the_policy_says_so(holds: bool, count: int) -> None:
    stranger = Enrolment("1245319599", EnrolmentKind.CLAIMS, EnrolmentState.REFUSED)
    of_another_kind = Enrolment(CLINIC_NPI, EnrolmentKind.TRANSFER, EnrolmentState.REFUSED)
    found = gaps([CLAIMS, CONTRACT], [stranger, of_another_kind], holds_without_row=holds)
    assert len(found) == count
    assert all("there is no row in the matrix" in one.why for one in found)


@pytest.mark.parametrize(
    ("state", "first", "last", "field"),
    [
        ("active", date(2026, 2, 1), date(2026, 1, 1), "effective_to"),
        ("ended", None, None, "effective_to"),
        ("ended", None, DAY, None),
        ("active", DAY, DAY, None),
    ],
)
def test_a_row_that_contradicts_itself_is_faulty(
    state: str, first: date | None, last: date | None, field: str | None
) -> None:
    row = Enrolment(CLINIC_NPI, EnrolmentKind.CLAIMS, EnrolmentState(state), first, last)
    assert list(row_faults(row)) == ([] if field is None else [field])
