"""The mailbox: fetch what a partner has, store the raw bytes with the cursor, then file what is stored."""

from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select
from temporalio import activity

from activities.filing import file_message, note_failure
from activities.lines import PAGE, Cursor, Mail, NotReached, Seen, Unread
from activities.messages import Filed, FileStep, MailFetched, MailStep
from activities.partner_lines import PartnerLines
from database import messages, office
from database.engine import Database
from database.tables import InboundMessage, Partner, PartnerFile
from interchange.x12.detect import identify

FILED_AT_ONCE = 200


class MailboxActivities:
    """What the mailbox workflow asks of partners and of the book of record."""

    def __init__(self, database: Database, lines: PartnerLines) -> None:
        self._database = database
        self._lines = lines

    @activity.defn
    def fetch_mail(self, step: MailStep) -> MailFetched:
        """Fetch the next page. Each message's bytes and the cursor commit together, message by message.

        Receiving is the one place that both calls out and writes: nothing is open while it calls, and what it heard
        is stored before it asks for more.
        """
        with self._database.reading() as session:
            partner = office.partner(session, step.partner_id)
            cursor = Cursor(partner.last_mail_id, _seen(session, partner.id))
        looked = stored = 0
        unread: list[str] = []
        try:
            with closing(self._lines.to(partner, beat=activity.heartbeat).mail(cursor)) as mail:
                for one in mail:
                    if isinstance(one, Unread):
                        unread.append(one.reason)
                        continue
                    stored += self._store(partner, one)
                    looked += 1
                    activity.heartbeat(looked)
        except NotReached as error:
            return MailFetched(stored=stored, reason="; ".join([*unread, str(error)]))
        return MailFetched(stored=stored, more=looked == PAGE, reason="; ".join(unread))

    def _store(self, partner: Partner, mail: Mail) -> bool:
        """Keep the bytes, and that they were taken. Returns whether they are new."""
        with self._database.writing() as session:
            row = session.exec(select(Partner).where(Partner.id == partner.id).with_for_update()).one()
            if mail.id is not None and mail.id <= row.last_mail_id:
                return False
            number = row.last_mail_id + 1 if mail.id is None else mail.id
            message, is_new = messages.store_inbound(
                session,
                partner_id=partner.id,
                kind=mail.kind or str(identify(mail.body)),
                body=mail.body,
                received_at=mail.received_at,
                mail_id=number,
            )
            if mail.file is not None:
                session.merge(_remembered(mail.file, message, is_new=is_new))
            if is_new or mail.id is not None:
                row.last_mail_id = number
                session.add(row)
            return is_new

    @activity.defn
    def file_messages(self, step: FileStep) -> Filed:
        """File what is stored and not filed yet, each message in its own transaction; one bad message stops none.

        A database that fails is no fault of the message: the engine tries again.
        """
        with self._database.reading() as session:
            waiting = messages.not_filed(session, partner_id=step.partner_id, limit=FILED_AT_ONCE)
        failed = 0
        for message_id in waiting:
            try:
                with self._database.writing() as session:
                    file_message(session, message_id)
            except OperationalError:
                raise
            except Exception as error:
                failed += 1
                with self._database.writing() as session:
                    note_failure(session, message_id, type(error).__name__)
                activity.logger.warning("message could not be filed", extra={"message_id": message_id}, exc_info=True)
            activity.heartbeat(message_id)
        return Filed(filed=len(waiting) - failed, failed=failed, more=len(waiting) == FILED_AT_ONCE)


def _seen(session: Session, partner_id: str) -> dict[str, tuple[int, int]]:
    rows = session.exec(select(PartnerFile).where(PartnerFile.partner_id == partner_id))
    return {one.name: (one.size, one.modified) for one in rows}


def _remembered(file: Seen, message: InboundMessage, *, is_new: bool) -> PartnerFile:
    assert message.partner_id is not None, "files come from partners"
    return PartnerFile(
        partner_id=message.partner_id,
        name=file.kept_name,
        size=file.size,
        modified=file.modified,
        message_id=message.id,
        seen_at=datetime.now(UTC),
        note="" if is_new else "the same bytes came before: nothing was stored again",
    )
