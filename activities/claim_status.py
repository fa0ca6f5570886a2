"""The real-time claim status inquiry: the stored 276 goes out, the answer's raw bytes are stored."""

import httpx
from temporalio import activity

from activities import partner_questions
from activities.messages import InquiryAnswer, InquiryStep
from activities.partner_questions import TokenOf
from database import office, status_inquiries
from database.engine import Database
from database.tables import StatusInquiry


class ClaimStatusActivities:
    """What an encounter's workflow asks of a payer that is silent about a claim."""

    def __init__(self, database: Database, http: httpx.Client, token_of: TokenOf) -> None:
        self._database = database
        self._http = http
        self._token_of = token_of

    @activity.defn
    def inquire_claim_status(self, step: InquiryStep) -> InquiryAnswer:
        """Send the stored 276 and store what came back; silence and refusals of the wire are values.

        Nothing is open on the database while the payer is asked.
        """
        with self._database.reading() as session:
            inquiry = session.get(StatusInquiry, step.inquiry_id)
            if inquiry is None or inquiry.body is None or inquiry.state != status_inquiries.WAITING:
                return InquiryAnswer(reason="the inquiry was withdrawn")
            partner = office.partner(session, inquiry.partner_id)
        body = partner_questions.ask(self._http, partner, "claim-status", inquiry.body, token_of=self._token_of)
        if isinstance(body, InquiryAnswer):
            return body
        return partner_questions.keep(
            self._database,
            body,
            partner_id=inquiry.partner_id,
            practice_id=inquiry.practice_id,
            at=step.at,
            note="the answer to a status inquiry",
        )
