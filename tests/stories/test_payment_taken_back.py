"""The bank returns a patient's payment: what it had paid is owed again, also after the visit was closed."""

from billing.amendments import Change
from database import ledger
from tests.builders import a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.amending import amend, remitted

BOTH_DATABASES = True


def with_shares(office: Office) -> str:
    """Two lines, of which the patient owes 20.00 and 10.00."""
    office.take_in(an_837p(a_claim(a_line("99213", 10000), a_line("93000", 5000))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    lines = (
        a_payment("X", charge=10000, paid=8000, adjustments=(("PR", "3", 2000),)).lines[0],
        a_payment("X", charge=5000, paid=4000, adjustments=(("PR", "2", 1000),), procedure="93000").lines[0],
    )
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=12000, lines=lines)))
    office.go_on(encounter)
    return encounter


def test_a_closed_visit_that_nobody_else_pays_opens_again(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    amend(office, encounter, Change.SELF_PAY, {"reason": "no policy"})
    office.pay(encounter, 15000, payment_id="payment-one")
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    office.take_back(encounter, "payment-one")
    office.go_on(encounter)
    assert (office.stage(encounter), office.accounts(encounter)["AR_PAT", 1]) == ("patient_balance", 15000)


def test_a_closed_visit_opens_again_and_the_patient_owes_what_was_paid(office: Office) -> None:
    encounter = with_shares(office)
    office.pay(encounter, 3000, payment_id="payment-one")
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    office.take_back(encounter, "payment-one")
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance", office.story(encounter)
    assert (office.accounts(encounter)["AR_PAT", 1], office.accounts(encounter)["AR_PAT", 2]) == (2000, 1000)
    office.pay(encounter, 3000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_money_that_a_void_set_free_is_on_no_share_any_more(office: Office) -> None:
    """It was applied, came back as a credit, and was refunded: nothing of it can be taken back."""
    encounter = with_shares(office)
    office.pay(encounter, 3000)
    office.go_on(encounter)
    number = office.submission(encounter).control_number
    with office.database.reading() as session:
        where = {"practice_id": office.practice_id, "encounter_id": encounter}
        assert sum(ledger.applied_by_line(session, **where).values()) == 3000
    lines = (
        a_payment("X", charge=10000, paid=8000, adjustments=(("PR", "3", 2000),)).lines[0],
        a_payment("X", charge=5000, paid=4000, adjustments=(("PR", "2", 1000),), procedure="93000").lines[0],
    )
    amend(office, encounter, Change.VOID, {"reason": "it did not happen"})
    office.send_claims()
    remitted(office, encounter, a_reversal(a_payment(number, paid=12000, lines=lines)))
    with office.database.reading() as session:
        assert sum(ledger.applied_by_line(session, **where).values()) == 0
    assert office.accounts(encounter)["PAT_UNAPPLIED", None] == -3000


def test_another_payment_goes_on_paying_what_it_can(office: Office) -> None:
    encounter = with_shares(office)
    office.pay(encounter, 2000, payment_id="returned")
    office.pay(encounter, 500)
    office.go_on(encounter)
    office.take_back(encounter, "returned")
    office.go_on(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 1500
    assert office.accounts(encounter)["AR_PAT", 2] == 1000


def test_money_that_paid_nothing_yet_is_simply_gone(office: Office) -> None:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.pay(encounter, 2000, payment_id="returned")
    office.go_on(encounter)
    office.take_back(encounter, "returned")
    office.go_on(encounter)
    assert ("AR_PAT", 1) not in office.accounts(encounter)
    assert any("taken back" in one for one in office.story(encounter))
