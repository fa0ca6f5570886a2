"""The mailbox: fetch what a partner has, store the raw bytes with the cursor, then file what is stored."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlmodel import col, select
from temporalio import activity

from activities.filing import file_message, note_failure
from activities.messages import Filed, FileStep, MailFetched, MailStep
from database import messages, office
from database.engine import Database
from database.tables import InboundMessage, Partner
from interchange.x12.detect import identify

PAGE = 50
"""Messages fetched by one activity"""
FILED_AT_ONCE = 200
GONE = 410


class MailboxActivities:
    """What the mailbox workflow asks of partners and of the book of record."""

    def __init__(self, database: Database, http: httpx.Client, token_of: Callable[[str], str]) -> None:
        self._database = database
        self._http = http
        self._token_of = token_of

    @activity.defn
    def fetch_mail(self, step: MailStep) -> MailFetched:
        """Fetch the next page. Each message's bytes and the cursor commit together, message by message.

        Receiving is the one place that both calls out and writes: nothing is open while it calls, and what it heard
        is stored before it asks for more.
        """
        with self._database.reading() as session:
            partner = office.partner(session, step.partner_id)
        headers = {"Authorization": f"Bearer {self._token_of(partner.secret_name)}"}
        stored = 0
        try:
            listing = self._get(
                f"{partner.base_url}/v1/mailbox?after={partner.last_mail_id}&limit={PAGE}", headers
            ).json()
            for item in listing["messages"]:
                response = self._get(f"{partner.base_url}/v1/mailbox/{int(item['id'])}", headers, gone_is_fine=True)
                self._store(partner, item, response)
                stored += 1
                activity.heartbeat(stored)
        except httpx.HTTPError as error:
            return MailFetched(stored=stored, reason=f"the mailbox was not reached ({type(error).__name__})")
        return MailFetched(stored=stored, more=len(listing["messages"]) == PAGE)

    def _get(self, url: str, headers: dict[str, str], *, gone_is_fine: bool = False) -> httpx.Response:
        response = self._http.get(url, headers=headers, timeout=30.0)
        if not (gone_is_fine and response.status_code == GONE):
            response.raise_for_status()
        return response

    def _store(self, partner: Partner, item: dict[str, Any], response: httpx.Response) -> None:
        received_at = datetime.fromisoformat(item["received_at"]).astimezone(UTC)
        gone = response.status_code == GONE
        body = f"410 gone: mail {item['id']}".encode() if gone else response.content
        with self._database.writing() as session:
            row = session.exec(select(Partner).where(Partner.id == partner.id).with_for_update()).one()
            if int(item["id"]) <= row.last_mail_id:
                return
            messages.store_inbound(
                session,
                partner_id=partner.id,
                kind="gone" if gone else str(item.get("kind") or identify(body)),
                body=body,
                received_at=received_at,
                mail_id=int(item["id"]),
            )
            row.last_mail_id = int(item["id"])
            session.add(row)

    @activity.defn
    def file_messages(self, step: FileStep) -> Filed:
        """File what is stored and not filed yet, each message in its own transaction; one bad message stops none."""
        with self._database.reading() as session:
            waiting = session.exec(
                select(InboundMessage.id)
                .where(InboundMessage.state == "stored", col(InboundMessage.mail_id).is_not(None))
                .order_by(col(InboundMessage.received_at), col(InboundMessage.mail_id))
                .limit(FILED_AT_ONCE)
            ).all()
        failed = 0
        for message_id in waiting:
            try:
                with self._database.writing() as session:
                    file_message(session, message_id)
            except Exception as error:
                failed += 1
                with self._database.writing() as session:
                    note_failure(session, message_id, type(error).__name__)
                activity.logger.warning("message could not be filed", extra={"message_id": message_id}, exc_info=True)
            activity.heartbeat(message_id)
        return Filed(filed=len(waiting) - failed, failed=failed, more=len(waiting) == FILED_AT_ONCE)
