"""Every edit with a claim that passes it and one that does not; the rest of the claim is clean."""

from dataclasses import replace
from typing import Any

import pytest

from billing.claim import Claim
from billing.edits.registry import EDITS, Bill, Finding, Severity
from billing.money import Cents
from billing.scrubbing import mended, scrub
from tests.billing import edit_cases, edit_cases_hospital, edit_cases_known
from tests.billing.edit_cases import CLEAN, DOCTOR, at_address, situation
from tests.builders import CLINIC_NPI, DOCTOR_NPI, a_hospital_claim, a_stay

PASSES = [*edit_cases.PASSES, *edit_cases_known.PASSES, *edit_cases_hospital.PASSES]
FAILS = [*edit_cases.FAILS, *edit_cases_known.FAILS, *edit_cases_hospital.FAILS]


def findings_of(code: str, claim: Claim, changes: dict[str, Any]) -> list[Finding]:
    [found] = [one for one in EDITS if one.code == code]
    return list(found.findings(claim, situation(**changes)))


@pytest.mark.parametrize(("code", "claim", "changes"), PASSES)
def test_a_claim_passes(code: str, claim: Claim, changes: dict[str, Any]) -> None:
    assert findings_of(code, claim, changes) == []


@pytest.mark.parametrize(("code", "claim", "changes", "path"), FAILS)
def test_a_claim_fails(code: str, claim: Claim, changes: dict[str, Any], path: str) -> None:
    [found] = findings_of(code, claim, changes)
    assert found.path == path
    assert found.message
    assert found.fix


def test_every_edit_has_a_case_that_passes_and_one_that_fails() -> None:
    codes = {one.code for one in EDITS}
    assert {code for code, *_ in PASSES} == codes
    assert {code for code, *_ in FAILS} == codes


@pytest.mark.parametrize("claim", [CLEAN, a_hospital_claim(), a_stay()], ids=["professional", "outpatient", "stay"])
def test_a_clean_claim_has_no_findings(claim: Claim) -> None:
    assert scrub(claim, situation()) == []


@pytest.mark.parametrize(("code", "claim"), [(code, claim) for code, claim, *_ in edit_cases.FAILS])
def test_an_edit_looks_at_claims_of_its_kind_only(code: str, claim: Claim) -> None:
    """What is wrong on a professional claim alone is nothing to a hospital, and the other way."""
    [looks] = [one for one in EDITS if one.code == code]
    of_a_hospital = replace(claim, hospital=a_hospital_claim().hospital)
    assert looks.is_about(claim)
    assert looks.is_about(of_a_hospital) == (looks.bill != Bill.PROFESSIONAL)
    assert not any(one.is_about(claim) for one in EDITS if one.bill == Bill.INSTITUTIONAL)


def test_all_findings_come_at_once_and_errors_first() -> None:
    claim = replace(at_address(postal_code="44101"), charge_cents=Cents(1), diagnoses=())
    findings = scrub(claim, situation(is_verified=False))
    assert [one.edit for one in findings] == ["C01", "D01", "M02", "P05B", "S07"]
    assert [one.severity for one in findings] == [Severity.ERROR] * 3 + [Severity.WARNING] * 2


def test_what_can_be_mended_in_one_way_is_mended() -> None:
    claim = replace(CLEAN, providers=(replace(DOCTOR, id=CLINIC_NPI, taxonomy="207Q00000X"),))
    claim = replace(claim, coverage=replace(claim.coverage, member_id="abc 123-456"))
    better, done = mended(claim, situation())
    assert sorted(one.edit for one in done) == ["P06", "S02"]
    assert (better.providers, better.coverage.member_id) == ((), "ABC123456")
    assert better.billing_provider.taxonomy == "207Q00000X"
    assert mended(better, situation()) == (better, [])


def test_the_same_finding_holds_a_claim_to_medicare_and_not_one_to_others() -> None:
    paired = edit_cases_known.paired(edit_cases_known.pair("0"))
    severities = {
        filing: findings_of("C04", edit_cases_known.two(filing=filing), paired)[0].severity for filing in ("MB", "CI")
    }
    assert severities == {"MB": Severity.ERROR, "CI": Severity.WARNING}


def test_a_finding_names_nobody() -> None:
    private = ["DOE", "JANE", "1980", "ABC123456", CLINIC_NPI, DOCTOR_NPI, "ELM"]
    for _, claim, changes, _ in FAILS:
        for one in scrub(claim, situation(**changes)):
            assert [word for word in private if word in one.message] == []
