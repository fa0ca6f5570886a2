"""A guarantor comes as a patient after the children: one account, with all that was said and agreed about him."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from activities import returned_mail
from billing.account_holds import HoldKind
from billing.claim import Name
from billing.patients import registration_of
from database import (
    account_holds,
    accounts,
    guarantor_patients,
    households,
    instalments,
    letters,
    merges,
    registrations,
)
from database.tables import InstalmentPlan, Letter, Patient, PatientAccount
from tests.builders import a_claim
from tests.office import Office
from tests.stories.test_households import (
    MOTHER,
    answers_for,
    billed,
    billed_visit,
    child,
    holds,
    left_alone,
    look_after,
    mail,
    papers,
)

BOTH_DATABASES = True


def children(office: Office) -> list[str]:
    """Two visits on one account, for which the mother answers."""
    visits = [child(office, "ANNA", 1), child(office, "BETH", 2, share=3000)]
    for one in visits:
        answers_for(office, one, MOTHER)
    return visits


def mother_comes(office: Office, *, number: int = 3, born: date | None = MOTHER.birth_date) -> str:
    """Her own first visit, with 20.00 left to pay."""
    assert born is not None
    return billed_visit(office, a_claim(member_id=f"M{number}"), "MARTHA", number, born=born, share=2000)


def holder(office: Office, visit: str) -> str:
    with office.database.reading() as session:
        return households.holder_of(session, office.patient_of(visit))


def held(office: Office, visit: str, kind: HoldKind) -> None:
    """Nothing is asked of who answers for this visit."""
    with office.database.writing() as session:
        account = accounts.lock(
            session, practice_id=office.practice_id, patient_id=office.patient_of(visit), at=office.now
        )
        account_holds.begin(
            session,
            practice_id=office.practice_id,
            patient_id=account.patient_id,
            kind=kind,
            reason="a letter came",
            until=None,
            at=office.now,
            by=office.worker_id,
        )


def standing(office: Office, patient_id: str) -> list[str]:
    with office.database.reading() as session:
        return [one.kind for one in account_holds.standing(session, patient_id)]


def test_a_mother_who_comes_afterwards_gets_one_statement_for_all(office: Office) -> None:
    visits = children(office)
    own = mother_comes(office)
    mother = office.patient_of(own)
    assert {holder(office, one) for one in (*visits, own)} == {mother}
    billed(office, mother)
    [paper] = papers(office, mother)
    assert letters.content_of(paper).total_cents == 7000
    holds(office)


@pytest.mark.parametrize("of_the_person", [HoldKind.BANKRUPTCY, HoldKind.DECEASED])
def test_what_holds_up_the_person_stops_papers_on_the_persons_own_visit(
    office: Office, of_the_person: HoldKind
) -> None:
    visits = children(office)
    look_after(office, holder(office, visits[0]))
    held(office, visits[0], of_the_person)
    own = mother_comes(office)
    mother = office.patient_of(own)
    assert standing(office, mother) == [of_the_person]
    assert standing(office, office.patient_of(visits[0])) == []
    left_alone(office, mother, days=130)
    assert papers(office, mother) == []
    with office.database.reading() as session:
        assert session.exec(select(Letter)).all() == []
    holds(office)


def test_a_hold_goes_along_where_nothing_is_owed_any_more(office: Office) -> None:
    visits = children(office)
    look_after(office, holder(office, visits[0]))
    held(office, visits[0], HoldKind.BANKRUPTCY)
    for one, cents in zip(visits, (2000, 3000), strict=True):
        office.pay(one, cents)
        office.go_on(one)
    look_after(office, holder(office, visits[0]))
    assert standing(office, office.patient_of(mother_comes(office))) == [HoldKind.BANKRUPTCY]


def test_a_plan_about_several_children_goes_along_whole(office: Office) -> None:
    visits = children(office)
    account = holder(office, visits[0])
    billed(office, account)
    with office.database.writing() as session:
        row = InstalmentPlan(
            id="plan",
            practice_id=office.practice_id,
            patient_id=account,
            encounters=",".join(visits),
            total_cents=5000,
            instalments=2,
            first_day=office.today + timedelta(days=30),
            agreed_at=office.now,
            state="active",
        )
        session.add(row)
    mother = office.patient_of(mother_comes(office))
    with office.database.reading() as session:
        plan = instalments.active(session, mother)
        assert plan is not None
        assert set(instalments.visits_of(plan)) == set(visits)


def test_the_day_of_the_last_paper_goes_along(office: Office) -> None:
    visits = children(office)
    account = holder(office, visits[0])
    billed(office, account)
    mail(office, account)
    with office.database.reading() as session:
        day = session.get_one(PatientAccount, account).last_paper_at
    mother = office.patient_of(mother_comes(office))
    with office.database.reading() as session:
        assert session.get_one(PatientAccount, mother).last_paper_at == day


def test_mail_that_came_back_holds_her_account_until_she_lives_elsewhere(office: Office) -> None:
    visits = children(office)
    account = holder(office, visits[0])
    billed(office, account)
    mail(office, account)
    with office.database.writing() as session:
        row = accounts.lock(session, practice_id=office.practice_id, patient_id=account, at=office.now)
        [paper] = session.exec(select(Letter)).all()
        assert returned_mail.take_back(session, row, paper, at=office.now, by=office.worker_id)
    mother = office.patient_of(mother_comes(office))
    assert standing(office, mother) == [HoldKind.RETURNED_MAIL]
    look_after(office, mother)
    assert standing(office, mother) == [], "her claim says another address than the one that mail came back from"


def test_another_birth_date_is_another_person(office: Office) -> None:
    visits = children(office)
    before = holder(office, visits[0])
    own = mother_comes(office, born=date(1985, 4, 6))
    assert [holder(office, one) for one in (*visits, own)] == [before, before, office.patient_of(own)]


def test_nobody_is_guessed_where_two_have_the_name_and_birth_date(office: Office) -> None:
    visits = children(office)
    with office.database.writing() as session:
        for _ in range(2):
            registrations.register(session, registration_of(MOTHER), practice_id=office.practice_id, at=office.now)
        guarantor_patients.recognise(session, at=office.now)
    assert {holder(office, one) for one in visits} == {office.patient_of(visits[0])}


def test_a_second_patient_of_her_name_takes_nobody_away(office: Office) -> None:
    visits = children(office)
    mother = office.patient_of(mother_comes(office))
    other = mother_comes(office, number=4)
    assert {holder(office, one) for one in visits} == {mother}
    assert holder(office, other) == office.patient_of(other)


def test_a_birth_date_that_is_put_right_makes_her_known(office: Office) -> None:
    visits = children(office)
    own = mother_comes(office, born=date(1985, 4, 6))
    mother = office.patient_of(own)
    with office.database.writing() as session:
        row = registrations.lock(session, practice_id=office.practice_id, patient_id=mother)
        told = replace(registrations.of_row(row), birth_date=MOTHER.birth_date)
        assert registrations.keep(session, row, told) == ("birth_date",)
        guarantor_patients.recognise(session, at=office.now)
    assert {holder(office, one) for one in visits} == {mother}


def test_who_was_known_twice_takes_over_when_she_is_made_one(office: Office) -> None:
    visits = children(office)
    look_after(office, holder(office, visits[0]))
    held(office, visits[0], HoldKind.BANKRUPTCY)
    with office.database.writing() as session:
        both = [
            registrations.register(session, registration_of(MOTHER), practice_id=office.practice_id, at=office.now)
            for _ in range(2)
        ]
        guarantor_patients.recognise(session, at=office.now)
    assert {holder(office, one) for one in visits} == {office.patient_of(visits[0])}
    kept, gone = (one.id for one in both)
    with office.database.writing() as session:
        rows = (session.get_one(Patient, kept), session.get_one(Patient, gone))
        merges.merge(session, *rows, reason="same person", at=office.now, by=office.worker_id)
    assert {holder(office, one) for one in visits} == {kept}
    assert standing(office, kept) == [HoldKind.BANKRUPTCY]
    holds(office)


def in_rounds(office: Office, act: Callable[[Patient], None], *, count: int = 16) -> int:
    """Rounds of reconciling; gives how many guardians were found."""
    found = 0
    for _ in range(count):
        with office.database.writing() as session:
            turn = {"every_seconds": 300, "limit": 10}
            for one in guarantor_patients.standing_apart(session, at=office.now, **turn):
                assert guarantor_patients.take_over(session, one, at=office.now)
                act(one)
                found += 1
        office.let_pass(minutes=5)
    return found


def test_who_came_before_the_upgrade_is_found_once_in_sixteen_rounds(office: Office) -> None:
    visits = children(office)
    look_after(office, holder(office, visits[0]))
    held(office, visits[0], HoldKind.BANKRUPTCY)
    stranger = replace(MOTHER, name=Name("DOE", "MARTHE"))
    with office.database.writing() as session:
        for one in (MOTHER, stranger):
            registrations.register(session, registration_of(one), practice_id=office.practice_id, at=office.now)
    seen: list[Patient] = []
    assert in_rounds(office, seen.append) == 1
    [mother] = seen
    assert {holder(office, one) for one in visits} == {mother.id}
    assert standing(office, mother.id) == [HoldKind.BANKRUPTCY]
    assert in_rounds(office, seen.append) == 0


def test_she_is_registered_while_a_child_comes_to_her_or_leaves(office: Office) -> None:
    if office.database.is_sqlite:
        pytest.skip("one writer at a time")
    visits, third = children(office), child(office, "CLEO", 3)
    begin = threading.Barrier(3)

    def registered() -> str:
        begin.wait(timeout=20)
        with office.database.writing() as session:
            row = registrations.register(
                session, registration_of(MOTHER), practice_id=office.practice_id, at=office.now
            )
            guarantor_patients.recognise(session, at=office.now)
            return row.id

    def answered(visit: str) -> None:
        begin.wait(timeout=20)
        answers_for(office, visit, MOTHER if visit == third else None)

    with ThreadPoolExecutor(3) as pool:
        mother = pool.submit(registered)
        both = [pool.submit(answered, one) for one in (third, visits[0])]
        for one in both:
            one.result(timeout=30)
    in_rounds(office, lambda guardian: None)
    assert [holder(office, one) for one in (visits[1], third)] == [mother.result()] * 2
    assert holder(office, visits[0]) == office.patient_of(visits[0])
