"""Two policies: the second is billed what the first left, the patient is asked last, and nothing is settled twice."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from billing.amendments import Change
from billing.claim import Claim
from billing.coordination import OtherPayer
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse
from billing.remittance import ClaimPayment
from database.tables import Denial
from interchange.x12 import coordination
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import a_claim, a_line, a_payment, a_reversal, a_second_policy, an_835, an_837p
from tests.office import Office, active
from tests.stories.amending import remitted, went_out

BOTH_DATABASES = True


def sent(office: Office, *others: OtherPayer, claim: Claim | None = None) -> str:
    """An encounter whose claim the first payer has."""
    office.take_in(an_837p(with_other_payers(claim or a_claim(), others)))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter


def answered(office: Office, encounter: str, *cas: tuple[str, str, int], **changes: object) -> ClaimPayment:
    number = office.submission(encounter).control_number
    changes.setdefault("paid", 15000 - sum(amount for _, _, amount in cas))
    payment = a_payment(changes.pop("number", number), adjustments=cas, **changes)  # type: ignore[arg-type]
    remitted(office, encounter, payment)
    return payment


PRIMARY = (("CO", "45", 5000), ("PR", "2", 2000))


def test_the_second_payer_pays_what_the_first_left_and_the_patient_owes_nothing(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility, claim.frequency) == ("88888", "S", "1")
    [first] = coordination.read_other_payers(claim)
    assert (first.coverage.payer.id, first.responsibility) == ("99999", "P")
    assert first.decision is not None
    assert (first.decision.paid_cents, first.decision.remaining_cents) == (8000, 2000)
    assert coordination.imbalances(claim) == []
    assert office.accounts(encounter)["AR_INS", 1] == 2000
    answered(office, encounter, ("OA", "23", 13000), status="2", payer_claim_number="ICN002")
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 5000,
        ("CASH_UNAPPLIED", 1): 10000,
        ("REVENUE_GROSS", 1): -15000,
    }


def test_what_both_leave_is_the_patients(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), ("PR", "3", 500), status="2")
    assert office.stage(encounter) == "patient_balance"
    assert office.accounts(encounter)["AR_PAT", 1] == 500


def test_medicaid_after_the_first_payer_ends_it_and_bills_the_patient_nothing(office: Office) -> None:
    """The first payer's share was never the patient's: Medicaid is one of the policies."""
    encounter = sent(office, a_second_policy("MC"))
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 8000), ("CO", "45", 7000), status="2")
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter)["ADJ_CONTRACT", 1] == 7000


def test_a_qualified_beneficiary_by_the_first_payer_stays_one_whatever_the_second_answers(
    office: Office,
) -> None:
    def only_the_first_knows(inquiry: EligibilityInquiry) -> EligibilityResponse:
        answer = active(inquiry)
        if inquiry.member_id != "ABC123456":
            return answer
        return replace(answer, benefits=(*answer.benefits, replace(answer.benefits[0], insurance_type="QM")))

    office.wire.answer = only_the_first_knows
    encounter = sent(office, a_second_policy())
    office.now += timedelta(days=20)
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), ("PR", "3", 500), status="2")
    assert ("AR_PAT", 1) not in office.accounts(encounter)
    with office.database.reading() as session:
        [share] = session.exec(select(Denial).where(Denial.reason == "3"))
        assert share.blocked_reason == "the patient is a qualified Medicare beneficiary: no share may be collected"


def test_a_denial_of_the_first_payer_is_worked_before_the_second_is_billed(office: Office) -> None:
    encounter = sent(office, a_second_policy(), claim=a_claim(a_line("99213", 10000), a_line("93000", 5000)))
    lines = (
        a_payment("X", charge=10000, paid=8000, adjustments=(("PR", "2", 2000),)).lines[0],
        a_payment("X", charge=5000, paid=0, adjustments=(("CO", "50", 5000),), procedure="93000").lines[0],
    )
    answered(office, encounter, paid=8000, lines=lines)
    assert [task.type for task in office.go_on(encounter).open_tasks] == ["denial_review"]
    assert office.stage(encounter) == "posting"
    office.complete(encounter, "denial_review", "write_off", {"reason": "no records"})
    office.complete(encounter, "write_off_approval", "approved", {"reason": "agreed"}, by=office.supervisor_id)
    office.go_on(encounter)
    claim = went_out(office)
    assert claim.coverage.responsibility == "S"
    [decision] = coordination.read_decisions(claim)
    assert [one.paid_cents for one in decision.lines] == [8000, 0]


def test_a_forwarded_claim_is_not_sent_twice(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY, status="19")
    standing = office.go_on(encounter)
    assert standing.next_item is not None
    assert standing.next_item.reason == "crossover_due"
    assert len(office.wire.claims) == 1
    answered(office, encounter, ("OA", "23", 13000), status="2", payer_claim_number="X1")
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert len(office.wire.claims) == 1


def test_a_forwarded_claim_that_nobody_answers_is_sent_by_the_office(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY, status="19")
    office.now += timedelta(days=31)
    office.go_on(encounter)
    assert went_out(office).coverage.payer.id == "88888"


def test_a_payer_nobody_knew_of_answers_a_forwarded_claim(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, *PRIMARY, status="19")
    answered(office, encounter, ("OA", "23", 13000), ("PR", "2", 2000), status="2", filing_indicator="MC")
    assert office.stage(encounter) == "posting"
    [task] = office.go_on(encounter).open_tasks
    assert task.type == "denial_review"
    assert ("AR_PAT", 1) not in office.accounts(encounter)


def test_nobody_answers_a_claim_forwarded_to_an_unknown_payer(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, *PRIMARY, status="19")
    office.now += timedelta(days=31)
    [task] = office.go_on(encounter).open_tasks
    assert task.type == "denial_review"
    office.complete(
        encounter, "denial_review", "bill_patient", {"reason": "the plan has nobody else"}, by=office.supervisor_id
    )
    office.go_on(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 2000


def test_a_second_policy_that_does_not_cover_gives_the_share_back_to_the_patient(office: Office) -> None:
    def only_the_first(inquiry: EligibilityInquiry) -> EligibilityResponse:
        answer = active(inquiry)
        return answer if inquiry.member_id == "ABC123456" else replace(answer, benefits=(Benefit("6"),))

    office.wire.answer = only_the_first
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    assert office.stage(encounter) == "verification"
    result = office.complete(encounter, "elig_inactive", "no_coverage", {"reference": "R-1"})
    assert result.answer.done, result.answer
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance", office.story(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 2000


def test_the_only_policy_cannot_be_let_go(office: Office) -> None:
    office.wire.answer = lambda inquiry: replace(active(inquiry), benefits=(Benefit("6"),))
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    result = office.complete(encounter, "elig_inactive", "no_coverage", {"reference": "R-1"})
    assert (result.answer.done, result.answer.code) == (False, "not_possible")


def test_three_policies_are_asked_in_their_order(office: Office) -> None:
    encounter = sent(office, a_second_policy(responsibility="T", payer="77777"), a_second_policy())
    answered(office, encounter, *PRIMARY)
    assert went_out(office).coverage.payer.id == "88888"
    answered(office, encounter, ("OA", "23", 13000), ("PR", "2", 1500), status="2", payer_claim_number="S1")
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility) == ("77777", "T")
    assert [(one.responsibility, one.paid_cents) for one in coordination.read_decisions(claim)] == [
        ("P", 8000),
        ("S", 500),
    ]
    assert coordination.imbalances(claim) == []
    answered(office, encounter, ("OA", "23", 13500), ("PR", "2", 500), status="3", payer_claim_number="T1")
    assert office.stage(encounter) == "patient_balance"
    assert office.accounts(encounter)["AR_PAT", 1] == 500


def test_the_second_payer_takes_back_and_answers_anew(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    first = answered(office, encounter, ("OA", "23", 13000), status="2", payer_claim_number="S1")
    assert office.stage(encounter) == "closed"
    anew = replace(
        a_payment(first.control_number, paid=1000, adjustments=(("OA", "23", 13000), ("PR", "2", 1000)), status="2"),
        payer_claim_number="S2",
    )
    remitted(office, encounter, a_reversal(first), anew)
    assert office.stage(encounter) == "patient_balance", office.story(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 1000


def test_the_first_payer_corrects_itself_after_the_second_has_paid(office: Office) -> None:
    """What the correction opens is nobody's by machine: a person sends the second payer a replacement."""
    encounter = sent(office, a_second_policy())
    number = office.submission(encounter).control_number
    first = answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), status="2", payer_claim_number="S1")
    corrected = a_payment(
        number, paid=7000, adjustments=(("CO", "45", 5000), ("PR", "2", 3000)), payer_claim_number="ICN001R"
    )
    remitted(office, encounter, a_reversal(first), corrected)
    assert office.accounts(encounter)["AR_INS", 1] == 1000
    office.complete(encounter, "denial_review", "replace", {}, by=office.supervisor_id)
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.coverage.responsibility, claim.frequency, claim.original_reference) == ("S", "7", "S1")
    [decision] = coordination.read_decisions(claim)
    assert decision.paid_cents == 7000


def test_an_answer_of_the_second_payer_before_the_first_waits_for_a_person(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, ("OA", "23", 13000), status="2")
    assert [task.type for task in office.go_on(encounter).open_tasks] == ["unmatched_remit"]
    with office.database.reading() as session:
        assert session.exec(select(Denial).where(Denial.encounter_id == encounter)).all() == []


def test_what_the_second_payer_answered_is_not_asked_of_the_patient_again(office: Office) -> None:
    """The third policy does not cover: only what the second one left is the patient's, not what the first one did."""

    def all_but_the_third(inquiry: EligibilityInquiry) -> EligibilityResponse:
        answer = active(inquiry)
        return replace(answer, benefits=(Benefit("6"),)) if inquiry.member_id == "SEC77777" else answer

    office.wire.answer = all_but_the_third
    encounter = sent(office, a_second_policy(), a_second_policy(responsibility="T", payer="77777"))
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), ("PR", "2", 500), status="2", payer_claim_number="S1")
    assert office.stage(encounter) == "verification"
    result = office.complete(encounter, "elig_inactive", "no_coverage", {"reference": "R-1"})
    assert result.answer.done, result.answer
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance", office.story(encounter)
    assert office.accounts(encounter)["AR_PAT", 1] == 500
    assert ("AR_INS", 1) not in office.accounts(encounter)


def test_a_policy_learned_of_after_two_payers_gets_only_what_the_second_left(office: Office) -> None:
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), ("PR", "2", 500), status="2", payer_claim_number="S1")
    assert office.stage(encounter) == "patient_balance"
    policy = {"payer_id": "77777", "payer_name": "THIRD", "member_id": "T1", "reason": "card seen"}
    office.amend(encounter, Change.ADD_POLICY, policy)
    office.go_on(encounter)
    claim = went_out(office)
    assert (claim.coverage.payer.id, claim.coverage.responsibility) == ("77777", "T")
    assert office.accounts(encounter)["AR_INS", 1] == 500
    answered(office, encounter, ("OA", "23", 14500), ("PR", "2", 500), status="3", payer_claim_number="T1")
    assert office.accounts(encounter)["AR_PAT", 1] == 500


def test_an_answer_taken_back_is_asked_for_again(office: Office) -> None:
    """The second payer reverses and then does not cover after all: the first payer's share is the patient's."""
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY)
    office.send_claims()
    first = answered(office, encounter, ("OA", "23", 13000), status="2", payer_claim_number="S1")
    remitted(office, encounter, a_reversal(first))
    assert office.accounts(encounter)["AR_INS", 1] == 2000
    with office.database.reading() as session:
        states = session.exec(select(Denial.state).where(Denial.encounter_id == encounter)).all()
    assert states == ["passed_on"]


def test_a_payer_with_a_forwarded_claim_denies_it(office: Office) -> None:
    """CLP02 4 names no place: it is the payer to whom the claim went on, for another one speaks."""
    encounter = sent(office, a_second_policy())
    answered(office, encounter, *PRIMARY, status="19")
    number = office.submission(encounter).control_number
    denied = a_payment(number, paid=0, status="4", adjustments=(("CO", "50", 15000),))
    office.deliver_835(an_835(denied, trace="EFTX", payer_number="1999999992"))
    [task] = office.go_on(encounter).open_tasks
    assert task.type == "denial_review"
    assert office.accounts(encounter)["CASH_UNAPPLIED", 1] == 8000
    assert office.accounts(encounter)["AR_INS", 1] == 2000


def test_a_share_waits_while_part_of_its_line_is_refused(office: Office) -> None:
    def only_the_first(inquiry: EligibilityInquiry) -> EligibilityResponse:
        answer = active(inquiry)
        return answer if inquiry.member_id == "ABC123456" else replace(answer, benefits=(Benefit("6"),))

    office.wire.answer = only_the_first
    encounter = sent(office, a_second_policy())
    answered(office, encounter, ("PR", "2", 2000), ("PR", "96", 3000))
    office.complete(encounter, "elig_inactive", "no_coverage", {"reference": "R-1"})
    office.go_on(encounter)
    assert ("AR_PAT", 1) not in office.accounts(encounter)
    assert office.accounts(encounter)["AR_INS", 1] == 5000
    assert [one.type for one in office.go_on(encounter).open_tasks] == ["denial_review"]


def test_what_a_corrected_answer_leaves_open_is_asked_about(office: Office) -> None:
    """The first payer corrects itself after the second has paid: nobody is left whom the office would ask unbidden."""
    encounter = sent(office, a_second_policy())
    first = answered(office, encounter, *PRIMARY)
    office.send_claims()
    answered(office, encounter, ("OA", "23", 13000), status="2")
    anew = a_payment(
        first.control_number, paid=7000, adjustments=(("CO", "45", 5000), ("PR", "2", 3000)), payer_claim_number="N2"
    )
    remitted(office, encounter, a_reversal(first), anew)
    assert office.accounts(encounter)["AR_INS", 1] == 1000
    assert [one.type for one in office.go_on(encounter).open_tasks] == ["denial_review"]
