"""Charge review by policy: what is unlikely becomes a reason in the reviewer's task, and never a silent stop."""

from datetime import date

import pytest

from billing.contracts import Basis, Rate, Terms
from billing.money import Cents
from database import tasks
from database.columns import new_id
from database.tables import Charge
from tests.builders import a_claim, a_line
from tests.office import Office
from tests.stories.test_expected import contract, meet_payer, visit

BOTH_DATABASES = True


@pytest.fixture(autouse=True)
def priced(office: Office) -> None:
    meet_payer(office)
    with office.database.writing() as session:
        session.add(
            Charge(
                id=new_id(),
                practice_id=office.practice_id,
                procedure="99213",
                price_cents=15000,
                effective_from=date(2026, 1, 1),
            )
        )


def reason(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        open_ones = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter)
    [found] = [one.reason for one in open_ones if one.type == "charge_review"]
    return found


def test_nothing_is_asked_by_default(office: Office) -> None:
    encounter = visit(office, a_claim(a_line(charge=150000), a_line("93000", 6000)))
    assert office.stage(encounter) == "submission"


def test_a_charge_far_above_its_price_waits_for_a_reviewer_and_is_asked_once(office: Office) -> None:
    office.policy("charge_outlier_times", 5)
    encounter = visit(office, a_claim(a_line(charge=150000)))
    assert office.open_task_types(encounter) == ["charge_review"]
    assert "more than 5 times the $150.00 that the charge master asks" in reason(office, encounter)
    office.complete(encounter, "charge_review", "approved", {"reason": "three hours"})
    office.go_on(encounter)
    assert office.stage(encounter) == "submission"


def test_the_contract_measures_what_the_charge_master_does_not_price(office: Office) -> None:
    office.policy("charge_outlier_times", 3)
    contract(office, Terms(Basis.SCHEDULE), Rate("93000", date(2026, 1, 1), amount_cents=Cents(1500)))
    encounter = visit(office, a_claim(a_line("93000", 6000)))
    assert "more than 3 times the $15.00 that the payer's contract allows" in reason(office, encounter)


def test_what_was_approved_is_not_asked_again_when_an_edit_sends_the_claim_back(office: Office) -> None:
    office.policy("charge_late_days", 5)
    office.policy("needs_group_number", 1)
    encounter = visit(office, a_claim())
    assert "entered on 2026-11-02, 13 days after the first service" in reason(office, encounter)
    office.complete(encounter, "charge_review", "approved", {"reason": "the chart was late"})
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["claim_edit_failed"]
    office.complete(encounter, "claim_edit_failed", "fixed", {"corrections": "group_number = G1"})
    office.go_on(encounter)
    assert office.stage(encounter) == "submission"


def test_a_code_without_a_price_is_asked_about_where_the_office_wants_it(office: Office) -> None:
    office.policy("charge_needs_price", 1)
    encounter = visit(office, a_claim(a_line(), a_line("93000", 6000)))
    assert "line 2: 93000 has no price in the charge master" in reason(office, encounter)
