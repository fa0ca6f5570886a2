"""A mail server for tests: aiosmtpd, which speaks SMTP over a real socket and says what a test wants it to say."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activities.mail_line import MailServer
from temporal.engine import free_port

SENDER = "statements@clinic.test"
NAME = "localhost"


class Desk:
    """What came in, and what is answered."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.to_recipient: Callable[[str], str | None] = lambda address: None
        """An answer to RCPT TO other than 250, or None"""
        self.to_data: Callable[[str], str | None] = lambda address: None
        self.hangs_up_after_data = 0
        """How many of the next messages it takes without saying so"""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self.to_recipient(address)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        [address] = envelope.rcpt_tos
        refused = self.to_data(address)
        if refused is not None:
            return refused
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.recipients.append(address)
        self.messages.append(message)  # type: ignore[arg-type]
        if self.hangs_up_after_data:
            self.hangs_up_after_data -= 1
            server.transport.close()
            await asyncio.sleep(0)
        return "250 Taken"

    def ids(self) -> list[str]:
        return [str(one["Message-ID"]) for one in self.messages]


@contextmanager
def mail_server(
    desk: Desk, *, certificate: tuple[Path, Path] | None = None, security: str = "none", password: str = ""
) -> Iterator[MailServer]:
    """The desk behind a socket, and how to reach it."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

    def knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: object) -> AuthResult:
        is_right = isinstance(auth, LoginPassword) and auth.password == password.encode()
        return AuthResult(success=is_right, handled=is_right)

    port = free_port()
    controller = Controller(
        desk,
        hostname="127.0.0.1",
        port=port,
        server_hostname=NAME,
        ready_timeout=30,
        tls_context=context if security == "starttls" else None,
        require_starttls=security == "starttls",
        ssl_context=context if security == "tls" else None,
        authenticator=knows if password else None,
        auth_required=bool(password),
        auth_require_tls=security == "starttls",
    )
    controller.start()
    try:
        yield MailServer(
            "localhost" if security != "none" else "127.0.0.1",
            port,
            security,
            user="clinic" if password else "",
            password=password,
            sender=SENDER,
        )
    finally:
        controller.stop()


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) of a server that calls itself localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths
