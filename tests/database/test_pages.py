"""A page asks the database as often for many rows as for few."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from billing.tasks import NewTask, TaskType
from database import cash, patients, tasks, views, worklists
from database.columns import new_id
from database.tables import Deposit, PatientPayment, User
from database.worklists import TaskOrder
from tests.builders import NOON, a_claim, an_837p
from tests.office import Office

DAY = NOON.date()
FEW, MANY = 3, 40


def tasks_open(session: Session, practice_id: str) -> Sequence[object]:
    return worklists.task_page(
        session,
        practice_id=practice_id,
        state="open",
        roles=None,
        task_type=None,
        order=TaskOrder.DEADLINE,
        after=None,
        limit=100,
    ).items


def visits(session: Session, practice_id: str) -> Sequence[object]:
    return views.newest_encounters(session, practice_id=practice_id, stage=None, text="", before=None, limit=100).items


PAGES: Mapping[str, Callable[[Session, str], Sequence[object]]] = {
    "tills": lambda session, practice_id: cash.takings(session, practice_id=practice_id, day=DAY),
    "deposits": lambda session, practice_id: (
        cash.deposits(session, practice_id=practice_id, before=None, limit=100).items
    ),
    "patients": lambda session, practice_id: (
        patients.search(session, practice_id=practice_id, text=NAME, limit=100).items
    ),
    "tasks": tasks_open,
    "visits": visits,
}
NAME = "Lastname"


def fill(office: Office, count: int) -> None:
    """So many visits, each of another patient, with a task, a cashier who took its cash, and a deposit."""
    claim, earlier = a_claim(), set(office.encounter_ids())
    for _ in range(count):
        person = replace(claim.subscriber, name=replace(claim.subscriber.name, last=NAME, first=new_id()))
        office.take_in(an_837p(replace(claim, control_number=new_id(), subscriber=person)))
    for encounter_id in set(office.encounter_ids()) - earlier:
        with office.database.writing() as session:
            cashier = User(
                id=new_id(), practice_id=office.practice_id, login=new_id(), display_name="Cashier", roles=""
            )
            session.add(cashier)
            session.flush()
            session.add(
                PatientPayment(
                    id=new_id(),
                    practice_id=office.practice_id,
                    encounter_id=encounter_id,
                    amount_cents=100,
                    method="cash",
                    received_on=DAY,
                    received_at=NOON,
                    recorded_by=cashier.id,
                )
            )
            session.add(
                Deposit(
                    id=new_id(),
                    practice_id=office.practice_id,
                    amount_cents=100,
                    reference=new_id(),
                    made_at=NOON,
                    made_by=cashier.id,
                )
            )
            tasks.open_task(
                session,
                NewTask(TaskType.CODE_REVIEW, key="code", reason="look"),
                practice_id=office.practice_id,
                subject="encounter",
                subject_id=encounter_id,
                at=NOON,
            )


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("page", PAGES)
def test_it_asks_no_more_for_many_rows_than_for_few(office: Office, page: str) -> None:
    asked = []
    for more in (FEW, MANY):
        fill(office, more)
        with office.database.reading() as session, counted() as sent:
            shown = len(PAGES[page](session, office.practice_id))
        asked.append((shown, len(sent)))
    [(few, for_few), (many, for_many)] = asked
    assert many >= few + MANY
    assert for_many == for_few
