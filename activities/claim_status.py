"""The claim status inquiry: the stored 276 goes out in real time, and the answer's raw bytes are stored; or it goes as
a file, and the answer comes with the mail.
"""

import hashlib
from datetime import datetime

import httpx
from temporalio import activity

from activities import partner_questions
from activities.lines import NotReached, Parcel
from activities.messages import InquiryAnswer, InquiryStep
from activities.partner_lines import SENDING_SECONDS, PartnerLines
from activities.partner_questions import TokenOf
from billing import partners
from billing.partners import Reach
from database import office, status_inquiries
from database.engine import Database
from database.tables import Partner, StatusInquiry
from interchange.x12.detect import FileKind


class ClaimStatusActivities:
    """What an encounter's workflow asks of a payer that is silent about a claim."""

    def __init__(self, database: Database, http: httpx.Client, token_of: TokenOf, lines: PartnerLines) -> None:
        self._database = database
        self._http = http
        self._token_of = token_of
        self._lines = lines

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
        if not Reach(partner.reached_by).answers_at_once:
            return self._by_file(inquiry, inquiry.body, partner, at=step.at)
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

    def _by_file(self, inquiry: StatusInquiry, body: bytes, partner: Partner, *, at: datetime) -> InquiryAnswer:
        """Send it once; asked again, its answer has not come with the mail."""
        if inquiry.sent_at is not None:
            return InquiryAnswer(reason="no 277 has come with the mail since", is_refused=True)
        name = partners.upload_name(
            partner.upload_name,
            kind=FileKind.STATUS_276,
            interchange_number=inquiry.interchange_number or 0,
            group_number=inquiry.interchange_number or 0,
            instant=inquiry.asked_at or at,
            usage=partner.usage,
        )
        parcel = Parcel(key=inquiry.id, name=name, body=body, sha256=hashlib.sha256(body).hexdigest())
        try:
            said = self._lines.to(partner, within_seconds=SENDING_SECONDS).send(parcel)
        except NotReached as error:
            return InquiryAnswer(reason=str(error))
        if said.receipt_id is None:
            return InquiryAnswer(reason=said.reason, is_refused=said.refused)
        with self._database.writing() as session:
            row = session.get_one(StatusInquiry, inquiry.id)
            row.sent_at = at
            session.add(row)
        return InquiryAnswer(reason="sent as a file; the answer comes with the mail")
