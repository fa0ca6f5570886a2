"""The hospital's paper bill: each form locator says what the claim says."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.claim import Diagnosis
from billing.coordination import LineDecision, OtherDecision
from billing.hospital_bill import Occurrence, OccurrenceSpan, Procedure
from billing.money import Cents
from billing.paper_claims import Form
from billing.ub04 import forms_of, paper_bill
from tests.builders import DOCTOR_NPI, a_hospital_claim, a_revenue_line, a_second_policy, a_stay

STAY = a_stay()


def only(form: tuple[Form, ...]) -> Form:
    [found] = form
    return found


@pytest.mark.parametrize(
    ("locator", "value"),
    [
        ("1", "EXAMPLE CLINIC 100 MAIN ST ANYTOWN OH 441011234"),
        ("3a", "EXT1001"),
        ("4", "0111"),
        ("5", "987654320"),
        ("6", "10 12 26 - 10 15 26"),
        ("8b", "DOE, JANE"),
        ("10", "01 01 1980"),
        ("11", "F"),
        ("12", "10 12 26"),
        ("13", "09"),
        ("14", "1"),
        ("15", "1"),
        ("16", "11"),
        ("17", "01"),
        ("18", "09"),
        ("31a", "11 10 12 26"),
        ("39a", "80 3 00"),
        ("50A", "EXAMPLE PAYER"),
        ("51A", "99999"),
        ("52A", "Y"),
        ("56", "1999999984"),
        ("59A", "self"),
        ("60A", "ABC123456"),
        ("66", "0"),
        ("67", "J189 Y"),
        ("67A", "E119 Y"),
        ("69", "R0602"),
        ("76", f"{DOCTOR_NPI} SMITH, ANN"),
        ("81", "B3 207Q00000X"),
    ],
)
def test_a_locator_says_what_the_claim_says(locator: str, value: str) -> None:
    assert only(forms_of(STAY)).box(locator) == value


def test_the_lines_end_with_the_total_and_undated_ones_have_no_day() -> None:
    lines = only(forms_of(STAY)).bill_lines
    assert [(one.revenue_code, one.code, one.service_date, one.units, one.charge) for one in lines] == [
        ("0120", "", "", "3", "3000 00"),
        ("0250", "", "", "12", "450 00"),
        ("0001", "", "", "", "3450 00"),
    ]
    test, supplies, _ = only(forms_of(a_hospital_claim())).bill_lines
    assert (test.code, test.service_date, supplies.code) == ("80053", "10 20 26", "")


def test_more_than_22_lines_go_on_sheets_with_one_total() -> None:
    forms = forms_of(a_hospital_claim(*(a_revenue_line("0270", 100) for _ in range(45))))
    assert [(one.page, one.pages, len(one.bill_lines)) for one in forms] == [(1, 3, 22), (2, 3, 22), (3, 3, 2)]
    assert forms[-1].bill_lines[-1].charge == "45 00"
    assert {one.box("4") for one in forms} == {"0131"}


def test_payers_stand_in_their_order_with_what_they_paid() -> None:
    first = a_second_policy(responsibility="P")
    decided = OtherDecision("P", "88888", Cents(9000), lines=(LineDecision(1, "88888", Cents(9000), "80053"),))
    claim = a_hospital_claim()
    billed = replace(claim, coverage=replace(claim.coverage, responsibility="S"), authorization="AUTH1")
    form = only(forms_of(billed, [replace(first, decision=decided)]))
    assert (form.box("50A"), form.box("54A"), form.box("63A")) == ("PAYER 88888", "90 00", "")
    assert (form.box("50B"), form.box("54B"), form.box("63B")) == ("EXAMPLE PAYER", "", "AUTH1")


def test_procedures_spans_and_causes_have_their_places() -> None:
    assert STAY.hospital is not None
    day = STAY.hospital.statement_from
    bill = replace(
        STAY.hospital,
        procedures=(Procedure("0DTJ4ZZ", day, "BBR"), Procedure("0DJD8ZZ", day)),
        occurrence_spans=(OccurrenceSpan("74", day, day),),
        drg="343",
    )
    codes = (*STAY.diagnoses, Diagnosis("R1031", "APR"), Diagnosis("W010XXA", "ABN", "N"))
    form = only(forms_of(replace(STAY, hospital=bill, diagnoses=codes)))
    assert (form.box("74"), form.box("74a")) == ("0DTJ4ZZ 10 12 26", "0DJD8ZZ 10 12 26")
    assert (form.box("35a"), form.box("71")) == ("74 10 12 26 - 10 12 26", "343")
    assert (form.box("70a"), form.box("72a")) == ("R1031", "W010XXA N")


def test_what_has_no_place_is_named_and_not_lost() -> None:
    assert STAY.hospital is not None
    day = STAY.hospital.statement_from
    many = tuple(Occurrence(f"A{number}", day) for number in range(9))
    form = only(forms_of(replace(STAY, hospital=replace(STAY.hospital, occurrences=many))))
    assert form.box("34b") == "A7 10 12 26"
    assert form.box("80") == "occurrence codes A8"


def test_units_keep_their_decimals_and_the_paper_names_its_form() -> None:
    claim = a_hospital_claim(a_revenue_line("0250", 100, units=Decimal("2.5")))
    paper = paper_bill(claim)
    assert paper.forms[0].bill_lines[0].units == "2.5"
    assert (paper.form_name, paper.control_number) == ("UB-04", "EXT1001")
