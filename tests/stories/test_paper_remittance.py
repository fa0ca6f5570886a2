"""A cheque and a paper EOB, typed in: posted as an 835 is, once, and never out of balance."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities import paper as papers
from activities.messages import RemittanceStep
from activities.remittance import RemittanceActivities
from billing.money import Cents
from billing.paper_remittance import PaperClaim, PaperLine, PaperRemittance, faults, payments
from billing.remittance import Adjustment
from database import ledger, proof, remittances
from database.tables import RemittanceFile
from tests.builders import a_claim, a_line, a_payment, an_835, an_837p
from tests.office import Office

BOTH_DATABASES = True


def sent(office: Office) -> tuple[str, str]:
    office.take_in(an_837p(a_claim(a_line("99213", 10000), a_line("93000", 5000))))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    return encounter, office.submission(encounter).control_number


def a_paper(office: Office, number: str) -> PaperRemittance:
    lines = (
        PaperLine(Cents(6000), (Adjustment("CO", "45", Cents(2000)), Adjustment("PR", "3", Cents(2000)))),
        PaperLine(Cents(0), (Adjustment("CO", "16", Cents(5000)),), ("N290",)),
    )
    return PaperRemittance("7788", office.today, Cents(6000), (PaperClaim(number, lines, "ICN77"),))


def take_in(office: Office, paper: PaperRemittance) -> str:
    with office.database.writing() as session:
        known = papers.sent_claims(session, paper, practice_id=office.practice_id)
        note, _ = papers.take_in(session, paper, known, practice_id=office.practice_id, at=office.now)
    post_what_waits(office)
    return note


def post_what_waits(office: Office) -> None:
    with office.database.reading() as session:
        waiting = remittances.waiting(session, practice_id=office.practice_id)
    activities = RemittanceActivities(office.database, None, "billing")  # type: ignore[arg-type]
    for one in waiting:
        step = RemittanceStep(practice_id=office.practice_id, remittance_id=one.id, at=office.now)
        ActivityEnvironment().run(activities.store_rows, step)


def test_it_is_posted_line_by_line_and_the_cheque_is_in_hand(office: Office) -> None:
    encounter, number = sent(office)
    assert "1 claims stored" in take_in(office, a_paper(office, number))
    office.go_on(encounter)
    assert office.accounts(encounter) == {
        ("ADJ_CONTRACT", 1): 2000,
        ("AR_INS", 2): 5000,
        ("AR_PAT", 1): 2000,
        ("CASH_UNAPPLIED", 1): 6000,
        ("REVENUE_GROSS", 1): -10000,
        ("REVENUE_GROSS", 2): -5000,
    }
    assert office.open_task_types(encounter) == ["denial_review"]
    with office.database.reading() as session:
        totals = ledger.account_totals(session, practice_id=office.practice_id)
    assert totals["UNDEPOSITED"] == 6000
    assert "EFT_CLEARING" not in totals


def test_the_same_paper_twice_is_one_and_the_same_cheque_with_other_content_is_none(office: Office) -> None:
    encounter, number = sent(office)
    paper = a_paper(office, number)
    take_in(office, paper)
    office.go_on(encounter)
    before = office.accounts(encounter)
    office.now += timedelta(minutes=3)
    assert "the same remittance came before" in take_in(office, paper)
    [claim] = paper.claims
    other = replace(paper, claims=(replace(claim, payer_claim_number="ICN78"),))
    assert "other content" in take_in(office, other)
    office.go_on(encounter)
    assert office.accounts(encounter) == before


def test_a_claim_that_was_paid_and_a_code_that_is_none_are_refused(office: Office) -> None:
    """A second cheque for a paid claim put money into the till that no bank ever saw."""
    encounter, number = sent(office)
    paper = a_paper(office, number)
    take_in(office, paper)
    office.go_on(encounter)
    again = replace(paper, check_number="5002")
    with office.database.reading() as session:
        known = papers.sent_claims(session, again, practice_id=office.practice_id)
        answered = papers.answered_otherwise(session, again, practice_id=office.practice_id)
        assert papers.answered_otherwise(session, paper, practice_id=office.practice_id) == set()
    [fault] = faults(again, known, today=office.today, answered=answered)
    assert (fault.field, "answered this claim already" in fault.message) == ("claims.0.control_number", True)
    [claim] = paper.claims
    odd = replace(claim.lines[0], adjustments=(Adjustment("CO", "99999", Cents(0)), *claim.lines[0].adjustments))
    old = replace(paper, paid_on=date(1990, 1, 1), claims=(replace(claim, lines=(odd, *claim.lines[1:])),))
    found = [one.field for one in faults(old, known, today=office.today)]
    assert found == ["claims.0.lines.0.adjustments", "paid_on"]


def test_every_fault_is_named_by_its_field(office: Office) -> None:
    _, number = sent(office)
    paper = a_paper(office, number)
    [claim] = paper.claims
    bad = replace(
        paper,
        paid_on=office.today + timedelta(days=1),
        amount_cents=Cents(1),
        claims=(
            replace(claim, lines=(replace(claim.lines[0], paid_cents=Cents(5999)), claim.lines[1])),
            replace(claim, control_number="NOBODYS"),
            claim,
        ),
    )
    with office.database.reading() as session:
        known = papers.sent_claims(session, bad, practice_id=office.practice_id)
    found = {one.field for one in faults(bad, known, today=office.today)}
    assert found == {
        "paid_on",
        "amount",
        "claims.0.lines.0.paid",
        "claims.1.control_number",
        "claims.2.control_number",
    }


def test_what_was_mistyped_is_taken_back_and_the_cheque_is_typed_in_again(office: Office) -> None:
    encounter, number = sent(office)
    wrong = a_paper(office, number)
    take_in(office, wrong)
    office.go_on(encounter)
    file = standing(office)
    office.now += timedelta(minutes=3)
    take_back(office, file.id)
    office.go_on(encounter)
    assert office.accounts(encounter) == {
        ("AR_INS", 1): 10000,
        ("AR_INS", 2): 5000,
        ("REVENUE_GROSS", 1): -10000,
        ("REVENUE_GROSS", 2): -5000,
    }
    assert in_the_till(office) == 0
    assert office.open_task_types(encounter) == []
    assert "The office took back a mistyped answer: -$60.00 reversed" in office.story(encounter)

    [claim] = wrong.claims
    right = replace(
        claim.lines[1], paid_cents=Cents(4000), adjustments=(Adjustment("CO", "45", Cents(1000)),), remarks=()
    )
    paper = replace(wrong, amount_cents=Cents(10000), claims=(replace(claim, lines=(claim.lines[0], right)),))
    assert "1 claims stored" in take_in(office, paper)
    office.go_on(encounter)
    assert office.accounts(encounter)["CASH_UNAPPLIED", 2] == 4000
    assert in_the_till(office) == 10000
    assert office.stage(encounter) == "patient_balance"
    with office.database.reading() as session:
        assert [one.name for one in proof.prove_rows(session) if not one.holds] == []


def test_what_was_answered_since_or_taken_back_before_is_not_taken_back(office: Office) -> None:
    encounter, number = sent(office)
    take_in(office, a_paper(office, number))
    file = standing(office)
    with pytest.raises(papers.NotToBeTakenBack, match="not posted"):
        take_back(office, file.id)
    office.go_on(encounter)
    back = take_back(office, file.id)
    office.go_on(encounter)
    for one, why in ((file.id, "taken back already"), (back, "takes another one back")):
        with pytest.raises(papers.NotToBeTakenBack, match=why):
            take_back(office, one)


def test_a_cheque_may_be_mistyped_twice(office: Office) -> None:
    encounter, number = sent(office)
    paper = a_paper(office, number)
    [claim] = paper.claims
    for attempt in (1, 2, 3):
        typed = replace(paper, claims=(replace(claim, payer_claim_number=f"ICN{attempt}"),))
        assert "1 claims stored" in take_in(office, typed)
        office.go_on(encounter)
        with office.database.reading() as session:
            [latest] = session.exec(
                select(RemittanceFile).where(
                    RemittanceFile.trace == paper.check_number, col(RemittanceFile.taken_back_by).is_(None)
                )
            )
        if attempt < 3:
            take_back(office, latest.id)
            office.go_on(encounter)
    assert in_the_till(office) == 6000
    assert office.accounts(encounter)["CASH_UNAPPLIED", 1] == 6000


def test_a_paper_that_is_stored_or_in_question_is_not_taken_back(office: Office) -> None:
    encounter, number = sent(office)
    paper = a_paper(office, number)
    take_in(office, paper)
    office.go_on(encounter)
    [claim] = paper.claims
    take_in(office, replace(paper, claims=(replace(claim, payer_claim_number="ICN78"),)))
    with office.database.reading() as session:
        [doubtful] = session.exec(select(RemittanceFile).where(RemittanceFile.state == "excepted"))
    with pytest.raises(papers.NotToBeTakenBack, match="it is not posted"):
        take_back(office, doubtful.id)


def test_a_payers_own_file_is_not_taken_back_by_hand(office: Office) -> None:
    encounter, number = sent(office)
    office.deliver_835(an_835(a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),))))
    office.go_on(encounter)
    with pytest.raises(papers.NotToBeTakenBack, match="a payer sent it"):
        take_back(office, standing(office).id)


def standing(office: Office) -> RemittanceFile:
    with office.database.reading() as session:
        return session.exec(select(RemittanceFile)).one()


def in_the_till(office: Office) -> int:
    with office.database.reading() as session:
        return ledger.account_totals(session, practice_id=office.practice_id).get("UNDEPOSITED", 0)


def take_back(office: Office, remittance_id: str) -> str:
    with office.database.writing() as session:
        file = session.get_one(RemittanceFile, remittance_id)
        made = papers.take_back(session, file, at=office.now, today=office.today)
    post_what_waits(office)
    return made.id


def test_the_payers_own_answer_is_posted_once_the_paper_before_it_is_taken_back(office: Office) -> None:
    encounter, number = sent(office)
    take_in(office, a_paper(office, number))
    office.go_on(encounter)
    file = standing(office)
    [claim] = a_paper(office, number).claims
    contract = (Adjustment("CO", "45", Cents(4000)),), (Adjustment("CO", "45", Cents(2000)),)
    paid = PaperLine(Cents(6000), contract[0]), PaperLine(Cents(3000), contract[1])
    answer = replace(a_paper(office, number), claims=(replace(claim, lines=paid),))
    with office.database.reading() as session:
        known = papers.sent_claims(session, answer, practice_id=office.practice_id)
    office.deliver_835(an_835(*payments(answer, known), trace="EFT77"))
    office.go_on(encounter)
    assert "unmatched_remit" in office.open_task_types(encounter)
    assert state_of(office, "EFT77") == "excepted"
    early = office.complete(encounter, "unmatched_remit", "matched", {"control_number": number})
    assert (early.answer.done, "take that one back first" in str(early.answer.faults)) == (False, True)
    take_back(office, file.id)
    office.go_on(encounter)
    wrong = office.complete(encounter, "unmatched_remit", "matched", {"control_number": "ZNOBODYS00000001"})
    assert "is no claim of this visit" in str(wrong.answer.faults)
    assert office.complete(encounter, "unmatched_remit", "matched", {"control_number": number.lower()}).answer.done
    office.go_on(encounter)
    assert office.stage(encounter) == "closed", office.story(encounter)
    assert [office.accounts(encounter)["CASH_UNAPPLIED", line] for line in (1, 2)] == [6000, 3000]
    assert state_of(office, "EFT77") == "closed"


def state_of(office: Office, trace: str) -> str:
    """Of a remittance, once its own process has looked at what became of its rows."""
    with office.database.reading() as session:
        file = session.exec(select(RemittanceFile).where(RemittanceFile.trace == trace)).one()
    activities = RemittanceActivities(office.database, None, "billing")  # type: ignore[arg-type]
    step = RemittanceStep(practice_id=office.practice_id, remittance_id=file.id, at=office.now)
    ActivityEnvironment().run(activities.count_open_rows, step)
    with office.database.reading() as session:
        return session.get_one(RemittanceFile, file.id).state
