"""Totals agree with what the readers make of the same file."""

from pathlib import Path

import pytest

from interchange.x12 import claims_837p, remittance_835, statistics, validate
from interchange.x12.detect import FileKind
from interchange.x12.statistics import Totals


def totals(path: Path, kind: FileKind) -> Totals:
    return next(one for one in statistics.count(path.read_bytes()) if one.kind is kind)


@pytest.mark.golden("x222a1")
def test_claims_and_charges_are_those_that_the_reader_finds(path: Path) -> None:
    found = [one for one in claims_837p.read(path.read_bytes()) if isinstance(one, claims_837p.ReadClaim)]
    if any(one.claim is None for one in found):
        pytest.skip("a claim that no noun can be made of is counted all the same")
    claims = [one.claim for one in found if one.claim]
    counted = totals(path, FileKind.CLAIMS_837P)
    assert counted.claim_count == len(claims)
    assert counted.line_count == sum(len(one.lines) for one in claims)
    assert counted.charge_cents == sum(one.charge_cents for one in claims)


@pytest.mark.golden("x221a1")
def test_a_remittance_sums_to_its_payment(path: Path) -> None:
    found = list(remittance_835.read_remittances(path.read_bytes()))
    counted = totals(path, FileKind.REMITTANCE_835)
    assert counted.claim_count == sum(len(one.payments) for one in found)
    if all(one.is_balanced for one in found):
        assert counted.paid_cents - counted.provider_adjustments_cents == counted.payment_cents
        adjusted = sum(counted.adjustments_cents.values())
        assert counted.charge_cents - counted.paid_cents == adjusted


@pytest.mark.golden("x222a1", "x221a1", "x214", "x279a1-271", "ta1", "broken")
def test_every_claim_of_the_verdict_is_counted(path: Path) -> None:
    if path.name.startswith("p23"):
        pytest.skip("no ISA")
    claims = sum(one.claims_count for one in validate.validate(path.read_bytes()))
    counted = statistics.count(path.read_bytes())
    kinds = {FileKind.CLAIMS_837P, FileKind.REMITTANCE_835}
    assert sum(one.claim_count for one in counted if one.kind in kinds) == claims


def test_an_acknowledgment_names_its_claims(golden: Path) -> None:
    counted = totals(golden / "x214" / "made-accepted-and-rejected.edi", FileKind.ACKNOWLEDGMENT_277CA)
    text = (golden / "x214" / "made-accepted-and-rejected.edi").read_text()
    assert counted.claim_count == text.count("NM1*QC*") > 1
    assert counted.payers == set() or all(name in text for name in counted.payers)


def test_what_is_no_amount_is_said_and_not_counted(golden: Path) -> None:
    text = (golden / "x222a1" / "made-dependent-and-telehealth.edi").read_bytes().replace(b"ACC621*90", b"ACC621*9O")
    [counted] = statistics.count(text)
    assert (counted.charge_cents, counted.unreadable_count, counted.claim_count) == (4500, 1, 2)
