"""Every path that a task's reason can name, with a value that mends and values that do not read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing import corrections
from billing.claim import Claim, Sex
from billing.claim_details import clia_of, drug_of
from billing.corrections import CorrectionsInvalid, apply_corrections, parse_corrections
from billing.edits.registry import Situation
from billing.money import Cents
from billing.policies import Policies
from billing.scrubbing import scrub
from tests.builders import NOON, a_claim, a_line

CLAIM = a_claim(a_line(), a_line("93000", 6000))
DEPENDENT = replace(CLAIM, coverage=replace(CLAIM.coverage, relationship="19"))

MENDS: dict[str, tuple[str, Callable[[Claim], Any], Any]] = {
    "member_id": ("XYZ 99", lambda claim: claim.coverage.member_id, "XYZ99"),
    "payer_id": ("12345", lambda claim: (claim.coverage.payer.id_qualifier, claim.coverage.payer.id), ("PI", "12345")),
    "payer_name": ("OTHER PAYER", lambda claim: claim.coverage.payer.name.last, "OTHER PAYER"),
    "relationship": ("19", lambda claim: claim.coverage.relationship, "19"),
    "group_number": ("G1", lambda claim: claim.coverage.group_number, "G1"),
    "filing_indicator": ("MB", lambda claim: claim.coverage.filing_indicator, "MB"),
    "insurance_type": ("12", lambda claim: claim.coverage.insurance_type, "12"),
    "delay_reason": ("7", lambda claim: claim.delay_reason, "7"),
    "accident": ("aa oh", lambda claim: claim.accident, ("AA", "", "", "OH")),
    "admitted_on": ("2026-10-19", lambda claim: claim.other_segments[-1].elements, ("DTP", "435", "D8", "20261019")),
    "attachment": (
        "oz bm r123",
        lambda claim: claim.other_segments[-1].elements,
        ("PWK", "OZ", "BM", "", "", "AC", "R123"),
    ),
    "clia": ("36d0123456", lambda claim: clia_of(claim, claim.lines[0]), "36D0123456"),
    "line.1.description": ("NERVE BLOCK", lambda claim: claim.lines[0].procedure_description, "NERVE BLOCK"),
    "line.1.ndc": (
        "0409-3795-01 2 ml",
        lambda claim: drug_of(claim.lines[0]),
        (("LIN", "", "N4", "00409379501"), ("CTP", "", "", "", "2", "ML")),
    ),
    "diagnoses": (
        "j06.9, z23",
        lambda claim: [(one.code, one.qualifier) for one in claim.diagnoses],
        [("J069", "ABK"), ("Z23", "ABF")],
    ),
    "place_of_service": ("22", lambda claim: claim.place_of_service, "22"),
    "authorization": ("AUTH1", lambda claim: claim.authorization, "AUTH1"),
    "referral": ("REF1", lambda claim: claim.referral, "REF1"),
    "charge": ("200.5", lambda claim: claim.charge_cents, 20050),
    "patient_paid": ("20", lambda claim: claim.patient_paid_cents, 2000),
    "patient.last_name": ("ROE", lambda claim: claim.patient.name.last, "ROE"),
    "patient.first_name": ("ANN", lambda claim: claim.patient.name.first, "ANN"),
    "patient.birth_date": ("1990-02-28", lambda claim: claim.patient.birth_date, date(1990, 2, 28)),
    "patient.sex": ("m", lambda claim: claim.patient.sex, Sex.MALE),
    "patient.street": ("2 OAK ST", lambda claim: claim.patient.address and claim.patient.address.street, "2 OAK ST"),
    "patient.city": ("ELSEWHERE", lambda claim: claim.patient.address and claim.patient.address.city, "ELSEWHERE"),
    "patient.state": ("PA", lambda claim: claim.patient.address and claim.patient.address.state, "PA"),
    "patient.postal_code": (
        "15201",
        lambda claim: claim.patient.address and claim.patient.address.postal_code,
        "15201",
    ),
    "subscriber.last_name": ("ROE", lambda claim: claim.subscriber.name.last, "ROE"),
    "billing_provider.npi": ("1234567893", lambda claim: claim.billing_provider.npi, "1234567893"),
    "billing_provider.taxonomy": ("208000000X", lambda claim: claim.billing_provider.taxonomy, "208000000X"),
    "billing_provider.tax_id": ("12-3456780", lambda claim: claim.billing_provider.reference("EI"), "123456780"),
    "billing_provider.street": (
        "3 ASH ST",
        lambda claim: claim.billing_provider.address and claim.billing_provider.address.street,
        "3 ASH ST",
    ),
    "provider.82.npi": ("1234567893", lambda claim: claim.providers[0].npi, "1234567893"),
    "line.1.procedure": ("j1885", lambda claim: claim.lines[0].procedure, "J1885"),
    "line.2.modifiers": ("rt, 59", lambda claim: claim.lines[1].modifiers, ("RT", "59")),
    "line.1.units": ("2.5", lambda claim: claim.lines[0].units, Decimal("2.5")),
    "line.2.charge": ("70", lambda claim: (claim.lines[1].charge_cents, claim.charge_cents), (7000, 22000)),
    "line.1.pointers": ("1, 2", lambda claim: claim.lines[0].diagnosis_pointers, (1, 2)),
    "line.2.service_date": ("2026-10-21", lambda claim: claim.lines[1].service_date, date(2026, 10, 21)),
}


@pytest.mark.parametrize("path", MENDS)
def test_a_field_is_mended(path: str) -> None:
    value, read, expected = MENDS[path]
    assert read(apply_corrections(CLAIM, {path: value})) == expected


def test_every_field_that_can_be_mended_is_in_the_table() -> None:
    """Person and party fields are named once each; they are the same for every person and party."""
    tables = (corrections._PERSON_FIELDS, corrections._LINE_FIELDS)
    mended = {path.rpartition(".")[2] for path in MENDS}
    assert set(corrections._CLAIM_FIELDS) <= set(MENDS)
    assert {name for table in tables for name in table} <= mended
    assert set(corrections._PARTY_FIELDS) <= mended


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nonsense",
        "patient.nonsense",
        "patient",
        "provider.XX.npi",
        "provider.82.nonsense",
        "line.0.charge",
        "line.4.charge",
        "line.x.charge",
        "line.².charge",
        "line.1.nonsense",
        "line.1",
    ],
)
def test_an_unknown_field_is_refused(path: str) -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(CLAIM, {path: "1"})
    [fault] = raised.value.faults.values()
    assert fault.startswith(("no such field", "the claim has 2 lines"))


def test_a_provider_whom_the_visit_lacks_is_said_to_be_missing() -> None:
    alone = replace(CLAIM, providers=())
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(alone, {"provider.82.npi": "1234567893", "provider.DN.npi": "1234567893"})
    rendering, referring = raised.value.faults.values()
    assert rendering.startswith("the visit has no rendering provider; the billing provider sees the patient itself")
    assert referring.startswith("the visit has no referring provider; there is nothing to correct")


def test_one_line_is_not_spoken_of_as_several() -> None:
    with pytest.raises(CorrectionsInvalid, match=r"the claim has 1 line; a new one would be line\.2"):
        apply_corrections(a_claim(), {"line.9.charge": "1"})


def test_a_field_that_is_nearly_right_is_named() -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(CLAIM, {"memberid": "1"})
    assert raised.value.faults == {"memberid": "no such field; did you mean member_id?"}


def test_the_name_on_the_page_is_a_path_too() -> None:
    assert parse_corrections("Member id = A1\n Payer ID=2") == {"member_id": "A1", "payer_id": "2"}


def test_a_field_given_twice_is_refused() -> None:
    with pytest.raises(CorrectionsInvalid, match="given twice"):
        parse_corrections("member_id = 1\nmember_id = 2")


@pytest.mark.parametrize("path", sorted(corrections.FIELDS))
def test_every_field_that_is_shown_can_be_mended(path: str) -> None:
    value, read, expected = MENDS.get(path) or MENDS[path.replace("subscriber", "patient")]
    assert read(apply_corrections(CLAIM, {path: value})) == expected


@pytest.mark.parametrize("path", ["member_id", "payer_id", "patient.last_name", "line.1.procedure", "place_of_service"])
def test_what_a_claim_needs_is_not_emptied(path: str) -> None:
    with pytest.raises(CorrectionsInvalid, match="can not be empty"):
        apply_corrections(CLAIM, {path: ""})


@pytest.mark.parametrize("path", ["authorization", "referral", "group_number", "filing_indicator", "line.2.modifiers"])
def test_what_a_claim_may_lack_is_emptied(path: str) -> None:
    value, read, _ = MENDS[path]
    filled = apply_corrections(CLAIM, {path: value})
    assert read(filled)
    assert not read(apply_corrections(filled, {path: ""}))


def test_a_dot_alone_is_no_diagnosis() -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(CLAIM, {"diagnoses": "E11.9, ."})
    assert raised.value.faults == {"diagnoses": "a dot or a comma alone is no code: write it as J06.9"}


def test_blanks_part_diagnoses_too() -> None:
    assert [one.code for one in apply_corrections(CLAIM, {"diagnoses": "E11.9 I10"}).diagnoses] == ["E119", "I10"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("charge", "12.345"),
        ("charge", "1,5"),
        ("charge", "much"),
        ("patient_paid", "1e3"),
        ("patient.birth_date", "02/28/1990"),
        ("patient.birth_date", ""),
        ("patient.sex", "female"),
        ("line.1.units", "many"),
        ("line.1.units", "NaN"),
        ("line.1.units", "Infinity"),
        ("line.1.units", "1e5"),
        ("line.1.units", "1.0001"),
        ("line.1.charge", ""),
        ("line.1.charge", "-5"),
        ("charge", "-0.01"),
        ("line.1.procedure", "9300"),
        ("provider.82.npi", "123"),
        ("line.1.ndc", "55555123401"),
        ("line.1.ndc", "123 2 ML"),
        ("line.1.ndc", "00409379501 2 XX"),
        ("clia", "123"),
        ("accident", "AA ZZ"),
        ("accident", "XX"),
        ("insurance_type", "99"),
        ("delay_reason", "99"),
        ("admitted_on", "soon"),
        ("line.1.pointers", "first"),
        ("line.1.pointers", "-1"),
        ("line.1.service_date", "2026-13-01"),
    ],
)
def test_a_value_that_does_not_read_is_refused_without_being_repeated(path: str, value: str) -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(CLAIM, {path: value})
    [message] = raised.value.faults.values()
    assert message
    assert not value or value not in message
    assert "class" not in message


def test_all_faults_are_named_and_nothing_is_half_done() -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        apply_corrections(CLAIM, {"member_id": "NEW", "nonsense": "1", "charge": "much", "line.9.units": "1"})
    assert set(raised.value.faults) == {"nonsense", "charge", "line.9.units"}
    assert CLAIM.coverage.member_id == "ABC123456"


def test_patient_and_subscriber_move_together_only_when_they_are_one_person() -> None:
    both = apply_corrections(CLAIM, {"patient.last_name": "ROE"})
    one = apply_corrections(DEPENDENT, {"patient.last_name": "ROE"})
    assert (both.subscriber.name.last, one.subscriber.name.last) == ("ROE", "DOE")


def test_what_is_mended_can_always_be_scrubbed() -> None:
    for path, (value, _, _) in MENDS.items():
        mended = apply_corrections(CLAIM, {path: value})
        findings = scrub(mended, Situation(NOON, Policies.of([]), is_verified=True))
        assert all(one.edit and one.message for one in findings), path


def test_lines_of_text_are_read() -> None:
    text = "member_id = A=1\n\n  line.1.charge=20 \n"
    assert parse_corrections(text) == {"member_id": "A=1", "line.1.charge": "20"}


def test_lines_that_are_no_corrections_are_all_named() -> None:
    with pytest.raises(CorrectionsInvalid) as raised:
        parse_corrections("member_id\ncharge = 1\nhello")
    assert set(raised.value.faults) == {"line 1", "line 3"}


def test_a_late_charge_is_a_line_more_that_begins_with_its_procedure() -> None:
    number = len(CLAIM.lines) + 1
    typed = {f"line.{number}.procedure": "93000", f"line.{number}.charge": "60.00"}
    changed = apply_corrections(CLAIM, typed)
    assert (changed.lines[-1].procedure, changed.lines[-1].units, changed.lines[-1].service_date) == (
        "93000",
        1,
        CLAIM.service_from,
    )
    assert changed.charge_cents == CLAIM.charge_cents + 6000
    with pytest.raises(CorrectionsInvalid, match="begins with its procedure"):
        apply_corrections(CLAIM, {f"line.{number}.charge": "60.00"})


def test_a_service_in_words_is_left_out_and_the_last_one_is_not() -> None:
    coded = CLAIM.lines[0]
    words = replace(coded, procedure="")
    both = replace(CLAIM, lines=(coded, words), charge_cents=Cents(2 * coded.charge_cents))
    billed = apply_corrections(both, {"line.2.procedure": "none"})
    assert (billed.lines, billed.charge_cents) == ((coded,), coded.charge_cents)
    for claim, path, why in [
        (both, "line.1.procedure", "the line has a code"),
        (replace(CLAIM, lines=(words,)), "line.1.procedure", "nothing would be left"),
    ]:
        with pytest.raises(CorrectionsInvalid) as refused:
            apply_corrections(claim, {path: "none"})
        assert why in refused.value.faults[path]
