"""A payer writes that it wants money back, before it takes it: disputed until a day, or agreed to."""

from enum import StrEnum


class NoticeState(StrEnum):
    """Where the matter stands."""

    OPEN = "open"
    DISPUTED = "disputed"
    """The letter is written; the payer answers, or takes the money"""
    AGREED = "agreed"
    """The payer will take it out of a later payment"""
    TAKEN = "taken"
    """It was taken, or its answer was reversed"""
    WITHDRAWN = "withdrawn"
    """The payer let it go"""


ANNOUNCED = (NoticeState.OPEN, NoticeState.DISPUTED, NoticeState.AGREED)
"""States in which the money may still be taken"""
NOTICE_WORDS: dict[NoticeState, str] = {
    NoticeState.OPEN: "nobody has answered it",
    NoticeState.DISPUTED: "it was disputed",
    NoticeState.AGREED: "it was agreed to",
    NoticeState.TAKEN: "the money was taken",
    NoticeState.WITHDRAWN: "the payer let it go",
}
