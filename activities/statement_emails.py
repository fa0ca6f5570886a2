"""E-mails about statements: made of the practice's name and the paper's pay link, and of nothing else."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from sqlmodel import Session

from billing.statement_emails import statement_email, text_of
from database import accounts
from database.tables import Letter, Practice, StatementRunItem
from templates import rendering


@dataclass(frozen=True, slots=True)
class Ready:
    """One e-mail and where it goes."""

    message: EmailMessage
    address: str


def message_of(session: Session, item: StatementRunItem, letter: Letter, *, sender: str) -> Ready:
    """The e-mail of one paper, the same at every try: a mail server that has its Message-ID knows it again. RFC 8058
    lets the patient's mail program go back to paper with one click."""
    practice = session.get_one(Practice, letter.practice_id).name
    paper = accounts.statement_of(letter)
    email = statement_email(practice, paper.pay_at, language=paper.language)
    assert item.address is not None, "an e-mail has an address"
    assert item.message_id is not None, "an e-mail has its Message-ID from its hand-over on"
    assert letter.sent_at is not None, "the paper counts as sent before its e-mail is made"
    message = EmailMessage()
    message["From"] = Address(display_name=" ".join(practice.split()), addr_spec=sender)
    message["To"] = item.address
    message["Subject"] = email.subject
    message["Date"] = format_datetime(letter.sent_at)
    message["Message-ID"] = item.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = email.lang
    message["List-Unsubscribe"] = f"<{email.paper_address}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text_of(email))
    message.add_alternative(rendering.render("email_statement.html", email=email), subtype="html")
    return Ready(message, item.address)
