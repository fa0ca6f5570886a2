"""The itemised bill: every line with code and units, and what became of its charge. Who asks for it gets it free."""

from dataclasses import dataclass
from datetime import date

from billing.statement_words import Language
from billing.statements import ServiceRow


@dataclass(frozen=True, slots=True)
class ItemisedLine:
    """One service. What is charged is paid, taken off, owed by the patient, or still with the plan."""

    day: date
    code: str
    """With modifiers; empty where the claim has the line no more"""
    units: str
    amounts: ServiceRow

    @property
    def with_plan_cents(self) -> int:
        """What nobody has decided on yet."""
        one = self.amounts
        return one.charged_cents - one.plan_paid_cents - one.taken_off_cents - one.you_paid_cents - one.owed_cents


@dataclass(frozen=True, slots=True)
class ReceivedPayment:
    """Money of the patient; below zero where it was taken back."""

    day: date
    cents: int


@dataclass(frozen=True, slots=True)
class ItemisedVisit:
    """One visit."""

    number: str
    day: date
    provider: str
    plan: str
    patient: str
    """First name, where the bill is about several patients"""
    lines: tuple[ItemisedLine, ...]
    payments: tuple[ReceivedPayment, ...]


@dataclass(frozen=True, slots=True)
class ItemisedBill:
    """What one bill says, of one visit or of all on an account, as the books stand on its day."""

    written_on: date
    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    visits: tuple[ItemisedVisit, ...]
    language: Language = Language.ENGLISH
