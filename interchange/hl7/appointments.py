"""SIU: appointments booked, moved, changed, cancelled and not kept.

Source: HL7 2.5.1 chapter 10 (SCH, TQ1, AIS, AIG, AIL, AIP), tables 0278 and 0276.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from billing.sent_appointments import SentAppointment, SentState
from billing.sent_visits import SentNumber
from interchange.hl7 import people
from interchange.hl7.syntax import Message, Segment

TYPES = {
    "SIU^S12": SentState.BOOKED,
    "SIU^S13": SentState.BOOKED,
    "SIU^S14": SentState.CHANGED,
    "SIU^S15": SentState.CANCELLED,
    "SIU^S16": SentState.CANCELLED,
    "SIU^S17": SentState.CANCELLED,
    "SIU^S26": SentState.NO_SHOW,
}
STATES = {
    "cancelled": SentState.CANCELLED,
    "canceled": SentState.CANCELLED,
    "deleted": SentState.CANCELLED,
    "noshow": SentState.NO_SHOW,
    "arrived": SentState.ARRIVED,
    "checkedin": SentState.ARRIVED,
    "booked": SentState.BOOKED,
}
"""SCH-25 (table 0278 and its usual words) of a changed appointment"""
TIMES = (("AIS", 4), ("AIP", 6), ("AIG", 8), ("AIL", 6))
"""Where the start stands when SCH-11 and TQ1-7 do not say it"""
LENGTHS = (("AIS", 7), ("AIP", 9), ("AIG", 11), ("AIL", 9))
SHORTEST, LONGEST = 5, 480
_INSTANT = re.compile(r"(\d{8})(\d{2})(\d{2})(?:\d{2}(?:\.\d+)?)?([+-]\d{4})?")


def read(message: Message, zone: tzinfo) -> SentAppointment:
    """The appointment of a SIU, on the clock of `zone`. Everything wrong with it comes back at once."""
    told = people.Told()
    schedule = message.first("SCH")
    number = _number(message, schedule, told)
    start = _start(message, schedule, zone)
    state = TYPES[message.type]
    if start is None and state in {SentState.BOOKED, SentState.CHANGED}:
        told.fault("SCH-11", "no day and time: YYYYMMDDHHMM, here or in TQ1-7, AIS-4, AIP-6")
    if state == SentState.CHANGED:
        said = re.sub(r"[^a-z]", "", (schedule.get(25) or schedule.get(25, 2)).lower())
        state = STATES.get(said, state)
    return SentAppointment(
        number=number,
        state=state,
        day=start.date() if start else None,
        at_time=f"{start:%H:%M}" if start else "",
        minutes=_minutes(message, schedule, start, zone),
        provider=_provider(message)[:100],
        reason=_reason(message, schedule)[:200],
        told_at=re.sub(r"\D.*", "", message.head.get(7))[:14],
        faults=tuple(dict.fromkeys(told.faults)),
    )


def _number(message: Message, schedule: Segment, told: people.Told) -> SentNumber:
    """The filler's number (SCH-2), else the placer's (SCH-1)."""
    field = 2 if schedule.get(2) else 1
    number = schedule.get(field)[:80]
    if not number:
        told.fault("SCH-2", "the appointment has no number: nobody could find it again")
    return SentNumber(people.sender_of(message), number)


def _start(message: Message, schedule: Segment, zone: tzinfo) -> datetime | None:
    named = [schedule.get(11, 4), message.first("TQ1").get(7), schedule.get(11)]
    named += [message.first(name).get(field) for name, field in TIMES]
    return next((found for text in named if (found := _instant(text, zone)) is not None), None)


def _instant(text: str, zone: tzinfo) -> datetime | None:
    """A time on the practice's clock; one with an offset is brought to it."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    day, hour, minute, offset = found.groups()
    try:
        if offset:
            told = datetime.strptime(f"{day}{hour}{minute}{offset}", "%Y%m%d%H%M%z")
            return told.astimezone(UTC).astimezone(zone)
        return datetime.strptime(f"{day}{hour}{minute}", "%Y%m%d%H%M").replace(tzinfo=zone)
    except ValueError:
        return None


def _minutes(message: Message, schedule: Segment, start: datetime | None, zone: tzinfo) -> int | None:
    """SCH-9 or SCH-11, else the time between start and end, else what a resource is needed for; None: not said."""
    said = [(schedule.get(9), schedule.get(10)), (schedule.get(11, 3), "")]
    end = _instant(schedule.get(11, 5), zone)
    if start is not None and end is not None and end > start:
        said.append((str((end - start) // timedelta(minutes=1)), ""))
    said += [(message.first(name).get(field), message.first(name).get(field + 1)) for name, field in LENGTHS]
    for text, unit in said:
        if re.fullmatch(r"\d{1,4}", text) and int(text):
            minutes = int(text) * (60 if unit.lower().startswith("h") else 1)
            return min(max(minutes, SHORTEST), LONGEST)
    return None


def _provider(message: Message) -> str:
    """AIP-3, else PV1-7, else a person of AIG-3, else SCH-16."""
    for segment, field in (
        (message.first("AIP"), 3),
        (message.first("PV1"), 7),
        (message.first("AIG"), 3),
        (message.first("SCH"), 16),
    ):
        last, first = segment.get(field, 2), segment.get(field, 3)
        if last:
            return f"{last}, {first}" if first and "," not in last else last
    return ""


def _reason(message: Message, schedule: Segment) -> str:
    """SCH-7, else SCH-8, SCH-6 or the service (AIS-3), in words."""
    fields = ((schedule, 7), (schedule, 8), (message.first("AIS"), 3), (schedule, 6))
    said = (text for segment, field in fields for part in (2, 1) if (text := segment.get(field, part)))
    return next(said, "")
