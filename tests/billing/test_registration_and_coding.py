from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing.claim import Coverage, Diagnosis, Name
from billing.coding import coding_faults, diagnosis_is_well_formed, procedure_is_well_formed
from billing.registration import registration_faults
from tests.builders import NOON, a_claim, a_line

TODAY = NOON.date()
CLEAN = a_claim()


def with_patient(**changes: Any) -> Any:
    return replace(CLEAN, patient=replace(CLEAN.patient, **changes))


def with_coverage(**changes: Any) -> Coverage:
    return replace(CLEAN.coverage, **changes)


def test_a_complete_registration_has_no_faults() -> None:
    assert registration_faults(CLEAN, as_of=TODAY) == []


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (replace(CLEAN, coverage=with_coverage(member_id=None)), "member_id"),
        (replace(CLEAN, coverage=with_coverage(member_id="")), "member_id"),
        (replace(CLEAN, coverage=with_coverage(payer=replace(CLEAN.coverage.payer, id=None))), "payer_id"),
        (replace(CLEAN, coverage=with_coverage(relationship="")), "relationship"),
        (with_patient(name=Name("")), "patient.last_name"),
        (with_patient(birth_date=None), "patient.birth_date"),
        (with_patient(birth_date=date(2026, 11, 3)), "patient.birth_date"),
        (with_patient(sex=None), "patient.sex"),
        (with_patient(address=None), "patient.street"),
    ],
)
def test_a_gap_is_named_with_the_field_that_mends_it(claim: Any, field: str) -> None:
    [fault] = registration_faults(claim, as_of=TODAY)
    assert f"(field {field})" in fault


def test_all_gaps_are_named_at_once() -> None:
    claim = replace(with_patient(birth_date=None, sex=None, address=None), coverage=with_coverage(member_id=None))
    assert len(registration_faults(claim, as_of=TODAY)) == 4


@pytest.mark.parametrize(
    ("code", "qualifier", "well_formed"),
    [
        ("J069", "ABK", True),
        ("C4A0", "ABF", True),
        ("U071", "ABF", True),
        ("QA00101", "ABF", True),
        ("Z3A01", "ABF", True),
        ("T7840XA", "ABK", True),
        ("J06.9", "ABK", False),
        ("J0", "ABK", False),
        ("j069", "ABK", False),
        ("T7840XAX", "ABK", False),
        ("4659", "BK", True),
        ("V7231", "BF", True),
        ("E8490", "BF", True),
        ("J069", "BK", False),
    ],
)
def test_a_diagnosis_has_the_form_of_its_edition(code: str, qualifier: str, well_formed: bool) -> None:
    assert diagnosis_is_well_formed(Diagnosis(code, qualifier)) is well_formed


@pytest.mark.parametrize(
    ("code", "well_formed"),
    [
        ("99213", True),
        ("0001F", True),
        ("0042T", True),
        ("0001U", True),
        ("J1885", True),
        ("9921", False),
        ("992133", False),
        ("JJ885", False),
        ("0001A", False),
        ("", False),
    ],
)
def test_a_procedure_has_the_form_of_cpt_or_hcpcs(code: str, well_formed: bool) -> None:
    assert procedure_is_well_formed(code) is well_formed


@pytest.mark.parametrize(
    ("claim", "fields"),
    [
        (CLEAN, []),
        (a_claim(diagnoses=()), ["diagnoses", "line.1.pointers"]),
        (a_claim(diagnoses=(Diagnosis("J06.9", "ABK"),)), ["diagnoses"]),
        (a_claim(a_line("9921")), ["line.1.procedure"]),
        (a_claim(a_line(), a_line(diagnosis_pointers=())), ["line.2.pointers"]),
        (a_claim(a_line(diagnosis_pointers=(1, 2))), ["line.1.pointers"]),
        (a_claim(a_line(diagnosis_pointers=(0,))), ["line.1.pointers"]),
    ],
)
def test_what_a_coder_must_mend_is_named_at_once(claim: Any, fields: list[str]) -> None:
    faults = coding_faults(claim)
    assert [fault.partition("(field ")[2].rstrip(")") for fault in faults] == fields
