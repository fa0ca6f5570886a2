"""The real-time eligibility inquiry: the stored 270 goes out, the answer's raw bytes are stored."""

from collections.abc import Callable

import httpx
from temporalio import activity

from activities.messages import InquiryAnswer, InquiryStep
from billing.partners import NO_ANSWERS, Reach
from database import messages, office
from database.engine import Database
from database.tables import Inquiry
from interchange.x12.detect import identify

TIMEOUT = httpx.Timeout(25.0)
"""A payer answers within twenty seconds (CAQH CORE 156)."""


class EligibilityActivities:
    """What an encounter's workflow asks of a payer."""

    def __init__(self, database: Database, http: httpx.Client, token_of: Callable[[str], str]) -> None:
        self._database = database
        self._http = http
        self._token_of = token_of

    @activity.defn
    def inquire_eligibility(self, step: InquiryStep) -> InquiryAnswer:
        """Send the stored inquiry and store the answer's bytes; silence and refusals of the wire are values.

        Nothing is open on the database while the payer is asked.
        """
        with self._database.reading() as session:
            inquiry = session.get(Inquiry, step.inquiry_id)
            if inquiry is None:
                return InquiryAnswer(reason="the inquiry was withdrawn")
            partner = office.partner(session, inquiry.partner_id)
        if not Reach(partner.reached_by).answers_at_once:
            return InquiryAnswer(reason=NO_ANSWERS)
        try:
            response = self._http.post(
                f"{partner.base_url}/v1/eligibility",
                content=inquiry.body,
                headers={
                    "Authorization": f"Bearer {self._token_of(partner.secret_name)}",
                    "Content-Type": "application/edi-x12",
                },
                timeout=TIMEOUT,
            )
        except httpx.TransportError as error:
            return InquiryAnswer(reason=f"the payer was not reached ({type(error).__name__})")
        if response.status_code != httpx.codes.OK:
            return InquiryAnswer(reason=f"the partner answered {response.status_code}")
        with self._database.writing() as session:
            message, _ = messages.store_inbound(
                session,
                partner_id=inquiry.partner_id,
                practice_id=inquiry.practice_id,
                kind=str(identify(response.content)),
                body=response.content,
                received_at=step.at,
            )
            return InquiryAnswer(message_id=message.id)
