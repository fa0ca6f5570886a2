"""One task and two people at once, on both databases."""

from threading import Event

from activities.messages import Answer
from activities.office_tasks import complete_office_task
from billing.tasks import NewTask, TaskType
from database import tasks
from tests.builders import NOON
from tests.database.crowd import together
from tests.office import Office


def test_a_task_is_completed_by_the_first_of_two(office: Office) -> None:
    with office.database.writing() as session:
        task = tasks.open_task(
            session,
            NewTask(TaskType.INTAKE_ERROR, key="message", reason="look"),
            practice_id=office.practice_id,
            subject="message",
            subject_id="message",
            at=NOON,
        )
    assert task is not None
    is_read, is_done = Event(), Event()

    def complete(waits: Event) -> Answer:
        with office.database.writing() as session:
            row = tasks.task(session, practice_id=office.practice_id, task_id=task.id)
            assert row is not None
            is_read.set()
            waits.wait(1)  # in vain on SQLite, which admits one writer
            return complete_office_task(
                session,
                practice_id=office.practice_id,
                task=row,
                resolution="handled",
                values={"reason": "seen to"},
                actor_id=office.worker_id,
                at=NOON,
            )

    def slow() -> str:
        return complete(is_done).code

    def quick() -> str:
        is_read.wait(10)
        code = complete(is_read).code
        is_done.set()
        return code

    assert sorted(together(2, lambda number: (slow, quick)[number]())) == ["done", "task_not_open"]
