"""One account for a family: one statement to who answers for it, whatever child the visit was of."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from activities import account_decisions
from activities.account import AccountActivities
from activities.messages import AccountStep
from billing.claim import Address, Claim, Name, Person, Sex
from billing.consents import Guarantor, GuarantorIs
from billing.dunning import Notice
from billing.stages import FactKind
from billing.tasks import TaskType
from database import account_views, accounts, consents, guarantors, households, letters, merges
from database.proof import prove_rows
from database.tables import BalanceItem, Encounter, Fact, Letter, Patient, PatientAccount, PatientMerge, Placement, Task
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import PUBLIC_URL, Office

BOTH_DATABASES = True
MOTHER = Person(
    name=Name("DOE", "MARTHA"), birth_date=date(1985, 4, 5), address=Address("7 ELM ST", "ANYTOWN", "OH", "441010000")
)


def child(office: Office, first: str, number: int, *, share: int = 2000) -> str:
    """A visit of a child of whose charge the plan leaves a copayment."""
    born = date(2018, 1, 1) + timedelta(days=number - 1)
    return billed_visit(office, a_claim(member_id=f"M{number}"), first, number, born=born, share=share)


def billed_visit(office: Office, claim: Claim, first: str, number: int, *, born: date, share: int) -> str:
    """The claim as the visit V`number` of somebody of this name and birthday, with a copayment left."""
    person = replace(claim.patient, name=Name("DOE", first), birth_date=born, sex=Sex.FEMALE)
    claim = replace(claim, patient=person, subscriber=person, control_number=f"V{number}")
    office.take_in(an_837p(claim, number=number))
    with office.database.reading() as session:
        encounter = session.exec(select(Encounter.id).where(Encounter.external_id == f"V{number}")).one()
    office.go_on(encounter)
    office.send_claims()
    payment = a_payment(
        office.submission(encounter).control_number,
        paid=10000 - share,
        adjustments=(("CO", "45", 5000), ("PR", "3", share)),
        payer_claim_number=f"ICN{number}",
    )
    office.deliver_835(an_835(payment, trace=f"EFT{number}", number=number))
    office.go_on(encounter)
    assert office.stage(encounter) == "patient_balance"
    return encounter


def answers_for(office: Office, encounter: str, person: Person | None) -> str:
    """From now on this person answers for the visit's patient; gives whose account it stands on."""
    patient_id = office.patient_of(encounter)
    with office.database.writing() as session:
        row = session.get_one(Patient, patient_id, with_for_update=True)
        guarantor = Guarantor(person, GuarantorIs.PARENT) if person is not None else None
        assert consents.keep_guarantor(session, row, guarantor)
        guarantors.regroup(session, row, at=office.now)
    with office.database.reading() as session:
        return households.holder_of(session, patient_id)


def look_after(office: Office, holder: str) -> None:
    """The account looks at itself, as its workflow would."""
    step = AccountStep(practice_id=office.practice_id, patient_id=holder, at=office.now)
    AccountActivities(office.database, PUBLIC_URL).look_after_account(step)


def billed(office: Office, *holders: str) -> None:
    """The accounts know what is owed, and their first paper is due."""
    for days in (0, 3):
        office.let_pass(days=days)
        for one in holders:
            look_after(office, one)


def papers(office: Office, holder: str) -> list[Letter]:
    with office.database.reading() as session:
        query = select(Letter).where(Letter.patient_id == holder, Letter.kind == Notice.STATEMENT)
        return list(session.exec(query.order_by(Letter.written_at)))


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def test_two_children_of_one_mother_get_one_statement(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)
    holder = answers_for(office, first, MOTHER)
    assert holder == office.patient_of(first)
    assert answers_for(office, second, MOTHER) == holder
    billed(office, holder)
    [paper] = papers(office, holder)
    said = letters.content_of(paper)
    assert said.total_cents == 5000
    assert said.addressee[0] == "MARTHA DOE"
    assert sorted(one.patient for one in said.visits) == ["ANNA", "BETH"]
    with office.database.reading() as session:
        view = account_views.account(
            session, practice_id=office.practice_id, patient_id=office.patient_of(second), at=office.now
        )
        assert view is not None
        assert (view.patient_id, view.owed_cents, len(view.items)) == (holder, 5000, 2)
        assert len(session.exec(select(PatientAccount)).all()) == 1
    holds(office)


@pytest.mark.parametrize(
    ("resolution", "values"), [("place", {"agency": "Example Recovery"}), ("write_off", {"reason": "nobody there"})]
)
def test_every_visit_of_an_account_is_given_up(office: Office, resolution: str, values: dict[str, str]) -> None:
    visits = [child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)]
    for one in visits:
        answers_for(office, one, MOTHER)
    holder = office.patient_of(visits[0])
    look_after(office, holder)
    left_alone(office, holder, days=125)
    assert office.decide_account(visits[0], resolution, **values).done
    for one in visits:
        office.go_on(one)
    look_after(office, holder)
    assert [office.stage(one) for one in visits] == ["closed", "closed"]
    assert [office.accounts(one)["BAD_DEBT", 1] for one in visits] == [2000, 3000]
    holds(office)


def test_the_proof_sees_a_placed_visit_that_was_never_given_up(office: Office) -> None:
    visit = child(office, "ANNA", 1)
    look_after(office, office.patient_of(visit))
    left_alone(office, office.patient_of(visit), days=125)
    assert office.decide_account(visit, "place", agency="Example Recovery").done
    with office.database.writing() as session:
        session.execute(sa.delete(Fact).where(col(Fact.kind) == FactKind.BALANCE_GIVEN_UP))
        session.execute(sa.update(Placement).values(state="closed"))
    with office.database.reading() as session:
        [off] = [one for one in prove_rows(session) if one.name == "placements"]
    assert off.offenders == [f"encounter {visit}"]


def test_a_mother_who_is_a_patient_holds_the_account_of_her_child(office: Office) -> None:
    visit = child(office, "ANNA", 1)
    own = child(office, "MARTHA", 2)
    with office.database.writing() as session:
        session.get_one(Patient, office.patient_of(own)).birth_date = MOTHER.birth_date
    assert answers_for(office, visit, MOTHER) == office.patient_of(own)
    billed(office, office.patient_of(own))
    [paper] = papers(office, office.patient_of(own))
    assert letters.content_of(paper).total_cents == 4000
    holds(office)


def test_who_comes_to_another_account_keeps_the_age_of_what_is_owed(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    alone = office.patient_of(second)
    billed(office, office.patient_of(first), alone)
    mail(office, alone)
    with office.database.reading() as session:
        begun = session.get_one(BalanceItem, second).first_statement_at
    assert begun is not None
    holder = answers_for(office, second, MOTHER)
    for one in (alone, holder):
        look_after(office, one)
    with office.database.reading() as session:
        item = session.get_one(BalanceItem, second)
        assert (item.patient_id, item.first_statement_at) == (holder, begun)
        waiting = letters.waiting_notices(session, practice_id=office.practice_id, patient_id=alone)
        assert list(waiting) == [], "nobody is asked twice for the same"
    holds(office)


def test_the_others_stay_together_when_the_holder_leaves(office: Office) -> None:
    visits = [child(office, name, number) for number, name in enumerate(("ANNA", "BETH", "CLEO"), start=1)]
    for one in visits:
        answers_for(office, one, MOTHER)
    gone = office.patient_of(visits[0])
    assert answers_for(office, visits[0], replace(MOTHER, name=Name("ROE", "RUTH"))) == gone
    with office.database.reading() as session:
        others = {households.holder_of(session, office.patient_of(one)) for one in visits[1:]}
        assert len(others) == 1
        assert others != {gone}
        owed = {one: accounts.owed_by_visit(session, practice_id=office.practice_id, patient_id=one) for one in others}
    assert [len(rows) for rows in owed.values()] == [2]
    for holder in {gone, *others}:
        look_after(office, holder)
    holds(office)


def test_what_was_grouped_before_the_upgrade_is_grouped_once(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    with office.database.writing() as session:
        for visit in (first, second):
            row = session.get_one(Patient, office.patient_of(visit))
            consents.keep_guarantor(session, row, Guarantor(MOTHER, GuarantorIs.PARENT))
    with office.database.writing() as session:
        rows = guarantors.ungrouped(session, limit=10)
        assert len(rows) == 2
        for row in rows:
            guarantors.regroup(session, row, at=office.now)
    with office.database.writing() as session:
        assert guarantors.ungrouped(session, limit=10) == []
        holders = {households.holder_of(session, office.patient_of(one)) for one in (first, second)}
        assert len(holders) == 1


def mail(office: Office, holder: str) -> None:
    """Every paper of the account leaves the house."""
    with office.database.writing() as session:
        for one in letters.waiting_notices(session, practice_id=office.practice_id, patient_id=holder):
            letters.mark_sent(session, one, at=office.now, actor_id=office.worker_id)


def left_alone(office: Office, holder: str, *, days: int) -> None:
    """Papers go out and nobody pays, day by day."""
    for _ in range(days):
        office.let_pass(days=1)
        look_after(office, holder)
        mail(office, holder)


def reviews(office: Office, holder: str) -> list[Task]:
    with office.database.reading() as session:
        query = select(Task).where(Task.subject_id == holder, Task.type == TaskType.PRECOLLECTION_APPROVAL)
        return list(session.exec(query.where(Task.state == "open")))


def test_who_was_asked_before_collections_is_asked_again_on_the_other_account(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    alone = office.patient_of(second)
    left_alone(office, alone, days=150)
    assert len(reviews(office, alone)) == 1
    holder = answers_for(office, second, MOTHER)
    for one in (alone, holder):
        look_after(office, one)
    assert reviews(office, alone) == []
    [task] = reviews(office, holder)
    assert task.amount_cents == 2000
    holds(office)


def test_a_pause_goes_along_to_the_other_account(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    alone, until = office.patient_of(second), office.now + timedelta(days=60)
    look_after(office, alone)
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=alone, at=office.now)
        account_decisions.pause(session, account, until=until, reason="disputes the bill", at=office.now)
    holder = answers_for(office, second, MOTHER)
    billed(office, alone, holder)
    assert papers(office, holder) == []
    with office.database.reading() as session:
        account = session.get_one(PatientAccount, holder)
        assert (account.paused_until, account.pause_reason) == (until, "disputes the bill")
    holds(office)


def test_a_paper_withdrawn_because_the_share_moved_counts_for_nothing(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    alone = office.patient_of(second)
    billed(office, office.patient_of(first), alone)
    answers_for(office, second, MOTHER)
    look_after(office, alone)
    with office.database.reading() as session:
        item = session.get_one(BalanceItem, second)
        [paper] = session.exec(select(Letter).where(Letter.patient_id == alone)).all()
    assert paper.withdrawn_at is not None
    assert (item.statements, item.first_statement_at) == (0, None)


def test_a_paper_that_was_sent_counts_on_the_other_account(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    alone = office.patient_of(second)
    billed(office, alone)
    mail(office, alone)
    holder = answers_for(office, second, MOTHER)
    for one in (alone, holder):
        look_after(office, one)
    assert papers(office, holder) == [], "no second paper within the cycle"
    with office.database.reading() as session:
        assert session.get_one(BalanceItem, second).statements == 1
    left_alone(office, holder, days=35)
    assert len(papers(office, holder)) + len(reminders(office, holder)) == 1
    holds(office)


def reminders(office: Office, holder: str) -> list[Letter]:
    with office.database.reading() as session:
        query = select(Letter).where(Letter.patient_id == holder, Letter.kind == Notice.REMINDER)
        return list(session.exec(query))


def test_a_paper_names_the_child_whom_its_account_is_not_named_by(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    office.pay(first, 2000)
    office.go_on(first)
    answers_for(office, first, MOTHER)
    holder = answers_for(office, second, MOTHER)
    billed(office, holder)
    [paper] = papers(office, holder)
    assert [one.patient for one in letters.content_of(paper).visits] == ["BETH"]


def test_who_is_made_one_with_a_child_brings_what_is_owed_to_the_childs_account(office: Office) -> None:
    first, second, twin = child(office, "ANNA", 1), child(office, "BETH", 2), child(office, "BETHY", 3)
    holder = answers_for(office, first, MOTHER)
    answers_for(office, second, MOTHER)
    kept, gone = office.patient_of(second), office.patient_of(twin)
    left_alone(office, gone, days=150)
    assert len(reviews(office, gone)) == 1
    with office.database.writing() as session:
        both = (session.get_one(Patient, kept), session.get_one(Patient, gone))
        done = merges.merge(session, *both, reason="same card", at=office.now, by=office.worker_id)
        merge_id = done.id
    for one in (gone, holder):
        look_after(office, one)
    assert (reviews(office, gone), [one.amount_cents for one in reviews(office, holder)]) == ([], [2000])
    with office.database.reading() as session:
        assert session.get_one(BalanceItem, twin).patient_id == holder
        begun = session.get_one(BalanceItem, twin).first_statement_at
    holds(office)
    with office.database.writing() as session:
        both = (session.get_one(Patient, kept), session.get_one(Patient, gone))
        found = session.get_one(PatientMerge, merge_id)
        merges.undo(session, found, *both, at=office.now, by=office.worker_id)
    for one in (gone, holder):
        look_after(office, one)
    with office.database.reading() as session:
        item = session.get_one(BalanceItem, twin)
        assert (item.patient_id, item.first_statement_at) == (gone, begun)
    holds(office)


def test_the_holder_of_others_is_made_one_with_somebody_else(office: Office) -> None:
    first, second, twin = child(office, "ANNA", 1), child(office, "BETH", 2), child(office, "ANNY", 3)
    gone = answers_for(office, first, MOTHER)
    answers_for(office, second, MOTHER)
    kept = office.patient_of(twin)
    with office.database.writing() as session:
        both = (session.get_one(Patient, kept), session.get_one(Patient, gone))
        merges.merge(session, *both, reason="same card", at=office.now, by=office.worker_id)
    with office.database.reading() as session:
        holders = {households.holder_of(session, one) for one in (kept, office.patient_of(second))}
        assert gone not in holders, "nobody stands on the account of a patient who is no more"
    for one in {gone, *holders}:
        look_after(office, one)
    holds(office)


def test_a_child_comes_to_a_mother_who_leaves_at_the_same_moment(office: Office) -> None:
    if office.database.is_sqlite:
        pytest.skip("one writer at a time")
    visit, own, elder = child(office, "ANNA", 1), child(office, "MARTHA", 2), child(office, "GRETA", 3)
    grandmother = replace(MOTHER, name=Name("DOE", "GRETA"), birth_date=date(1955, 1, 1))
    with office.database.writing() as session:
        session.get_one(Patient, office.patient_of(own)).birth_date = MOTHER.birth_date
        session.get_one(Patient, office.patient_of(elder)).birth_date = grandmother.birth_date
    begin = threading.Barrier(2)

    def changed(encounter: str, person: Person) -> None:
        begin.wait(timeout=20)
        answers_for(office, encounter, person)

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(changed, visit, MOTHER), pool.submit(changed, own, grandmother)]
        for one in both:
            one.result(timeout=30)
    with office.database.reading() as session:
        holders = {households.holder_of(session, office.patient_of(one)) for one in (visit, own, elder)}
    assert holders == {office.patient_of(elder)}
