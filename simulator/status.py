"""What the payers know of a claim when somebody asks (276): their own words on it, kept as it goes along."""

from dataclasses import replace
from datetime import date, datetime

from billing.acknowledgment import StatusReason
from billing.claim_status import ClaimStatus, ClaimStatusAnswer, ClaimStatusInquiry, StatusVerdict
from billing.money import Cents
from interchange.x12 import claim_status_276, claim_status_277
from simulator import mailing
from simulator.scenarios import Scenario
from simulator.store import Store

UNHEARD_OF = ("A4", "35")
RECEIVED = ("A1", "19")
PENDING = ("P1", "20")
REJECTED = ("A7", "164")
PAID = ("F1", "65")
DENIED = ("F2", "65")
AWAY = ("E1", "0")


def note(
    store: Store,
    number: str,
    word: tuple[str, str],
    *,
    paid: int | None = None,
    check: str | None = None,
    day: date | None = None,
) -> None:
    """The payer's word on a claim from now on. An acknowledgment says nothing about one that is decided."""
    said = (*word, paid, check, day.isoformat() if day else None)
    rule = "IGNORE" if day is None else "REPLACE"
    store.change(f"INSERT OR {rule} INTO word VALUES (?, ?, ?, ?, ?, ?)", number, *said)


def answer(store: Store, body: bytes, at: datetime) -> bytes | None:
    """277 for a 276; None when there is no inquiry in it. Raises NotX12."""
    read = [one.request for one in claim_status_276.read(body) if one.request is not None]
    statuses = tuple(_status(store, one, at) for request in read for one in request.inquiries)
    if not statuses:
        return None
    number = store.next_number("status")
    said = ClaimStatusAnswer(f"S{number}", at.date(), f"{at:%H%M}", statuses)
    return mailing.interchange(store, "277", claim_status_277.VERSION, [claim_status_277.write(said)], at)


def _status(store: Store, asked: ClaimStatusInquiry, at: datetime) -> ClaimStatus:
    row = store.row("SELECT * FROM claim WHERE control_number = ?", asked.patient_control_number or "")
    return ClaimStatus(
        reference=asked.reference,
        payer=asked.payer,
        receiver=asked.receiver,
        provider=asked.provider,
        subscriber=replace(asked.subscriber, address=None),
        member_id=asked.member_id,
        dependent=asked.dependent,
        verdicts=(_verdict(store, asked.patient_control_number or "", row["scenario"] if row else None, at),),
        patient_control_number=asked.patient_control_number,
        payer_claim_number=row["payer_claim_number"] if row and row["scenario"] not in _UNKNOWN else None,
        service_from=asked.service_from,
        service_to=asked.service_to,
    )


_UNKNOWN = {Scenario.LOST.value, Scenario.SILENT.value}
"""Claims of which the payer has no number"""


def _verdict(store: Store, number: str, scenario: str | None, at: datetime) -> StatusVerdict:
    if scenario is None or scenario == Scenario.LOST:
        return StatusVerdict((StatusReason(*UNHEARD_OF),), at.date())
    if scenario == Scenario.SILENT:
        return StatusVerdict((StatusReason(*AWAY),), at.date())
    word = store.row("SELECT * FROM word WHERE control_number = ?", number)
    if word is None:
        return StatusVerdict((StatusReason(*RECEIVED),), at.date())
    day = date.fromisoformat(word["day"]) if word["day"] else None
    return StatusVerdict(
        (StatusReason(word["category"], word["status"]),),
        at.date(),
        paid_cents=None if word["paid"] is None else Cents(word["paid"]),
        adjudicated=day,
        payment_date=day if word["trace"] else None,
        check_number=word["trace"],
    )
