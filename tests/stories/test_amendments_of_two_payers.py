"""A visit that two payers have is amended with each of them: the first one first, and voided from the last one back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities.desk import Desk
from activities.next_payer import back_to_place
from activities.refusals import Refused, correct
from billing.amendments import Change
from billing.deadlines import Reason
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse
from database import encounters
from interchange.x12 import coordination
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_claim, a_line, a_payment, a_reversal, a_second_policy, an_837p
from tests.office import Office, active
from tests.stories.amending import (
    BECAUSE,
    FIRST,
    LATE_CHARGE,
    OTHER_PAYER,
    accepted,
    amend,
    billed_once,
    billed_twice,
    both_lines,
    nothing_leaves,
    remitted,
    states,
    told,
    voids_go_out,
    went_out,
)

BOTH_DATABASES = True


def test_a_late_charge_goes_to_the_first_payer_and_then_to_the_second(office: Office) -> None:
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert told(went_out(office)) == ("P", "7", "ICN001")
    anew = both_lines(office.submission(encounter).control_number, ecg=(("PR", "2", 1000),), ecg_paid=5000)
    remitted(office, encounter, a_reversal(first), anew)
    claim = went_out(office)
    assert (*told(claim), claim.charge_cents) == ("S", "7", "SEC1", 21000)
    [decision] = coordination.read_decisions(claim)
    assert (decision.paid_cents, [one.paid_cents for one in decision.lines]) == (13000, [8000, 5000])
    assert coordination.imbalances(claim) == []
    paid = a_payment(
        claim.control_number,
        charge=21000,
        paid=3000,
        adjustments=(),
        status="2",
        payer_claim_number="SEC2",
        lines=(
            a_payment("X", paid=2000, adjustments=(("OA", "23", 13000),)).lines[0],
            a_payment("X", charge=6000, paid=1000, adjustments=(("OA", "23", 5000),), procedure="93000").lines[0],
        ),
    )
    remitted(office, encounter, paid)
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_the_second_payers_answer_to_the_old_claim_is_posted_and_replaced(office: Office) -> None:
    encounter, first = billed_twice(office)
    second = office.submission(encounter).control_number
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    office.send_claims()
    old = a_payment(second, paid=2000, adjustments=(("OA", "23", 13000),), status="2", payer_claim_number="SEC1")
    remitted(office, encounter, old)
    assert office.open_task_types(encounter) == []
    anew = both_lines(office.submission(encounter).control_number, ecg=(), ecg_paid=6000)
    remitted(office, encounter, a_reversal(first), anew)
    assert office.stage(encounter) != "closed", "nobody owes anything, but the second payer has yet to be told"
    assert told(went_out(office)) == ("S", "7", "SEC1")


def test_the_second_payers_refusal_of_the_old_claim_is_not_worked(office: Office) -> None:
    encounter, _ = billed_twice(office)
    second = office.submission(encounter).control_number
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    office.send_claims()
    remitted(office, encounter, a_payment(second, paid=0, adjustments=(("CO", "16", 15000),), status="2"))
    assert office.open_task_types(encounter) == []


def test_a_second_payer_that_gives_no_number_gets_the_claim_anew_after_its_days(office: Office) -> None:
    encounter, first = billed_twice(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    office.send_claims()
    anew = both_lines(office.submission(encounter).control_number, ecg=(("PR", "2", 1000),), ecg_paid=5000)
    remitted(office, encounter, a_reversal(first), anew)
    assert nothing_leaves(office), "its number or its answer is awaited"
    office.now += timedelta(days=31)
    office.go_on(encounter)
    assert told(went_out(office)) == ("S", "1", None)


def test_a_second_payer_without_replacements_is_told_by_a_person(office: Office) -> None:
    office.policy("takes_replacements", 0)
    encounter, first = billed_twice(office)
    remitted(office, encounter, replace(a_reversal(first)))
    denied = a_payment(first.control_number, paid=0, adjustments=(("CO", "16", 15000),), remarks=("MA130",))
    remitted(office, encounter, denied)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert told(went_out(office)) == ("P", "1", None)
    anew = both_lines(office.submission(encounter).control_number, ecg=(("PR", "2", 1000),), ecg_paid=5000)
    remitted(office, encounter, anew)
    assert office.open_task_types(encounter) == ["denial_review"]
    assert any("by telephone" in one for one in office.story(encounter))


def test_only_the_second_policy_is_mended_with_its_payer_alone(office: Office) -> None:
    encounter, _ = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.CORRECT, {"corrections": "member_id = S 99", "reason": "misread"})
    claim = went_out(office)
    assert (*told(claim), claim.coverage.member_id) == ("S", "7", "SEC1", "S99")


def test_a_second_claim_that_never_left_is_simply_made_anew(office: Office) -> None:
    encounter, first = billed_once(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert told(went_out(office)) == ("P", "7", "ICN001")
    anew = both_lines(office.submission(encounter).control_number, ecg=(("PR", "2", 1000),), ecg_paid=5000)
    remitted(office, encounter, a_reversal(first), anew)
    assert told(went_out(office)) == ("S", "1", None)
    assert len(office.wire.claims) == 3


def test_a_void_goes_to_the_last_payer_first_and_then_to_each_before_it(office: Office) -> None:
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.VOID, BECAUSE)
    assert told(went_out(office)) == ("S", "8", "SEC1")
    accepted(office, encounter, "SEC1V")
    assert states(office, encounter) == ["voiding"]
    assert told(went_out(office)) == ("P", "8", "ICN001")
    accepted(office, encounter, "ICN001V")
    assert (states(office, encounter), office.stage(encounter)) == (["voiding"], "posting"), "the money is not back"
    remitted(office, encounter, a_reversal(first))
    assert (states(office, encounter), office.stage(encounter)) == (["done"], "closed"), office.story(encounter)
    assert office.accounts(encounter) == {}


def test_half_a_void_is_never_begun(office: Office) -> None:
    office.policy("takes_replacements", 0)
    encounter, _ = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.VOID, BECAUSE)
    assert states(office, encounter) == ["dropped"]
    assert nothing_leaves(office)


def test_another_first_payer_after_two_were_billed(office: Office) -> None:
    """Both let go; the new one is billed, and then the second again as if for the first time."""
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    voids_go_out(office, encounter)
    remitted(office, encounter, a_reversal(first))
    claim = went_out(office)
    assert (*told(claim), claim.coverage.payer.id) == ("P", "1", None, "77777")
    remitted(office, encounter, a_payment(claim.control_number, adjustments=FIRST, payer_claim_number="R1"))
    claim = went_out(office)
    assert (*told(claim), claim.coverage.payer.id) == ("S", "1", None, "88888")
    [other] = coordination.read_other_payers(claim)
    assert other.coverage.payer.id == "77777"


def test_a_file_that_replaces_the_first_payers_claim_is_a_correction(office: Office) -> None:
    encounter, _ = billed_twice(office)
    changed = a_claim(a_line(), a_line("93000", 6000), frequency="7", original_reference="ICN001")
    assert office.take_in(an_837p(changed, number=2)).amended == 1
    office.go_on(encounter)
    claim = went_out(office)
    assert (*told(claim), claim.charge_cents) == ("P", "7", "ICN001", 21000)


def test_one_change_at_a_time_and_none_after_a_void(office: Office) -> None:
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.VOID, BECAUSE)
    office.let_pass(minutes=1)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert states(office, encounter) == ["voiding", "waiting"]
    voids_go_out(office, encounter)
    remitted(office, encounter, a_reversal(first))
    assert states(office, encounter) == ["done", "dropped"]
    assert office.stage(encounter) == "closed"


def test_a_change_that_a_payer_does_not_answer_comes_to_a_person(office: Office) -> None:
    encounter, first = billed_twice(office)
    accepted(office, encounter, "SEC1")
    amend(office, encounter, Change.VOID, BECAUSE)
    voids_go_out(office, encounter)
    accepted(office, encounter, "ICN001V")
    office.now += timedelta(days=46)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["no_response"]
    remitted(office, encounter, a_reversal(first))
    assert (office.stage(encounter), office.open_task_types(encounter)) == ("closed", [])


def twice_with_tricare_first(office: Office) -> str:
    """TRICARE has paid its part, and the second payer is next."""
    claim = a_claim(coverage=replace(a_claim().coverage, filing_indicator="CH"))
    office.take_in(an_837p(with_other_payers(claim, [a_second_policy()])))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    office.now += timedelta(days=20)
    number = office.submission(encounter).control_number
    remitted(office, encounter, a_payment(number, paid=8000, adjustments=(("CO", "45", 5000), ("PR", "2", 2000))))
    return encounter


def test_that_the_second_policy_had_ended_takes_nothing_from_who_the_first_one_protects(office: Office) -> None:
    encounter = twice_with_tricare_first(office)
    office.send_claims()
    number = office.submission(encounter).control_number
    remitted(
        office, encounter, a_payment(number, paid=0, status="4", adjustments=(("OA", "23", 13000), ("PR", "27", 2000)))
    )
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert states(office, encounter) == ["dropped"], office.story(encounter)


def test_that_the_second_payer_knows_no_such_member_takes_nothing_from_who_the_first_one_protects(
    office: Office,
) -> None:
    def only_the_first(inquiry: EligibilityInquiry) -> EligibilityResponse:
        answer = active(inquiry)
        return answer if inquiry.member_id == "ABC123456" else replace(answer, benefits=(Benefit("6"),))

    office.wire.answer = only_the_first
    encounter = twice_with_tricare_first(office)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert states(office, encounter) == ["dropped"], office.story(encounter)


def goes_back_in_vain(desk: Desk) -> None:
    with desk.all_or_nothing():
        back_to_place(desk, "P")
        desk.unschedule(Reason.FOLLOW_UP)
        desk.say("It went back")
        correct(desk, "line.9.procedure = 99213")


def test_a_change_that_cannot_be_made_leaves_the_claim_with_the_payer_that_has_it(office: Office) -> None:
    """The policy that should pay first does not read: nothing went back to the first payer, here or in the step."""
    encounter, _ = billed_once(office)
    with office.database.writing() as session:
        desk = Desk.take(session, practice_id=office.practice_id, encounter_id=encounter, at=office.now)
        desk.schedule(Reason.FOLLOW_UP, office.now + timedelta(days=3))
        with pytest.raises(Refused):
            goes_back_in_vain(desk)
        assert (desk.responsibility, desk.claim.coverage.payer.id) == ("S", "88888")
        assert desk.claim == encounters.claim_of(desk.encounter)
        assert desk.due_at(Reason.FOLLOW_UP) == office.now + timedelta(days=3)
        desk.put_back()
    assert "It went back" not in office.story(encounter)
    assert went_out(office).coverage.payer.id == "88888"
