"""A clean claim from the sender's file to a zero balance, on the books alone."""

from tests.builders import a_277ca, a_999, a_claim, a_payment, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True


def test_it_goes_from_a_file_to_zero(office: Office) -> None:
    report = office.take_in(an_837p(a_claim()))
    assert (report.claims, report.created, report.refused) == (1, 1, [])
    [encounter] = office.encounter_ids()
    assert office.go_on(encounter).stage == "submission"
    batch = office.send_claims()
    assert office.stage(encounter) == "acknowledgment"
    number = office.submission(encounter).control_number
    office.deliver(a_999(batch.group_number))
    office.deliver(a_277ca(number, sender="AY"))
    assert office.go_on(encounter).stage == "acknowledgment"
    office.deliver(a_277ca(number, sender="PR", number=2))
    assert office.go_on(encounter).stage == "adjudication"
    office.deliver_835(an_835(a_payment(number)))
    assert office.go_on(encounter).stage == "patient_balance"
    assert office.accounts(encounter)[("AR_PAT", 1)] == 2000
    office.pay(encounter, 2000)
    assert office.go_on(encounter).stage == "closed"
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 5000,
        ("CARD_CLEARING", None): 2000,
        ("CASH_UNAPPLIED", 1): 8000,
        ("REVENUE_GROSS", 1): -15000,
    }
