"""A visit whose lines do not fit one claim becomes several: each is sent, paid and closed alone, nothing twice."""

from dataclasses import replace
from datetime import date

import pytest

from activities.refusals import Refused
from billing.amendments import Change
from billing.claim import Claim, Name, Party
from billing.money import Cents
from billing.remittance import ClaimPayment
from tests.builders import a_277ca, a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.interchange.hl7_messages import dft, ft1
from tests.office import Office
from tests.stories.amending import amend, states
from tests.stories.grouping import (
    LOW_BACK,
    NECK,
    a_long_claim,
    a_therapy_visit,
    answer,
    books_hold,
    claim_of,
    part_by_hand,
    parts_of,
    pay,
    ready,
    sent_claims,
)
from tests.stories.test_fhir_intake import set_up

BOTH_DATABASES = True
BECAUSE = {"lines": "2", "reason": "the plan wants the test apart"}


def parted(office: Office, claim: Claim) -> list[str]:
    """The visit's claims, each ready to be sent."""
    found = parts_of(office, ready(office, claim))
    for one in found[1:]:
        office.go_on(one)
    return found


def a_visit_of_two(**changes: object) -> Claim:
    """An office visit and a test, each for a reason of its own."""
    lines = (a_line(), a_line("93000", 6000, diagnosis_pointers=(2,)))
    return replace(a_claim(*lines, diagnoses=(LOW_BACK, NECK)), **changes)  # type: ignore[arg-type]


def test_sixty_three_lines_are_two_claims_that_are_paid_and_closed(office: Office) -> None:
    claim = a_long_claim(63)
    first, second = parted(office, claim)
    sent = sent_claims(office)
    assert sorted(len(one.lines) for one in sent) == [13, 50]
    assert sum(one.charge_cents for one in sent) == claim.charge_cents
    for one in (first, second):
        pay(office, one)
        assert office.stage(one) == "closed", office.story(one)
    assert any(
        "Parted into 2 claims because a claim to this payer holds 50 lines" in one for one in office.story(first)
    )
    books_hold(office)


def test_the_member_is_verified_once_for_all_claims(office: Office) -> None:
    _, second = parted(office, a_long_claim(63))
    told = office.story(second)
    assert not any("270" in one or "eligib" in one.lower() for one in told), told
    assert office.stage(second) == "submission"


def test_two_rendering_providers_are_two_claims_where_the_payer_wants_it(office: Office) -> None:
    office.policy("one_rendering_provider_per_claim", 1)
    office.policy("strict_npi_check_digit", 0)
    jones = Party("82", True, Name("JONES", "BOB"), "XX", "1999999968")
    claim = a_claim(a_line(), a_line("93000", 6000, providers=(jones,)))
    first, second = parted(office, claim)
    assert [[line.procedure for line in claim_of(office, one).lines] for one in (first, second)] == [
        ["99213"],
        ["93000"],
    ]
    for one in (first, second):
        assert office.stage(one) == "submission", office.story(one)
    books_hold(office)


def test_two_months_are_two_claims_where_the_payer_wants_it(office: Office) -> None:
    office.policy("one_month_per_claim", 1)
    claim = a_claim(a_line(service_date=date(2026, 9, 30)), a_line("93000", 6000))
    assert len(parted(office, claim)) == 2


def test_two_renderings_and_two_months_are_one_claim_without_a_rule(office: Office) -> None:
    claim = a_claim(a_line(service_date=date(2026, 9, 30)), a_line("93000", 6000))
    assert len(parted(office, claim)) == 1


def test_the_same_line_on_both_claims_is_no_duplicate(office: Office) -> None:
    line = a_line("97110", 1000, modifiers=("GP",))
    first, second = parted(office, a_claim(*[line] * 63, diagnoses=(LOW_BACK,)))
    assert [office.stage(one) for one in (first, second)] == ["submission"] * 2, office.story(second)


def test_the_same_file_again_opens_no_further_claim(office: Office) -> None:
    office.policy("claim_lines_at_most", 1)
    body = an_837p(a_visit_of_two())
    office.take_in(body)
    [first] = office.encounter_ids()
    office.go_on(first)
    assert office.take_in(body).duplicates == 1
    assert len(office.encounter_ids()) == 2
    replacement = replace(a_visit_of_two(), frequency="7", original_reference="X1")
    assert "several claims" in office.take_in(an_837p(replacement)).refused[0].reason


def test_a_message_about_a_parted_visit_bills_nothing_twice(office: Office) -> None:
    """A system that tells a visit again adds late charges to it; what is on either claim is there already."""
    set_up(office)
    office.policy("claim_lines_at_most", 1)
    charges = (ft1("99213"), ft1("93000"))
    office.take_in(dft(*charges, control="M1"))
    [first] = office.encounter_ids()
    office.go_on(first)
    assert len(parts_of(office, first)) == 2
    assert office.take_in(dft(*charges, control="M2")).duplicates == 1
    late = office.take_in(dft(*charges, ft1("97110"), control="M3"))
    assert (late.amended, "several claims" in late.refused[0].reason) == (0, True)
    assert states(office, first) == []


def test_a_copay_stays_with_the_first_claim(office: Office) -> None:
    claim = replace(a_visit_of_two(), patient_paid_cents=Cents(16000))
    visit = ready(office, claim)
    office.pay(visit, 2000)
    office.go_on(visit)
    [other] = part_by_hand(office, visit, "2")
    office.go_on(visit)
    office.go_on(other)
    assert [claim_of(office, one).patient_paid_cents for one in (visit, other)] == [15000, 1000]
    assert office.accounts(visit)["PAT_UNAPPLIED", None] == -2000
    sent_claims(office)
    pay(office, visit, share=2000)
    pay(office, other)
    assert [office.stage(one) for one in (visit, other)] == ["closed"] * 2
    books_hold(office)


def test_a_person_parts_a_ready_visit_once(office: Office) -> None:
    visit = ready(office, a_visit_of_two())
    [other] = part_by_hand(office, visit, "2")
    with pytest.raises(Refused, match="choose the lines"):
        part_by_hand(office, visit, "2")
    for one in (visit, other):
        office.go_on(one)
    first, second = sorted(sent_claims(office), key=lambda one: -one.charge_cents)
    assert [one.code for one in first.diagnoses] == ["M5450"]
    assert [(one.code, one.qualifier) for one in second.diagnoses] == [("M542", "ABK")]
    assert second.lines[0].diagnosis_pointers == (1,)
    books_hold(office)


def test_a_sent_visit_is_not_parted(office: Office) -> None:
    visit = ready(office, a_visit_of_two())
    sent_claims(office)
    with pytest.raises(Refused, match="has been sent"):
        part_by_hand(office, visit, "2")


def test_a_middle_line_leaves_and_the_rest_keep_their_numbers(office: Office) -> None:
    """REF*6R of a line that stays is what it was."""
    lines = (a_line(), a_line("93000", 6000), a_line("97110", 4000, modifiers=("GP",)))
    visit = ready(office, a_claim(*lines))
    before = office.line_ids(visit)
    part_by_hand(office, visit, "2")
    office.go_on(visit)
    assert office.line_ids(visit)[:2] == [before[0], before[2]]
    assert office.accounts(visit)["AR_INS", 2] == 4000
    assert ("AR_INS", 3) not in office.accounts(visit)


def denied(office: Office) -> tuple[str, ClaimPayment]:
    """The payer pays the visit and denies the test."""
    visit = ready(office, a_visit_of_two())
    sent_claims(office)
    number = office.submission(visit).control_number
    paid = a_payment(number, paid=15000, adjustments=()).lines[0]
    refused = a_payment(number, charge=6000, paid=0, adjustments=(("CO", "97", 6000),), procedure="93000").lines[0]
    said = a_payment(number, charge=21000, paid=15000, adjustments=(), lines=(paid, refused))
    office.deliver_835(an_835(said, trace="EFT1"))
    office.go_on(visit)
    return visit, said


def test_a_denied_line_goes_on_a_claim_of_its_own_and_the_other_is_replaced(office: Office) -> None:
    visit, before = denied(office)
    said = office.complete(visit, "denial_review", "split_claim", BECAUSE).answer
    assert said.done, said
    office.go_on(visit)
    first, second = parts_of(office, visit)
    office.go_on(second)
    sent = {one.frequency: one for one in sent_claims(office)}
    assert (sent["7"].original_reference, sent["7"].charge_cents) == ("ICN001", 15000)
    assert (sent["1"].original_reference, sent["1"].charge_cents) == (None, 6000)
    office.deliver_835(an_835(a_reversal(before), answer(office, first, icn="ICN002"), trace="EFT2"))
    office.go_on(first)
    pay(office, second, icn="ICN003")
    assert [office.stage(one) for one in (first, second)] == ["closed", "closed"], office.story(first)
    books_hold(office)


def test_a_paid_line_does_not_leave_its_claim(office: Office) -> None:
    visit, _ = denied(office)
    said = office.complete(visit, "denial_review", "split_claim", {"lines": "1", "reason": "x"}).answer
    assert (said.done, said.faults[0][0]) == (False, "lines")


def test_a_payer_without_replacements_keeps_a_paid_claim_whole(office: Office) -> None:
    office.policy("takes_replacements", 0)
    visit, _ = denied(office)
    said = office.complete(visit, "denial_review", "split_claim", BECAUSE).answer
    assert (said.done, "takes no replacements" in said.message) == (False, True)


def test_a_rejected_claim_is_split_into_two_originals(office: Office) -> None:
    visit = ready(office, a_visit_of_two())
    sent_claims(office)
    office.deliver(a_277ca(office.submission(visit).control_number, accepted=False))
    office.go_on(visit)
    assert office.complete(visit, "claim_rejected", "split_claim", BECAUSE).answer.done
    office.go_on(visit)
    first, second = parts_of(office, visit)
    office.go_on(second)
    sent = sent_claims(office)
    assert sorted((one.frequency, one.charge_cents) for one in sent) == [("1", 6000), ("1", 15000)]
    for one in (first, second):
        pay(office, one)
    assert [office.stage(one) for one in (first, second)] == ["closed"] * 2
    books_hold(office)


def test_a_part_is_voided_alone(office: Office) -> None:
    visit = ready(office, a_visit_of_two())
    [other] = part_by_hand(office, visit, "2")
    office.go_on(other)
    amend(office, other, Change.VOID, {"reason": "it did not happen"})
    assert states(office, other) == ["done"]
    office.go_on(visit)
    assert [one.charge_cents for one in sent_claims(office)] == [15000]


def test_a_therapy_visit_is_no_part(office: Office) -> None:
    visit = ready(office, a_therapy_visit(1))
    assert parts_of(office, visit) == [visit]
