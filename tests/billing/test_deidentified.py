from datetime import date

import pytest

from billing import deidentified as rules
from billing.claim import Diagnosis

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("postal_code", "country", "told"),
    [
        ("441019999", None, "441"),
        ("44101-9999", "US", "441"),
        ("44101", None, "441"),
        ("03601", None, "000"),
        ("89301", None, "000"),
        ("20301", None, "000"),
        ("44101", "CA", ""),
        ("K1A 0B1", None, ""),
        ("4410", None, ""),
        (None, None, ""),
    ],
)
def test_a_zip_is_told_by_three_digits_of_an_area_with_people(
    postal_code: str | None, country: str | None, told: str
) -> None:
    assert rules.zip_area(postal_code, country) == told


def test_the_sparse_areas_are_the_seventeen_of_the_guidance() -> None:
    assert len(rules.SPARSE_ZIPS) == 17


@pytest.mark.parametrize(
    ("born", "told"),
    [
        (date(1936, 3, 3), "89"),
        (date(1936, 3, 2), "90+"),
        (date(1920, 1, 1), "90+"),
        (DAY, "0"),
        (date(2026, 3, 3), ""),
        (None, ""),
    ],
)
def test_ages_from_ninety_on_are_one(born: date | None, told: str) -> None:
    assert rules.age_class(born, DAY) == told


def test_only_what_has_the_form_of_a_code_is_told() -> None:
    found = [Diagnosis("J02.9"), Diagnosis("DOE JANE"), Diagnosis("19800101"), Diagnosis("U071")]
    assert rules.diagnoses_of(found) == "J029 U071"
    assert rules.place_of("11 ELM ST") == ""


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("CO-45", ("CO", "45")),
        ("PR-3", ("PR", "3")),
        ("CO-DOE", ("", "")),
        ("99999", ("", "")),
        ("", ("", "")),
        ("JANE-45", ("", "")),
    ],
)
def test_a_sub_account_is_told_only_where_it_is_a_published_reason(detail: str, told: tuple[str, str]) -> None:
    assert rules.reason_of(detail) == told


def test_a_payer_is_told_by_its_class() -> None:
    told = [rules.payer_class(one, is_self_pay=False) for one in ("MB", "CI", "JANE DOE", None)]
    assert told == ["Medicare", "Commercial", "Other", "Other"]
    assert rules.payer_class("CI", is_self_pay=True) == "Self-pay"
