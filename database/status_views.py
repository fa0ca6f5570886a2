"""What was asked and answered about a claim, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from billing.status_verdicts import Doing
from database import status_inquiries
from database.status_inquiries import ANSWERED, FAILED, WAITING
from database.tables import StatusInquiry, Submission

FOLLOWED = {
    Doing.ASK_AGAIN: "asked again later",
    Doing.TRY_AGAIN: "tried again",
    Doing.SEND_AGAIN: "the claim was sent again",
    Doing.MEND: "a biller mends the claim",
    Doing.TAKE_REQUEST: "a biller sends what is asked for",
    Doing.ASK_PERSON: "a biller looks into it",
}


@dataclass(frozen=True, slots=True)
class StatusView:
    """One question (276) with its answer (277)."""

    asked_at: datetime | None
    """None: the payer told it unasked"""
    by_person: bool
    answered_at: datetime | None
    meaning: str | None
    codes: str
    """Category, status and entity, such as P1:20; empty: no answer"""
    payer_claim_number: str | None
    words: str
    followed: str
    """What the office did about it; empty: nothing"""


def of_claim(session: Session, row: Submission) -> list[StatusView]:
    """Every question about the claim, oldest first."""
    return [_view(one) for one in status_inquiries.of_claim(session, row.control_number)]


def _view(row: StatusInquiry) -> StatusView:
    codes = ":".join(filter(None, (row.category, row.status, row.entity)))
    return StatusView(
        asked_at=row.asked_at,
        by_person=row.asked_by is not None,
        answered_at=row.answered_at,
        meaning=row.meaning,
        codes=codes,
        payer_claim_number=row.payer_claim_number,
        words=row.said or "no answer yet",
        followed=_followed(row),
    )


def _followed(row: StatusInquiry) -> str:
    if row.state == WAITING:
        return f"tried {row.tries} times, and again soon" if row.tries else "the answer is awaited"
    if row.state == FAILED:
        return FOLLOWED[Doing.ASK_PERSON]
    if row.state == ANSWERED and row.doing is not None:
        return FOLLOWED[Doing(row.doing)]
    return "the claim had moved on"
