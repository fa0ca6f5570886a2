"""Why nothing is asked of an account, or of one visit on it, until somebody or something ends it."""

from enum import StrEnum


class HoldKind(StrEnum):
    """What stands in the way."""

    DISPUTE = "dispute"
    ASSISTANCE = "assistance"
    """An application for financial assistance is open"""
    BANKRUPTCY = "bankruptcy"
    """The automatic stay (11 USC 362): nobody contacts the debtor"""
    DECEASED = "deceased"
    RETURNED_MAIL = "returned_mail"
    CREDIT_FROZEN = "credit_frozen"
    """A credit stands on the account that may not be touched until a payer's correction comes"""
    OTHER = "other"


HOLD_WORDS: dict[HoldKind, str] = {
    HoldKind.DISPUTE: "the bill is disputed",
    HoldKind.ASSISTANCE: "help with the bill was asked for",
    HoldKind.BANKRUPTCY: "a bankruptcy was filed",
    HoldKind.DECEASED: "the person died",
    HoldKind.RETURNED_MAIL: "mail came back",
    HoldKind.CREDIT_FROZEN: "a credit is frozen",
    HoldKind.OTHER: "another reason",
}
OF_THE_PERSON = frozenset({HoldKind.BANKRUPTCY, HoldKind.DECEASED, HoldKind.RETURNED_MAIL})
"""These concern everything on the account, never one visit"""
WITHOUT_AN_END = frozenset({HoldKind.BANKRUPTCY, HoldKind.DECEASED, HoldKind.RETURNED_MAIL})
"""No day ends these by itself"""
