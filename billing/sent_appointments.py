"""An appointment as another system tells it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.sent_visits import Gap, SentNumber


class SentState(StrEnum):
    """What a message says of an appointment."""

    BOOKED = "booked"
    """Booked, or moved to another time"""
    CHANGED = "changed"
    """Something of it is otherwise; whether it stands is not said"""
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class SentAppointment:
    """One appointment. It is taken in when it has no faults."""

    number: SentNumber
    """What the sender calls it, whatever becomes of it"""
    state: SentState
    day: date | None
    """None: the message names no time, as one that cancels may"""
    at_time: str
    """HH:MM on the practice's clock"""
    minutes: int | None
    provider: str
    reason: str
    told_at: str
    """When the sender said so, as digits (MSH-7): of two messages the later one counts; empty: not said"""
    faults: tuple[Gap, ...] = ()
