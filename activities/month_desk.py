"""One claim a month: clean visits wait until their month is over, and then go to the payer together.

The earliest visit that waits takes those that fit with it; what does not fit goes by itself, or with others.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from activities.desk import Desk
from activities.joining_desk import Group, join, proposed, put_back
from activities.refusals import Refused
from billing.coordination import PRIMARY
from billing.days import start_of
from billing.deadlines import Reason
from database import visit_groups

LOOK_AGAIN = timedelta(hours=1)
"""After so long, when a visit that belongs to the claim was just being worked on, or is to take this one"""
MONTHLY = "the payer is billed once a month"


def month_ends(desk: Desk) -> datetime:
    """The first instant after the month of the visit's last service, by the practice's calendar."""
    day = desk.claim.service_to
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return start_of(after, desk.policies.zone)


def waits_for_its_month(desk: Desk) -> bool:
    """Whether a clean claim is kept until its month is over; then that is on the agenda."""
    ends = month_ends(desk)
    is_alone = desk.claim.hospital is not None or not desk.claim.is_original or desk.responsibility != PRIMARY
    if not desk.policy("join_visits_of_a_month") or is_alone or desk.at >= ends:
        desk.unschedule(Reason.MONTH_OVER)
        return False
    desk.schedule(Reason.MONTH_OVER, ends)
    desk.say_once(f"The claim is clean and waits until the month is over: {MONTHLY}")
    return True


def bill_the_month(desk: Desk) -> None:
    """The month is over: the earliest of the visits that wait takes the others; each later one waits to be taken."""
    desk.unschedule(Reason.MONTH_OVER)
    if desk.encounter.on_hold:
        return
    waiting = visit_groups.waiting_with(desk.session, desk.encounter)
    month = (desk.claim.service_to.year, desk.claim.service_to.month)
    others = [Desk(desk.session, row, desk.at) for row in waiting.held]
    mates = [one for one in others if (one.claim.service_to.year, one.claim.service_to.month) == month]
    is_first = all(_order(desk) < _order(one) for one in mates)
    if waiting.busy or not is_first:
        desk.schedule(Reason.MONTH_OVER, desk.at + LOOK_AGAIN)
        return
    fitting = _fitting(desk, sorted(mates, key=_order))
    if fitting:
        group = Group((desk, *fitting))
        join(group, reason=MONTHLY)
        put_back(group.members, MONTHLY)


def _order(desk: Desk) -> tuple[date, datetime, str]:
    return desk.encounter.service_date, desk.encounter.created_at, desk.encounter.id


def _fitting(desk: Desk, mates: Sequence[Desk]) -> list[Desk]:
    """Those that fit one claim with this one and with each other, the earlier first."""
    found: list[Desk] = []
    for one in mates:
        try:
            proposed(Group((desk, *found, one)))
        except Refused as refusal:
            one.say_once(f"Not billed with visit {desk.encounter.external_id}: {refusal.answer.message}")
        else:
            found.append(one)
    return found
