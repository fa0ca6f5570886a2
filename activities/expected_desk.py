"""What a claim's payer should allow by its contract: asked before the claim is made, and written down when it is."""

from activities.desk import Desk
from billing.contracts import Expected, expected_of
from database import contracts
from database.contracts import Library
from database.tables import Submission


def expect(desk: Desk, payer_id: str) -> tuple[list[Expected], Library] | None:
    """What the payer should allow for each line of the claim, with what that was worked out from; None: it has no
    contract."""
    of_payer = contracts.of_payer(
        desk.session,
        practice_id=desk.encounter.practice_id,
        payer_id=payer_id,
        procedures=[line.procedure for line in desk.claim.lines],
    )
    if not of_payer:
        return None
    library = Library(desk.session, of_payer, desk.claim.lines)
    return expected_of(desk.claim, library.in_force), library


def keep_expected(desk: Desk, submission: Submission) -> None:
    """Write it down, one row per line of the claim, never to be changed; none while the payer has no contract."""
    found = expect(desk, submission.payer_id)
    if found is not None:
        desk.session.flush()
        contracts.keep_expected(desk.session, submission, desk.claim, *found, desk.line_ids)
