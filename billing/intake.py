"""Intake: what may become an encounter, and what must first be seen by a person."""

import hashlib
import json
from dataclasses import asdict, dataclass

from billing.claim import Claim
from billing.coordination import OtherPayer
from billing.hospital_bill import SERIES


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a claim is not taken in as an encounter."""

    segment: str
    """The X12 segment the reason stands in"""
    reason: str
    """What, and what to do"""


def refusal(claim: Claim) -> Refusal | None:
    """Whether this office may open an encounter for an imported claim; None when it may.

    A replacement (7) or void (8) answers an earlier claim, and a secondary claim continues one: neither is a new
    encounter. Source: 005010X222A1 and 005010X223A2, CLM05-3, SBR01.
    """
    if not claim.is_original:
        return Refusal("CLM", f"claim frequency {claim.frequency} answers an earlier claim; match it by hand")
    if claim.hospital is not None and claim.frequency not in SERIES:
        bill = claim.hospital.type_of_bill(claim.frequency)[:8]
        return Refusal(
            "CLM",
            f"type of bill {bill} opens no visit here: its last character would be one of {', '.join(SERIES)}. Late "
            "charges (5) go as a replacement (7) of the whole claim",
        )
    if claim.coverage.responsibility != "P":
        return Refusal(
            "SBR", f"this payer is not the primary one (SBR01 {claim.coverage.responsibility}); work it by hand"
        )
    if not claim.lines:
        return Refusal("LX", "the claim has no service lines")
    return None


def intake_key(claim: Claim) -> str:
    """The fingerprint of what was taken in: the same claim sent twice, in whatever envelope, has the same key.

    What was not sent has no part in it: a field that the noun gains later changes no key of today.
    """
    return fingerprint(claim)


def fingerprint(claim: Claim, *others: OtherPayer) -> str:
    """The key of a claim and of the policies that were sent beside it."""
    said = [asdict(claim, dict_factory=_sent), *(asdict(one, dict_factory=_sent) for one in others)]
    body = json.dumps(said if others else said[0], sort_keys=True, default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def _sent(fields: list[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if value is not None and value != ()}


def identity_text(claim: Claim) -> str:
    """What makes a patient the same person within a practice: payer, member id, names, birth date."""
    patient = claim.patient
    parts = (
        claim.coverage.payer.id or "",
        (claim.coverage.member_id or "").upper(),
        patient.name.last.upper(),
        (patient.name.first or "").upper(),
        str(patient.birth_date or ""),
    )
    return "|".join(parts)
