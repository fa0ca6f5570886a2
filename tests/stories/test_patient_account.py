"""What a patient owes: statements in their order, a person before collections, and never a paper after paying."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities import account_decisions, returned_mail
from activities.account import AccountActivities
from activities.ids import account_workflow
from activities.messages import AccountStanding, AccountStep, ReconcileStep
from activities.reconcile import ReconcileActivities
from billing.amendments import Change
from billing.charges import Price
from billing.claim import Address
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.statements import Statement
from database import accounts, encounters, ledger, letters, outbox, paying, prices, proof, records, views
from database.tables import BillingEntity, Encounter, Letter, Patient, Placement
from templates import documents, statement_view
from tests.builders import a_claim, a_line, a_payment, a_reversal, an_835, an_837p
from tests.office import PUBLIC_URL, Office
from tests.stories.running import running

BOTH_DATABASES = True


def with_a_share(office: Office, *, cents: int = 2000, code: str = "3") -> str:
    office.take_in(an_837p(a_claim()))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    answer(office, encounter, cents=cents, code=code)
    return encounter


def answer(office: Office, encounter: str, *, cents: int = 2000, code: str = "3", trace: str = "EFT0001") -> None:
    number = office.submission(encounter).control_number
    adjustments = (("CO", "45", 5000), ("PR", code, cents))
    office.deliver_835(an_835(a_payment(number, paid=10000 - cents, adjustments=adjustments), trace=trace))
    office.go_on(encounter)


def look(office: Office, encounter: str) -> AccountStanding:
    step = AccountStep(practice_id=office.practice_id, patient_id=office.patient_of(encounter), at=office.now)
    return AccountActivities(office.database, PUBLIC_URL).look_after_account(step)


def papers(office: Office, encounter: str) -> list[Statement]:
    with office.database.reading() as session:
        found = session.exec(
            select(Letter).where(Letter.patient_id == office.patient_of(encounter)).order_by(Letter.written_at)  # type: ignore[arg-type]
        )
        contents = [letters.content_of(one) for one in found]
    return [one for one in contents if isinstance(one, Statement)]


def send_everything(office: Office) -> None:
    with office.database.writing() as session:
        for letter in session.exec(select(Letter).where(col(Letter.withdrawn_at).is_(None))):
            letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id)


def in_the_queue(office: Office) -> list[str | None]:
    """Why each paper was withdrawn; None: it waits."""
    with office.database.reading() as session:
        return list(session.exec(select(Letter.withdrawn_because).order_by(col(Letter.written_at))))


def let_days_pass(office: Office, encounter: str, days: int) -> None:
    for _ in range(days):
        office.let_pass(days=1)
        look(office, encounter)


def test_the_share_wakes_the_account_and_paying_it_wakes_it_again(office: Office) -> None:
    encounter = with_a_share(office)
    with office.database.writing() as session:
        woken = [row for row in outbox.lease(session, limit=100) if row.kind == "wake_account"]
        assert [row.subject_id for row in woken] == [office.patient_of(encounter)]
        outbox.sent(session, woken)
    office.pay(encounter, 2000)
    office.go_on(encounter)
    with office.database.writing() as session:
        assert "wake_account" in {row.kind for row in outbox.lease(session, limit=100)}
    assert look(office, encounter).is_settled


def test_a_statement_says_what_was_charged_paid_taken_off_and_why(office: Office) -> None:
    encounter = with_a_share(office, code="1")
    look(office, encounter)
    let_days_pass(office, encounter, 2)
    [paper] = papers(office, encounter)
    [visit] = paper.visits
    [row] = visit.rows
    assert (row.charged_cents, row.plan_paid_cents, row.taken_off_cents, row.you_paid_cents, row.owed_cents) == (
        15000,
        8000,
        5000,
        0,
        2000,
    )
    assert visit.why == ("$20.00 went to your deductible: what you pay each year before the plan pays.",)
    assert (paper.title, paper.total_cents, paper.addressee[0]) == ("Statement", 2000, "JANE DOE")


def test_a_service_is_told_in_the_practices_words_beside_its_code(office: Office) -> None:
    with office.database.writing() as session:
        price = Price("99213", Cents(10000), date(2026, 1, 1), description="Office visit")
        where = {"practice_id": office.practice_id}
        prices.save(session, prices.compare(session, [price], **where), **where)
    encounter = with_a_share(office)
    let_days_pass(office, encounter, 3)
    [paper] = papers(office, encounter)
    assert paper.visits[0].rows[0].service == "Office visit (99213)"


def test_a_statement_names_the_address_for_cheques_where_it_is_another(office: Office) -> None:
    encounter = with_a_share(office)
    with office.database.writing() as session:
        payee = encounters.claim_of(session.get_one(Encounter, encounter)).billing_provider
        entity = session.get_one(BillingEntity, payee.npi)
        entity.pay_to_address = records.dump(Address("PO BOX 7", "SPRINGFIELD", "IL", "627050007"))
        session.add(entity)
    let_days_pass(office, encounter, 3)
    [paper] = papers(office, encounter)
    assert paper.cheques_to == (payee.name.last, "PO BOX 7", "SPRINGFIELD IL 62705-0007")
    content = statement_view.content(paper)
    assert "PO BOX 7" in content
    assert documents.pdf("statements/statement", content).startswith(b"%PDF-")


def test_a_statement_carries_a_pay_link_that_ends_when_the_paper_is_withdrawn(office: Office) -> None:
    encounter = with_a_share(office)
    let_days_pass(office, encounter, 3)
    [paper] = papers(office, encounter)
    token = paper.pay_at.removeprefix(f"{PUBLIC_URL}/pay/")

    def opens() -> bool:
        with office.database.reading() as session:
            link = paying.link_of(session, token, at=office.now)
        return link is not None and link.patient_id == office.patient_of(encounter)

    assert opens()
    office.pay(encounter, 1500)
    office.go_on(encounter)
    look(office, encounter)
    assert not opens()
    assert papers(office, encounter)[1].pay_at not in {"", paper.pay_at}


def test_a_paper_from_before_pay_links_still_shows(office: Office) -> None:
    encounter = with_a_share(office)
    let_days_pass(office, encounter, 3)
    with office.database.writing() as session:
        [letter] = session.exec(select(Letter).where(Letter.patient_id == office.patient_of(encounter)))
        content = json.loads(letter.content)
        del content["pay_at"]
        letter.content = json.dumps(content)
    [paper] = papers(office, encounter)
    assert paper.pay_at == ""
    assert documents.pdf("statements/statement", statement_view.content(paper)).startswith(b"%PDF-")


def test_mail_that_came_back_counts_for_nothing_and_holds_the_account_until_there_is_another_address(
    office: Office,
) -> None:
    encounter = with_a_share(office)
    let_days_pass(office, encounter, 3)
    send_everything(office)

    def came_back() -> bool:
        with office.database.writing() as session:
            patient = office.patient_of(encounter)
            account = accounts.lock(session, practice_id=office.practice_id, patient_id=patient, at=office.now)
            [letter] = session.exec(select(Letter).where(Letter.patient_id == patient))
            return returned_mail.take_back(session, account, letter, at=office.now, by=office.worker_id)

    assert came_back()
    assert not came_back()
    with office.database.reading() as session:
        [item] = accounts.items(session, office.patient_of(encounter))
        assert (item.statements, item.first_statement_at) == (0, None)
    let_days_pass(office, encounter, 70)
    assert len(papers(office, encounter)) == 1
    with office.database.writing() as session:
        row = session.get_one(Patient, office.patient_of(encounter))
        row.address = records.dump(Address("7 NEW ST", "ANYTOWN", "OH", "44101"))
    assert "Mail goes to another address now" in look(office, encounter).said
    [_, anew] = papers(office, encounter)
    assert (anew.notice, anew.addressee[1]) == ("statement", "7 NEW ST")


def test_nobody_is_reminded_after_paying_or_of_more_than_is_left(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    send_everything(office)
    office.pay(encounter, 1500)
    office.go_on(encounter)
    let_days_pass(office, encounter, 30)
    assert [one.total_cents for one in papers(office, encounter)] == [2000, 500]
    assert papers(office, encounter)[1].visits[0].rows[0].you_paid_cents == 1500
    office.pay(encounter, 500)
    office.go_on(encounter)
    let_days_pass(office, encounter, 60)
    assert len(papers(office, encounter)) == 2
    assert office.stage(encounter) == "closed"


def test_a_paper_that_is_no_longer_so_is_written_anew_and_counts_for_nothing(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    office.pay(encounter, 1500)
    office.go_on(encounter)
    assert look(office, encounter).said == (
        "Statement withdrawn from the print queue: what is owed has changed",
        "Statement: $5.00 on one visit",
    )
    assert in_the_queue(office) == ["what is owed has changed", None]
    with office.database.reading() as session:
        [item] = accounts.items(session, office.patient_of(encounter))
    assert (item.statements, item.first_statement_at) == (1, office.now)
    office.pay(encounter, 500)
    office.go_on(encounter)
    look(office, encounter)
    assert in_the_queue(office) == ["what is owed has changed", "nothing on it is owed any more"]


def test_a_patient_who_moves_gets_the_paper_at_the_new_address(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    with office.database.writing() as session:
        row = session.get_one(Patient, office.patient_of(encounter))
        row.address = records.dump(Address("7 NEW ST", "ANYTOWN", "OH", "44101"))
    look(office, encounter)
    assert in_the_queue(office) == ["the patient's name or address has changed", None]
    assert papers(office, encounter)[1].addressee[1] == "7 NEW ST"


def test_a_paper_that_was_sent_stands_whatever_happens_after(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    send_everything(office)
    office.pay(encounter, 1500)
    office.go_on(encounter)
    look(office, encounter)
    assert in_the_queue(office) == [None]


def test_a_paper_about_a_void_visit_leaves_the_print_queue(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    office.amend(encounter, Change.VOID, {"reason": "seen by somebody else"})
    office.go_on(encounter)
    look(office, encounter)
    assert in_the_queue(office) == ["nothing on it is owed any more"]


def test_unpaid_to_the_end_a_person_places_it_and_a_late_payment_comes_back_from_there(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 125)
    assert [one.notice for one in papers(office, encounter)] == ["statement", "reminder", "reminder", "final_notice"]
    assert office.decide_account(encounter, "place", agency="Example Recovery").done
    office.go_on(encounter)
    assert office.stage(encounter) == "closed"
    assert office.accounts(encounter)["BAD_DEBT", 1] == 2000
    with office.database.reading() as session:
        placed = session.exec(select(Placement).where(Placement.encounter_id == encounter)).one()
    assert (placed.amount_cents, placed.agency) == (2000, "Example Recovery")
    assert look(office, encounter).is_settled
    with office.database.reading() as session:
        seen = views.encounter(session, practice_id=office.practice_id, encounter_id=encounter)
    assert seen is not None
    assert ("bad debt", 2000) in [(one.code, one.amount_cents) for one in seen.lines[0].adjustments]
    office.pay(encounter, 1200)
    office.go_on(encounter)
    assert office.accounts(encounter)["BAD_DEBT", 1] == 800
    assert office.stage(encounter) == "closed"


def test_a_reversal_after_placement_takes_it_back_and_leaves_no_credit(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 125)
    office.decide_account(encounter, "write_off", reason="nobody there")
    office.go_on(encounter)
    number = office.submission(encounter).control_number
    first = a_payment(number)
    corrected = a_payment(
        number, paid=9000, adjustments=(("CO", "45", 5000), ("PR", "3", 1000)), payer_claim_number="ICN001R"
    )
    office.deliver_835(an_835(a_reversal(first), corrected, trace="EFT0009"))
    office.go_on(encounter)
    books = office.accounts(encounter)
    assert ("PAT_UNAPPLIED", None) not in books
    assert books.get(("BAD_DEBT", 1), 0) + books.get(("AR_PAT", 1), 0) == 1000


def test_what_the_payer_opens_again_is_not_billed_and_begins_anew(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 40)
    assert len(papers(office, encounter)) == 2
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_reversal(a_payment(number)), trace="EFT0002", plb=(("WO", "ICN001", -8000),)))
    office.go_on(encounter)
    let_days_pass(office, encounter, 60)
    assert len(papers(office, encounter)) == 2
    answer(office, encounter, trace="EFT0003")
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    assert papers(office, encounter)[-1].notice == "statement"


def test_a_pause_sends_nothing_until_its_day(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    with office.database.writing() as session:
        account = accounts.lock(
            session, practice_id=office.practice_id, patient_id=office.patient_of(encounter), at=office.now
        )
        until = office.now + timedelta(days=50)
        account_decisions.pause(session, account, until=until, reason="dispute", at=office.now)
    let_days_pass(office, encounter, 49)
    assert papers(office, encounter) == []
    let_days_pass(office, encounter, 3)
    assert len(papers(office, encounter)) == 1


def test_waiting_is_a_decision_too_and_the_question_comes_again(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    let_days_pass(office, encounter, 125)
    day = (office.now + timedelta(days=20)).date().isoformat()
    assert office.decide_account(encounter, "hold", reason="payment plan", follow_up=day).done
    let_days_pass(office, encounter, 19)
    assert look(office, encounter).open_tasks == 0
    office.let_pass(days=2)
    assert look(office, encounter).open_tasks == 1, "asked at the first look after the pause: no other may come"


def test_two_visits_of_one_patient_are_one_paper(office: Office) -> None:
    encounter = with_a_share(office)
    office.take_in(an_837p(a_claim(a_line("99214", 15000), control_number="EXT2002"), number=2))
    other = next(one for one in office.encounter_ids() if one != encounter)
    office.go_on(other)
    office.send_claims()
    number = office.submission(other).control_number
    office.deliver_835(an_835(a_payment(number, procedure="99214", payer_claim_number="ICN2"), trace="EFT0002"))
    office.go_on(other)
    assert office.patient_of(other) == office.patient_of(encounter)
    look(office, encounter)
    let_days_pass(office, encounter, 3)
    [paper] = papers(office, encounter)
    assert (len(paper.visits), paper.total_cents) == (2, 4000)


@pytest.mark.parametrize("resolution", ["place"])
async def test_on_the_engine_the_account_lives_beside_its_visit(office: Office, engine: Any, resolution: str) -> None:
    async with running(office, engine) as live:
        office.take_in(an_837p(a_claim(a_line(service_date=office.today - timedelta(days=2)))))
        [encounter] = office.encounter_ids()
        await live.settle(encounter)
        number = office.submission(encounter).control_number
        office.deliver_835(an_835(a_payment(number)))
        await live.tell(encounter)
        workflow = live.client.get_workflow_handle(account_workflow(office.practice_id, office.patient_of(encounter)))
        for _ in range(13):
            await live.advance_workflow(workflow, timedelta(days=10))
        assert [one.notice for one in papers(office, encounter)] == [
            "statement",
            "reminder",
            "reminder",
            "final_notice",
        ]
        office.decide_account(encounter, resolution, agency="Example Recovery")
        await live.settle(encounter)
        assert (await workflow.result())["patient_id"] == office.patient_of(encounter)
        await live.handle(encounter).result()
        assert office.stage(encounter) == "closed"


async def test_a_share_from_before_there_were_accounts_is_taken_up(office: Office, engine: Any) -> None:
    """What an upgrade finds: shares that no account knows. The safety net wakes their accounts, once."""
    encounter = with_a_share(office)
    with office.database.writing() as session:
        outbox.sent(session, outbox.lease(session, limit=100))
    async with running(office, engine) as live:
        reconcile = ReconcileActivities(office.database, live.client)
        step = ReconcileStep(at=office.now + timedelta(hours=1))
        await ActivityEnvironment().run(reconcile.reconcile, step)
        with office.database.writing() as session:
            woken = [row.subject_id for row in outbox.lease(session, limit=100) if row.kind == "wake_account"]
    assert woken == [office.patient_of(encounter)]
    look(office, encounter)
    with office.database.reading() as session:
        assert accounts.forgotten(session) == set()


def test_the_proofs_see_a_share_that_nobody_pursues_and_one_given_up_by_nobody(office: Office) -> None:
    encounter = with_a_share(office)
    look(office, encounter)
    assert failing(office) == set()
    with office.database.writing() as session:
        account = accounts.lock(
            session, practice_id=office.practice_id, patient_id=office.patient_of(encounter), at=office.now
        )
        account.next_at = None
        session.add(account)
        outbox.sent(session, outbox.lease(session, limit=100))
        sides = transfer(Account.BAD_DEBT, Account.AR_PATIENT, Cents(1), line_id=None)
        entry = Entry(EntryKind.GIVEN_UP, "by nobody", sides)
        ledger.post(
            session, [entry], practice_id=office.practice_id, at=office.now, encounter_id=encounter, actor="office"
        )
    assert failing(office) == {"accounts", "people"}


def failing(office: Office) -> set[str]:
    with office.database.reading() as session:
        return {one.name for one in proof.prove_rows(session) if not one.holds}
