"""Who answered before a patient came of age is not named, not known for certain, or known in another way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from activities import coming_of_age
from activities.account import AccountActivities
from activities.messages import AccountStanding, AccountStep
from billing.claim import Claim, Name, Sex
from billing.consents import Guarantor, GuarantorIs
from billing.instalments import PlanState
from billing.kept_cards import CardState, Errand
from database import consents, guarantors, merges, paying
from database.columns import new_id
from database.tables import AccountHold, CameOfAge, Encounter, InstalmentPlan, KeptCard, Outbox, Patient
from tests.builders import a_claim, a_line, an_837p
from tests.office import PUBLIC_URL, Office
from tests.stories.test_coming_of_age import BORN, OF_AGE, OF_AGE_NOON, asked, holder_of, visit
from tests.stories.test_households import MOTHER, answers_for, billed_visit, child
from tests.stories.test_lives_of_bills import holds, live

BOTH_DATABASES = True
MARTHA = {"last_name": "DOE", "first_name": "MARTHA", "relationship": "parent"}


def looked(office: Office, holder: str) -> AccountStanding:
    """What an account says when it looks at itself."""
    step = AccountStep(practice_id=office.practice_id, patient_id=holder, at=office.now)
    return AccountActivities(office.database, PUBLIC_URL).look_after_account(step)


def is_woken(office: Office, holder: str) -> bool:
    with office.database.reading() as session:
        query = select(Outbox.id).where(Outbox.kind == "wake_account", Outbox.subject_id == holder)
        return session.exec(query).first() is not None


def standing(office: Office) -> list[str | None]:
    """The visits on which a hold stands."""
    with office.database.reading() as session:
        return list(session.exec(select(AccountHold.encounter_id).where(col(AccountHold.ended_at).is_(None))))


def agreed(office: Office, holder: str, visit: str) -> str:
    """A plan on the visit, and a card that is charged for it; gives the card."""
    plan = InstalmentPlan(
        id=new_id(),
        practice_id=office.practice_id,
        patient_id=holder,
        encounters=visit,
        total_cents=2000,
        instalments=2,
        first_day=office.today + timedelta(days=20),
        agreed_at=office.now,
        state=PlanState.ACTIVE,
    )
    card = KeptCard(
        id=new_id(),
        practice_id=office.practice_id,
        plan_id=plan.id,
        state=CardState.KEPT,
        words="",
        agreed_at=office.now,
        agreed_by="patient",
        kept_at=office.now,
        reference=f"card-{plan.id}",
    )
    with office.database.writing() as session:
        session.add(plan)
        session.flush()
        session.add(card)
    return card.id


def writes_down(office: Office, encounter: str, guarantor: Guarantor | None) -> None:
    """Staff keep who answers on the patient's coverage page."""
    with office.database.writing() as session:
        row = session.get_one(Patient, office.patient_of(encounter), with_for_update=True)
        coming_of_age.said(session, row, at=office.now, by=office.worker_id)
        consents.keep_guarantor(session, row, guarantor)
        guarantors.regroup(session, row, at=office.now)


def says(office: Office, resolution: str, **values: str) -> str:
    """A person answers `who_answers`: the code of the answer."""
    answer = office.complete_office_task("who_answers", resolution, values, by=office.worker_id)
    assert answer.done
    return answer.code


def test_a_guardian_who_is_named_later_is_asked_without_anybody_waking_the_account(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    patient = office.patient_of(old)
    looked(office, patient)
    card = agreed(office, patient, old)
    visit(office, 2, OF_AGE, share=3000)
    says(office, "name_guardian", **MARTHA)
    guardian = holder_of(office, old)
    assert guardian != patient
    assert is_woken(office, guardian)
    errands = looked(office, guardian).errands
    assert [(one.kind, one.subject_id) for one in errands] == [(Errand.FORGET, card)], "the card's plan moved"
    holds(office)


def test_a_late_visit_of_before_is_asked_of_nobody_as_long_as_nobody_is_named(office: Office) -> None:
    old, new = visit(office, 1, OF_AGE - timedelta(days=1)), visit(office, 2, OF_AGE, share=3000)
    late = visit(office, 3, OF_AGE - timedelta(days=9))
    assert set(standing(office)) == {old, late}
    live(office, holder_of(office, new), 40)
    assert asked(office, holder_of(office, new)) == {"V2"}
    says(office, "name_guardian", **MARTHA)
    assert holder_of(office, late) == holder_of(office, old) != holder_of(office, new)
    assert standing(office) == []
    holds(office)


def test_one_who_came_late_is_asked_about_though_somebody_was_written_down_already(office: Office) -> None:
    new = visit(office, 2, OF_AGE, share=3000)
    writes_down(office, new, Guarantor(MOTHER, GuarantorIs.OTHER))
    assert office.open_task_types(office.patient_of(new)) == []
    late = visit(office, 3, OF_AGE - timedelta(days=9))
    assert standing(office) == [late]
    assert office.open_task_types(office.patient_of(new)) == ["who_answers"]


def test_what_is_written_down_about_later_visits_does_not_end_the_question_who_answered_before(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    patient = office.patient_of(old)
    writes_down(office, old, Guarantor(MOTHER, GuarantorIs.OTHER))
    assert standing(office) == [old]
    assert office.open_task_types(patient) == ["who_answers"]
    writes_down(office, old, Guarantor(MOTHER, GuarantorIs.OTHER))
    assert office.open_task_types(patient) == ["who_answers"]
    says(office, "name_guardian", last_name="ROE", first_name="RICHARD", relationship="parent")
    assert (standing(office), office.open_task_types(patient)) == ([], [])
    with office.database.reading() as session:
        row = session.get_one(Patient, patient)
        assert consents.guarantor_of(row) == Guarantor(MOTHER, GuarantorIs.OTHER), "who answers since stays"
    assert holder_of(office, old) != patient
    holds(office)


def test_a_decision_about_later_visits_leaves_the_question_open_who_answered_before(office: Office) -> None:
    old, new = visit(office, 1, OF_AGE - timedelta(days=1)), visit(office, 2, OF_AGE, share=3000)
    patient = office.patient_of(new)
    assert says(office, "patient") == "kept"
    assert says(office, "other", last_name="ROE", first_name="RICHARD", relationship="other") == "kept"
    assert (standing(office), office.open_task_types(patient)) == ([old], ["who_answers"])
    assert says(office, "name_guardian", **MARTHA) == "done"
    assert (standing(office), office.open_task_types(patient)) == ([], [])
    with office.database.reading() as session:
        later = consents.guarantor_of(session.get_one(Patient, patient))
        assert later is not None
        assert later.person.name.last == "ROE"
    holds(office)


def mother_is_a_patient(office: Office, number: int) -> str:
    """The mother comes as a patient of her own; gives her id."""
    own = child(office, "MARTHA", number)
    mother = office.patient_of(own)
    with office.database.writing() as session:
        session.get_one(Patient, mother).birth_date = MOTHER.birth_date
    looked(office, mother)
    return mother


def test_a_link_of_the_child_does_not_show_what_a_mother_owes_who_is_a_patient(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, MOTHER)
    with office.database.writing() as session:
        theirs = {"practice_id": office.practice_id, "holder_id": office.patient_of(old)}
        token, _ = paying.make_link(session, **theirs, by="office", at=office.now)
    mother = mother_is_a_patient(office, 8)
    new = visit(office, 2, OF_AGE, share=3000)
    assert holder_of(office, old) == mother != holder_of(office, new)
    with office.database.reading() as session:
        assert paying.link_of(session, token, at=office.now) is None
    holds(office)


def test_two_agreements_do_not_hold_on_one_account(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, MOTHER)
    looked(office, office.patient_of(old))
    card = agreed(office, office.patient_of(old), old)
    mother = mother_is_a_patient(office, 8)
    agreed(office, mother, visit_of(office, "V8"))
    visit(office, 2, OF_AGE, share=3000)
    with office.database.reading() as session:
        active = select(InstalmentPlan).where(InstalmentPlan.state == PlanState.ACTIVE)
        assert [one.encounters for one in session.exec(active)] == [visit_of(office, "V8")]
        assert session.get_one(KeptCard, card).state == CardState.STOPPED
    assert (Errand.FORGET, card) in {(one.kind, one.subject_id) for one in looked(office, mother).errands}
    holds(office)


def test_one_parent_of_two_who_come_of_age_is_kept_once(office: Office) -> None:
    mother = replace(MOTHER, birth_date=None)
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    claim = a_claim(a_line(service_date=OF_AGE - timedelta(days=1)), member_id="M2")
    sister = billed_visit(office, claim, "BETH", 5, born=BORN, share=2000)
    for one in (old, sister):
        answers_for(office, one, mother)
    visit(office, 2, OF_AGE, share=3000)
    guardian = holder_of(office, old)
    claim = a_claim(a_line(service_date=OF_AGE), member_id="M2")
    billed_visit(office, claim, "BETH", 6, born=BORN, share=2000)
    assert holder_of(office, sister) == holder_of(office, old) == guardian
    with office.database.reading() as session:
        assert len(session.exec(select(Patient).where(Patient.first_name == "MARTHA")).all()) == 1
    holds(office)


@pytest.mark.parametrize("goes", ["guardian", "patient"])
@pytest.mark.parametrize("is_undone", [False, True])
def test_a_brother_parts_to_the_guardian_who_was_merged_with_a_patient_since(
    office: Office, goes: str, is_undone: bool
) -> None:
    """Nobody knows the guardian's birth date, and the patient's name is written in another way."""
    mother = replace(MOTHER, birth_date=None)
    old, before = visit(office, 1, OF_AGE - timedelta(days=1)), a_line(service_date=OF_AGE - timedelta(days=1))
    brother = billed_visit(office, a_claim(before, member_id="M2"), "BEN", 5, born=BORN, share=2000)
    for one in (old, brother):
        answers_for(office, one, mother)
    visit(office, 2, OF_AGE, share=3000)
    guardian, own = holder_of(office, old), office.patient_of(child(office, "MARTHE", 8))
    kept_id, gone_id = (own, guardian) if goes == "guardian" else (guardian, own)
    with office.database.writing() as session:
        kept, gone = session.get_one(Patient, kept_id), session.get_one(Patient, gone_id)
        done = merges.merge(session, kept, gone, reason="the same", at=office.now, by=office.worker_id)
        if is_undone:
            merges.undo(session, done, kept, gone, at=office.now, by=office.worker_id)
    answering = guardian if is_undone else kept_id
    assert (holder_of(office, old), holder_of(office, brother)) == (answering, answering)
    after = a_claim(a_line(service_date=OF_AGE), member_id="M2")
    new = billed_visit(office, after, "BEN", 6, born=BORN, share=2000)
    assert (holder_of(office, old), holder_of(office, brother)) == (answering, answering)
    assert holder_of(office, new) == office.patient_of(brother)
    holds(office)


@pytest.mark.parametrize(("answer", "why"), [("as_before", {"reason": "she signed"}), ("patient", {})])
def test_nothing_is_parted_where_who_answers_may_have_been_named_of_an_adult(
    office: Office, answer: str, why: dict[str, str]
) -> None:
    office.now = OF_AGE_NOON + timedelta(days=700)
    known = visit(office, 1, OF_AGE - timedelta(days=1))
    office.pay(known, 2000)
    office.go_on(known)
    late = visit(office, 2, OF_AGE + timedelta(days=400))
    patient = office.patient_of(known)
    holder = answers_for(office, known, MOTHER)
    new = visit(office, 3, OF_AGE + timedelta(days=600))
    assert {holder_of(office, one) for one in (known, late, new)} == {holder} == {patient}
    assert standing(office) == [new]
    live(office, holder, 5)
    assert asked(office, holder) == {"V2"}
    assert office.open_task_types(patient) == ["who_answers"]
    says(office, answer, **why)
    assert standing(office) == []
    assert (holder_of(office, known) == holder_of(office, new)) == (answer == "as_before")
    assert holder_of(office, new) == patient
    visit(office, 4, OF_AGE + timedelta(days=601))
    assert standing(office) == []
    holds(office)


def test_two_first_visits_at_once_part_once(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, MOTHER)
    first, second = (an_837p(claim_of(number), number=number) for number in (2, 3))
    with ThreadPoolExecutor(2) as hands:
        reports = list(hands.map(office.take_in, (first, second)))
    assert [one.created for one in reports] == [1, 1]
    with office.database.reading() as session:
        assert len(session.exec(select(CameOfAge)).all()) == 1
        assert len(session.exec(select(Patient).where(Patient.first_name == "MARTHA")).all()) == 1
    assert holder_of(office, visit_of(office, "V2")) == holder_of(office, visit_of(office, "V3"))
    assert holder_of(office, visit_of(office, "V3")) != holder_of(office, old)


def claim_of(number: int) -> Claim:
    """A claim of the young adult's, of the birthday."""
    claim = a_claim(a_line(service_date=OF_AGE), member_id="M1")
    person = replace(claim.patient, name=Name("DOE", "ANNA"), birth_date=BORN, sex=Sex.FEMALE)
    return replace(claim, patient=person, subscriber=person, control_number=f"V{number}")


def visit_of(office: Office, number: str) -> str:
    with office.database.reading() as session:
        return session.exec(select(Encounter.id).where(Encounter.external_id == number)).one()
