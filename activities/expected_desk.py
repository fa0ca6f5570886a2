"""What a claim's payer should allow by its contract: written down when the claim is made, and never changed."""

from activities.desk import Desk
from billing.contracts import expected_of
from database import contracts
from database.tables import Submission


def keep_expected(desk: Desk, submission: Submission) -> None:
    """One row per line of the claim; none while the payer has no contract."""
    of_payer = contracts.of_payer(
        desk.session,
        practice_id=submission.practice_id,
        payer_id=submission.payer_id,
        procedures=[line.procedure for line in desk.claim.lines],
    )
    if not of_payer:
        return
    library = contracts.Library(desk.session, of_payer, desk.claim)
    desk.session.flush()
    contracts.keep_expected(
        desk.session, submission, desk.claim, expected_of(desk.claim, library.in_force), library, desk.line_ids
    )
