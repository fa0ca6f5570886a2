"""The story of an encounter as people read it: its lines in order, with the words that were asked and answered.

A line never carries free text, since lines travel through the engine's histories; what a coder asked and a provider
answered is read off the task that ended so, at the same instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.coding import PROVIDER_ANSWERED, PROVIDER_ASKED
from billing.tasks import TaskType
from database.tables import TimelineEvent
from database.worklists import TaskRow

_SPEECH = {
    PROVIDER_ASKED: (TaskType.CODE_REVIEW, "ask_provider", "asked the provider"),
    PROVIDER_ANSWERED: (TaskType.CODING_QUERY, "answered", "answered"),
}
"""Line -> the task that ended with it, its way out, and the verb"""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story."""

    at: datetime
    stage: str
    text: str
    actor: str
    """`office`, `staff`, or the name of who spoke"""


def story(lines: Sequence[TimelineEvent], tasks: Sequence[TaskRow]) -> list[Event]:
    """What happened so far, oldest first."""
    return [_event(one, tasks) for one in lines]


def _event(line: TimelineEvent, tasks: Sequence[TaskRow]) -> Event:
    said = _said(line, tasks)
    if said is None:
        return Event(line.at, line.stage, line.text, line.actor)
    who, words = said
    return Event(line.at, line.stage, f"{who} {_SPEECH[line.text][2]}: {words}", who)


def _said(line: TimelineEvent, tasks: Sequence[TaskRow]) -> tuple[str, str] | None:
    """(who, what) where somebody spoke; None for any other line, and where the words are not known."""
    if line.text not in _SPEECH:
        return None
    kind, way, _ = _SPEECH[line.text]
    for task in tasks:
        if (task.type, task.resolution, task.closed_at) == (kind, way, line.at) and task.said and task.closed_by:
            return task.closed_by, task.said[0][1]
    return None
