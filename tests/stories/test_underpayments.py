"""The first payer allows less than its contract: the office disputes it, and the payer pays or does not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from activities.messages import CommandResult
from billing.amendments import Change
from billing.contracts import Basis, Rate, Terms
from billing.letters import Letter as Content
from billing.money import Cents
from billing.remittance import ClaimPayment
from billing.underpayments import State
from database import letters, records, variances, views
from database.letters import QueueState
from database.tables import Letter, PaymentVariance, Task
from database.variances import Grouping, Sought
from tests.builders import a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import Office
from tests.stories.amending import amend
from tests.stories.test_expected import JANUARY, contract, meet_payer

BOTH_DATABASES = True
PRICED = Rate("99213", JANUARY, amount_cents=Cents(11200))


def sent(office: Office, *rates: Rate, number: int = 1) -> str:
    """A visit of $150 whose contract says $112, at the payer."""
    if number == 1:
        meet_payer(office)
        contract(office, Terms(Basis.SCHEDULE), *(rates or (PRICED,)))
    before = set(office.encounter_ids())
    claim = a_claim(a_line(), control_number=f"EXT{number}", member_id=f"ABC12345{number}")
    office.take_in(an_837p(claim, number=number))
    [encounter] = set(office.encounter_ids()) - before
    office.go_on(encounter)
    office.send_claims()
    return encounter


def allowed(office: Office, encounter: str, cents: int, *, share: int = 0, number: str = "ICN001") -> ClaimPayment:
    """The payer's answer that allows so much of the $150."""
    adjustments = (("CO", "45", 15000 - cents), ("PR", "3", share))
    return a_payment(
        office.submission(encounter).control_number,
        paid=cents - share,
        adjustments=tuple(one for one in adjustments if one[2]),
        payer_claim_number=number,
    )


def answered(office: Office, encounter: str, *payments: ClaimPayment, trace: str = "EFT0001") -> None:
    office.deliver_835(an_835(*payments, trace=trace))
    office.go_on(encounter)


def short(office: Office, encounter: str, cents: int = 10000, **more: int) -> ClaimPayment:
    payment = allowed(office, encounter, cents, **more)
    answered(office, encounter, payment)
    return payment


def corrected(office: Office, encounter: str, before: ClaimPayment, cents: int, trace: str = "EFT0002") -> ClaimPayment:
    """Reversal and correction in one file."""
    after = allowed(office, encounter, cents, number=before.payer_claim_number or "")
    answered(office, encounter, a_reversal(before), after, trace=trace)
    return after


def decide(office: Office, encounter: str, way: str, **values: str) -> CommandResult:
    result = office.complete(encounter, "underpayment", way, values)
    office.go_on(encounter)
    return result


def cases(office: Office, encounter: str) -> list[PaymentVariance]:
    with office.database.reading() as session:
        return variances.of_encounter(session, encounter)


def states(office: Office, encounter: str) -> list[tuple[str, int]]:
    return [(one.state, one.recovered_cents) for one in cases(office, encounter)]


def task_of(office: Office, encounter: str) -> Task:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == encounter, Task.type == "underpayment", Task.state == "open")
        return session.exec(query).one()


def the_letters(office: Office) -> list[Content]:
    with office.database.reading() as session:
        rows = letters.page(session, practice_id=office.practice_id, state=QueueState.WAITING)
        found = [session.get_one(Letter, one.id) for one in rows if one.kind == "reconsideration"]
        return [records.load(Content, one.content) for one in found]


def test_a_short_line_is_disputed_corrected_and_recovered(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter, share=2000)
    task = task_of(office, encounter)
    assert (task.role, task.amount_cents) == ("denial_specialist", 1200)
    assert task.reason == (
        "line 1, 99213: allowed $100.00, expected $112.00 (From 2026-01-01: $112.00 a unit by the contract), "
        "$12.00 less. The last day to ask for a reconsideration is 2027-03-16."
    )
    books = office.accounts(encounter)
    assert (books["ADJ_CONTRACT", 1], books["AR_PAT", 1]) == (5000, 2000), "nothing of a dispute is in the books"
    assert office.stage(encounter) == "patient_balance", "the patient's share goes on"
    decide(office, encounter, "reconsideration", argument="Amendment 3 of the contract raised the rate.")
    [letter] = the_letters(office)
    assert letter.rows[0][-3:] == ("$112.00", "$100.00", "$12.00")
    assert "Amendment 3 of the contract raised the rate." in letter.paragraphs
    office.pay(encounter, 2000)
    standing = office.go_on(encounter)
    assert (standing.stage, standing.waiting_on) == ("patient_balance", "payer"), "the payer has not answered yet"
    with office.database.reading() as session:
        shown = views.encounter(session, practice_id=office.practice_id, encounter_id=encounter)
    assert shown is not None
    assert shown.waiting_on == "payer"
    assert states(office, encounter) == [("disputed", 0)]
    after = allowed(office, encounter, 11200, share=2000)
    answered(office, encounter, a_reversal(first), after, trace="EFT0002")
    assert states(office, encounter) == [("recovered", 1200)]
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert office.accounts(encounter)["ADJ_CONTRACT", 1] == 3800


def test_a_reversal_takes_back_what_was_recovered(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter)
    decide(office, encounter, "reconsideration")
    second = corrected(office, encounter, first, 11200)
    assert states(office, encounter) == [("recovered", 1200)]
    answered(office, encounter, a_reversal(second), trace="EFT0003")
    assert states(office, encounter) == [("taken_back", 0)]
    answered(office, encounter, allowed(office, encounter, 10000), trace="EFT0004")
    assert states(office, encounter) == [("open", 0)]
    assert task_of(office, encounter).amount_cents == 1200


def test_what_was_expected_was_wrong(office: Office) -> None:
    encounter = sent(office)
    short(office, encounter)
    decide(office, encounter, "contract_wrong", reason="the rate of last year stands in the table")
    [case] = cases(office, encounter)
    assert (case.state, case.decided_why, case.decided_by) == (
        "mistaken",
        "the rate of last year stands in the table",
        office.worker_id,
    )
    assert office.stage(encounter) == "closed"


def test_a_small_one_is_given_up_by_one_person_and_a_large_one_by_two(office: Office) -> None:
    office.policy("accept_underpayment_limit_cents", 1199)
    encounter = sent(office)
    short(office, encounter)
    decide(office, encounter, "accept", reason="not worth a letter")
    assert states(office, encounter) == [("open", 0)]
    assert office.open_task_types(encounter) == ["underpayment_approval"]
    own = office.complete(encounter, "underpayment_approval", "approved", {"reason": "yes"}, by=office.worker_id)
    assert own.answer.code == "forbidden"
    office.complete(encounter, "underpayment_approval", "rejected", {"reason": "write"}, by=office.supervisor_id)
    assert "giving it up was not approved: write" in task_of(office, encounter).reason
    decide(office, encounter, "accept", reason="not worth a letter")
    office.complete(encounter, "underpayment_approval", "approved", {"reason": "yes"}, by=office.supervisor_id)
    office.go_on(encounter)
    assert states(office, encounter) == [("accepted", 0)]
    assert office.stage(encounter) == "closed"


def test_a_supervisor_does_not_approve_what_they_proposed(office: Office) -> None:
    office.policy("accept_underpayment_limit_cents", 0)
    encounter = sent(office)
    short(office, encounter)
    values = {"reason": "not worth a letter"}
    office.complete(encounter, "underpayment", "accept", values, by=office.supervisor_id)
    own = office.complete(encounter, "underpayment_approval", "approved", values, by=office.supervisor_id)
    assert own.answer.code == "needs_second_person"


def test_a_payer_that_stays_silent_is_asked_about_again(office: Office) -> None:
    encounter = sent(office)
    short(office, encounter)
    decide(office, encounter, "payer_reprocessing", reference="CALL7", follow_up=f"{office.today + timedelta(days=20)}")
    assert office.open_task_types(encounter) == []
    assert office.stage(encounter) != "closed"
    office.now += timedelta(days=21)
    office.go_on(encounter)
    assert "the payer has not answered what was asked about this" in task_of(office, encounter).reason
    decide(office, encounter, "accept", reason="they will not")
    assert office.stage(encounter) == "closed"


def test_a_payer_that_corrects_after_all_opens_the_visit_and_it_is_recovered(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter)
    decide(office, encounter, "accept", reason="not worth a letter")
    assert office.stage(encounter) == "closed"
    corrected(office, encounter, first, 11200)
    assert states(office, encounter) == [("recovered", 1200)]
    assert office.stage(encounter) == "closed"


def test_after_the_last_day_no_letter_is_written(office: Office) -> None:
    office.policy("reconsideration_limit_days", 5)
    encounter = sent(office)
    short(office, encounter)
    office.now += timedelta(days=30)
    refused = decide(office, encounter, "reconsideration")
    assert refused.answer.code == "too_late"
    assert the_letters(office) == []


def test_the_same_shortness_again_is_asked_again(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter)
    decide(office, encounter, "reconsideration")
    second = corrected(office, encounter, first, 10600)
    assert states(office, encounter) == [("open", 600)]
    assert task_of(office, encounter).amount_cents == 600
    decide(office, encounter, "accept", reason="half of it")
    corrected(office, encounter, second, 10600, trace="EFT0003")
    assert states(office, encounter) == [("accepted", 600)]
    assert office.stage(encounter) == "closed"


def test_a_letter_that_nobody_sent_goes_when_the_payer_corrects_by_itself(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter)
    decide(office, encounter, "reconsideration")
    corrected(office, encounter, first, 11200)
    assert the_letters(office) == []


def test_two_claims_in_one_letter_and_one_of_them_leaves_it(office: Office) -> None:
    one = sent(office)
    two = sent(office, number=2)
    first = short(office, one)
    answered(office, two, allowed(office, two, 9000, number="ICN002"), trace="EFT0009")
    decide(office, one, "reconsideration")
    [case] = cases(office, one)
    done = decide(office, two, "reconsideration", letter=str(case.letter_id))
    assert done.answer.done, done.answer
    [letter] = the_letters(office)
    assert {row[0].partition(",")[0] for row in letter.rows} == {"ICN001", "ICN002"}
    assert "$34.00" in letter.paragraphs[-1]
    corrected(office, one, first, 11200)
    [letter] = the_letters(office)
    assert [row[0].partition(",")[0] for row in letter.rows] == ["ICN002"]


@pytest.mark.parametrize("number", ["nothing", ""])
def test_a_letter_that_is_none_is_refused(office: Office, number: str) -> None:
    encounter = sent(office)
    short(office, encounter)
    assert decide(office, encounter, "reconsideration", letter=number).answer.done == (not number)


def test_a_letter_that_is_on_its_way_takes_no_more(office: Office) -> None:
    one = sent(office)
    two = sent(office, number=2)
    short(office, one)
    answered(office, two, allowed(office, two, 9000, number="ICN002"), trace="EFT0009")
    decide(office, one, "reconsideration")
    [case] = cases(office, one)
    with office.database.writing() as session:
        letters.mark_sent(session, session.get_one(Letter, case.letter_id), at=office.now, actor_id=office.worker_id)
    refused = decide(office, two, "reconsideration", letter=str(case.letter_id))
    assert "sent or withdrawn already" in refused.answer.faults[0][1]
    assert states(office, two) == [("open", 0)]


def test_within_the_tolerance_nothing_is_asked(office: Office) -> None:
    office.policy("variance_tolerance_cents", 1200)
    encounter = sent(office)
    short(office, encounter)
    assert cases(office, encounter) == []
    assert office.stage(encounter) == "closed"


def test_an_overpayment_is_kept_and_nobody_is_asked(office: Office) -> None:
    encounter = sent(office)
    short(office, encounter, 13000)
    assert states(office, encounter) == [("overpaid", 0)]
    assert office.stage(encounter) == "closed"
    with office.database.reading() as session:
        found = variances.overpaid(session, Sought(office.practice_id))
    assert (found.lines, found.cents) == (1, 1800)


@pytest.mark.parametrize("has_contract", [True, False])
def test_a_recode_is_marked_with_and_without_a_contract(office: Office, has_contract: bool) -> None:
    encounter = sent(office, PRICED if has_contract else Rate("93000", JANUARY, amount_cents=Cents(100)))
    payment = allowed(office, encounter, 10000)
    line = replace(payment.lines[0], procedure="99212", submitted_procedure="99213")
    answered(office, encounter, replace(payment, lines=(line,)))
    [case] = cases(office, encounter)
    assert (case.recode, case.state) == (
        "paid as 99212, billed as 99213",
        State.OPEN if has_contract else State.RECODED,
    )
    if has_contract:
        assert "paid as 99212, billed as 99213" in task_of(office, encounter).reason
    else:
        assert office.stage(encounter) == "closed"


def test_fewer_units_than_were_billed_are_marked(office: Office) -> None:
    meet_payer(office)
    office.take_in(an_837p(a_claim(a_line(units=Decimal(3)))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    answered(office, encounter, allowed(office, encounter, 10000))
    assert [(one.state, one.recode) for one in cases(office, encounter)] == [("recoded", "1 of 3 units paid")]


def test_a_refused_line_is_the_denials_alone(office: Office) -> None:
    encounter = sent(office)
    number = office.submission(encounter).control_number
    answered(office, encounter, a_payment(number, paid=0, adjustments=(("CO", "50", 15000),), status="4"))
    assert cases(office, encounter) == []
    assert office.open_task_types(encounter) == ["denial_review"]


def test_a_visit_that_is_changed_asks_for_the_old_claim_no_more(office: Office) -> None:
    encounter = sent(office)
    first = short(office, encounter)
    amend(office, encounter, Change.CORRECT, {"corrections": "line.1.charge = 160.00", "reason": "the price was wrong"})
    office.go_on(encounter)
    office.send_claims()
    new = a_payment(
        office.submission(encounter).control_number,
        charge=16000,
        paid=11200,
        adjustments=(("CO", "45", 4800),),
        payer_claim_number="ICN001R",
    )
    answered(office, encounter, a_reversal(first), new, trace="EFT0002")
    assert states(office, encounter) == [("taken_back", 0)]
    assert office.open_task_types(encounter) == []
    assert office.stage(encounter) == "closed", office.story(encounter)


def test_totals_by_payer_code_and_contract_line(office: Office) -> None:
    one = sent(office)
    two = sent(office, number=2)
    first = short(office, one)
    answered(office, two, allowed(office, two, 9000, number="ICN002"), trace="EFT0009")
    decide(office, one, "reconsideration")
    decide(office, two, "reconsideration")
    corrected(office, one, first, 11200)
    names = {Grouping.PAYER: "EXAMPLE PAYER", Grouping.CODE: "99213", Grouping.CONTRACT: "From 2026-01-01"}
    for by, name in names.items():
        with office.database.reading() as session:
            [total] = variances.totals(session, Sought(office.practice_id), by)
            assert variances.totals(session, Sought("another"), by) == []
        assert total.name == name
        assert (total.lines, total.expected_cents, total.allowed_cents) == (2, 22400, 20200)
        assert (total.short_cents, total.disputed_cents, total.recovered_cents) == (3400, 2200, 1200)
