"""Taking back what an answer did: by a reversal, by a newer answer, or because the claim is void."""

from sqlmodel import select

from activities import variance_keeping
from activities.desk import Desk
from activities.passed_on import ask_again
from billing.coordination import PRIMARY
from billing.deadlines import Reason
from billing.ledger import EntryKind
from billing.posting import reversing_entries
from billing.tasks import TaskType
from database import encounters, ledger, tasks
from database.tables import Denial, RemittanceClaim


def take_back(
    desk: Desk,
    original: RemittanceClaim,
    ended_by: str,
    *,
    source: str,
    state: str,
    remittance_id: str | None = None,
    is_asked_again: bool = True,
) -> None:
    """Undo what an answer did to the books, its denials and its review.

    `ended_by` names the row that ends it, `remittance_id` the remittance whose cash pays for that. A later payer is
    asked again, unless the visit is void.
    """
    posted = ledger.entries_from(
        desk.session,
        practice_id=original.practice_id,
        source_prefix=f"remit:{original.remittance_id}:{original.ordinal}",
        kind=EntryKind.CLAIM_PAYMENT,
    )
    desk.post(reversing_entries(posted, source=source), remittance_id=remittance_id)
    if original.responsibility != PRIMARY and is_asked_again:
        ask_again(desk, after=original.responsibility)
    original.reversed_by = ended_by
    desk.unschedule(Reason.APPEAL_LIMIT)
    desk.session.add(original)
    for denial in desk.session.exec(select(Denial).where(Denial.remittance_claim_id == original.id)):
        if denial.state in encounters.UNDECIDED or denial.state in {"resubmitted", "passed_on"}:
            denial.state = state
            desk.session.add(denial)
    _close_review_of(desk, original)
    variance_keeping.take_back(desk, original)


def _close_review_of(desk: Desk, row: RemittanceClaim) -> None:
    """What an answer asked is asked no more."""
    for task in desk.open_tasks():
        if task.type in {TaskType.DENIAL_REVIEW, TaskType.TAKEBACK_NOTICE} and task.opening_key.endswith(row.id):
            tasks.close_task(desk.session, task, resolution="reversed", at=desk.at, actor_id=None)
