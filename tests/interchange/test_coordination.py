"""Other payers' decisions on a claim: read from what the claim keeps opaque, and held against their sums."""

from dataclasses import replace
from pathlib import Path

import pytest

from billing.coordination import OtherDecision, coordination_imbalances
from billing.money import Cents
from interchange.x12 import claims_837p, coordination
from interchange.x12.claims_837p import ReadClaim


def the_claim(golden: Path, name: str, *changes: tuple[bytes, bytes]) -> ReadClaim:
    data = (golden / "x222a1" / name).read_bytes()
    for old, new in changes:
        assert data.count(old) == 1
        data = data.replace(old, new)
    return next(item for item in claims_837p.read(data) if isinstance(item, ReadClaim))


def test_a_primary_payers_decision_is_read(golden: Path) -> None:
    claim = the_claim(golden, "stu-COB-claim-from-billing-provider-to-payer-b.edi").claim
    assert claim is not None
    [decision] = coordination.read_decisions(claim)
    assert (decision.responsibility, decision.payer_id, decision.paid_cents) == ("P", "999996666", 3915)
    assert {one.line for one in decision.lines} <= set(range(1, len(claim.lines) + 1))
    assert all(one.payer_id == "999996666" for one in decision.lines)
    assert sum(one.paid_cents for one in decision.lines) == 3915 + sum(a.amount_cents for a in decision.adjustments)


def test_a_payer_that_has_not_decided_has_no_sums(golden: Path) -> None:
    claim = the_claim(golden, "stu-COB-claim-from-billing-provider-to-payer-a.edi").claim
    assert claim is not None
    [decision] = coordination.read_decisions(claim)
    assert (decision.paid_cents, decision.lines) == (None, ())
    assert imbalances(decision, claim) == []


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        (b"AMT*D*180~", b"AMT*D*180.01~", {"cob-claim"}),
        (b"SVD*PP001*150*", b"SVD*PP001*150.01*", {"cob-line", "cob-claim"}),
    ],
)
def test_a_cent_off_is_told(golden: Path, old: bytes, new: bytes, codes: set[str]) -> None:
    name = "made-secondary-cob-line-level.edi"
    read = the_claim(golden, name, (old, new))
    found = [issue for issue in read.issues if issue.level == "balance"]
    assert {issue.code for issue in found} == codes
    assert all(issue.control_number == "ACC611" for issue in found)


def test_golden_claims_come_out(golden: Path) -> None:
    read = the_claim(golden, "made-secondary-cob-line-level.edi")
    assert [issue for issue in read.issues if issue.is_error] == []


def test_a_line_that_the_payer_was_not_asked_about_is_left_alone(golden: Path) -> None:
    claim = the_claim(golden, "made-secondary-cob-line-level.edi").claim
    assert claim is not None
    [decision] = coordination.read_decisions(claim)
    half = replace(decision, lines=decision.lines[:1])
    assert "AMT*D = sum of SVD02 - claim CAS" not in [one.rule for one in imbalances(half, claim)]


def imbalances(decision: OtherDecision, claim: claims_837p.Claim) -> list[object]:
    charges: list[Cents] = [line.charge_cents for line in claim.lines]
    return list(coordination_imbalances(decision, charge_cents=claim.charge_cents, line_charges=charges, ordinal=1))
