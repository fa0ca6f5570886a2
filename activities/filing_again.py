"""Files acknowledgments once more that named claims which the books did not know when they came: restored books write
such claims again, under the same numbers."""

from datetime import datetime

from sqlmodel import Session

from activities.filing import ALL_OURS, file_message
from database import messages, restoring, tasks


def hear_again(session: Session, *, at: datetime) -> int:
    """File each such message again; what it said before is not said twice. Returns how many speak only of claims that
    are known by now; their open tasks end."""
    understood = 0
    for task in restoring.strangers(session):
        message = messages.lock(session, task.subject_id)
        message.state = "stored"
        session.add(message)
        session.flush()
        if not file_message(session, message.id).endswith(ALL_OURS):
            continue
        understood += 1
        if task.state == "open":
            tasks.close_task(session, task, resolution="handled", at=at, actor_id=None)
    return understood
