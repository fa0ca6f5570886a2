"""What can be seen of a claim that cannot be read: enough to say in a 277CA which claim is meant.

Each part stands alone: a wrong date takes nothing from the amount beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from billing.claim import Name, Party
from billing.money import Cents
from interchange.x12 import fields, parties
from interchange.x12.claim_hierarchy import Hierarchy, Row
from interchange.x12.fields import Unreadable, get, maybe

Noun = TypeVar("Noun")

_DAYS = ("434", "472")
"""DTP01 of the dates of service: the statement of an institutional claim before its lines, the lines of any"""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The parts of a claim by which a person finds it; None what is missing or unreadable."""

    patient_name: Name | None
    member_id: str | None
    """NM109 of the subscriber"""
    charge_cents: Cents | None
    """CLM02"""
    service_from: date | None
    """The earliest date of service that is a date"""
    billing_provider: Party | None
    fault: str | None = None
    """First element of the segment that is at fault: which date it is (DTP01), which amount (AMT01)"""


def glimpse(hierarchy: Hierarchy, rows: Sequence[Row], reason: Unreadable) -> Glimpse:
    """What the segments above a claim and its own, CLM first, let see."""
    name, member_id = _patient(hierarchy)
    return Glimpse(
        patient_name=name if name is not None and name.last else None,
        member_id=member_id,
        charge_cents=_charge(rows),
        service_from=_first_day(rows),
        billing_provider=_billing_provider(hierarchy),
        fault=maybe(reason.row, 1),
    )


def _patient(hierarchy: Hierarchy) -> tuple[Name | None, str | None]:
    policy, dependent = _readable(hierarchy.coverage), _readable(hierarchy.dependent)
    insured, named = _last_nm1(hierarchy.subscriber, "IL"), _last_nm1(hierarchy.patient, "QC")
    member_id = policy[0].member_id if policy else maybe(insured, 9)
    if dependent or named:
        return dependent[1].name if dependent else parties.read_name(named), member_id
    if policy or insured:
        return policy[1].name if policy else parties.read_name(insured), member_id
    return None, member_id


def _readable(read: Callable[[], Noun | None]) -> Noun | None:
    """What a level says; None when it cannot be read."""
    try:
        return read()
    except Unreadable:
        return None


def _last_nm1(rows: Sequence[Row], role: str) -> fields.Elements:
    found = [elements for _, elements in rows if elements[0] == "NM1" and get(elements, 1) == role]
    return found[-1] if found else ()


def _charge(rows: Sequence[Row]) -> Cents | None:
    try:
        return fields.maybe_cents(rows[0][1], 2)
    except Unreadable:
        return None


def _first_day(rows: Sequence[Row]) -> date | None:
    for kind in _DAYS:
        texts = (get(row, 3) for _, row in rows if row[0] == "DTP" and get(row, 1) == kind)
        days = [day for text in texts if (day := fields.parse_day(text.partition("-")[0])) is not None]
        if days:
            return min(days)
    return None


def _billing_provider(hierarchy: Hierarchy) -> Party | None:
    found = _readable(hierarchy.billing_parties)
    return found[0] if found else None
