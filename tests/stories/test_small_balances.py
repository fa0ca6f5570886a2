"""$3.10 left: taken off by itself where the practice wants it, and never where it may not be."""

import pytest

from billing.amendments import Change
from billing.ledger import Account
from database.proof import prove_rows
from tests.builders import a_claim, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.test_households import child, look_after

BOTH_DATABASES = True


def pass_days(office: Office, visit: str, days: int) -> None:
    for _ in range(days):
        look_after(office, office.patient_of(visit))
        office.go_on(visit)
        office.let_pass(days=1)


def on(office: Office, visit: str, account: Account) -> int:
    return sum(cents for (name, _), cents in office.accounts(visit).items() if name == account)


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def alone(office: Office, *, left: int) -> str:
    """A visit that nobody but the patient pays, of which so much is left."""
    office.take_in(an_837p(a_claim()))
    [visit] = office.encounter_ids()
    office.go_on(visit)
    office.amend(visit, Change.SELF_PAY, {"reason": "no policy"})
    office.go_on(visit)
    office.pay(visit, on(office, visit, Account.AR_PATIENT) - left)
    office.go_on(visit)
    assert on(office, visit, Account.AR_PATIENT) == left
    return visit


def test_a_self_pay_rest_is_taken_off_after_its_statements_and_a_late_payment_brings_it_back(office: Office) -> None:
    office.policy("small_balance_cents", 500)
    visit = alone(office, left=310)
    pass_days(office, visit, 60)
    assert on(office, visit, Account.ADJUSTMENT_SMALL) == 0
    pass_days(office, visit, 40)
    assert (on(office, visit, Account.ADJUSTMENT_SMALL), office.stage(visit)) == (310, "closed")
    assert sum("too little to ask for" in one for one in office.story(visit)) == 1
    holds(office)
    office.pay(visit, 310)
    office.go_on(visit)
    assert (on(office, visit, Account.ADJUSTMENT_SMALL), on(office, visit, Account.PATIENT_UNAPPLIED)) == (0, 0)
    holds(office)


@pytest.mark.parametrize(("limit", "of_plans", "taken_off"), [(500, 0, 0), (0, 1, 0), (309, 1, 0), (500, 1, 310)])
def test_what_a_private_plan_left_is_taken_off_only_where_the_practice_says_so(
    office: Office, limit: int, of_plans: int, taken_off: int
) -> None:
    office.policy("small_balance_cents", limit)
    office.policy("small_balance_of_plans", of_plans)
    visit = child(office, "ANNA", 1, share=310)
    pass_days(office, visit, 100)
    assert on(office, visit, Account.ADJUSTMENT_SMALL) == taken_off
    holds(office)


def test_a_payer_that_takes_its_answer_back_leaves_no_credit_of_what_was_taken_off(office: Office) -> None:
    office.policy("small_balance_cents", 500)
    office.policy("small_balance_of_plans", 1)
    visit = child(office, "ANNA", 1, share=310)
    pass_days(office, visit, 100)
    number = office.submission(visit).control_number
    first = a_payment(number, paid=9690, adjustments=(("CO", "45", 5000), ("PR", "3", 310)), payer_claim_number="ICN1")
    whole = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),), payer_claim_number="ICN1")
    office.deliver_835(an_835(a_reversal(first), whole, trace="EFT9", number=9))
    office.go_on(visit)
    assert (on(office, visit, Account.ADJUSTMENT_SMALL), on(office, visit, Account.PATIENT_UNAPPLIED)) == (0, 0)
    assert office.open_task_types(visit) == []
    holds(office)
