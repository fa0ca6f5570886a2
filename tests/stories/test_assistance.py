"""Help with the bill: asked for, decided, taken off, paid back; nothing is asked meanwhile, and the books hold."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import col, select

from activities import assistance as helping
from activities.assistance import Said
from activities.messages import Answer
from activities.office_tasks import complete_office_task
from billing.assistance import Band, Per, Scale, Takes, Way
from billing.ledger import Account
from billing.poverty_guidelines import Region
from billing.stages import FactKind
from database import account_holds, accounts, assistance, letters, records
from database.columns import new_id
from database.proof import prove_rows
from database.tables import AssistanceApplication, AssistanceScale, Encounter, Fact, Letter, Placement, Task, User
from tests.builders import a_payment, a_reversal, an_835
from tests.office import Office
from tests.stories.test_agencies import placed
from tests.stories.test_households import MOTHER, answers_for, child, look_after

BOTH_DATABASES = True
POOR, MODEST, RICH = 1_500_000, 3_000_000, 9_000_000
"""Dollars a year of one person: up to 100, 200 and beyond 200 percent of the poverty level of 2026, in cents"""
SCALE = Scale(Region.CONTIGUOUS, (Band(100, Takes.PERCENT, 100), Band(200, Takes.PERCENT, 75)))


def with_scale(office: Office, scale: Scale = SCALE) -> None:
    with office.database.writing() as session:
        session.add(
            AssistanceScale(
                id=new_id(),
                practice_id=office.practice_id,
                effective_from=date(2000, 1, 1),
                content=records.dump(scale),
                made_at=office.now,
                made_by=office.supervisor_id,
            )
        )


def applies(office: Office, holder: str, income: int | None, *, size: int | None = 1) -> str:
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        said = Said("Martha Doe", size, income, Per.YEAR, "none", "I lost my work.")
        row = helping.receive(
            session, account, said, way=Way.DESK, received_on=office.today, by=office.worker_id, at=office.now
        )
        application_id = row.id
    look_after(office, holder)
    return application_id


def answers(office: Office, resolution: str, *, by: str | None = None, **values: str) -> Answer:
    """Somebody finishes the only open task about an application."""
    with office.database.writing() as session:
        task = session.exec(select(Task).where(Task.subject == "assistance", Task.state == "open")).one()
        return complete_office_task(
            session,
            practice_id=office.practice_id,
            task=task,
            resolution=resolution,
            values=values,
            actor_id=by or office.worker_id,
            at=office.now,
        )


def settle(office: Office, *visits: str) -> None:
    """The visits and their accounts read what was decided."""
    for visit in visits:
        office.go_on(visit)
        look_after(office, office.patient_of(visit))
    holds(office)


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def on(office: Office, visit: str, account: Account) -> int:
    return sum(cents for (name, _), cents in office.accounts(visit).items() if name == account)


def state(office: Office, application_id: str) -> str:
    with office.database.reading() as session:
        return session.get_one(AssistanceApplication, application_id).state


def is_held(office: Office, holder: str) -> bool:
    with office.database.reading() as session:
        return bool(account_holds.standing(session, holder))


def letters_of(office: Office, kind: str) -> list[str]:
    """What letters of this kind say, those withdrawn left out, the oldest first."""
    with office.database.reading() as session:
        query = select(Letter).where(Letter.kind == kind, col(Letter.withdrawn_at).is_(None))
        found = [letters.content_of(one) for one in session.exec(query.order_by(col(Letter.written_at), Letter.id))]
    return [" ".join((one.title, *one.paragraphs, *one.items)) for one in found]  # type: ignore[union-attr]


def mail(office: Office) -> None:
    """Everything that waits to be printed leaves."""
    with office.database.writing() as session:
        for letter in session.exec(select(Letter).where(col(Letter.withdrawn_at).is_(None))):
            letters.mark_sent(session, letter, at=office.now, actor_id=office.worker_id)


def test_help_after_two_payments_pays_back_what_was_too_much(office: Office) -> None:
    """$80.00 is owed and $50.00 paid in two parts; 75 percent help leaves $20.00, so that $30.00 goes back."""
    with_scale(office)
    visit = child(office, "ANNA", 1, share=8000)
    holder = office.patient_of(visit)
    for _ in range(2):
        office.pay(visit, 2500)
        office.go_on(visit)
    assert on(office, visit, Account.AR_PATIENT) == 3000
    applies(office, holder, MODEST)
    assert answers(office, "granted").done
    settle(office, visit)
    assert on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 6000
    assert (on(office, visit, Account.AR_PATIENT), on(office, visit, Account.PATIENT_UNAPPLIED)) == (0, -3000)
    assert office.open_task_types(visit) == ["credit_balance"]
    assert office.complete(visit, "credit_balance", "refund_patient", {"reference": "CHEQUE 7"}).answer.done
    settle(office, visit)
    assert (on(office, visit, Account.PATIENT_UNAPPLIED), office.stage(visit)) == (0, "closed")
    [said] = letters_of(office, "assistance_decision")
    assert "75 percent off" in said
    assert "If you do not agree" in said


def test_every_visit_that_help_covers_is_told(office: Office) -> None:
    with_scale(office)
    first, second = child(office, "ANNA", 1, share=8000), child(office, "BETH", 2, share=4000)
    for one in (first, second):
        answers_for(office, one, MOTHER)
    applies(office, office.patient_of(first), MODEST)
    assert answers(office, "granted").done
    for one in (first, second):
        with office.database.reading() as session:
            facts = session.exec(select(Fact).where(Fact.encounter_id == one, col(Fact.absorbed_at).is_(None)))
            assert [fact.kind for fact in facts] == [FactKind.ASSISTANCE_DECIDED]
    settle(office, first, second)
    assert [on(office, one, Account.ADJUSTMENT_ASSISTANCE) for one in (first, second)] == [6000, 3000]


def test_whole_help_for_a_paid_visit_pays_everything_back_and_goes_on_for_visits_to_come(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1, share=4001)
    office.pay(visit, 4001)
    office.go_on(visit)
    assert office.stage(visit) == "closed"
    applies(office, office.patient_of(visit), POOR)
    assert answers(office, "granted").done
    settle(office, visit)
    assert (on(office, visit, Account.ADJUSTMENT_ASSISTANCE), on(office, visit, Account.PATIENT_UNAPPLIED)) == (
        4001,
        -4001,
    )
    assert office.complete(visit, "credit_balance", "refund_patient", {"reference": "CHEQUE 8"}).answer.done
    settle(office, visit)
    assert office.stage(visit) == "closed"


def test_a_share_that_comes_in_the_period_is_helped_with_as_it_is_posted(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1, share=2000)
    holder = office.patient_of(visit)
    applies(office, holder, MODEST)
    assert answers(office, "granted").done
    settle(office, visit)
    number = office.submission(visit).control_number
    first = a_payment(number, paid=8000, adjustments=(("CO", "45", 5000), ("PR", "3", 2000)), payer_claim_number="ICN1")
    more = a_payment(number, paid=6000, adjustments=(("CO", "45", 5000), ("PR", "3", 4000)), payer_claim_number="ICN1")
    office.deliver_835(an_835(a_reversal(first), more, trace="EFT9", number=9))
    settle(office, visit)
    assert (on(office, visit, Account.ADJUSTMENT_ASSISTANCE), on(office, visit, Account.AR_PATIENT)) == (3000, 1000)
    none = a_payment(number, paid=10000, adjustments=(("CO", "45", 5000),), payer_claim_number="ICN1")
    office.deliver_835(an_835(a_reversal(more), none, trace="EFT10", number=10))
    settle(office, visit)
    assert office.accounts(visit).get((Account.ADJUSTMENT_ASSISTANCE, 1), 0) == 0
    assert office.stage(visit) == "closed"


def test_a_denied_application_lets_the_account_be_asked_again(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    look_after(office, holder)
    application = applies(office, holder, RICH)
    office.let_pass(days=20)
    look_after(office, holder)
    assert (is_held(office, holder), letters_of_statements(office)) == (True, 0)
    refused = answers(office, "granted")
    assert (refused.done, "the scale gives no help" in refused.message) == (False, True)
    assert answers(office, "denied", reason="the income is above the scale").done
    settle(office, visit)
    office.let_pass(days=1)
    look_after(office, holder)
    assert (state(office, application), is_held(office, holder), letters_of_statements(office)) == ("denied", False, 1)
    [said] = letters_of(office, "assistance_decision")
    assert "the income is above the scale" in said
    holds(office)


def letters_of_statements(office: Office) -> int:
    with office.database.reading() as session:
        return len(session.exec(select(Letter).where(Letter.kind == "statement", Letter.withdrawn_at == None)).all())  # noqa: E711


def test_an_incomplete_application_is_reminded_of_and_closed_by_its_day(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    application = applies(office, holder, None)
    assert state(office, application) == "incomplete"
    [said] = letters_of(office, "assistance_missing")
    assert "the income of your household" in said
    mail(office)
    for _ in range(29):
        office.let_pass(days=1)
        look_after(office, holder)
        holds(office)
    assert len(letters_of(office, "assistance_missing")) == 2
    assert (state(office, application), is_held(office, holder)) == ("incomplete", True)
    for _ in range(3):
        office.let_pass(days=1)
        look_after(office, holder)
    assert (state(office, application), is_held(office, holder)) == ("closed", False)
    assert letters_of_statements(office) == 1
    holds(office)


def test_what_was_missing_comes_and_a_person_looks_again(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    application = applies(office, holder, MODEST)
    assert answers(office, "incomplete", missing="your last tax return\n\na pay stub").done
    assert (state(office, application), is_held(office, holder)) == ("incomplete", True)
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        row = session.get_one(AssistanceApplication, application)
        assert row.missing == "your last tax return\na pay stub"
        helping.documents_came(session, account, row, at=office.now)
    assert letters_of(office, "assistance_missing") == [], "nobody is asked for what is there"
    assert answers(office, "granted").done
    settle(office, visit)
    assert on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 1500


def test_much_help_takes_a_second_person(office: Office) -> None:
    office.policy("assistance_limit_cents", 1000)
    with_scale(office)
    visit = child(office, "ANNA", 1)
    with office.database.writing() as session:
        second = User(id=new_id(), practice_id=office.practice_id, login="b", display_name="b", roles="supervisor")
        session.add(second)
        second_id = second.id
    application = applies(office, office.patient_of(visit), POOR)
    assert answers(office, "granted", by=office.supervisor_id).done
    assert state(office, application) == "proposed"
    settle(office, visit)
    assert on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 0
    assert answers(office, "approved", by=office.supervisor_id, reason="mine").code == "needs_second_person"
    assert answers(office, "rejected", by=second_id, reason="look at the pay stub").done
    assert state(office, application) == "review"
    assert answers(office, "granted", by=office.supervisor_id).done
    assert answers(office, "approved", by=second_id, reason="agreed").done
    settle(office, visit)
    assert (state(office, application), on(office, visit, Account.ADJUSTMENT_ASSISTANCE)) == ("granted", 2000)


def test_where_nobody_else_may_approve_one_person_decides_alone_and_it_is_told(office: Office) -> None:
    office.policy("assistance_limit_cents", 0)
    with_scale(office)
    visit = child(office, "ANNA", 1)
    application = applies(office, office.patient_of(visit), POOR)
    assert answers(office, "granted", by=office.supervisor_id).done
    settle(office, visit)
    with office.database.reading() as session:
        assert session.get_one(AssistanceApplication, application).is_alone
    assert any("by one person alone" in one for one in office.story(visit))


def test_other_help_than_the_scale_says_takes_a_reason_and_a_percent(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    application = applies(office, office.patient_of(visit), RICH)
    assert answers(office, "granted_otherwise", percent="half", reason="a fire").faults[0][0] == "percent"
    assert answers(office, "granted_otherwise", percent="101", reason="a fire").code == "invalid"
    assert answers(office, "granted_otherwise", percent="50", reason="a fire").done
    assert state(office, application) == "proposed", "beyond the scale two people decide, however little it is today"
    assert answers(office, "approved", by=office.supervisor_id, reason="agreed").done
    settle(office, visit)
    assert (state(office, application), on(office, visit, Account.AR_PATIENT)) == ("granted", 1000)


def test_an_agency_asks_nothing_meanwhile_and_gives_back_what_is_helped_with(office: Office) -> None:
    with_scale(office)
    visit, holder = placed(office, share=4000)
    applies(office, holder, MODEST)
    assert placement(office).state == "suspended"
    assert answers(office, "granted").done
    settle(office, visit)
    assert (placement(office).state, placement(office).balance_cents) == ("recalled", 0)
    assert (on(office, visit, Account.BAD_DEBT), on(office, visit, Account.AR_PATIENT)) == (0, 1000)
    assert on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 3000


def test_an_agency_goes_on_when_help_is_denied(office: Office) -> None:
    with_scale(office)
    visit, holder = placed(office, share=4000)
    applies(office, holder, RICH)
    assert answers(office, "denied", reason="above the scale").done
    settle(office, visit)
    assert placement(office).state == "placed"


def placement(office: Office) -> Placement:
    with office.database.reading() as session:
        return session.exec(select(Placement)).one()


def test_help_that_was_granted_by_mistake_is_owed_again(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    application = applies(office, holder, POOR)
    assert answers(office, "granted").done
    settle(office, visit)
    assert office.stage(visit) == "closed"
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        row = session.get_one(AssistanceApplication, application)
        helping.revoke(session, account, row, why="another household", at=office.now, by=office.supervisor_id)
    settle(office, visit)
    assert (on(office, visit, Account.ADJUSTMENT_ASSISTANCE), on(office, visit, Account.AR_PATIENT)) == (0, 2000)
    assert office.stage(visit) == "patient_balance"


@pytest.mark.parametrize(("days", "is_helped"), [(240, True), (241, False)])
def test_a_hospital_takes_applications_for_240_days_after_the_first_statement(
    office: Office, days: int, is_helped: bool
) -> None:
    office.policy("is_501r_hospital", 1)
    office.policy("assistance_reach_days", 1)
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    for _ in range(3):
        look_after(office, holder)
        office.let_pass(days=1)
    mail(office)
    with office.database.reading() as session:
        first = assistance.first_billed_on(session, session.get_one(Encounter, visit))
    assert first is not None
    office.let_pass(days=days - (office.today - first).days)
    applies(office, holder, POOR)
    assert answers(office, "granted").done
    settle(office, visit)
    assert (on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 2000) is is_helped


def test_a_hospital_places_nothing_before_its_days_whatever_its_policies_say(office: Office) -> None:
    for name, value in (("placement_after_days", 0), ("final_notice_answer_days", 0), ("final_notice_after_days", 30)):
        office.policy(name, value)
    office.policy("statements_before_final_notice", 1)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    asked_after = None
    for day in range(60):
        look_after(office, holder)
        if office.asked_about_account(visit):
            asked_after = day
            break
        office.let_pass(days=1)
    assert asked_after is not None
    office.policy("is_501r_hospital", 1)
    refused = office.decide_account(visit, "place", agency="Example Recovery")
    assert (refused.done, "26 CFR 1.501(r)-6" in refused.message) == (False, True)
    office.let_pass(days=90)
    assert office.decide_account(visit, "place", agency="Example Recovery").done


def test_nothing_is_placed_between_the_application_and_the_accounts_next_look(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    for _ in range(130):
        look_after(office, holder)
        mail(office)
        if office.asked_about_account(visit):
            break
        office.let_pass(days=1)
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        said = Said("Martha Doe", 1, RICH)
        helping.receive(session, account, said, way=Way.MAIL, received_on=office.today, by="patient", at=office.now)
    refused = office.decide_account(visit, "place", agency="Example Recovery")
    assert (refused.done, "help with the bill was asked for" in refused.message) == (False, True)
    look_after(office, holder)
    assert not office.asked_about_account(visit)
    assert answers(office, "denied", reason="above the scale").done
    settle(office, visit)
    assert office.asked_about_account(visit), "a person is asked anew"


def test_the_proof_sees_an_application_whose_account_is_not_held(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    applies(office, holder, MODEST)
    holds(office)
    with office.database.writing() as session:
        [row] = account_holds.standing(session, holder)
        account_holds.end(session, row, why="tampered with", at=office.now, by=None)
    with office.database.reading() as session:
        assert [one.name for one in prove_rows(session) if not one.holds] == ["assistance"]


def test_two_applications_at_once_are_one_and_what_is_said_again_counts(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    first = applies(office, holder, RICH)
    assert applies(office, holder, POOR) == first
    assert answers(office, "granted").done
    settle(office, visit)
    assert on(office, visit, Account.ADJUSTMENT_ASSISTANCE) == 2000


@pytest.mark.parametrize(("is_hospital", "has_summary"), [(0, False), (1, True)])
def test_a_statement_says_that_there_is_help_and_a_hospitals_brings_the_summary(
    office: Office, is_hospital: int, has_summary: bool
) -> None:
    office.policy("is_501r_hospital", is_hospital)
    with_scale(office, replace(SCALE, summary="We help by income.", web="https://clinic.test/help"))
    visit = child(office, "ANNA", 1)
    for _ in range(3):
        look_after(office, office.patient_of(visit))
        office.let_pass(days=1)
    with office.database.reading() as session:
        paper = accounts.statement_of(session.exec(select(Letter)).one())
    assert "You may be able to get help with this bill" in paper.notices[0]
    assert "https://clinic.test/help" in paper.notices[1]
    assert ("We help by income." in paper.notices) is has_summary


def test_what_is_left_after_help_is_asked_for_anew_and_says_what_was_taken_off(office: Office) -> None:
    with_scale(office)
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    applies(office, holder, MODEST)
    assert answers(office, "granted").done
    settle(office, visit)
    for _ in range(4):
        office.let_pass(days=1)
        look_after(office, holder)
    with office.database.reading() as session:
        paper = accounts.statement_of(session.exec(select(Letter).where(Letter.kind == "statement")).one())
    assert paper.total_cents == 500
    assert "$15.00 is taken off: help with the bill was granted." in paper.visits[0].why
