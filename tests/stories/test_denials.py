"""A payer refuses, the office answers: every way out of a denial, on the books."""

from datetime import timedelta

import pytest
from sqlmodel import select

from activities.messages import CommandResult
from billing.amendments import Change
from billing.claim import Claim, Name, Party
from billing.letters import Letter as LetterContent
from billing.roles import Role
from database import office as books
from database import records, users
from database.tables import Denial, Letter, Task
from interchange.x12 import claims_837p
from tests.builders import DOCTOR_NPI, a_277ca, a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True


def sent(office: Office, claim: Claim | None = None) -> str:
    """An encounter whose claim the payer has."""
    office.take_in(an_837p(claim or a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter


def answered(
    office: Office,
    encounter: str,
    *adjustments: tuple[str, str, int],
    paid: int = 0,
    trace: str = "EFT0001",
    **changes: object,
) -> None:
    number = office.submission(encounter).control_number
    payment = a_payment(number, paid=paid, adjustments=adjustments, status="4" if not paid else "1", **changes)  # type: ignore[arg-type]
    office.deliver_835(an_835(payment, trace=trace))
    office.go_on(encounter)


def exit_by(office: Office, encounter: str, way: str, **values: str) -> CommandResult:
    result = office.complete(encounter, "denial_review", way, values, by=office.supervisor_id)
    office.go_on(encounter)
    return result


def went_out(office: Office, encounter: str) -> Claim:
    """The newest claim as the payer reads it."""
    office.send_claims()
    sent_last = list(office.wire.claims.values())[-1]
    [claim] = [one.claim for one in claims_837p.read(sent_last) if isinstance(one, claims_837p.ReadClaim)]
    assert claim is not None
    return claim


def denials(office: Office, encounter: str) -> list[str]:
    with office.database.reading() as session:
        return sorted(session.exec(select(Denial.state).where(Denial.encounter_id == encounter)).all())


def review_of(office: Office, encounter: str) -> Task:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.type == "denial_review", Task.state == "open")
        return session.exec(query).one()


def test_a_replacement_names_the_payers_claim_and_its_answer_takes_the_denials_place(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "16", 15000), remarks=("N290",))
    task = review_of(office, encounter)
    assert (task.role, task.amount_cents) == ("biller", 15000)
    assert "rendering provider's number" in task.reason
    exit_by(office, encounter, "replace", corrections="provider.82.taxonomy = 207Q00000X")
    claim = went_out(office, encounter)
    assert (claim.frequency, claim.original_reference) == ("7", "ICN001")
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002", payer_claim_number="ICN001R")
    assert office.stage(encounter) == "closed"
    assert denials(office, encounter) == ["superseded"]
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 5000,
        ("CASH_UNAPPLIED", 1): 10000,
        ("REVENUE_GROSS", 1): -15000,
    }


def test_a_partly_paid_claim_is_replaced_and_its_reversal_and_correction_come_in_one_file(office: Office) -> None:
    encounter = sent(office, a_claim(a_line("99213", 10000), a_line("93000", 5000)))
    first = office.submission(encounter).control_number
    paid_line = a_payment(first, charge=10000, paid=10000, adjustments=()).lines[0]
    denied_line = a_payment(first, charge=5000, paid=0, adjustments=(("CO", "16", 5000),), procedure="93000").lines[0]
    original = a_payment(first, paid=10000, adjustments=(), lines=(paid_line, denied_line))
    office.deliver_835(an_835(original))
    office.go_on(encounter)
    assert office.accounts(encounter)["AR_INS", 2] == 5000
    refused = office.complete(encounter, "denial_review", "new_original", {}, by=office.supervisor_id)
    assert "duplicate" in refused.answer.message
    exit_by(office, encounter, "replace", corrections="line.2.modifiers = 59")
    went_out(office, encounter)
    second = office.submission(encounter).control_number
    good = a_payment(second, charge=5000, paid=4000, adjustments=(("CO", "45", 1000),), procedure="93000").lines[0]
    corrected = a_payment(
        second, paid=14000, adjustments=(), lines=(paid_line, good), payer_claim_number="ICN001R", frequency="7"
    )
    office.deliver_835(an_835(a_reversal(original), corrected, trace="EFT0002"))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter)["CASH_UNAPPLIED", 2] == 4000


def test_an_unprocessable_claim_goes_out_as_a_new_original(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "16", 15000), remarks=("MA130",))
    refused = office.complete(encounter, "denial_review", "replace", {}, by=office.supervisor_id)
    assert not refused.answer.done
    assert "new original" in refused.answer.message
    exit_by(office, encounter, "new_original")
    claim = went_out(office, encounter)
    assert (claim.frequency, claim.original_reference) == ("1", None)


def test_a_payer_that_takes_no_replacements_is_asked_for_a_reopening(office: Office) -> None:
    office.policy("takes_replacements", 0)
    encounter = sent(office)
    answered(office, encounter, ("CO", "4", 15000))
    refused = office.complete(encounter, "denial_review", "replace", {}, by=office.supervisor_id)
    assert "reopening" in refused.answer.message
    day = f"{office.today + timedelta(days=365)}"
    exit_by(office, encounter, "reopening", reference="CALL77", follow_up=day)
    assert office.open_task_types(encounter) == []
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002")
    assert office.stage(encounter) == "closed"


def test_an_authorization_that_came_late_travels_with_the_replacement(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "197", 15000))
    assert review_of(office, encounter).role == "authorization_specialist"
    exit_by(office, encounter, "retro_auth", authorization="AUTH0042")
    claim = went_out(office, encounter)
    assert (claim.authorization, claim.frequency) == ("AUTH0042", "7")


def test_another_payer_is_liable_and_owes_what_was_open(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "22", 15000))
    same = office.complete(
        encounter, "denial_review", "other_payer", {"corrections": "group_number = 7"}, by=office.supervisor_id
    )
    assert same.answer.faults[0][0] == "corrections"
    exit_by(
        office, encounter, "other_payer", corrections="payer_id = 60054\npayer_name = OTHER MUTUAL\nmember_id = W99"
    )
    claim = went_out(office, encounter)
    assert (claim.coverage.payer.id, claim.coverage.member_id, claim.frequency) == ("60054", "W99", "1")
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0002", payer_claim_number="W-ICN")
    assert office.stage(encounter) == "closed"
    assert denials(office, encounter) == ["moved"]


def test_another_payer_is_told_its_own_member_id_and_name(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "22", 15000))

    def fault(corrections: str) -> str:
        typed = {"corrections": corrections}
        result = office.complete(encounter, "denial_review", "other_payer", typed, by=office.supervisor_id)
        assert not result.answer.done
        [(field, message)] = result.answer.faults
        assert field == "corrections"
        return message

    assert "write member_id = ... and payer_name = ... too" in fault("payer_id = 60054")
    assert "write payer_name = ... too" in fault("payer_id = 60054\nmember_id = W99")
    with office.database.writing() as session:
        partner = office.partner_id
        other = Party("PR", is_person=False, name=Name("OTHER MUTUAL"), id_qualifier="PI", id="60054")
        books.payer_for(session, other, practice_id=office.practice_id, partner_id=partner)
    assert "write member_id = ... too" in fault("payer_id = 60054")
    exit_by(office, encounter, "other_payer", corrections="payer_id = 60054\nmember_id = W99")
    coverage = went_out(office, encounter).coverage
    assert (coverage.payer.name.last, coverage.member_id) == ("OTHER MUTUAL", "W99")


def test_a_wrong_member_id_becomes_a_correction_and_never_a_statement(office: Office) -> None:
    """PR-31 is no patient share: the person is not identified as insured."""
    encounter = sent(office)
    answered(office, encounter, ("PR", "31", 15000))
    task = review_of(office, encounter)
    assert task.role == "eligibility_specialist"
    assert ("AR_PAT", 1) not in office.accounts(encounter)
    exit_by(office, encounter, "replace", corrections="member_id = ABC123457")
    assert went_out(office, encounter).coverage.member_id == "ABC123457"


def test_two_of_four_units_denied_on_a_paid_line_is_a_denial_of_the_difference(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "45", 3000), ("CO", "151", 6000), paid=6000)
    task = review_of(office, encounter)
    assert (task.amount_cents, office.accounts(encounter)["AR_INS", 1]) == (6000, 6000)


def test_an_appeal_writes_its_letter_and_waits_for_the_decision(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    exit_by(office, encounter, "appeal", argument="The records show the need.\nSee the note of that day.")
    with office.database.reading() as session:
        letter = session.exec(select(Letter).where(Letter.encounter_id == encounter)).one()
    content = records.load(LetterContent, letter.content)
    assert content.items == ("99213 on 10/20/2026: $150.00, refused as CO-50 (not medically necessary)",)
    assert content.paragraphs[1:3] == ("The records show the need.", "See the note of that day.")
    assert office.open_task_types(encounter) == []
    assert denials(office, encounter) == ["appealed"]
    office.let_pass(days=61)
    office.go_on(encounter)
    assert office.open_task_types(encounter) == ["appeal_decision"]
    lost = {"decided_on": f"{office.today}", "reference": "LTR-1"}
    office.complete(encounter, "appeal_decision", "lost", lost, by=office.supervisor_id)
    exit_by(office, encounter, "appeal", argument="We ask again.")
    with office.database.reading() as session:
        assert len(session.exec(select(Letter).where(Letter.encounter_id == encounter)).all()) == 2
    answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0003")
    assert office.stage(encounter) == "closed"


@pytest.mark.parametrize(
    ("because", "change"),
    [("the claim that it disputes was changed", True), ("nobody owes anything on the visit any more", False)],
)
def test_an_appeal_that_nobody_mailed_is_withdrawn_once_it_disputes_nothing(
    office: Office, because: str, change: bool
) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    exit_by(office, encounter, "appeal", argument="The records show the need.")
    if change:
        office.amend(encounter, Change.VOID, {"reason": "seen by somebody else"})
        office.go_on(encounter)
    else:
        answered(office, encounter, ("CO", "45", 5000), paid=10000, trace="EFT0003")
    with office.database.reading() as session:
        assert session.exec(select(Letter.withdrawn_because)).all() == [because]


def test_an_appeal_after_the_last_day_is_refused(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    office.let_pass(days=121)
    refused = office.complete(encounter, "denial_review", "appeal", {"argument": "please"}, by=office.supervisor_id)
    assert refused.answer.code == "too_late"


def test_a_denial_nobody_works_comes_up_before_the_last_day_to_appeal(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    office.let_pass(days=106)
    office.go_on(encounter)
    assert any("last day to appeal" in said for said in office.story(encounter))


def test_a_refused_share_is_billed_to_the_patient_by_a_person_and_through_the_gate(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("PR", "204", 15000))
    exit_by(office, encounter, "bill_patient", reason="the plan excludes it; the patient was told and signed")
    assert office.accounts(encounter)["AR_PAT", 1] == 15000
    office.pay(encounter, 15000)
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"


@pytest.mark.parametrize("group", ["CO", "OA", "PI"])
def test_what_the_payer_did_not_assign_is_never_the_patients(office: Office, group: str) -> None:
    encounter = sent(office)
    answered(office, encounter, (group, "204", 15000))
    refused = office.complete(encounter, "denial_review", "bill_patient", {"reason": "x"}, by=office.supervisor_id)
    assert not refused.answer.done
    assert ("AR_PAT", 1) not in office.accounts(encounter)


def test_the_gate_stops_a_share_of_a_qualified_medicare_beneficiary(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("PR", "204", 15000), remarks=("N781",))
    refused = office.complete(encounter, "denial_review", "bill_patient", {"reason": "x"}, by=office.supervisor_id)
    assert "qualified Medicare beneficiary" in refused.answer.message


def test_a_correction_that_changes_nothing_is_refused_and_sends_nothing(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "16", 15000), remarks=("N290",))
    values = {"corrections": f"provider.82.npi = {DOCTOR_NPI}"}
    refused = office.complete(encounter, "denial_review", "replace", values, by=office.supervisor_id)
    assert (refused.answer.done, "says so already" in str(refused.answer.faults)) == (False, True)
    assert office.open_task_types(encounter) == ["denial_review"]


def test_a_void_of_what_was_refused_whole_needs_nothing_of_the_payer(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "45", 5000), ("CO", "96", 10000))
    exit_by(office, encounter, "void", reason="wrong patient")
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {}
    assert office.open_task_types(encounter) == []


def test_what_was_refused_whole_and_voided_may_be_taken_back(office: Office) -> None:
    encounter = sent(office)
    refused = (("CO", "45", 5000), ("CO", "96", 10000))
    answered(office, encounter, *refused)
    original = a_payment(office.submission(encounter).control_number, paid=0, adjustments=refused)
    exit_by(office, encounter, "void", reason="wrong patient")
    office.deliver_835(an_835(a_reversal(original), trace="EFT0002"))
    office.go_on(encounter)
    assert "takes back what was voided before" in str(office.story(encounter))
    assert (office.stage(encounter), office.accounts(encounter)) == ("closed", {})
    assert office.open_task_types(encounter) == []


def test_a_void_of_a_partly_paid_visit_waits_for_the_money_and_asks_nothing_meanwhile(office: Office) -> None:
    """Voided but not taken back yet, it was worked as a denial once more, and billed again."""
    encounter = sent(office)
    original = a_payment(
        office.submission(encounter).control_number, paid=10000, adjustments=(("CO", "45", 2000), ("CO", "96", 3000))
    )
    office.deliver_835(an_835(original))
    office.go_on(encounter)
    exit_by(office, encounter, "void", reason="wrong patient")
    assert went_out(office, encounter).frequency == "8"
    office.deliver(a_277ca(office.submission(encounter).control_number, sender="PR"))
    office.go_on(encounter)
    assert office.open_task_types(encounter) == []
    assert office.stage(encounter) != "closed"
    office.deliver_835(an_835(a_reversal(original), trace="EFT0009"))
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter) == {}


def test_a_refused_duplicate_changes_nothing_where_an_answer_stands(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "45", 3000), ("CO", "16", 2000), paid=10000)
    before = office.accounts(encounter)
    answered(office, encounter, ("OA", "18", 15000), trace="EFT0002", payer_claim_number="ICN002")
    assert office.accounts(encounter) == before
    assert office.open_task_types(encounter) == ["denial_review"]


def test_an_office_with_one_person_adds_a_second_who_approves_the_write_off(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    exit_by(office, encounter, "write_off", reason="not worth an appeal")
    alone = office.complete(encounter, "write_off_approval", "approved", {"reason": "ok"}, by=office.supervisor_id)
    with office.database.writing() as session:
        second, _ = users.add(
            session,
            practice_id=office.practice_id,
            login=f"second-{office.practice_id}",
            display_name="Second",
            roles=[Role.SUPERVISOR],
            at=office.now,
        )
        second_id = second.id
    agreed = office.complete(encounter, "write_off_approval", "approved", {"reason": "agreed"}, by=second_id)
    office.go_on(encounter)
    assert alone.answer.code == "needs_second_person"
    assert agreed.answer.done
    assert office.stage(encounter) == "closed", office.story(encounter)
