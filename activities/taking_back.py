"""Taking back what an answer did: by a reversal, by a newer answer, or because the claim is void."""

from sqlmodel import select

from activities import appeal_desk, variance_keeping
from activities.desk import Desk
from activities.passed_on import ask_again
from billing.coordination import PRIMARY
from billing.deadlines import Reason
from billing.ledger import EntryKind
from billing.money import Cents, format_dollars
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
        _undo_decision(desk, original, denial, source=source, state=state)
        if denial.state in encounters.UNDECIDED or denial.state in {"resubmitted", "passed_on"}:
            denial.state = state
            desk.session.add(denial)
    _close_review_of(desk, original)
    appeal_desk.settle(desk, original)
    variance_keeping.take_back(desk, original)


def _undo_decision(desk: Desk, original: RemittanceClaim, denial: Denial, *, source: str, state: str) -> None:
    """What a person gave up of an answer, or billed to the patient after it, was decided on an answer that is no more:
    the next one is decided on anew."""
    decided = _DECIDED.get(denial.state, ())
    for prefix, kind in decided:
        posted = ledger.entry_of(
            desk.session, practice_id=original.practice_id, source_key=f"{prefix}:{denial.id}", kind=kind
        )
        if posted:
            cents = Cents(denial.amount_cents)
            desk.post(reversing_entries(posted, source=f"{source}:{prefix}:{denial.id}"))
            desk.say(f"{format_dollars(cents)} that was {_SAID[kind]} is the payer's again: its answer is no more")
            denial.state = state
            desk.session.add(denial)


_DECIDED = {
    "written_off": (("write_off", EntryKind.WRITE_OFF),),
    "billed": (("billed", EntryKind.BILLED_TO_PATIENT), ("share_left", EntryKind.SHARE_LEFT)),
}
"""Sources and kinds of the entries that a decision on a refused amount made, by the amount's state"""
_SAID = {
    EntryKind.WRITE_OFF: "given up",
    EntryKind.BILLED_TO_PATIENT: "billed to the patient",
    EntryKind.SHARE_LEFT: "left to the patient",
}


def _close_review_of(desk: Desk, row: RemittanceClaim) -> None:
    """What an answer asked is asked no more."""
    for task in desk.open_tasks():
        if task.type in {
            TaskType.DENIAL_REVIEW,
            TaskType.INFO_REQUEST,
            TaskType.TAKEBACK_NOTICE,
        } and task.opening_key.endswith(row.id):
            tasks.close_task(desk.session, task, resolution="reversed", at=desk.at, actor_id=None)
