"""What an e-mail about a statement says: that there is one and where it can be seen. Nothing of the patient's care or
money, and no name but the practice's: an e-mail may be read by others (45 CFR 164.312(e), 164.502(b)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from billing.statement_words import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.ENGLISH: {
        "subject": "You have a new statement from {practice}",
        "says": "You have a new statement from {practice}.",
        "open": "You can see it, pay it or ask about it here:",
        "fact": "The page asks for a birth date before it shows anything.",
        "paper": "You said yes to statements by e-mail. To have them on paper again:",
        "button": "See the statement",
        "paper_link": "Send me paper again",
        "no_reply": "Please do not answer this e-mail: nobody reads the answers.",
    },
    Language.SPANISH: {
        "subject": "Tiene un nuevo estado de cuenta de {practice}",
        "says": "Tiene un nuevo estado de cuenta de {practice}.",
        "open": "Puede verlo, pagarlo o hacer preguntas aquí:",
        "fact": "La página pide una fecha de nacimiento antes de mostrar algo.",
        "paper": "Recibe este correo porque aceptó recibir sus estados de cuenta por correo electrónico. "
        "Para recibirlos otra vez en papel:",
        "button": "Ver el estado de cuenta",
        "paper_link": "Envíenme papel otra vez",
        "no_reply": "Por favor, no responda a este correo: nadie lee las respuestas.",
    },
}


@dataclass(frozen=True, slots=True)
class StatementEmail:
    """One e-mail as values for its two forms, text and HTML."""

    lang: str
    subject: str
    words: Mapping[str, str]
    address: str
    """Of the pay page"""
    paper_address: str
    """Where the patient goes back to paper"""


def statement_email(practice: str, address: str, *, language: Language) -> StatementEmail:
    """The e-mail about one statement."""
    words = {key: text.format(practice=practice) for key, text in WORDS[language].items()}
    subject = " ".join(words["subject"].split())
    return StatementEmail(language, subject, words, address, f"{address}/paper")


def text_of(email: StatementEmail) -> str:
    """Its plain form."""
    words = email.words
    return (
        f"{words['says']}\n\n{words['open']}\n{email.address}\n\n{words['fact']}\n\n"
        f"{words['paper']}\n{email.paper_address}\n\n{words['no_reply']}\n"
    )


class Verdict(StrEnum):
    """What a mail server says to one e-mail."""

    TAKEN = "taken"
    LATER = "later"
    """Not taken now (4xx, or the server was not reached): it may be tried again"""
    NO_SUCH_ADDRESS = "no_such_address"
    """The address was refused for good (5xx)"""
    REFUSED = "refused"
    """The message was refused for good, or the office may not send"""
    UNKNOWN = "unknown"
    """The connection broke after the message was on its way: it may have been taken"""


@dataclass(frozen=True, slots=True)
class Said:
    """A server's answer."""

    verdict: Verdict
    words: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a delivery status notification (RFC 3464) says of one e-mail."""

    message_id: str | None
    """Of the e-mail it is about; None: the notification names none"""
    is_final: bool
    """Action `failed` with a status of class 5: it will never arrive"""
    status: str
    """`5.1.1`"""
    words: str
    """What the remote server said"""
