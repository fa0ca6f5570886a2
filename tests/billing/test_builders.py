"""The builders' defaults are valid, so that a test says only what matters to it."""

from billing.coding import coding_faults
from billing.edits.registry import Situation
from billing.identifiers import npi_is_valid
from billing.intake import refusal
from billing.policies import Policies
from billing.registration import registration_faults
from billing.remittance import claim_imbalances
from billing.scrubbing import scrub
from tests.builders import CLINIC_NPI, DOCTOR_NPI, NOON, a_claim, a_payment, a_reversal


def test_the_default_claim_is_clean() -> None:
    claim = a_claim()
    assert registration_faults(claim, as_of=NOON.date()) == []
    assert coding_faults(claim) == []
    assert scrub(claim, Situation(NOON, Policies.of([]), is_verified=True)) == []
    assert refusal(claim) is None


def test_the_default_payment_and_its_reversal_balance() -> None:
    assert claim_imbalances(a_payment("PCN"), ordinal=1) == []
    assert claim_imbalances(a_reversal(a_payment("PCN")), ordinal=1) == []


def test_the_default_providers_exist() -> None:
    assert npi_is_valid(CLINIC_NPI)
    assert npi_is_valid(DOCTOR_NPI)
