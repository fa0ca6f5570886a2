"""Who holds a task. It says who is at it and binds nobody: a colleague who finishes it does no harm."""

from sqlmodel import Session, col, select, update

from database.tables import Task


def lock(session: Session, *, practice_id: str, task_id: str) -> Task | None:
    """The practice's task for a change of its holder, so that two people cannot both take it; or None."""
    query = select(Task).where(Task.practice_id == practice_id, Task.id == task_id)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def hold(session: Session, task: Task, *, user_id: str | None) -> None:
    """Name who holds the task; None: nobody does."""
    task.assignee_id = user_id
    session.add(task)
    session.flush()


def let_go(session: Session, *, practice_id: str, user_id: str) -> None:
    """Nobody holds the open tasks of a user who comes in no more: else they would lie hidden behind that name."""
    session.execute(
        update(Task)
        .where(col(Task.practice_id) == practice_id, col(Task.state) == "open", col(Task.assignee_id) == user_id)
        .values(assignee_id=None)
    )
