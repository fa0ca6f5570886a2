"""What an answer refused: kept amount by amount, and brought to the person whose matter it is."""

from collections.abc import Sequence
from datetime import timedelta

from activities import information_desk
from activities.denial_tasks import review
from activities.desk import Desk
from billing.adjustment_codes import QMB_REMARKS
from billing.deadlines import Reason, appeal_deadline
from billing.information import asks
from billing.posting import DeniedAmount
from database.columns import new_id
from database.tables import Denial, RemittanceClaim

REMARKS_KEPT = 10
"""RARCs (at most 5 characters each) that a row of a denied amount holds"""


def open_denials(desk: Desk, row: RemittanceClaim, denied: Sequence[DeniedAmount]) -> None:
    """Keep what an answer refused, and ask the person whose matter it is, by the last day to appeal; what asks for
    documents is asked for by itself."""
    information_desk.settle(desk, desk.payer_of(row.responsibility))
    if not denied:
        return
    keep_denials(desk, row, denied, state="open")
    desk.session.flush()
    limit = appeal_deadline(desk.at, desk.policies)
    desk.schedule(Reason.APPEAL_LIMIT, limit - timedelta(days=desk.policy("appeal_warning_days")))
    wanted = [one for one in denied if asks(one)]
    information_desk.ask_by_remittance(desk, row, wanted)
    if others := [one for one in denied if one not in wanted]:
        desk.open_task(review(others, line_ids=desk.line_ids, key=row.id, not_after=limit, remittance_claim_id=row.id))


def keep_denials(desk: Desk, row: RemittanceClaim, denied: Sequence[DeniedAmount], *, state: str) -> None:
    """Keep refused or passed-on amounts, each in its own row."""
    for one in denied:
        desk.session.add(
            Denial(
                id=new_id(),
                practice_id=desk.encounter.practice_id,
                encounter_id=desk.encounter.id,
                line_id=one.line_id,
                remittance_claim_id=row.id,
                adjustment_group=one.group,
                reason=one.reason,
                remarks=_kept(one.remarks),
                amount_cents=one.amount_cents,
                blocked_reason=one.blocked_reason,
                state=state,
            )
        )


def _kept(remarks: Sequence[str]) -> str:
    """As many remarks as a row holds; those that protect the patient come first."""
    ordered = sorted(remarks, key=lambda code: code not in QMB_REMARKS)
    return ",".join(ordered[:REMARKS_KEPT])
