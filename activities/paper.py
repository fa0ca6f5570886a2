"""Takes a paper remittance in: it becomes an 835 of our own writing, and goes the way that every 835 goes.

So its balance is proven again, its content is its identity, and its bytes are kept like a payer's own.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from activities.filing import file_message
from billing.claim import Claim
from billing.paper_remittance import PaperRemittance, payments, remittance
from database import messages, records, submissions
from database.tables import RemittanceClaim, RemittanceFile
from interchange.x12 import remittance_835, writing

HAND = writing.Address("ZZ", "TYPED BY HAND")
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
    body = remittance_835.write(remittance(paper, sent), payments(paper, sent))
    text = writing.write_interchange(
        [writing.Group(1, remittance_835.VERSION, [("0001", body)], "835")],
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
    return note, messages.remittance_of(session, message.id)
