"""The nine steps, one story each, lived twice: through the API and through a browser.

Each story shows what the office does by itself, where it asks a person, who that is, and how the visit goes on.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from activities.ids import account_workflow
from billing.eligibility import Benefit
from billing.roles import Role
from tests.builders import a_277ca
from tests.office import active
from tests.stories.clinic import Clinic, a_visit, answered, seen, without


async def test_1_registration_the_front_desk_fills_every_gap_at_once(house: Clinic) -> None:
    encounter = await house.visits(without(without(a_visit(house), "patient", "birth_date"), "coverage", "member_id"))
    assert await house.sees(encounter) == seen("registration", "$0.00", "Complete the registration")
    corrections = "patient.birth_date = 1980-01-01\nmember_id = ABC123456"
    await house.finishes(Role.FRONT_DESK, encounter, "fields_completed", corrections=corrections)
    assert (await house.sees(encounter)).stage == "acknowledgment"


async def test_2_verification_another_policy_is_found_where_the_first_has_ended(house: Clinic) -> None:
    def only_the_new_one(inquiry: Any) -> Any:
        answer = active(inquiry)
        return answer if inquiry.member_id == "NEW1" else replace(answer, benefits=(Benefit("6"),))

    house.office.wire.answer = only_the_new_one
    encounter = await house.visits(a_visit(house))
    assert await house.sees(encounter) == seen("verification", "$0.00", "Coverage is not active")
    await house.finishes(Role.ELIGIBILITY, encounter, "new_coverage", corrections="member_id = NEW1")
    assert (await house.sees(encounter)).stage == "acknowledgment"


async def test_3_coding_the_coder_is_asked_for_what_no_payer_would_take(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house, diagnoses=[]))
    assert await house.sees(encounter) == seen("coding", "$0.00", "Review the codes")
    corrections = "diagnoses = J06.9\nline.1.pointers = 1"
    await house.finishes(Role.CODER, encounter, "recoded", corrections=corrections)
    assert (await house.sees(encounter)).stage == "acknowledgment"


async def test_4_charge_entry_a_line_without_a_price_is_priced_by_a_person(house: Clinic) -> None:
    line = {"procedure": "99213", "service_date": str(house.office.today - timedelta(days=2))}
    encounter = await house.visits(a_visit(house, lines=[line]))
    assert await house.sees(encounter) == seen("charge review", "$0.00", "Review the charges")
    await house.finishes(Role.CHARGE_REVIEWER, encounter, "changed", corrections="line.1.charge = 150.00")
    assert await house.sees(encounter) == seen("acknowledgment", "$150.00")


async def test_5_submission_a_rejected_claim_is_mended_and_sent_as_a_new_original(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house))
    first = house.office.submission(encounter).control_number
    house.office.deliver(a_277ca(first, accepted=False))
    await house.settled(encounter)
    assert (await house.sees(encounter)).tasks == ("The claim was rejected",)
    await house.finishes(Role.BILLER, encounter, "corrected_new_claim", corrections="member_id = XYZ1")
    assert house.office.submission(encounter).control_number != first
    house.office.deliver(a_277ca(house.office.submission(encounter).control_number, number=2))
    await house.settled(encounter)
    assert (await house.sees(encounter)).stage == "adjudication"


async def test_6_adjudication_a_silent_payer_is_called_and_looked_at_again(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house))
    number = house.office.submission(encounter).control_number
    for who, place in (("AY", 1), ("PR", 2)):
        house.office.deliver(a_277ca(number, sender=who, number=place))
        await house.settled(encounter)
    await house.live.advance(encounter, timedelta(days=22))
    assert (await house.sees(encounter)).tasks == ("The payer is silent",)
    later = str(house.office.today + timedelta(days=10))
    await house.finishes(Role.BILLER, encounter, "status_known", reference="CALL 17", follow_up=later)
    assert await house.sees(encounter) == seen("adjudication", "$150.00")


async def test_7_posting_what_is_refused_is_given_up_only_by_two_people(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house))
    await answered(house, encounter, paid=4000, adjustments=(("CO", "45", 5000), ("CO", "50", 6000)))
    assert await house.sees(encounter) == seen("posting", "$60.00", "Work the denial")
    await house.finishes(Role.DENIALS, encounter, "write_off", reason="not worth an appeal")
    assert (await house.sees(encounter)).tasks == ("Approve a write-off",)
    await house.finishes(Role.SUPERVISOR, encounter, "approved", reason="agreed")
    assert await house.sees(encounter) == seen("closed", "$0.00")


async def test_8_patient_billing_the_share_is_paid_at_the_desk(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house))
    await answered(house, encounter)
    assert await house.sees(encounter) == seen("patient balance", "$20.00")
    await house.hands.take_payment(Role.FRONT_DESK, encounter, "20.00", "cash")
    await house.settled(encounter)
    assert await house.sees(encounter) == seen("closed", "$0.00")


async def test_9_collections_a_supervisor_decides_after_statements_and_final_notice(house: Clinic) -> None:
    encounter = await house.visits(a_visit(house))
    await answered(house, encounter)
    patient = house.office.patient_of(encounter)
    account = house.live.client.get_workflow_handle(account_workflow(house.office.practice_id, patient))
    for _ in range(13):
        await house.live.advance_workflow(account, timedelta(days=10))
    await house.hands.finish(Role.SUPERVISOR, f"accounts/{patient}", "place", agency="Example Recovery")
    await house.settled(encounter)
    assert await house.sees(encounter) == seen("closed", "$0.00")
    assert house.office.accounts(encounter)["BAD_DEBT", 1] == 2000
