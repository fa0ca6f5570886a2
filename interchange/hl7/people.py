"""Patients and their insurance: PID and IN1. Source: HL7 2.5.1 chapters 3 and 6, tables 0001 and 0063."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from billing.claim import Address, Coverage, Name, Party, Person, Sex
from billing.coordination import IN_ORDER, OtherPayer
from billing.sent_visits import Gap, SentNumber
from interchange.hl7.syntax import Message, Segment

SEXES = {"F": Sex.FEMALE, "M": Sex.MALE}
RELATIONSHIPS = {
    **dict.fromkeys(("SEL", "SELF", "18"), "18"),
    **dict.fromkeys(("SPO", "SPOUSE", "01"), "01"),
    **dict.fromkeys(("CHD", "CHILD", "19"), "19"),
    **dict.fromkeys(("DOM", "53"), "53"),
}
"""IN1-17 (table 0063, its words, or the code of X12, as systems send it) -> SBR02; others are G8"""
OLDEST_BIRTH = date(1900, 1, 1)
NO_RECORD_NUMBERS = frozenset({"SS", "DL", "PPN", "AN", "VN", "MB", "SN", "NH"})
"""CX-5 (table 0203) of numbers that are no medical record number"""


@dataclass(slots=True)
class Told:
    """What is found while one message is read."""

    faults: list[Gap] = field(default_factory=list)
    notes: list[Gap] = field(default_factory=list)

    def fault(self, where: str, reason: str) -> None:
        """It cannot be taken in."""
        self.faults.append(Gap(where, reason))

    def note(self, where: str, reason: str) -> None:
        """Something was passed over or assumed."""
        self.notes.append(Gap(where, reason))


def patient_of(pid: Segment, told: Told) -> Person:
    """PID: who the patient is."""
    name = name_of(pid, 5, told)
    if not name.last:
        told.fault("PID-5", "the patient has no last name")
    born = day_of(pid.get(7))
    if born is None or born < OLDEST_BIRTH:
        told.note("PID-7", "no whole day since 1900: the office asks for it")
        born = None
    return Person(name, born, SEXES.get(pid.get(8).upper()), address_of(pid, 11))


def sender_of(message: Message) -> str:
    """MSH-3 and MSH-4: which system speaks."""
    return " ".join(filter(None, (message.head.get(3), message.head.get(4))))[:100] or "HL7"


def numbers_of(message: Message) -> tuple[SentNumber, ...]:
    """PID-3 (else PID-2): medical record numbers, each with who assigns it (CX-4), else the sending system."""
    pid = message.first("PID")
    found: dict[SentNumber, None] = {}
    for raw in pid.repetitions(3) or pid.repetitions(2):
        number, kind = pid.of(raw)[:80], pid.of(raw, 5).upper()
        if number and kind not in NO_RECORD_NUMBERS:
            found[SentNumber((pid.of(raw, 4) or sender_of(message))[:100], number)] = None
    return tuple(found)


def policies_of(message: Message, patient: Person, told: Told) -> list[OtherPayer]:
    """IN1 by priority (IN1-22), else in the order of the message."""
    given = message.all("IN1")[: len(IN_ORDER)]
    ordered = sorted(given, key=lambda one: one.get(22) or one.get(1).rjust(3, "0"))
    return [_policy(one, patient, IN_ORDER[place], told) for place, one in enumerate(ordered)]


def _policy(segment: Segment, patient: Person, responsibility: str, told: Told) -> OtherPayer:
    name, number = segment.get(4)[:60], segment.get(3)[:80]
    if not name and not number:
        told.fault("IN1-4", "names no payer")
    said = segment.get(17).upper()
    relationship = RELATIONSHIPS.get(said, "G8" if said else "18")
    insured = patient
    if relationship != "18":
        sex = SEXES.get(segment.get(43).upper())
        insured = Person(name_of(segment, 16, told), day_of(segment.get(18)), sex, address_of(segment, 19))
        if not insured.name.last:
            told.fault("IN1-16", "the patient is not the insured, and nobody else is named")
    payer = Party("PR", False, Name(name), "PI" if number else None, number or None, address=address_of(segment, 5))
    coverage = Coverage(
        payer=payer,
        member_id=(segment.get(36) or segment.get(49)).replace(" ", "")[:80] or None,
        responsibility=responsibility,
        relationship=relationship,
        group_number=segment.get(8)[:50] or None,
        group_name=segment.get(9)[:60] or None,
    )
    return OtherPayer(coverage, insured)


def name_of(segment: Segment, field_number: int, told: Told) -> Name:
    """XPN."""
    last, first, middle, suffix = (segment.get(field_number, place) for place in (1, 2, 3, 4))
    if len(last) > 60 or len(first) > 35:
        told.fault(f"{segment.id}-{field_number}", "longer than 60 (last name) or 35 (first name) characters")
    return Name(last[:60], first[:35] or None, middle[:25] or None, suffix[:10] or None)


def address_of(segment: Segment, field_number: int) -> Address | None:
    """XAD: street ^ more ^ city ^ state ^ postal code."""
    street, more, city, state, code = (segment.get(field_number, place) for place in (1, 2, 3, 4, 5))
    if not street or not city or len(street) > 55 or len(city) > 30:
        return None
    digits = code.replace("-", "")
    return Address(
        street,
        city,
        state.upper() if re.fullmatch("[A-Za-z]{2}", state) else None,
        digits if re.fullmatch(r"[0-9]{5}([0-9]{4})?", digits) else None,
        more[:55] or None,
    )


def day_of(text: str) -> date | None:
    """YYYYMMDD, with or without a time."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date() if re.match(r"[0-9]{8}", text) else None  # noqa: DTZ007
    except ValueError:
        return None
