"""One claim's story by who tells it: what we say, what the clearinghouse says, what the payer says, and what the ledger
says, each with the document that it is read from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from billing.appeals import WORDS as OUTCOMES
from billing.appeals import Outcome
from billing.days import noon_of
from billing.ledger import Account, EntryKind
from billing.money import format_dollars
from billing.remittance import REVERSAL, ClaimPayment
from billing.reply_words import why_claim_was_refused
from database import appeals, calls, ledger, letters, office, records, status_inquiries, submissions
from database.calls import Sought
from database.tables import RemittanceClaim, RemittanceFile, Submission

CALLS = 200
"""Of one claim"""

DOCUMENTS = {"messages": "file", "remittances": "remittance", "letters": "letter", "encounters": "calls"}
"""What is read from, by the first part of its path"""


class Teller(StrEnum):
    """Who says it."""

    OFFICE = "we"
    CLEARINGHOUSE = "clearinghouse"
    PAYER = "payer"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the story."""

    at: datetime
    who: Teller
    words: str
    document: str = ""
    """Path of the page that shows where it is read from; empty: there is none"""

    @property
    def document_word(self) -> str:
        """What a link to the document is called."""
        return DOCUMENTS[self.document.split("/")[1]] if self.document else ""


_MOVED = {
    Account.CASH_UNAPPLIED: "paid",
    Account.ADJUSTMENT_CONTRACTUAL: "contractual",
    Account.ADJUSTMENT_SEQUESTRATION: "sequestration",
    Account.ADJUSTMENT_CAPITATION: "capitated",
    Account.AR_WITHHOLD: "withheld",
    Account.ADJUSTMENT_DENIAL: "given up",
    Account.AR_PATIENT: "the patient's",
    Account.PLB_CLEARING: "out of another payment",
    Account.PAYER_REFUND_DUE: "owed back to the payer",
}
"""What the other side of a movement of the payer's part is called"""
_KINDS = {
    EntryKind.CLAIM_PAYMENT: "Posted",
    EntryKind.REVERSAL: "Taken back",
    EntryKind.TAKEN_BACK: "Taken out of another payment",
    EntryKind.WRITE_OFF: "Written off",
    EntryKind.BILLED_TO_PATIENT: "Billed to the patient",
    EntryKind.SHARE_LEFT: "Left to the patient",
    EntryKind.PAYER_REFUND: "Refund to the payer",
    EntryKind.VOIDED: "Charges voided",
}
"""Entries that are told, and what they did; others are about the patient's own money"""


def of_claim(session: Session, *, practice_id: str, control_number: str) -> list[Told] | None:
    """Everything in order of time; None: the practice has no such claim."""
    row = session.get(Submission, control_number)
    if row is None or row.practice_id != practice_id:
        return None
    told = [
        *_sent(row),
        *_acknowledged(session, row),
        *_asked(session, row),
        *_answered(session, row),
        *_booked(session, row),
        *_written(session, row),
        *_appealed(session, row),
        *_called(session, row),
    ]
    return sorted(told, key=lambda one: (one.at, list(Teller).index(one.who)))


def _sent(row: Submission) -> Iterator[Told]:
    if row.first_submitted_at is None:
        yield Told(row.ready_at, Teller.OFFICE, "Clean and ready to be sent")
        if row.transmitted_at is not None:
            words = "Printed and mailed" if row.is_paper else "Transmitted; the clearinghouse gave a receipt"
            yield Told(row.transmitted_at, Teller.OFFICE, words)
    else:
        yield Told(row.first_submitted_at, Teller.OFFICE, "Sent by another system, before the office moved here")
    if row.syntax_accepted_at is not None:
        yield Told(row.syntax_accepted_at, Teller.CLEARINGHOUSE, "999: the file can be read")
    if row.withdrawn_at is not None:
        yield Told(row.withdrawn_at, Teller.OFFICE, "Let go: the office does not ask for it any more")


def _acknowledged(session: Session, row: Submission) -> Iterator[Told]:
    for fact, said in submissions.acknowledgments(session, row):
        words = f"accepted ({said.codes})" if said.accepted else f"rejected, {why_claim_was_refused(said)}"
        who = Teller.CLEARINGHOUSE if said.from_clearinghouse else Teller.PAYER
        yield Told(fact.received_at, who, f"277CA: {words}", f"/messages/{fact.subject_id}")


def _asked(session: Session, row: Submission) -> Iterator[Told]:
    for one in status_inquiries.of_claim(session, row.control_number):
        if one.asked_at is not None:
            yield Told(one.asked_at, Teller.OFFICE, "276: asked what has become of the claim")
        if one.answered_at is not None:
            document = f"/messages/{one.message_id}" if one.message_id else ""
            yield Told(one.answered_at, Teller.PAYER, f"277: {one.said}", document)


def _answered(session: Session, row: Submission) -> Iterator[Told]:
    query = (
        select(RemittanceClaim, RemittanceFile)
        .join(RemittanceFile, col(RemittanceFile.id) == RemittanceClaim.remittance_id)
        .where(RemittanceClaim.encounter_id == row.encounter_id, RemittanceClaim.control_number == row.control_number)
    )
    for answer, file in session.exec(query):
        payment = records.load(ClaimPayment, answer.payment)
        what = "takes back" if answer.status == REVERSAL else "pays"
        words = f"835: {what} {format_dollars(abs(payment.paid_cents))} of {format_dollars(abs(payment.charge_cents))}"
        number = f", as its claim {answer.payer_claim_number}" if answer.payer_claim_number else ""
        waits = "" if answer.state in {"posted", "noted"} else f" ({answer.state})"
        yield Told(file.received_at, Teller.PAYER, words + number + waits, f"/remittances/{file.id}")


def _booked(session: Session, row: Submission) -> Iterator[Told]:
    """Movements of the payer's part: one line for all that was posted at one instant for one cause. What a remittance
    did that answers another claim of the visit is told there."""
    answering = set(
        session.exec(
            select(RemittanceClaim.remittance_id).where(
                RemittanceClaim.encounter_id == row.encounter_id, RemittanceClaim.control_number == row.control_number
            )
        )
    )
    moved: dict[tuple[datetime, EntryKind, str | None], dict[str, int]] = {}
    owed: dict[tuple[datetime, EntryKind, str | None], int] = {}
    open_cents = 0
    for journal, posting in ledger.journal_of_encounter(
        session, practice_id=row.practice_id, encounter_id=row.encounter_id
    ):
        key = (journal.recorded_at, EntryKind(journal.kind), journal.remittance_id)
        if posting.account == Account.AR_INSURANCE:
            open_cents += posting.amount_cents
        if key[1] in _KINDS:
            owed[key] = open_cents
            if posting.account in _MOVED:
                sums = moved.setdefault(key, {})
                name = _MOVED[Account(posting.account)]
                sums[name] = sums.get(name, 0) + posting.amount_cents
    for (at, kind, remittance_id), sums in moved.items():
        is_elsewhere = remittance_id is not None and remittance_id not in answering
        if is_elsewhere or (at < row.ready_at and row.first_submitted_at is None):
            continue
        parts = ", ".join(f"{name} {format_dollars(cents)}" for name, cents in sums.items() if cents)
        left = format_dollars(owed[at, kind, remittance_id])
        words = f"{_KINDS[kind]}: {parts or 'nothing'}; the payer's part is {left} then"
        yield Told(at, Teller.LEDGER, words, f"/remittances/{remittance_id}" if remittance_id else "")


def _written(session: Session, row: Submission) -> Iterator[Told]:
    """Letters about the visit that its payers were sent: all of them, for a letter names no submission."""
    for one in letters.of_encounter(session, row.encounter_id):
        if one.written_at < row.ready_at or one.withdrawn_at is not None:
            continue
        yield Told(one.written_at, Teller.OFFICE, f"Letter written: {one.title}", f"/letters/{one.id}")
        if one.sent_at is not None:
            yield Told(one.sent_at, Teller.OFFICE, f"Letter sent: {one.title}{one.sent_how}", f"/letters/{one.id}")


def _appealed(session: Session, row: Submission) -> Iterator[Told]:
    """What its payer decided on appeals, on the noon of the day that the decision bears."""
    zone = office.zone_of(session, row.practice_id)
    for one in appeals.about_claim(session, row.encounter_id, row.control_number):
        if one.outcome is not None and one.decided_on is not None:
            words = f"Appeal at level {one.level} ({one.name}): {OUTCOMES[Outcome(one.outcome)]}"
            document = f"/letters/{one.letter_id}" if one.letter_id else ""
            yield Told(noon_of(one.decided_on, zone), Teller.PAYER, words, document)


def _called(session: Session, row: Submission) -> Iterator[Told]:
    """Calls about it, without what was said: that stands in the call log."""
    for one in calls.found(session, Sought(row.practice_id, control_number=row.control_number), limit=CALLS):
        promised = f"; promised by {one.promised_on}: {one.promise} ({one.promise_state})" if one.promise else ""
        reference = f", reference {one.reference}" if one.reference else ""
        words = f"Call or portal look-up with the {one.whom}{reference}{promised}"
        yield Told(one.called_at, Teller.OFFICE, words, f"/encounters/{one.encounter_id}#calls")
