"""What is paid in parts is asked for by nothing else: kept, missed and let pass, or broken and dunned again."""

from datetime import timedelta

import pytest
from sqlmodel import select

from activities import instalment_plans
from activities.instalment_plans import CannotAgree
from activities.messages import Answer
from activities.office_tasks import complete_office_task
from billing.instalments import PlanState
from database import accounts
from database.proof import prove_rows
from database.tables import InstalmentPlan, Letter, Task
from tests.office import Office
from tests.stories.test_households import child, look_after

BOTH_DATABASES = True


def agreed(office: Office, visit: str, *, count: int = 4, disclosure: str = "") -> None:
    with office.database.writing() as session:
        holder = office.patient_of(visit)
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        instalment_plans.agree(
            session,
            account,
            count=count,
            first_day=office.today + timedelta(days=10),
            disclosure=disclosure,
            by=office.worker_id,
            at=office.now,
        )
    look_after(office, holder)


def pass_days(office: Office, visit: str, days: int) -> None:
    """The account looks at itself on each tenth day, as it would on its own days."""
    for _ in range(0, days, 10):
        office.let_pass(days=10)
        look_after(office, office.patient_of(visit))
    with office.database.reading() as session:
        assert [(one.name, one.offenders) for one in prove_rows(session) if not one.holds] == []


def state(office: Office) -> str:
    with office.database.reading() as session:
        return session.exec(select(InstalmentPlan.state).order_by(InstalmentPlan.agreed_at.desc())).first()  # type: ignore[attr-defined]


def papers(office: Office) -> int:
    with office.database.reading() as session:
        return len(session.exec(select(Letter)).all())


def open_tasks(office: Office) -> list[str]:
    with office.database.reading() as session:
        return list(session.exec(select(Task.type).where(Task.state == "open")))


def settled(office: Office, resolution: str) -> Answer:
    with office.database.writing() as session:
        task = session.exec(select(Task).where(Task.type == "plan_default", Task.state == "open")).one()
        return complete_office_task(
            session,
            practice_id=office.practice_id,
            task=task,
            resolution=resolution,
            values={"reason": "spoken with her"},
            actor_id=office.worker_id,
            at=office.now,
        )


def pay(office: Office, visit: str, cents: int) -> None:
    office.pay(visit, cents)
    office.go_on(visit)
    look_after(office, office.patient_of(visit))


def test_who_keeps_the_agreement_hears_of_nothing_else(office: Office) -> None:
    visit = child(office, "ANNA", 1, share=8000)
    look_after(office, office.patient_of(visit))
    agreed(office, visit)
    for _ in range(4):
        pass_days(office, visit, 30)
        assert (state(office), papers(office), open_tasks(office)) == (PlanState.ACTIVE, 0, [])
        pay(office, visit, 2000)
    assert (state(office), papers(office), office.stage(visit)) == (PlanState.KEPT, 0, "closed")


def test_missed_twice_then_let_pass_and_kept(office: Office) -> None:
    visit = child(office, "ANNA", 1, share=8000)
    look_after(office, office.patient_of(visit))
    agreed(office, visit)
    pass_days(office, visit, 40)
    assert open_tasks(office) == []
    pass_days(office, visit, 30)
    assert (state(office), open_tasks(office), papers(office)) == (PlanState.BROKEN, ["plan_default"], 0)
    assert settled(office, "resumed").done
    look_after(office, office.patient_of(visit))
    assert (state(office), open_tasks(office)) == (PlanState.ACTIVE, [])
    pay(office, visit, 8000)
    assert (state(office), papers(office)) == (PlanState.KEPT, 0)


def test_broken_and_ended_is_dunned_again(office: Office) -> None:
    visit = child(office, "ANNA", 1, share=8000)
    look_after(office, office.patient_of(visit))
    agreed(office, visit)
    pass_days(office, visit, 80)
    assert settled(office, "ended").done
    pass_days(office, visit, 10)
    assert (state(office), papers(office)) == (PlanState.ENDED, 1)


def test_what_is_paid_after_all_ends_the_question(office: Office) -> None:
    visit = child(office, "ANNA", 1, share=8000)
    look_after(office, office.patient_of(visit))
    agreed(office, visit)
    pass_days(office, visit, 80)
    pay(office, visit, 8000)
    assert (state(office), open_tasks(office)) == (PlanState.KEPT, [])


@pytest.mark.parametrize(
    ("count", "disclosure", "field"), [(5, "", "disclosure"), (13, "told in writing", "count"), (2, "", "count")]
)
def test_what_cannot_be_agreed_says_why(office: Office, count: int, disclosure: str, field: str) -> None:
    visit = child(office, "ANNA", 1, share=8000)
    office.policy("plan_instalments_at_most", 12)
    if count == 2:
        agreed(office, visit)
    with pytest.raises(CannotAgree) as refused:
        agreed(office, visit, count=count, disclosure=disclosure)
    assert refused.value.faults[0][0] == field
