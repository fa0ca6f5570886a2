"""Taking a task, giving it back and handing it over. A second click changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from api import actions, errors
from api.actions import may_work
from api.errors import Fault, Problem
from api.office import Office
from billing.roles import Permission, Role, permissions_of
from database import task_holders, users
from database.access import Person
from database.tables import Task
from database.users import UserView


def take(office: Office, person: Person, task_id: str) -> None:
    """Hold the task oneself. Raises Problem 409 if a colleague holds it, unless a supervisor takes it over."""

    def holder(session: Session, task: Task) -> str:
        if not may_work(person, Role(task.role)):
            raise actions.not_your_task(task)
        if task.assignee_id not in {None, person.user_id} and not person.may(Permission.APPROVE):
            raise _held()
        return person.user_id

    _change(office, person, task_id, "take", holder)


def give_back(office: Office, person: Person, task_id: str) -> None:
    """Let nobody hold the task. Raises Problem 409 if a colleague holds it, unless a supervisor gives it back."""

    def holder(session: Session, task: Task) -> None:
        if task.assignee_id not in {None, person.user_id} and not person.may(Permission.APPROVE):
            raise _held()

    _change(office, person, task_id, "give_back", holder)


def hand_over(office: Office, person: Person, task_id: str, user_id: str) -> None:
    """Let another person of the practice hold the task. Raises Problem 422 if they could not work it."""

    def holder(session: Session, task: Task) -> str:
        if user_id not in {one.id for one in who_may(session, person, Role(task.role))}:
            raise errors.invalid([Fault(field="user_id", message="is nobody who comes in and may work this task")])
        return user_id

    _change(office, person, task_id, "hand_over", holder)


def who_may(session: Session, person: Person, role: Role) -> list[UserView]:
    """Everybody of the practice to whom a task of this role may be handed, by name."""
    return [
        one
        for one in users.of_practice(session, practice_id=person.practice_id)
        if one.is_active and (role in one.roles or Permission.APPROVE in permissions_of(frozenset(one.roles)))
    ]


def _change(
    office: Office, person: Person, task_id: str, action: str, holder: Callable[[Session, Task], str | None]
) -> None:
    with office.database.writing() as session:
        task = task_holders.lock(session, practice_id=person.practice_id, task_id=task_id)
        if task is None:
            raise errors.not_found("task")
        if task.state != "open":
            raise errors.task_over(task.resolution)
        chosen = holder(session, task)
        if task.assignee_id == chosen:
            return
        names = users.names_of(session, [one for one in (task.assignee_id, chosen) if one])
        words = " to ".join(names.get(one or "", "nobody") for one in (task.assignee_id, chosen))
        task_holders.hold(session, task, user_id=chosen)
        actions.audited(
            session, office, person, action=action, subject="task", subject_id=task_id, reason=f"from {words}"
        )


def _held() -> Problem:
    detail = "The task's page says who. Ask them to give it back, or a supervisor to hand it over."
    return Problem(409, "held-by-another", "A colleague holds this task", detail)


class Change(StrEnum):
    """What is done with many tasks at once."""

    TAKE = "take"
    GIVE_BACK = "give_back"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one task of many."""

    task_id: str
    is_done: bool
    words: str


def change_many(office: Office, person: Person, task_ids: Sequence[str], change: Change, user_id: str) -> list[Result]:
    """The same for each task by itself, in the order given: one that cannot be does not hold up the others."""
    ways: dict[Change, Callable[[str], None]] = {
        Change.TAKE: lambda one: take(office, person, one),
        Change.GIVE_BACK: lambda one: give_back(office, person, one),
        Change.HAND_OVER: lambda one: hand_over(office, person, one, user_id),
    }
    results = []
    for task_id in dict.fromkeys(task_ids):
        try:
            ways[change](task_id)
        except Problem as problem:
            told = problem.faults[0].message if problem.faults else problem.detail
            results.append(Result(task_id, False, f"{problem.title}. {told}".strip()))
        else:
            results.append(Result(task_id, True, "Done"))
    return results
