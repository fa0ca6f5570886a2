"""Takes a paper remittance in: it becomes an 835 of our own writing, and goes the way that every 835 goes.

So its balance is proven again, its content is its identity, and its bytes are kept like a payer's own. What was
mistyped is taken back in the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from activities.filing import file_message
from billing.claim import Claim
from billing.money import Cents
from billing.paper_remittance import PaperRemittance, payments, remittance
from billing.remittance import REVERSAL, ClaimPayment, Remittance, reversal_of
from database import messages, records, remittances, submissions
from database.tables import RemittanceClaim, RemittanceFile
from interchange.x12 import remittance_835, writing

HAND = writing.Address("ZZ", "TYPED BY HAND")
BACK = "-BACK"
"""Ends the trace of what undoes another"""
LONGEST_TRACE = 40
SETTLED = frozenset({"posting", "closed"})
"""States of a remittance that has entered the books"""
OFFICE = writing.Address("ZZ", "ZERO BALANCE")


def sent_claims(session: Session, paper: PaperRemittance, *, practice_id: str) -> dict[str, Claim]:
    """The claims that the paper names, as they went out; those that this practice does not know are left out."""
    found = {}
    for one in paper.claims:
        submission = submissions.by_control_number(session, one.control_number)
        if submission is not None and submission.practice_id == practice_id:
            found[one.control_number] = records.load(Claim, submission.claim)
    return found


def answered_otherwise(session: Session, paper: PaperRemittance, *, practice_id: str) -> set[str]:
    """The claims of the paper for which another cheque has paid already, and that stands."""
    query = (
        select(RemittanceClaim.control_number)
        .join(RemittanceFile, col(RemittanceFile.id) == RemittanceClaim.remittance_id)
        .where(
            RemittanceClaim.practice_id == practice_id,
            col(RemittanceClaim.control_number).in_([one.control_number for one in paper.claims]),
            RemittanceClaim.state == "posted",
            col(RemittanceClaim.reversed_by).is_(None),
            RemittanceClaim.paid_cents > 0,
            RemittanceFile.trace != paper.check_number,
        )
    )
    return set(session.exec(query))


def take_in(
    session: Session, paper: PaperRemittance, sent: dict[str, Claim], *, practice_id: str, at: datetime
) -> tuple[str, RemittanceFile | None]:
    """File a paper without faults: (what became of it in words, its remittance).

    The same paper again is the same remittance; the same cheque with other content is a task.
    """
    header, paid = remittance(paper, sent), payments(paper, sent)
    message_id, note = _file(session, header, paid, practice_id=practice_id, at=at)
    return note, messages.remittance_of(session, message_id)


class NotToBeTakenBack(ValueError):
    """Why a remittance cannot be taken back, in words."""


def take_back(session: Session, file: RemittanceFile, *, at: datetime, today: date) -> RemittanceFile:
    """Undo a paper that was mistyped: a remittance of our own reverses each of its claim payments, and its cheque.

    The cheque may then be typed in again. Raises NotToBeTakenBack when it came from a payer, or when its claims were
    answered, reversed or taken back since.
    """
    rows = remittances.rows(session, file.id)
    if not messages.is_typed(session, file.message_id):
        raise NotToBeTakenBack("a payer sent it: the payer takes it back")
    if file.taken_back_by is not None:
        raise NotToBeTakenBack("it was taken back already")
    if any(row.status == REVERSAL for row in rows):
        raise NotToBeTakenBack("it takes another one back: type the paper in again instead")
    if file.state not in SETTLED or not rows:
        raise NotToBeTakenBack("it is not posted: wait until it is, or see to its task first")
    moved = [row.control_number for row in rows if row.state != "posted" or row.reversed_by is not None]
    if moved:
        raise NotToBeTakenBack(f"{', '.join(moved)}: not posted, or answered anew since; look at the visit")
    header = remittances.header(file)
    undoing = replace(
        header,
        trace=f"{header.trace[:LONGEST_TRACE]}{BACK}-{file.id[:4].upper()}",
        paid_cents=Cents(-header.paid_cents),
        payment_date=today,
    )
    payments = [reversal_of(records.load(ClaimPayment, row.payment)) for row in rows]
    message_id, note = _file(session, undoing, payments, practice_id=file.practice_id, at=at)
    made = messages.remittance_of(session, message_id)
    if made is None or made.state == "excepted":
        raise NotToBeTakenBack(note)
    file.taken_back_by = made.id
    session.add(file)
    return made


def _file(
    session: Session, header: Remittance, payments: Sequence[ClaimPayment], *, practice_id: str, at: datetime
) -> tuple[str, str]:
    """(the message, what became of it in words) of a remittance of our own writing."""
    text = writing.write_interchange(
        [writing.Group(1, remittance_835.VERSION, [("0001", remittance_835.write(header, payments))], "835")],
        sender=HAND,
        receiver=OFFICE,
        control_number=1,
        instant=at,
    )
    message, _ = messages.store_inbound(
        session, partner_id=None, kind="835", body=text.encode("ascii"), received_at=at, practice_id=practice_id
    )
    note = file_message(session, message.id)
    session.flush()
    return message.id, note
