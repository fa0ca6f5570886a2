"""The denied amounts of a visit on the desk: decided on, and brought up again."""

from collections.abc import Sequence
from datetime import datetime

from activities.denial_tasks import amounts_of, review
from activities.desk import Desk
from billing.deadlines import Reason
from billing.tasks import NewTask
from database import encounters
from database.tables import Denial


def decided(desk: Desk, denials: Sequence[Denial], state: str) -> None:
    """Put them into a state; what nobody has to decide on has no clock any more."""
    for denial in denials:
        denial.state = state
        desk.session.add(denial)
    left = encounters.open_denials(desk.session, desk.encounter.id)
    if not any(one.state == "open" for one in left):
        desk.unschedule(Reason.FOLLOW_UP, Reason.APPEAL_LIMIT)


def review_again(
    desk: Desk, *, key: str, because: str, may_appeal: bool = True, not_after: datetime | None = None
) -> NewTask | None:
    """The task that brings what is still refused up again; None when nothing is. `not_after`: the last day to appeal,
    where it is not that of the agenda."""
    denials = encounters.open_denials(desk.session, desk.encounter.id)
    if not denials:
        return None
    return review(
        amounts_of(denials),
        line_ids=desk.line_ids,
        key=key,
        not_after=not_after or desk.due_at(Reason.APPEAL_LIMIT),
        because=because,
        may_appeal=may_appeal,
    )
