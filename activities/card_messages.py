"""Messages about the card processor: refunds, and what it is asked for payment plans."""

from datetime import datetime

from activities.messages import CardErrand, Message


class StartCardRefund(Message):
    """Money goes back to a patient's card."""

    practice_id: str
    refund_id: str
    at: datetime


class CardRefundAnswer(Message):
    """What the processor said at once; neither: nothing was to be asked."""

    processor_id: str = ""
    refused: str = ""
    """Why it will not do it"""


class CardRefundStep(Message):
    """Input of every step of one refund."""

    practice_id: str
    refund_id: str
    at: datetime
    answer: CardRefundAnswer = CardRefundAnswer()


class CardErrandAnswer(Message):
    """What the processor said; without a word it is asked again."""

    outcome: str = "silent"
    """billing.kept_cards.Outcome"""
    payment: str = ""
    reason: str = ""


class CardErrandStep(Message):
    """Input of both steps of one errand: asking, and writing the answer down."""

    practice_id: str
    patient_id: str
    at: datetime
    errand: CardErrand
    answer: CardErrandAnswer = CardErrandAnswer()


class ErrandNoted(Message):
    """Whether the errand is done; if not, it stays one."""

    is_answered: bool
