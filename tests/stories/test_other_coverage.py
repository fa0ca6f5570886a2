"""The payer knows of another payer: a person finds out who pays first, and the claim goes there and on from there."""

from dataclasses import replace

import pytest

from billing.claim import Name, Party
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office, active
from tests.stories.amending import went_out

BOTH_DATABASES = True
OTHER = Benefit("R", related=(Party("PRP", is_person=False, name=Name("OTHER PLAN")),))
POLICY = {"payer_id": "77777", "payer_name": "OTHER PLAN", "member_id": "O 1", "reference": "card seen"}


def knows_of_another(inquiry: EligibilityInquiry) -> EligibilityResponse:
    answer = active(inquiry)
    return replace(answer, benefits=(*answer.benefits, OTHER)) if inquiry.member_id == "ABC123456" else answer


@pytest.fixture
def encounter(office: Office) -> str:
    office.wire.answer = knows_of_another
    office.take_in(an_837p(a_claim()))
    [opened] = office.encounter_ids()
    office.go_on(opened)
    assert office.open_task_types(opened) == ["cob_conflict"]
    assert office.stage(opened) == "verification"
    return opened


def ends(office: Office, encounter: str, resolution: str, **values: str) -> None:
    result = office.complete(encounter, "cob_conflict", resolution, values)
    assert result.answer.done, result.answer
    office.go_on(encounter)


def answered(office: Office, encounter: str, *cas: tuple[str, str, int], status: str = "1") -> None:
    number = office.submission(encounter).control_number
    paid = 15000 - sum(amount for _, _, amount in cas)
    payment = a_payment(number, paid=paid, adjustments=cas, status=status, payer_claim_number=f"ICN{status}")
    office.deliver_835(an_835(payment, trace=f"EFT{status}"))
    office.go_on(encounter)


def test_it_pays_first_and_alone(office: Office, encounter: str) -> None:
    ends(office, encounter, "first_alone", reference="CALL 1")
    assert went_out(office).coverage.payer.id == "99999"
    answered(office, encounter, ("CO", "45", 5000), ("PR", "3", 2000))
    assert office.stage(encounter) == "patient_balance"


def test_it_pays_first_and_the_other_one_afterwards(office: Office, encounter: str) -> None:
    ends(office, encounter, "first_of_two", **POLICY)
    assert went_out(office).coverage.payer.id == "99999"
    answered(office, encounter, ("CO", "45", 5000), ("PR", "3", 2000))
    second = went_out(office)
    assert (second.coverage.payer.id, second.coverage.member_id, second.coverage.responsibility) == ("77777", "O1", "S")


def test_the_other_one_pays_first_and_it_afterwards(office: Office, encounter: str) -> None:
    ends(office, encounter, "second", **POLICY)
    first = went_out(office)
    assert (first.coverage.payer.id, first.coverage.responsibility) == ("77777", "P")
    answered(office, encounter, ("CO", "45", 5000), ("PR", "3", 2000))
    assert went_out(office).coverage.payer.id == "99999"
    assert office.open_task_types(encounter) == [], "asked again, it is known by now that there are two"


def test_nobody_covers_and_a_supervisor_makes_it_self_pay(office: Office) -> None:
    office.wire.answer = lambda inquiry: replace(active(inquiry), benefits=(Benefit("6"),))
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    refused = office.complete(encounter, "elig_inactive", "self_pay", {"reason": "no insurance"})
    assert refused.answer.code == "forbidden"
    office.complete(encounter, "elig_inactive", "self_pay", {"reason": "no insurance"}, by=office.supervisor_id)
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance"
    assert office.accounts(encounter)["AR_PAT", 1] == 15000
