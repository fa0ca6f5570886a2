"""The paper claim, box by box."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from billing.claim import Claim, Name, Party, Person, Sex
from billing.cms1500 import forms_of
from billing.coordination import OtherDecision
from billing.money import Cents
from tests.builders import a_claim, a_line, a_second_policy

CHILD = Person(Name("DOE", "KIM", suffix="JR"), date(2015, 6, 7), Sex.MALE)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", "group health plan"),
        ("1a", "ABC123456"),
        ("2", "DOE, JANE"),
        ("3", "01 01 1980 F"),
        ("4", "DOE, JANE"),
        ("5", "1 ELM ST ANYTOWN OH 441019999"),
        ("6", "self"),
        ("9", ""),
        ("10a", "no"),
        ("11", "NONE"),
        ("11d", "no"),
        ("12", "SOF"),
        ("13", "SOF"),
        ("21 ind.", "0"),
        ("21A", "J069"),
        ("22", ""),
        ("25", "987654320 EIN"),
        ("26", "EXT1001"),
        ("27", "yes"),
        ("28", "150 00"),
        ("29", ""),
        ("31", "SMITH, ANN SOF"),
        ("33", "EXAMPLE CLINIC 100 MAIN ST ANYTOWN OH 441011234"),
        ("33a", "1999999984"),
        ("33b", "ZZ207Q00000X"),
    ],
)
def test_a_plain_claim(number: str, expected: str) -> None:
    [form] = forms_of(a_claim())
    assert form.box(number) == expected


def test_a_line_says_when_where_what_why_how_much_and_who() -> None:
    line = a_line(modifiers=("25", "GT"), units=Decimal("2.0"), diagnosis_pointers=(1,), charge_cents=Cents(15005))
    [form] = forms_of(a_claim(line))
    [row] = form.lines
    assert (row.service_from, row.service_to, row.place_of_service) == ("10 20 26", "10 20 26", "11")
    assert (row.procedure, row.modifiers, row.pointers) == ("99213", ("25", "GT"), "A")
    assert (row.charge, row.units, row.rendering_npi) == ("150 05", "2", "1999999976")


CHANGES: dict[str, tuple[Claim, str, str]] = {
    "replacement": (a_claim(frequency="7", original_reference="ICN1"), "22", "7 ICN1"),
    "authorized": (a_claim(authorization="A1", referral="R1"), "23", "A1"),
    "automobile": (a_claim(accident=("AA", "", "", "OH")), "10b", "yes OH"),
    "dependent": (
        replace(a_claim(), patient=CHILD, coverage=replace(a_claim().coverage, relationship="19")),
        "6",
        "child",
    ),
    "dependent's name": (
        replace(a_claim(), patient=CHILD, coverage=replace(a_claim().coverage, relationship="19")),
        "2",
        "DOE JR, KIM",
    ),
    "referred": (
        a_claim(providers=(Party("DN", is_person=True, name=Name("ROE", "RUTH"), id_qualifier="XX", id="1999999992"),)),
        "17",
        "DN RUTH ROE",
    ),
    "not assigned": (a_claim(assignment="C"), "27", "no"),
    "paid at the desk": (a_claim(patient_paid_cents=Cents(2000)), "29", "20 00"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_special_about_a_claim(name: str) -> None:
    claim, number, expected = CHANGES[name]
    assert forms_of(claim)[0].box(number) == expected


def test_another_policy_and_what_it_paid() -> None:
    second = a_second_policy()
    paid = replace(second, decision=OtherDecision("S", "88888", Cents(8000)))
    [form] = forms_of(a_claim(), [paid])
    assert (form.box("9"), form.box("9a"), form.box("9d")) == ("DOE, JANE", "SEC88888", "PAYER 88888")
    assert (form.box("11d"), form.box("29")) == ("yes", "80 00")


def test_seven_lines_take_two_sheets_each_with_its_own_total() -> None:
    forms = forms_of(a_claim(*[a_line(charge=1000)] * 7))
    assert [(form.page, form.pages, len(form.lines), form.box("28")) for form in forms] == [
        (1, 2, 6, "60 00"),
        (2, 2, 1, "10 00"),
    ]
    assert forms[1].box("1a") == "ABC123456"
