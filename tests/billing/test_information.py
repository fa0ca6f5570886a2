"""Requests for documents: what asks, in which words, and what a claim says of them."""

from dataclasses import replace

import pytest

from billing.acknowledgment import StatusReason
from billing.corrections import CorrectionsInvalid, apply_corrections
from billing.information import NOT_NAMED, asked_by, asked_in, asks, attachments_of, with_attachment
from billing.money import Cents
from billing.posting import DeniedAmount
from interchange.x12 import claims_837p
from tests.builders import a_claim, an_837p


def denied(reason: str, *remarks: str, blocked: str | None = None) -> DeniedAmount:
    return DeniedAmount("line", "CO", reason, Cents(100), remarks, blocked)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (denied("226"), True),
        (denied("252"), True),
        (denied("16", "M127"), True),
        (denied("16", "N290"), False),
        (denied("50", "M127"), False),
        (denied("252", blocked="the patient is a QMB"), False),
    ],
)
def test_some_refusals_ask_for_documents(amount: DeniedAmount, expected: bool) -> None:
    assert asks(amount) is expected


def test_what_is_asked_is_said_in_words() -> None:
    assert asked_by([denied("252", "M127", "N290"), denied("252", "M29")]) == (
        "medical record missing; operative note missing"
    )
    assert asked_by([denied("226")]) == NOT_NAMED


def test_a_277_asks_by_status_code_or_loinc() -> None:
    reasons = [StatusReason("R4", "18842-5", code_list="LOI"), StatusReason("R3", "297"), StatusReason("R4", "999")]
    assert asked_in(reasons) == (
        f"discharge summary (18842-5); medical notes or report (297); {NOT_NAMED} in words we know (code 999)"
    )


def test_an_attachment_to_come_is_written_and_read_again() -> None:
    claim = apply_corrections(a_claim(), {"attachment": "oz fx r123"})
    assert attachments_of(claim) == [("OZ", "FX", "R123")]
    [read] = [one.claim for one in claims_837p.read(an_837p(claim)) if isinstance(one, claims_837p.ReadClaim)]
    assert read is not None
    assert attachments_of(read) == [("OZ", "FX", "R123")]
    assert "PWK*OZ*FX***AC*R123~" in an_837p(claim).decode()


def test_the_same_number_is_announced_once_and_at_most_ten_are() -> None:
    claim = with_attachment(with_attachment(a_claim(), "OZ BM R1"), "OZ FX R1")
    assert attachments_of(claim) == [("OZ", "FX", "R1")]
    for number in range(2, 11):
        claim = with_attachment(claim, f"OZ BM R{number}")
    with pytest.raises(ValueError, match="at most 10"):
        with_attachment(claim, "OZ BM R11")


@pytest.mark.parametrize("typed", ["OZ BM", "OZZ BM R1", "OZ XX R1", "OZ BM R", f"OZ BM {'R' * 51}"])
def test_what_no_payer_reads_is_refused(typed: str) -> None:
    with pytest.raises(CorrectionsInvalid):
        apply_corrections(replace(a_claim()), {"attachment": typed})
