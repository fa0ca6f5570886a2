"""What payers ask for before they pay: which refusals and answers ask, for what, and what a claim says of it (PWK)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from billing.acknowledgment import StatusReason
from billing.claim import Claim, OpaqueSegment
from billing.denial_codes import REMARK_WORDS
from billing.letters import Way
from billing.posting import DeniedAmount

ASKING = frozenset({"163", "226", "250", "251", "252"})
"""CARCs that ask for documents"""
_ASKING_BY_REMARK = frozenset({"16"})
DOCUMENTS = frozenset({"M29", "M30", "M31", "M127", "N26", "N29", "N706"})
"""RARCs that name a document"""
NOT_NAMED = "records that the payer does not name"


class RequestState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    ANSWERING = "answering"
    """The cover sheet is written and waits to be sent"""
    SENT = "sent"
    NOT_SUPPLIED = "not_supplied"
    APPEALED = "appealed"
    ANSWERED = "answered"
    """The payer adjudicated the claim since"""


WAITS = (RequestState.OPEN, RequestState.ANSWERING, RequestState.SENT)
"""States in which the payer's answer is still to come"""


def asks(denied: DeniedAmount) -> bool:
    """Whether a refusal asks for documents instead of deciding."""
    if denied.blocked_reason is not None:
        return False
    by_remark = denied.reason in _ASKING_BY_REMARK and not DOCUMENTS.isdisjoint(denied.remarks)
    return denied.reason in ASKING or by_remark


def asked_by(denied: Sequence[DeniedAmount]) -> str:
    """What refusals ask for, in the office's words."""
    named = [REMARK_WORDS[code] for one in denied for code in one.remarks if code in DOCUMENTS]
    return "; ".join(dict.fromkeys(named)) or NOT_NAMED


LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
_LOINC_WORDS = {
    "11488-4": "consultation note",
    "11502-2": "laboratory report",
    "11503-0": "medical records",
    "11504-8": "operative note",
    "11506-3": "progress note",
    "18748-4": "imaging report",
    "18776-5": "plan of treatment",
    "18842-5": "discharge summary",
    "28570-0": "procedure note",
    "34117-2": "history and physical",
    "57133-1": "referral note",
}
"""LOINC codes of documents, in the office's words"""
_STATUS_WORDS = {
    "287": "why the service was needed",
    "294": "documents that support the claim",
    "297": "medical notes or report",
    "298": "operative report",
}
"""Claim status codes (STC01-2)"""


def asked_in(reasons: Sequence[StatusReason]) -> str:
    """What a 277 asks for (STC01-2, a claim status code or a LOINC), in the office's words with the codes."""
    return "; ".join(dict.fromkeys(_words_of(one) for one in reasons)) or NOT_NAMED


def _words_of(reason: StatusReason) -> str:
    code = reason.status
    words = _LOINC_WORDS.get(code) if LOINC.fullmatch(code) else _STATUS_WORDS.get(code)
    return f"{words} ({code})" if words else f"{NOT_NAMED} in words we know (code {code})"


# What a claim says of it ------------------------------------------------------------------------------------------

TRANSMISSIONS: dict[Way, str] = {Way.MAIL: "BM", Way.CERTIFIED_MAIL: "BM", Way.FAX: "FX", Way.PORTAL: "EL"}
"""PWK02"""
_KNOWN_TRANSMISSIONS = frozenset({"AA", "BM", "EL", "EM", "FX"})
SUPPORT = "OZ"
"""PWK01: documents that support the claim"""
MOST = 10
"""PWK of one claim"""


def attachments_of(claim: Claim) -> list[tuple[str, str, str]]:
    """(report type, transmission, control number) of each attachment that the claim announces (2300 PWK)."""
    return [
        (one.elements[1], one.elements[2], one.elements[6])
        for one in claim.other_segments
        if one.loop == "2300" and one.elements[0] == "PWK" and len(one.elements) > 6
    ]


def with_attachment(claim: Claim, typed: str) -> Claim:
    """`OZ BM R123` -> the claim with an attachment to come: report type (PWK01), transmission (PWK02), control number
    (PWK06). Raises ValueError."""
    parts = typed.upper().split()
    if len(parts) != 3 or not re.fullmatch(r"[0-9A-Z]{2}", parts[0]) or parts[1] not in _KNOWN_TRANSMISSIONS:
        known = ", ".join(sorted(_KNOWN_TRANSMISSIONS))
        raise ValueError(f"write report type, way and control number: OZ BM R123; ways are {known}")
    report, transmission, number = parts
    if not 2 <= len(number) <= 50:
        raise ValueError("a control number has 2 to 50 characters")
    others = tuple(one for one in claim.other_segments if not _is_attachment(one, number))
    if sum(one.loop == "2300" and one.elements[0] == "PWK" for one in others) >= MOST:
        raise ValueError(f"a claim announces at most {MOST} attachments")
    segment = OpaqueSegment("2300", ("PWK", report, transmission, "", "", "AC", number))
    return replace(claim, other_segments=(*others, segment))


def _is_attachment(segment: OpaqueSegment, number: str) -> bool:
    return segment.loop == "2300" and segment.elements[0] == "PWK" and segment.elements[-1] == number
