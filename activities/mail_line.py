"""The line to the mail server: one e-mail over SMTP (RFC 5321), and what the server said in billing's words.

smtplib of the standard library, in the thread of its activity: a run sends one after the other, over one connection.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from billing.statement_emails import Said, Verdict

TIMEOUT_SECONDS = 30
GONE = (smtplib.SMTPServerDisconnected, OSError)
LONGEST_WORDS = 200
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
"""RFC 5321 section 4.2.3: what is wrong with the recipient's address; other refusals may be the office's own fault"""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed over."""

    host: str
    """Empty: no e-mail is sent"""
    port: int = 587
    security: str = "starttls"
    """starttls, tls, or none (a server on this machine)"""
    user: str = ""
    password: str = ""
    sender: str = ""
    """Address that statements come from"""

    @property
    def domain(self) -> str:
        """Of the sender: the right half of every Message-ID."""
        return self.sender.rpartition("@")[2]


class Line:
    """A connection that is opened for the first e-mail, and anew after it broke."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, *, to: str) -> Said:
        """Hand one e-mail over. Never raises for what the server or the network does."""
        try:
            smtp = self._opened()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Said(Verdict.LATER, _words(error))
        try:
            refused = self._address(smtp, to)
        except GONE as error:
            self.close()
            return Said(Verdict.LATER, _words(error))
        return refused or self._content(smtp, message)

    def close(self) -> None:
        """Say goodbye, if anybody still listens."""
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self._smtp = None

    def _opened(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        server = self._server
        trusted = ssl.create_default_context()
        if server.security == "tls":
            self._smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
        else:
            self._smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        if server.security == "starttls":
            self._smtp.starttls(context=trusted)
        self._smtp.ehlo_or_helo_if_needed()
        if server.user:
            self._smtp.login(server.user, server.password)
        return self._smtp

    def _address(self, smtp: smtplib.SMTP, to: str) -> Said | None:
        """Say who sends to whom; None: the server wants the message. Asks for a notice of what cannot be delivered,
        with the headers alone (RFC 3461)."""
        has_notices = smtp.has_extn("dsn")
        code, words = smtp.mail(self._server.sender, ["RET=HDRS"] if has_notices else [])
        if code != 250:
            smtp.rset()
            return Said(Verdict.LATER if code < 500 else Verdict.REFUSED, _told(code, words))
        code, words = smtp.rcpt(to, ["NOTIFY=FAILURE"] if has_notices else [])
        if code not in (250, 251):
            smtp.rset()
            final = Verdict.NO_SUCH_ADDRESS if code in NO_SUCH_MAILBOX else Verdict.REFUSED
            return Said(Verdict.LATER if code < 500 else final, _told(code, words))
        return None

    def _content(self, smtp: smtplib.SMTP, message: EmailMessage) -> Said:
        try:
            code, words = smtp.data(message.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as error:
            code, words = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        except GONE as error:
            self.close()
            return Said(Verdict.UNKNOWN, _words(error))
        if code == 250:
            return Said(Verdict.TAKEN, _told(code, words))
        with suppress(*GONE):
            smtp.rset()
        return Said(Verdict.LATER if code < 500 else Verdict.REFUSED, _told(code, words))


@contextmanager
def line_to(server: MailServer) -> Iterator[Line]:
    """A line, closed with the block."""
    line = Line(server)
    try:
        yield line
    finally:
        line.close()


def _told(code: int, words: bytes) -> str:
    return f"{code} {words.decode(errors='replace')}".replace("\n", " ")[:LONGEST_WORDS]


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
        return _told(error.smtp_code, words)
    return f"{type(error).__name__}: {error}"[:LONGEST_WORDS]
