"""What payers have paid too much: owed back, approved and paid by a second person, or left for the payer to take.

Source: 42 CFR 401.305 (Medicare: within 60 days of being identified); other payers by the policy `payer_refund_days`.
"""

import json
from datetime import datetime

from sqlmodel import Session

from activities.desk import Desk
from activities.live_claims import claim_at, live_claim
from activities.messages import Answer
from activities.refusals import Refused, Values, day_to_come
from billing.deadlines import Reason
from billing.ledger import Account, Entry, EntryKind, Side
from billing.letters import refund_letter
from billing.money import Cents, format_dollars
from billing.posting import reversing_entries
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, ledger, letters, records, tasks
from database.columns import new_id
from database.letters import REFUND
from database.remittances import standing_rows
from database.tables import Encounter, Fact, Letter, Task


def refund_payer(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The credit is owed to the payer from now on; a second person approves and pays it. Raises Refused."""
    overpaid = {line: -cents for line, cents in desk.balances.lines(Account.AR_INSURANCE).items() if cents < 0}
    total = -desk.balances.total(Account.AR_INSURANCE)
    if total <= 0 or sum(overpaid.values()) != total:
        raise Refused("not_possible", "some lines are overpaid and others are open: let the payer correct its answer")
    place = _who_paid(desk)
    entries = [
        Entry(
            EntryKind.PAYER_REFUND,
            f"payer_refund:{task.id}:{line_id}",
            (
                Side(Account.AR_INSURANCE, Cents(cents), line_id, desk.encounter.payer_id),
                Side(Account.PAYER_REFUND_DUE, Cents(-cents), line_id, desk.payer_of(place)),
            ),
            desk.encounter.service_date,
        )
        for line_id, cents in overpaid.items()
    ]
    desk.post(entries, actor=actor_id)
    letter = _write_letter(desk, place, Cents(total), values["reason"], actor_id)
    tasks.open_task(
        desk.session,
        NewTask(
            TaskType.REFUND_APPROVAL,
            key=task.id,
            reason=f"{format_dollars(total)} is to be paid back to the payer: {values['reason']}. A letter waits in "
            "the print queue; send it with the cheque.",
            amount_cents=total,
            detail={"proposed_by": actor_id, "encounter_id": desk.encounter.id, "letter_id": letter.id},
            not_after=task.due_at,
        ),
        practice_id=desk.encounter.practice_id,
        subject="refund",
        subject_id=task.id,
        at=desk.at,
    )
    return f"{format_dollars(total)} is owed back to the payer; a second person is asked to pay it"


def _who_paid(desk: Desk) -> str:
    """The payer (SBR01) that is paid back: the only one that paid, else the one where the claim is now."""
    desk.session.flush()
    paid = {row.responsibility for row in standing_rows(desk.session, desk.encounter.id) if row.paid_cents > 0}
    return (paid.pop() if len(paid) == 1 else None) or desk.responsibility


def _write_letter(desk: Desk, place: str, cents: Cents, reason: str, actor_id: str) -> Letter:
    content = refund_letter(
        claim_at(desk, place),
        written_on=desk.today,
        payer_claim_number=live_claim(desk, place).payer_claim_number,
        amount_cents=cents,
        reason=reason,
    )
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=REFUND,
        content=records.dump(content),
        written_at=desk.at,
        written_by=actor_id,
    )
    desk.session.add(letter)
    return letter


def payer_will_recoup(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The payer takes its money out of a later payment; it is looked at again on the day named."""
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return f"The payer takes it back by itself (reference {values['reference']})"


def settle(
    session: Session, task: Task, resolution: str, values: Values, *, actor_id: str, at: datetime
) -> Answer | None:
    """Pay the refund, or let it be. The second person is another one than who proposed it."""
    told = json.loads(task.detail)
    if resolution == "cancelled":
        encounters.add_fact(
            session,
            practice_id=task.practice_id,
            encounter_id=told["encounter_id"],
            kind=FactKind.REFUND_CANCELLED,
            source_key=f"refund_cancelled:{task.id}",
            subject_id=task.id,
            received_at=at,
            body=json.dumps(
                {"refund": task.subject_id, "reason": values["reason"], "letter_id": told.get("letter_id", "")}
            ),
        )
        return None
    if told["proposed_by"] == actor_id:
        message = "this is approved by somebody else than who proposed it"
        return Answer(done=False, code="needs_second_person", message=message)
    sides = (
        Side(Account.PAYER_REFUND_DUE, Cents(task.amount_cents), None, "refund"),
        Side(Account.CASH_BANK, Cents(-task.amount_cents), None, values["reference"][:80]),
    )
    ledger.post(
        session,
        [Entry(EntryKind.PAYER_REFUND, f"payer_refund_paid:{task.id}", sides)],
        practice_id=task.practice_id,
        at=at,
        encounter_id=told["encounter_id"],
        actor=actor_id,
    )
    visit = session.get_one(Encounter, told["encounter_id"])
    words = f"{format_dollars(task.amount_cents)} paid back to the payer ({values['reference']})"
    encounters.tell(session, visit, words, at=at, actor="staff")
    return None


def refund_cancelled(desk: Desk, fact: Fact) -> str:
    """What was to be paid back stands as the payer's credit again."""
    told = json.loads(fact.body)
    posted = ledger.entries_from(
        desk.session,
        practice_id=desk.encounter.practice_id,
        source_prefix=f"payer_refund:{told['refund']}",
        kind=EntryKind.PAYER_REFUND,
    )
    desk.post(reversing_entries(posted, source=f"refund_cancelled:{fact.subject_id}"))
    desk.say(f"The payer is not paid back after all: {told['reason']}")
    letter = desk.session.get(Letter, told.get("letter_id", ""))
    if letter is not None:
        letters.hold(desk.session, letter)
        if letter.sent_at is None:
            letters.withdraw(desk.session, letter, because="the payer is not paid back after all", at=desk.at)
    return "the refund is cancelled"
