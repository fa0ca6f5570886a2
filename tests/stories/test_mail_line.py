"""The line to a mail server: encrypted, with a password, and what goes wrong in a server's or a network's words."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from activities.mail_line import MailServer, line_to
from billing.statement_emails import Said, Verdict
from tests.mail_servers import SENDER, Desk, certificate_in, mail_server


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = SENDER, "jane@patients.test", "<one@clinic.test>"
    message.set_content("You have a new statement.")
    return message


def sent(server: MailServer) -> Said:
    with line_to(server) as line:
        return line.send(a_message(), to="jane@patients.test")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_is_encrypted_to_a_server_that_is_who_it_says(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, certificate = Desk(), certificate_in(tmp_path)
    with mail_server(desk, certificate=certificate, security=security) as server:
        refused = sent(server)
        assert refused.verdict == Verdict.LATER
        assert "CERTIFICATE_VERIFY_FAILED" in refused.words, "nobody has vouched for it"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert sent(server).verdict == Verdict.TAKEN
    assert desk.ids() == ["<one@clinic.test>"]


def test_a_password_is_told_and_a_wrong_one_is_the_offices_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, certificate = Desk(), certificate_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with mail_server(desk, certificate=certificate, security="starttls", password="right") as server:
        assert sent(server).verdict == Verdict.TAKEN
        wrong = MailServer(server.host, server.port, "starttls", "clinic", "wrong", SENDER)
        assert sent(wrong).verdict == Verdict.LATER
        assert "right" not in sent(wrong).words
    assert len(desk.messages) == 1


@pytest.mark.parametrize(
    ("to_recipient", "to_data", "verdict"),
    [
        ("450 4.2.1 busy", None, Verdict.LATER),
        ("550 5.1.1 unknown", None, Verdict.NO_SUCH_ADDRESS),
        ("554 5.7.1 not from you", None, Verdict.REFUSED),
        (None, "452 4.3.1 full", Verdict.LATER),
        (None, "552 5.3.4 too big", Verdict.REFUSED),
    ],
)
def test_what_a_server_says_is_told_apart(to_recipient: str | None, to_data: str | None, verdict: Verdict) -> None:
    desk = Desk()
    desk.to_recipient, desk.to_data = lambda address: to_recipient, lambda address: to_data
    with mail_server(desk) as server:
        said = sent(server)
    assert said.verdict == verdict
    assert said.words == to_recipient or said.words == to_data


def test_one_refusal_does_not_spoil_the_next_message() -> None:
    desk = Desk()
    answers = iter(["550 5.1.1 unknown", None])
    desk.to_recipient = lambda address: next(answers)
    with mail_server(desk) as server, line_to(server) as line:
        assert line.send(a_message(), to="gone@patients.test").verdict == Verdict.NO_SUCH_ADDRESS
        assert line.send(a_message(), to="jane@patients.test").verdict == Verdict.TAKEN
    assert desk.recipients == ["jane@patients.test"]
