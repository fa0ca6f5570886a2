"""What the ledger says of each claim and remittance, as a payer's own books can be held against it."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from billing.ledger import Account, EntryKind
from database.tables import Encounter, InboundMessage, Journal, Posting, RemittanceClaim, RemittanceFile, Submission


@dataclass(frozen=True, slots=True)
class ClaimBooks:
    """What the office's ledger says about the encounter of one control number, in cents."""

    control_number: str
    encounter_id: str
    paid: int
    contractual: int
    patient: int
    """What payers' answers put on the patient's account, reversals taken off"""
    denied_written_off: int
    billed_by_person: int = 0
    """Of `patient`, what the payer refused and a person billed to the patient"""
    is_void: bool = False
    taken: int = 0
    """What payers took of it out of other payments and did not give back"""


def claim_books(session: Session) -> list[ClaimBooks]:
    """The ledger by encounter, under the control number of its newest submission."""
    sums: dict[str, dict[str, int]] = {}
    by_payer = (
        EntryKind.CLAIM_PAYMENT,
        EntryKind.REVERSAL,
        EntryKind.WRITE_OFF,
        EntryKind.BILLED_TO_PATIENT,
        EntryKind.SHARE_LEFT,
        EntryKind.SHARE_TAKEN_BACK,
        EntryKind.TAKEN_BACK,
    )
    rows = session.exec(
        select(Posting.encounter_id, Posting.account, Journal.kind, func.sum(Posting.amount_cents))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(col(Journal.kind).in_(by_payer))
        .group_by(col(Posting.encounter_id), Posting.account, Journal.kind)
    )
    by_person: dict[str, int] = {}
    for encounter_id, account, kind, cents in rows:
        accounts = sums.setdefault(encounter_id or "", {})
        accounts[account] = accounts.get(account, 0) + int(cents)
        if (account, kind) == (Account.AR_PATIENT, EntryKind.BILLED_TO_PATIENT):
            by_person[encounter_id or ""] = int(cents)
    void = set(session.exec(select(Encounter.id).where(col(Encounter.is_void))))
    found = []
    for submission in session.exec(select(Submission).order_by(col(Submission.ordinal))):
        accounts = sums.get(submission.encounter_id, {})
        found.append(
            ClaimBooks(
                submission.control_number,
                submission.encounter_id,
                paid=accounts.get(Account.CASH_UNAPPLIED, 0),
                contractual=accounts.get(Account.ADJUSTMENT_CONTRACTUAL, 0),
                patient=accounts.get(Account.AR_PATIENT, 0),
                denied_written_off=accounts.get(Account.ADJUSTMENT_DENIAL, 0),
                billed_by_person=by_person.get(submission.encounter_id, 0),
                is_void=submission.encounter_id in void,
                taken=-accounts.get(Account.PLB_CLEARING, 0),
            )
        )
    return found


def typed_in(session: Session) -> set[str]:
    """Encounters with an answer that a person typed in from paper: the payer's electronic books know nothing of it."""
    rows = session.exec(
        select(RemittanceClaim.encounter_id)
        .join(RemittanceFile, col(RemittanceFile.id) == RemittanceClaim.remittance_id)
        .join(InboundMessage, col(InboundMessage.id) == RemittanceFile.message_id)
        .where(col(InboundMessage.partner_id).is_(None), RemittanceClaim.state == "posted")
        .distinct()
    )
    return {one for one in rows if one is not None}


def remittance_totals(session: Session) -> dict[str, int]:
    """Cents paid by trace number, over every remittance that was not set aside."""
    rows = session.exec(
        select(RemittanceFile.trace, func.sum(RemittanceFile.paid_cents))
        .where(RemittanceFile.state != "excepted")
        .group_by(RemittanceFile.trace)
    )
    return {trace: int(cents) for trace, cents in rows}
