"""What was billed turns out to be otherwise: one plan per place where the claim may be, and nothing is lost."""

from dataclasses import replace
from datetime import date

import pytest

from billing.amendments import Change
from billing.claim import Claim
from billing.coordination import OtherPayer
from database import amendments, encounters, views
from database.columns import new_id
from database.tables import Amendment
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_claim, a_line, a_payment, a_reversal, a_second_policy, an_835, an_837p
from tests.office import Office
from tests.stories.amending import accepted, amend, nothing_leaves, remitted, states, went_out

BOTH_DATABASES = True

LATE_CHARGE = {"corrections": "line.2.procedure = 93000\nline.2.charge = 60.00", "reason": "the ECG was forgotten"}
OTHER_PAYER = {"payer_id": "77777", "payer_name": "RIGHT PAYER", "member_id": "R 1", "reason": "the card was old"}
BECAUSE = {"reason": "asked for by the front desk"}


def opened(office: Office, claim: Claim | None = None) -> str:
    office.take_in(an_837p(claim or a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    return encounter


def sent(office: Office, *others: OtherPayer) -> str:
    encounter = opened(office, with_other_payers(a_claim(), others))
    office.send_claims()
    return encounter


def paid(office: Office, encounter: str, **changes: object) -> None:
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, **changes), trace=f"EFT{new_id()}"))  # type: ignore[arg-type]
    office.go_on(encounter)


def test_a_late_charge_before_sending_is_simply_on_the_claim(office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    claim = went_out(office)
    assert (claim.frequency, claim.charge_cents) == ("1", 21000)
    assert [one.procedure for one in claim.lines] == ["99213", "93000"]
    assert len(office.wire.claims) == 1
    assert office.accounts(encounter)["AR_INS", 2] == 6000


def test_a_late_charge_waits_for_the_payers_number_and_then_replaces(office: Office) -> None:
    encounter = sent(office)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert states(office, encounter) == ["waiting"]
    assert ("AR_INS", 2) not in office.accounts(encounter)
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),))
    assert states(office, encounter) == ["done"]
    claim = went_out(office)
    assert (claim.frequency, claim.original_reference, claim.charge_cents) == ("7", "ICN001", 21000)


def test_the_first_answer_after_a_replacement_left_is_posted_to_the_lines_it_answers(office: Office) -> None:
    encounter = sent(office)
    first = office.submission(encounter).control_number
    accepted(office, encounter)
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    went_out(office)
    original = a_payment(first, paid=10000, adjustments=(("CO", "45", 5000),))
    office.deliver_835(an_835(original, trace="EFT1"))
    office.go_on(encounter)
    assert office.accounts(encounter)["CASH_UNAPPLIED", 1] == 10000
    second = office.submission(encounter).control_number
    lines = (original.lines[0], a_payment(second, charge=6000, paid=6000, adjustments=(), procedure="93000").lines[0])
    anew = a_payment(second, charge=21000, paid=16000, adjustments=(), lines=lines, payer_claim_number="ICN001R")
    office.deliver_835(an_835(a_reversal(original), anew, trace="EFT2"))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter)["CASH_UNAPPLIED", 2] == 6000


def test_a_closed_visit_takes_a_late_charge(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),))
    assert office.stage(encounter) == "closed"
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert went_out(office).frequency == "7"


def test_a_payer_without_replacements_is_told_about(office: Office) -> None:
    office.policy("takes_replacements", 0)
    encounter = sent(office)
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),))
    amend(office, encounter, Change.CORRECT, LATE_CHARGE)
    assert states(office, encounter) == ["dropped"]
    assert any("reopening" in one for one in office.story(encounter))


def test_a_wrong_correction_changes_nothing_and_says_why(office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.CORRECT, {"corrections": "line.9.units = 2", "reason": "x"})
    assert states(office, encounter) == ["dropped"]
    assert any("line.9.units" in one for one in office.story(encounter))
    assert went_out(office).charge_cents == 15000


def test_another_payer_before_sending_gets_the_claim_alone(office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.member_id, len(office.wire.claims)) == ("77777", "R1", 1)


def test_a_paid_claim_of_the_wrong_payer_is_voided_taken_back_and_billed_to_the_right_one(office: Office) -> None:
    encounter = sent(office)
    number = office.submission(encounter).control_number
    original = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))
    office.deliver_835(an_835(original))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    void = went_out(office)
    assert (void.frequency, void.original_reference, void.coverage.payer.id) == ("8", "ICN001", "99999")
    accepted(office, encounter, "ICN001V")
    assert states(office, encounter) == ["voiding"], "what was paid is not back yet"
    office.deliver_835(an_835(a_reversal(original), trace="EFT2"))
    office.go_on(encounter)
    assert states(office, encounter) == ["done"]
    claim = went_out(office)
    assert (claim.frequency, claim.coverage.payer.id) == ("1", "77777")
    paid(office, encounter, paid=9000, adjustments=(("CO", "45", 6000),), payer_claim_number="R1")
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_an_accepted_claim_is_voided_before_another_payer_is_billed(office: Office) -> None:
    encounter = sent(office)
    accepted(office, encounter)
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    assert went_out(office).frequency == "8"
    assert states(office, encounter) == ["voiding"]
    accepted(office, encounter, "ICN001V")
    assert states(office, encounter) == ["done"]
    assert went_out(office).coverage.payer.id == "77777"


def test_a_denied_claim_goes_to_the_right_payer_at_once(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=0, status="4", adjustments=(("PR", "31", 15000),))
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    claim = went_out(office)
    assert (claim.frequency, claim.coverage.payer.id) == ("1", "77777")
    assert office.open_task_types(encounter) == []


def test_the_number_of_the_payer_before_is_not_used_with_the_next(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=0, status="4", adjustments=(("PR", "31", 15000),), payer_claim_number="ICN001")
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    office.send_claims()
    paid(office, encounter, paid=0, status="4", adjustments=(("CO", "16", 15000),), payer_claim_number=None)
    refused = office.complete(encounter, "denial_review", "replace", {}, by=office.supervisor_id)
    assert not refused.answer.done, office.story(encounter)


def test_self_pay_before_sending_is_the_patients_with_its_discount(office: Office) -> None:
    office.policy("self_pay_discount_percent", 40)
    encounter = opened(office)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert office.stage(encounter) == "patient_balance"
    assert (office.accounts(encounter)["AR_PAT", 1], office.accounts(encounter)["ADJ_SELF_PAY", 1]) == (9000, 6000)
    assert nothing_leaves(office)
    office.pay(encounter, 9000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_a_self_pay_visit_turns_out_to_be_insured_and_the_patient_gets_the_money_back(office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    office.pay(encounter, 15000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    assert went_out(office).coverage.payer.id == "77777"
    paid(office, encounter, paid=8000, adjustments=(("CO", "45", 5000), ("PR", "3", 2000)))
    assert office.open_task_types(encounter) == ["credit_balance"]
    assert office.accounts(encounter)["PAT_UNAPPLIED", None] == -13000


@pytest.mark.parametrize(
    ("filing_indicator", "remarks", "words"),
    [
        ("MC", (), "Medicaid"),
        ("WC", (), "compensation"),
        ("CH", (), "TRICARE"),
        ("CI", ("N781",), "Medicare beneficiary"),
    ],
)
def test_a_protected_patient_is_not_made_self_pay(
    filing_indicator: str, remarks: tuple[str, ...], words: str, office: Office
) -> None:
    coverage = replace(a_claim().coverage, filing_indicator=filing_indicator)
    office.take_in(an_837p(a_claim(coverage=coverage)))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),), remarks=remarks)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert states(office, encounter) == ["dropped"]
    assert any(words in said for said in office.story(encounter)), office.story(encounter)
    assert nothing_leaves(office)
    assert ("AR_PAT", 1) not in office.accounts(encounter)


def test_a_policy_that_was_not_in_force_protects_nobody(office: Office) -> None:
    coverage = replace(a_claim().coverage, filing_indicator="MC")
    office.take_in(an_837p(a_claim(coverage=coverage)))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    paid(office, encounter, paid=0, status="4", adjustments=(("PR", "27", 15000),))
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert office.accounts(encounter)["AR_PAT", 1] == 15000


def test_self_pay_after_a_denial_needs_no_void(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=0, status="4", adjustments=(("PR", "27", 15000),))
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert office.stage(encounter) == "patient_balance"
    assert office.accounts(encounter)["AR_PAT", 1] == 15000


@pytest.mark.parametrize("change", [Change.VOID, Change.WRONG_PATIENT])
def test_a_visit_that_never_left_is_void_and_closed(change: Change, office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, change, BECAUSE)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {}
    assert nothing_leaves(office)


def test_a_void_of_a_paid_visit_closes_when_the_money_is_taken_back(office: Office) -> None:
    encounter = sent(office)
    original = a_payment(office.submission(encounter).control_number, paid=10000, adjustments=(("CO", "45", 5000),))
    office.deliver_835(an_835(original))
    office.go_on(encounter)
    amend(office, encounter, Change.WRONG_PATIENT, BECAUSE)
    assert went_out(office).frequency == "8"
    with office.database.reading() as session:
        seen = views.encounter(session, practice_id=office.practice_id, encounter_id=encounter)
    assert seen is not None
    assert ([one.purpose for one in seen.submissions], seen.waiting_on) == (["original", "void"], "payer")
    office.deliver_835(an_835(a_reversal(original), trace="EFT2"))
    office.go_on(encounter)
    assert (states(office, encounter), office.stage(encounter)) == (["done"], "closed")
    assert office.accounts(encounter) == {}
    with office.database.reading() as session:
        after = views.encounter(session, practice_id=office.practice_id, encounter_id=encounter)
    assert after is not None
    [line] = after.lines
    assert (line.charge_cents, line.open_cents) == (15000, 0)
    assert [(one.code, one.amount_cents) for one in line.adjustments] == [("void", 15000)]


def a_voided_visit(office: Office, **answer: object) -> str:
    """The payer has answered, and has the void."""
    encounter = sent(office)
    paid(office, encounter, **answer)
    amend(office, encounter, Change.VOID, BECAUSE)
    assert went_out(office).frequency == "8"
    return encounter


def test_a_payer_that_pays_the_void_is_not_believed(office: Office) -> None:
    """It should take its money back; a second payment comes to a person, and the void is not done."""
    encounter = a_voided_visit(office, paid=10000, adjustments=(("CO", "45", 5000),))
    accepted(office, encounter, "ICN001V")
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),), payer_claim_number="ICN001V")
    assert office.open_task_types(encounter) == ["unmatched_remit"]
    assert (states(office, encounter), office.stage(encounter)) == (["voiding"], "posting")
    assert office.accounts(encounter)["CASH_UNAPPLIED", 1] == 10000


def test_a_void_that_is_answered_with_nothing_is_done(office: Office) -> None:
    encounter = a_voided_visit(office, paid=0, adjustments=(("PR", "1", 15000),))
    paid(office, encounter, paid=0, adjustments=(("OA", "133", 15000),), payer_claim_number="V1")
    assert (states(office, encounter), office.stage(encounter)) == (["done"], "closed"), office.story(encounter)


def test_a_void_that_the_payer_refuses_comes_to_a_person(office: Office) -> None:
    encounter = a_voided_visit(office, paid=10000, adjustments=(("CO", "45", 5000),))
    paid(office, encounter, paid=0, status="4", adjustments=(("OA", "129", 15000),), payer_claim_number="V1")
    assert (states(office, encounter), office.open_task_types(encounter)) == (["voiding"], ["unmatched_remit"])


def test_what_was_voided_may_be_taken_back_once_more(office: Office) -> None:
    """The payer accepts the void, and reverses the answer that paid nothing as well."""
    encounter = a_voided_visit(office, paid=0, adjustments=(("PR", "1", 15000),))
    accepted(office, encounter, "ICN001V")
    assert states(office, encounter) == ["done"]
    original = a_payment(first_number(office, encounter), paid=0, adjustments=(("PR", "1", 15000),))
    remitted(office, encounter, a_reversal(original))
    assert (office.stage(encounter), office.accounts(encounter)) == ("closed", {}), office.story(encounter)


def first_number(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        return encounters.submissions(session, encounter)[0].control_number


def test_a_void_gives_a_payment_of_the_patient_back(office: Office) -> None:
    encounter = opened(office)
    office.pay(encounter, 2000)
    amend(office, encounter, Change.VOID, BECAUSE)
    assert office.open_task_types(encounter) == ["credit_balance"]
    credit = -office.accounts(encounter)["PAT_UNAPPLIED", None]
    office.complete(encounter, "credit_balance", "refund_patient", {"reference": "CHK 1"})
    with office.database.reading() as session:
        seen = views.encounter(session, practice_id=office.practice_id, encounter_id=encounter)
    assert seen is not None
    assert (seen.refunded_cents, credit > 0) == (credit, True)
    assert office.stage(encounter) == "closed"


def test_a_policy_learned_of_after_the_patient_was_billed_is_asked_first(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter)
    office.pay(encounter, 2000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    amend(office, encounter, Change.ADD_POLICY, OTHER_PAYER)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility) == ("77777", "S")
    paid(office, encounter, paid=2000, adjustments=(("OA", "23", 13000),), status="2", payer_claim_number="S1")
    assert office.open_task_types(encounter) == ["credit_balance"], office.story(encounter)
    assert office.accounts(encounter)["PAT_UNAPPLIED", None] == -2000


def test_a_file_with_frequency_seven_amends_the_visit_it_names(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),))
    changed = a_claim(a_line(), a_line("93000", 6000), frequency="7", original_reference="ICN001")
    report = office.take_in(an_837p(changed, number=2))
    again = office.take_in(an_837p(changed, number=3))
    assert (report.amended, report.created, again.duplicates) == (1, 0, 1)
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.frequency, claim.original_reference, claim.charge_cents) == ("7", "ICN001", 21000)
    assert office.encounter_ids() == [encounter]


def test_a_file_with_frequency_eight_voids_the_visit_it_names(office: Office) -> None:
    encounter = opened(office)
    report = office.take_in(an_837p(a_claim(frequency="8", original_reference="X9"), number=2))
    assert report.amended == 1
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"


def test_a_replacement_with_fewer_lines_takes_their_charges_back(office: Office) -> None:
    encounter = opened(office, a_claim(a_line(), a_line("93000", 6000)))
    office.send_claims()
    lines = (
        a_payment("X", paid=10000, adjustments=(("CO", "45", 5000),)).lines[0],
        a_payment("X", charge=6000, paid=0, adjustments=(("CO", "16", 6000),), procedure="93000").lines[0],
    )
    first = replace(
        a_payment(office.submission(encounter).control_number, charge=21000, paid=10000, adjustments=()), lines=lines
    )
    office.deliver_835(an_835(first))
    office.go_on(encounter)
    office.take_in(an_837p(a_claim(frequency="7", original_reference="ICN001"), number=2))
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.frequency, claim.charge_cents) == ("7", 15000)
    anew = a_payment(claim.control_number, paid=10000, adjustments=(("CO", "45", 5000),), payer_claim_number="N2")
    office.deliver_835(an_835(a_reversal(first), anew, trace="EFT2"))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 5000,
        ("CASH_UNAPPLIED", 1): 10000,
        ("REVENUE_GROSS", 1): -15000,
    }


def test_self_pay_after_the_first_of_two_payers_has_paid_voids_its_claim(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    first = a_payment(office.submission(encounter).control_number)
    remitted(office, encounter, first)
    amend(office, encounter, Change.SELF_PAY, BECAUSE)
    assert went_out(office).frequency == "8"
    remitted(office, encounter, a_reversal(first))
    assert (states(office, encounter), office.stage(encounter)) == (["done"], "patient_balance")
    assert office.accounts(encounter)["AR_PAT", 1] == 15000


def test_the_policy_that_is_first_already_changes_nothing(office: Office) -> None:
    encounter = sent(office)
    paid(office, encounter, paid=10000, adjustments=(("CO", "45", 5000),))
    same = {"payer_id": "99999", "payer_name": "SAME", "member_id": "ABC 123456", "reason": "x"}
    amend(office, encounter, Change.NEW_COVERAGE, same)
    assert (states(office, encounter), nothing_leaves(office)) == (["dropped"], True)


def test_an_amendment_is_kept_with_who_made_it_and_when(office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.VOID, BECAUSE)
    with office.database.reading() as session:
        [row] = amendments.of_encounter(session, encounter)
    assert isinstance(row, Amendment)
    assert (row.made_by, row.kind, row.ended_at is not None) == (office.supervisor_id, "void", True)
    assert office.story(encounter).count("The visit is void: billed to nobody") == 1
    assert date.fromisoformat(str(row.made_at.date()))


def test_a_visit_counted_towards_the_deductible_is_voided_with_the_payer(office: Office) -> None:
    """Nothing was paid, and still the wrong patient's deductible is used up until the payer lets go."""
    encounter = sent(office)
    paid(office, encounter, paid=0, adjustments=(("CO", "45", 5000), ("PR", "1", 10000)))
    amend(office, encounter, Change.WRONG_PATIENT, BECAUSE)
    assert states(office, encounter) == ["voiding"]
    assert went_out(office).frequency == "8"
    accepted(office, encounter)
    assert states(office, encounter) == ["done"]
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_a_reversal_of_nothing_paid_lets_go_of_the_claim_too(office: Office) -> None:
    encounter = sent(office)
    number = office.submission(encounter).control_number
    deductible = a_payment(number, paid=0, adjustments=(("CO", "45", 5000), ("PR", "1", 10000)))
    office.deliver_835(an_835(deductible, trace="EFT1"))
    office.go_on(encounter)
    amend(office, encounter, Change.VOID, BECAUSE)
    went_out(office)
    assert states(office, encounter) == ["voiding"]
    office.deliver_835(an_835(a_reversal(deductible), trace="EFT2"))
    office.go_on(encounter)
    assert states(office, encounter) == ["done"]
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_a_late_answer_of_the_payer_that_was_left_is_not_the_new_payers(office: Office) -> None:
    encounter = sent(office)
    first = office.submission(encounter).control_number
    paid(office, encounter, paid=0, adjustments=(("CO", "27", 15000),))
    amend(office, encounter, Change.NEW_COVERAGE, OTHER_PAYER)
    assert went_out(office).coverage.payer.id == "77777"
    office.deliver_835(an_835(a_payment(first, paid=10000, adjustments=(("CO", "45", 5000),)), trace="EFT9"))
    office.go_on(encounter)
    assert [one.type for one in office.go_on(encounter).open_tasks] == ["unmatched_remit"]
    assert office.accounts(encounter)["AR_INS", 1] == 15000


def test_an_answer_is_posted_to_the_lines_that_were_sent(office: Office) -> None:
    """The code was corrected at the same charge while the first answer was on its way."""
    encounter = sent(office)
    first = office.submission(encounter).control_number
    accepted(office, encounter)
    amend(office, encounter, Change.CORRECT, {"corrections": "line.1.procedure = 99203", "reason": "a new patient"})
    assert went_out(office).lines[0].procedure == "99203"
    office.deliver_835(an_835(a_payment(first, paid=10000, adjustments=(("CO", "45", 5000),)), trace="EFT9"))
    office.go_on(encounter)
    assert office.accounts(encounter)["CASH_UNAPPLIED", 1] == 10000


@pytest.mark.parametrize("units", ["0", "-2", "NaN"])
def test_units_are_above_zero(units: str, office: Office) -> None:
    encounter = opened(office)
    amend(office, encounter, Change.CORRECT, {"corrections": f"line.1.units = {units}", "reason": "x"})
    assert states(office, encounter) == ["dropped"]
