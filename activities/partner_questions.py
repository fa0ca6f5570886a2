"""One question to a partner in real time: the stored bytes are sent, and what comes back is stored before it is read.

Silence and refusals of the wire are values; nothing is open on the database while the partner is asked.
"""

from collections.abc import Callable
from datetime import datetime

import httpx

from activities.messages import InquiryAnswer
from billing.partners import NO_ANSWERS, Reach
from database import messages
from database.engine import Database
from database.tables import InboundMessage, Partner
from interchange.x12.detect import identify

TIMEOUT = httpx.Timeout(25.0)
"""A payer answers within twenty seconds (CAQH CORE 156)."""
TokenOf = Callable[[str], str]
"""From the name of a secret to the secret"""
_PASSING = frozenset({408, 425, 429})


def ask(http: httpx.Client, partner: Partner, call: str, body: bytes, *, token_of: TokenOf) -> bytes | InquiryAnswer:
    """What the partner answers to `POST {base}/v1/{call}`, or why there is no answer."""
    if not Reach(partner.reached_by).answers_at_once:
        return InquiryAnswer(reason=NO_ANSWERS, is_refused=True)
    try:
        response = http.post(
            f"{partner.base_url}/v1/{call}",
            content=body,
            headers={"Authorization": f"Bearer {token_of(partner.secret_name)}", "Content-Type": "application/edi-x12"},
            timeout=TIMEOUT,
        )
    except httpx.TransportError as error:
        return InquiryAnswer(reason=f"the payer was not reached ({type(error).__name__})")
    status = response.status_code
    if status == httpx.codes.OK:
        return response.content
    refused = httpx.codes.is_client_error(status) and status not in _PASSING
    return InquiryAnswer(reason=f"the partner answered {status}", is_refused=refused)


def keep(
    database: Database, body: bytes, *, partner_id: str, practice_id: str, at: datetime, note: str = ""
) -> InquiryAnswer:
    """Store what came back. With a `note` it counts as filed: whoever asked reads it, and nobody else."""
    with database.writing() as session:
        message, is_new = messages.store_inbound(
            session,
            partner_id=partner_id,
            practice_id=practice_id,
            kind=str(identify(body)),
            body=body,
            received_at=at,
        )
        if note and is_new:
            _file(message, note)
            session.add(message)
        return InquiryAnswer(message_id=message.id)


def _file(message: InboundMessage, note: str) -> None:
    message.state = "filed"
    message.note = note
