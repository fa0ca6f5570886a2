"""Nothing is asked while something stands in the way: of everything, or of one visit; by day, by person, by event."""

from datetime import timedelta

import pytest
from sqlmodel import select

from billing.account_holds import HoldKind
from database import account_holds, accounts, instalments, letters
from database.proof import prove_rows
from database.tables import Letter
from tests.office import Office
from tests.stories.test_households import MOTHER, answers_for, billed, child, look_after
from tests.stories.test_instalment_plans import agreed

BOTH_DATABASES = True


def hold(office: Office, holder: str, kind: HoldKind, *, visit: str | None = None, days: int | None = None) -> None:
    with office.database.writing() as session:
        accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        account_holds.begin(
            session,
            practice_id=office.practice_id,
            patient_id=holder,
            kind=kind,
            encounter_id=visit,
            reason="",
            until=office.now + timedelta(days=days) if days else None,
            at=office.now,
            by=office.worker_id,
        )
    look_after(office, holder)


def papers(office: Office) -> list[Letter]:
    with office.database.reading() as session:
        return list(session.exec(select(Letter).where(Letter.withdrawn_at == None)))  # noqa: E711


def holds(office: Office) -> None:
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


@pytest.mark.parametrize("why", [HoldKind.DECEASED, HoldKind.BANKRUPTCY, HoldKind.RETURNED_MAIL])
def test_nothing_goes_out_until_somebody_ends_it(office: Office, why: HoldKind) -> None:
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    look_after(office, holder)
    hold(office, holder, why)
    for _ in range(10):
        office.let_pass(days=30)
        look_after(office, holder)
    assert papers(office) == []
    holds(office)
    with office.database.writing() as session:
        [row] = account_holds.standing(session, holder)
        account_holds.end(session, row, why="the estate pays", at=office.now, by=office.worker_id)
    billed(office, holder)
    assert len(papers(office)) == 1
    holds(office)


def test_a_dispute_of_one_visit_leaves_the_others_alone(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2)
    answers_for(office, first, MOTHER)
    holder = answers_for(office, second, MOTHER)
    hold(office, holder, HoldKind.DISPUTE, visit=first)
    billed(office, holder)
    [paper] = papers(office)
    assert letters.content_of(paper).total_cents == 2000
    holds(office)


def test_a_paper_that_waits_is_withdrawn_when_a_hold_begins(office: Office) -> None:
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    billed(office, holder)
    assert len(papers(office)) == 1
    hold(office, holder, HoldKind.BANKRUPTCY)
    assert papers(office) == []


def test_a_hold_with_a_day_ends_by_itself(office: Office) -> None:
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    look_after(office, holder)
    hold(office, holder, HoldKind.ASSISTANCE, days=20)
    office.let_pass(days=10)
    look_after(office, holder)
    assert papers(office) == []
    office.let_pass(days=11)
    look_after(office, holder)
    assert len(papers(office)) == 1
    with office.database.reading() as session:
        assert account_holds.standing(session, holder) == []
    holds(office)


def test_the_same_reason_twice_is_one_hold_until_the_later_day(office: Office) -> None:
    visit = child(office, "ANNA", 1)
    holder = office.patient_of(visit)
    hold(office, holder, HoldKind.DISPUTE, days=10)
    hold(office, holder, HoldKind.DISPUTE, days=30)
    hold(office, holder, HoldKind.DISPUTE, days=5)
    with office.database.reading() as session:
        [row] = account_holds.standing(session, holder)
        assert row.until == office.now + timedelta(days=30)


def test_a_dispute_and_an_agreement_go_along_to_another_account(office: Office) -> None:
    first, second = child(office, "ANNA", 1), child(office, "BETH", 2, share=8000)
    answers_for(office, first, MOTHER)
    alone = office.patient_of(second)
    look_after(office, alone)
    hold(office, alone, HoldKind.DISPUTE, visit=second)
    hold(office, alone, HoldKind.RETURNED_MAIL)
    agreed(office, second)
    holder = answers_for(office, second, MOTHER)
    assert holder != alone
    look_after(office, holder)
    with office.database.reading() as session:
        assert [one.kind for one in account_holds.standing(session, holder)] == [HoldKind.DISPUTE]
        row = instalments.active(session, holder)
        assert row is not None
        assert instalments.visits_of(row) == [second]
    holds(office)
