"""A patient comes of age between two visits: the guardian goes on owing the one, and the young adult owes the other.

Both papers stand word by word in `tests/golden/statements/`, their numbers and links left out.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select

from activities import coming_of_age
from billing.claim import Person
from database import account_views, appointments, consents, guarantors, households, merges, paying
from database.tables import AccountHold, CrossedPayment, Encounter, Patient
from tests.builders import a_claim, a_line
from tests.office import Office
from tests.stories.test_households import MOTHER, answers_for, billed_visit, child, look_after
from tests.stories.test_lives_of_bills import holds, is_golden, live, papers, said

BOTH_DATABASES = True
BORN = date(2008, 10, 15)
OF_AGE = date(2026, 10, 15)
OF_AGE_NOON = datetime(2026, 10, 15, 17, tzinfo=UTC)


def visit(office: Office, number: int, day: date, *, share: int = 2000) -> str:
    """A visit of a young person on a day, of whose charge the plan leaves a copayment."""
    claim = a_claim(a_line(service_date=day), member_id="M1")
    return billed_visit(office, claim, "ANNA", number, born=BORN, share=share)


def holder_of(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        return households.holder_of(session, households.answering(session.get_one(Encounter, encounter)))


def asked(office: Office, holder: str) -> set[str]:
    """The visits that any paper of the account asks for."""
    return {one.number for paper in papers(office, holder) for one in paper.visits}


def parted(office: Office, *, mother: Person = MOTHER) -> tuple[str, str]:
    """(visit before the birthday, visit after it), with what was owed of the first already billed."""
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, mother)
    live(office, holder_of(office, old), 5)
    return old, visit(office, 2, OF_AGE, share=3000)


def of_the_guardian(office: Office) -> str:
    old, _ = parted(office)
    holder = holder_of(office, old)
    live(office, holder, 40)
    return holder


def of_the_young_adult(office: Office) -> str:
    _, new = parted(office)
    holder = holder_of(office, new)
    live(office, holder, 5)
    return holder


@pytest.mark.parametrize("story", [of_the_guardian, of_the_young_adult], ids=lambda one: one.__name__)
def test_each_gets_a_paper_of_their_own(office: Office, story: Callable[[Office], str]) -> None:
    text = said(office, story(office))
    holds(office)
    is_golden(text, story.__name__)


def test_no_paper_of_the_guardian_asks_for_a_visit_after_the_birthday_nor_the_other_way_round(office: Office) -> None:
    old, new = parted(office)
    guardian, patient = holder_of(office, old), holder_of(office, new)
    assert guardian != patient == office.patient_of(new)
    assert papers(office, patient) == [], "what was sent before was sent to the guardian"
    for _ in range(50):
        live(office, guardian, 1)
        look_after(office, patient)
    assert asked(office, guardian) == {"V1"}
    assert asked(office, patient) == {"V2"}
    assert papers(office, guardian)[0].addressee[0] == "MARTHA DOE"
    assert papers(office, patient)[-1].addressee[0] == "ANNA DOE"
    with office.database.reading() as session:
        shown = {
            holder: [
                one.encounter_id
                for one in paying.owed(session, practice_id=office.practice_id, holder_id=holder, today=office.today)
            ]
            for holder in (guardian, patient)
        }
        view = account_views.account(session, practice_id=office.practice_id, patient_id=guardian, at=office.now)
    with office.database.writing() as session:
        money = paying.shares(session, practice_id=office.practice_id, holder_id=guardian, on=office.today)
    assert shown == {guardian: [old], patient: [new]}
    assert view is not None
    assert [one.encounter_id for one in view.items] == [old]
    assert [one.encounter_id for one in money] == [old]
    holds(office)


def test_who_has_a_link_from_before_sees_the_guardians_account(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, MOTHER)
    with office.database.writing() as session:
        theirs = {"practice_id": office.practice_id, "holder_id": holder_of(office, old)}
        token, _ = paying.make_link(session, **theirs, by="office", at=office.now)
    new = visit(office, 2, OF_AGE, share=3000)
    with office.database.reading() as session:
        link = paying.link_of(session, token, at=office.now)
        assert link is not None
        theirs["holder_id"] = link.patient_id
        seen = paying.owed(session, **theirs, today=office.today)
    assert link.patient_id == holder_of(office, old) != holder_of(office, new)
    assert [one.encounter_id for one in seen] == [old]


def test_a_payment_of_the_guardian_closes_the_old_visit_alone(office: Office) -> None:
    old, new = parted(office)
    office.pay(old, 2000)
    office.go_on(old)
    look_after(office, holder_of(office, old))
    assert (office.stage(old), office.stage(new)) == ("closed", "patient_balance")
    holds(office)


def test_a_payment_crosses_the_paper_that_went_out_before_the_account_was_parted(office: Office) -> None:
    old, _ = parted(office)
    office.pay(old, 2000)
    with office.database.reading() as session:
        assert [one.amount_cents for one in session.exec(select(CrossedPayment))] == [2000]


def test_brothers_and_sisters_stay_with_the_guardian(office: Office) -> None:
    old, sister = visit(office, 1, OF_AGE - timedelta(days=1)), child(office, "BETH", 7)
    for one in (old, sister):
        answers_for(office, one, MOTHER)
    assert holder_of(office, sister) == office.patient_of(old)
    new = visit(office, 2, OF_AGE, share=3000)
    assert holder_of(office, old) == holder_of(office, sister) != holder_of(office, new)
    live(office, holder_of(office, old), 5)
    assert asked(office, holder_of(office, old)) == {"V1", "V7"}
    holds(office)


def test_so_they_do_when_nobody_knows_the_guardians_birth_date(office: Office) -> None:
    mother = replace(MOTHER, birth_date=None)
    sister, old = child(office, "BETH", 7), visit(office, 1, OF_AGE - timedelta(days=1))
    for one in (sister, old):
        answers_for(office, one, mother)
    new = visit(office, 2, OF_AGE, share=3000)
    assert holder_of(office, old) == holder_of(office, sister) != holder_of(office, new)
    holds(office)


def test_a_visit_of_before_that_is_entered_late_is_the_guardians(office: Office) -> None:
    old, _ = parted(office)
    late = visit(office, 3, OF_AGE - timedelta(days=9))
    assert holder_of(office, late) == holder_of(office, old)


def test_what_somebody_decides_holds_for_later_visits_only(office: Office) -> None:
    old, new = parted(office)
    guardian = holder_of(office, old)
    assert office.open_task_types(office.patient_of(new)) == ["who_answers"]
    values = {"last_name": "ROE", "first_name": "RICHARD", "relationship": "other", "birth_date": "1970-01-01"}
    assert office.complete_office_task("who_answers", "other", values, by=office.worker_id).done
    live(office, holder_of(office, new), 5)
    assert papers(office, holder_of(office, new))[-1].addressee[0] == "RICHARD ROE"
    assert holder_of(office, old) == guardian
    assert office.open_task_types(office.patient_of(new)) == []
    holds(office)


def test_who_answered_may_go_on_and_gets_one_paper_about_both(office: Office) -> None:
    old, new = parted(office)
    assert office.complete_office_task("who_answers", "as_before", {"reason": "she signed"}, by=office.worker_id).done
    guardian = holder_of(office, new)
    assert guardian == holder_of(office, old)
    live(office, guardian, 40)
    assert asked(office, guardian) == {"V1", "V2"}
    holds(office)


def test_the_form_says_what_is_wrong_with_it(office: Office) -> None:
    parted(office)
    typed = {"last_name": "ROE", "first_name": "R", "relationship": "aunt", "telephone": "12", "city": "ANYTOWN"}
    answer = office.complete_office_task("who_answers", "other", typed, by=office.worker_id)
    assert not answer.done
    assert [field for field, _ in answer.faults] == ["relationship", "street", "telephone"]
    named = {**typed, "relationship": "parent", "telephone": "", "city": ""}
    answer = office.complete_office_task("who_answers", "name_guardian", named, by=office.worker_id)
    assert (answer.done, answer.code) == (False, "not_possible")


def test_nobody_asks_the_young_adult_for_what_an_unnamed_parent_owes(office: Office) -> None:
    old, new = visit(office, 1, OF_AGE - timedelta(days=1)), visit(office, 2, OF_AGE, share=3000)
    patient = holder_of(office, new)
    live(office, patient, 5)
    assert asked(office, patient) == {"V2"}
    values = {"last_name": "DOE", "first_name": "MARTHA", "relationship": "parent"}
    assert office.complete_office_task("who_answers", "name_guardian", values, by=office.worker_id).done
    guardian = holder_of(office, old)
    assert guardian != patient
    live(office, guardian, 40)
    assert asked(office, guardian) == {"V1"}
    with office.database.reading() as session:
        assert session.exec(select(AccountHold).where(col(AccountHold.ended_at).is_(None))).all() == []
    holds(office)


def test_a_booked_visit_is_asked_about_before_the_birthday_and_the_answer_waits_for_it(office: Office) -> None:
    office.now = OF_AGE_NOON - timedelta(days=20)
    old = visit(office, 1, OF_AGE - timedelta(days=30))
    answers_for(office, old, MOTHER)
    patient, holder = office.patient_of(old), holder_of(office, old)
    with office.database.writing() as session:
        slot = {"at_time": "09:00", "minutes": 20, "provider": "", "reason": "", "by": office.worker_id}
        theirs = {"practice_id": office.practice_id, "patient_id": patient}
        appointments.book(session, **theirs, day=OF_AGE, **slot, at=office.now)
        assert coming_of_age.look(session, at=office.now - timedelta(days=11)) == 0, "it is too early to ask"
        assert coming_of_age.look(session, at=office.now) == 1
        assert coming_of_age.look(session, at=office.now) == 0
    values = {"last_name": "ROE", "first_name": "RICHARD", "relationship": "other"}
    assert office.complete_office_task("who_answers", "other", values, by=office.worker_id).done
    assert holder_of(office, old) == holder, "nothing changes before the day"
    office.now = OF_AGE_NOON + timedelta(days=20)
    new = visit(office, 2, OF_AGE, share=3000)
    live(office, holder_of(office, new), 5)
    assert papers(office, holder_of(office, new))[-1].addressee[0] == "RICHARD ROE"
    assert holder_of(office, old) != holder_of(office, new)
    assert office.open_task_types(patient) == []
    holds(office)


def test_what_the_desk_writes_down_at_18_leaves_the_old_visits_where_they_are(office: Office) -> None:
    old = visit(office, 1, OF_AGE - timedelta(days=1))
    answers_for(office, old, MOTHER)
    patient = office.patient_of(old)
    with office.database.writing() as session:
        row = session.get_one(Patient, patient)
        coming_of_age.said(session, row, at=office.now, by=office.worker_id)
        consents.keep_guarantor(session, row, None)
        guarantors.regroup(session, row, at=office.now)
    new = visit(office, 2, OF_AGE, share=3000)
    assert holder_of(office, new) == patient != holder_of(office, old)
    assert office.open_task_types(patient) == []
    holds(office)


def test_who_was_an_adult_from_the_first_visit_keeps_the_guarantor_that_was_named(office: Office) -> None:
    first = visit(office, 1, OF_AGE + timedelta(days=3))
    holder = answers_for(office, first, MOTHER)
    second = visit(office, 2, OF_AGE + timedelta(days=4))
    live(office, holder, 5)
    assert papers(office, holder)[-1].addressee[0] == "MARTHA DOE"
    assert holder_of(office, second) == holder
    assert office.open_task_types(office.patient_of(first)) == []


def test_the_guardians_visits_follow_a_merge_of_the_guardian_and_come_back(office: Office) -> None:
    old, _ = parted(office)
    guardian = holder_of(office, old)
    own = child(office, "MARTHA", 8)
    with office.database.writing() as session:
        kept, gone = session.get_one(Patient, office.patient_of(own)), session.get_one(Patient, guardian)
        done = merges.merge(session, kept, gone, reason="the same", at=office.now, by=office.worker_id)
        assert households.answering(session.get_one(Encounter, old)) == kept.id
        merges.undo(session, done, kept, gone, at=office.now, by=office.worker_id)
        assert households.answering(session.get_one(Encounter, old)) == guardian
