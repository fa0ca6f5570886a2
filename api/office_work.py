"""Tasks that no encounter waits for (remittances, messages, batches): one transaction, no workflow."""

from activities import office_tasks
from activities.messages import Answer
from api import idempotency
from api.office import Office
from database import tasks
from database.access import Person
from database.tables import Task


def complete(
    office: Office, person: Person, task: Task, *, resolution: str, values: dict[str, str], key: str, sha256: str
) -> Answer:
    """Finish the task and record the command together. A refusal changes nothing and is not recorded."""
    with office.database.writing() as session:
        row = tasks.task(session, practice_id=person.practice_id, task_id=task.id)
        assert row is not None, "tasks are never deleted"
        answer = office_tasks.complete_office_task(
            session,
            practice_id=person.practice_id,
            task=row,
            resolution=resolution,
            values=values,
            actor_id=person.user_id,
            at=office.now(),
        )
        if answer.done:
            body = answer.model_dump(mode="json")
            idempotency.record(
                session,
                office,
                person,
                name="complete_task",
                key=key,
                body_sha256=sha256,
                answer=(task.subject_id, body),
            )
    return answer
