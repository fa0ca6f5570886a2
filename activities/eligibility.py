"""The real-time eligibility inquiry: the stored 270 goes out, the answer's raw bytes are stored."""

import httpx
from temporalio import activity

from activities import partner_questions
from activities.messages import InquiryAnswer, InquiryStep
from activities.partner_questions import TokenOf
from database import office
from database.engine import Database
from database.tables import Inquiry


class EligibilityActivities:
    """What an encounter's workflow asks of a payer."""

    def __init__(self, database: Database, http: httpx.Client, token_of: TokenOf) -> None:
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
        body = partner_questions.ask(self._http, partner, "eligibility", inquiry.body, token_of=self._token_of)
        if isinstance(body, InquiryAnswer):
            return body
        return partner_questions.keep(
            self._database, body, partner_id=inquiry.partner_id, practice_id=inquiry.practice_id, at=step.at
        )
