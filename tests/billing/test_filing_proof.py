"""The proof of timely filing says what is on record, and what is not."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from billing.filing_proof import Evidence, Heard, Sent, missing, proof_of_filing
from billing.filing_time import FilingTime
from billing.policies import Policies, PolicyRow
from tests.builders import NOON, a_claim

SENT = Sent(
    "CN1",
    NOON,
    interchange_number=17,
    group_number=17,
    set_number="0001",
    sha256="ab" * 32,
    receipt_id="R-1",
    syntax_accepted_at=NOON + timedelta(minutes=5),
)
HOUSE = Heard(NOON + timedelta(hours=1), "clearinghouse", "accepted (277CA A1:19)", is_acceptance=True)
PAYER = Heard(NOON + timedelta(days=1), "payer", "accepted (277CA A2:20)", is_acceptance=True)
NINETY = Policies.of([PolicyRow("filing_limit_days", 90, date.min, payer_id="x")])
WHOLE = Evidence(
    claim=a_claim(),
    sent=SENT,
    earlier=(),
    heard=(HOUSE, PAYER),
    payer_claim_number="ICN1",
    filing=FilingTime(date(2026, 10, 20), NINETY),
    limit_is_known=True,
)


def test_everything_on_record_is_told_in_order() -> None:
    letter = proof_of_filing(WHOLE, on=NOON.date(), zone=UTC)
    assert [item.split(": ", 1)[0] for item in letter.items] == [
        "2026-11-02 12:00 UTC",
        "2026-11-02 12:05 UTC",
        "2026-11-02 13:00 UTC",
        "2026-11-03 12:00 UTC",
    ]
    assert "interchange 000000017" in letter.items[0]
    assert "receipt R-1" in letter.items[0]
    assert "77 days before your filing limit, which counts from 10/20/2026" in letter.paragraphs[1]
    assert not any("Not on record" in one for one in letter.paragraphs)


def test_the_envelopes_acceptance_is_told_before_the_files() -> None:
    sent = replace(SENT, envelope_accepted_at=NOON + timedelta(minutes=2))
    letter = proof_of_filing(replace(WHOLE, sent=sent), on=NOON.date(), zone=UTC)
    assert letter.items[1] == "2026-11-02 12:02 UTC: TA1: the interchange with claim CN1 was accepted"


@pytest.mark.parametrize(
    ("evidence", "gaps"),
    [
        (WHOLE, 0),
        (replace(WHOLE, heard=(HOUSE,)), 1),
        (replace(WHOLE, heard=()), 2),
        (replace(WHOLE, heard=(HOUSE, replace(PAYER, is_acceptance=False))), 1),
        (replace(WHOLE, sent=replace(SENT, receipt_id=None)), 1),
        (replace(WHOLE, sent=replace(SENT, syntax_accepted_at=None)), 1),
        (replace(WHOLE, sent=Sent("CN1", None)), 1),
        (replace(WHOLE, sent=Sent("CN1", NOON, is_paper=True), heard=()), 1),
    ],
)
def test_what_is_missing_is_said(evidence: Evidence, gaps: int) -> None:
    letter = proof_of_filing(evidence, on=NOON.date(), zone=UTC)
    assert len(missing(evidence)) == gaps
    assert sum(one.startswith("Not on record: ") for one in letter.paragraphs) == gaps


def test_what_happened_in_one_instant_keeps_its_order() -> None:
    at_once = replace(WHOLE, sent=replace(SENT, syntax_accepted_at=NOON), heard=())
    items = proof_of_filing(at_once, on=NOON.date(), zone=UTC).items
    assert ("transmitted" in items[0], "999" in items[1]) == (True, True)


def test_the_first_transmission_counts_and_a_late_one_is_said_to_be_late() -> None:
    again = replace(WHOLE, sent=replace(SENT, control_number="CN2", transmitted_at=NOON + timedelta(days=200)))
    assert "123 days after" in proof_of_filing(again, on=NOON.date(), zone=UTC).paragraphs[1]
    with_first = replace(again, earlier=(SENT,))
    letter = proof_of_filing(with_first, on=NOON.date(), zone=UTC)
    assert "77 days before" in letter.paragraphs[1]
    assert "claim CN1" in letter.items[0]


def test_a_limit_that_nobody_knows_is_not_claimed() -> None:
    letter = proof_of_filing(replace(WHOLE, limit_is_known=False), on=NOON.date(), zone=UTC)
    assert "not known to us" in letter.paragraphs[1]


def test_nothing_clinical_is_told() -> None:
    letter = proof_of_filing(WHOLE, on=NOON.date(), zone=UTC)
    text = str(letter)
    assert not [one.code for one in WHOLE.claim.diagnoses if one.code in text]
    assert not [one.procedure for one in WHOLE.claim.lines if one.procedure in text]
