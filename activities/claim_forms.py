"""What the paper form of a claim would say: the CMS-1500 of a professional claim, the UB-04 of an institutional one."""

from collections.abc import Sequence

from sqlmodel import Session

from billing.claim import Claim
from billing.cms1500 import paper_claim
from billing.coordination import OtherPayer
from billing.paper_claims import PaperClaim
from billing.ub04 import paper_bill
from database import records, submissions
from interchange.x12.coordination import read_other_payers


def form_of(claim: Claim, others: Sequence[OtherPayer]) -> PaperClaim:
    """The claim box by box."""
    return paper_claim(claim, others) if claim.hospital is None else paper_bill(claim, others)


def form_as_sent(session: Session, *, practice_id: str, control_number: str) -> PaperClaim | None:
    """The form of a claim with this control number (CLM01), or None."""
    row = submissions.named(session, control_number, practice_id=practice_id)
    if row is None:
        return None
    claim = records.load(Claim, row.claim)
    return form_of(claim, read_other_payers(claim))
