"""Appointments that overlap: one provider with two patients, or one patient in two places."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

NOT_NAMED = "not named"
"""Provider of an appointment whose sender names none: nobody's time is taken"""


@dataclass(frozen=True, slots=True)
class Slot:
    """What an appointment takes of whose time, on the clinic's clock."""

    id: str
    patient_id: str
    provider: str
    day: date
    at_time: str
    """HH:MM"""
    minutes: int

    @property
    def begins(self) -> int:
        """In minutes; one day goes over into the next."""
        hours, minutes = self.at_time.split(":")
        return (self.day.toordinal() * 24 + int(hours)) * 60 + int(minutes)

    @property
    def ends(self) -> int:
        return self.begins + self.minutes

    def overlaps(self, other: "Slot") -> bool:
        """Whether some minute belongs to both; the last minute of one may be the first of the other."""
        return self.id != other.id and self.begins < other.ends and other.begins < self.ends


def clashes(one: Slot, others: Iterable[Slot]) -> list[str]:
    """What else is booked in the same minutes, in words, the earliest first. Names no patient."""
    found = sorted((other for other in others if one.overlaps(other)), key=lambda other: (other.begins, other.id))
    return [words for other in found if (words := _words(one, other))]


def _words(one: Slot, other: Slot) -> str:
    span = f"from {_clock(other.begins)} to {_clock(other.ends)}"
    if other.patient_id == one.patient_id:
        return f"the patient is expected {span}, provider {other.provider}"
    if _name(one.provider) == _name(other.provider) != NOT_NAMED:
        return f"{other.provider} has another patient {span}"
    return ""


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _name(provider: str) -> str:
    return " ".join(provider.split()).casefold()
