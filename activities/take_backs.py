"""A payer took its payment of a visit back out of somebody else's: the visit is owed it again, until the office agrees,
wins its dispute, or the payer explains it with a reversal.
"""

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import select

from activities import provider_money, recovery_notices
from activities.desk import Desk
from billing.denials import TAKEN_BACK
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars, share_pro_rata
from billing.provider_adjustments import claims_named
from billing.remittance import Group
from billing.tasks import NewTask, TaskType
from database import encounters, ledger, provider_adjustments, remittances, tasks
from database.columns import new_id
from database.tables import Denial, Fact, ProviderAdjustmentRow, RemittanceClaim


def take_up(desk: Desk, fact: Fact) -> str | None:
    """What a payer took for this visit, or gave back of that; None: no answer stands that it could be taken from, and
    it waits for one."""
    told = json.loads(fact.body)
    ledger.hold_book(desk.session, desk.encounter.practice_id)
    row = desk.session.get_one(ProviderAdjustmentRow, fact.subject_id, populate_existing=True)
    if told["ends"]:
        return _end(desk, row, Cents(told["cents"]), ends=told["ends"], detail=told["detail"])
    return _take(desk, row, detail=told["detail"], cause=fact.id)


def _take(desk: Desk, row: ProviderAdjustmentRow, *, detail: str, cause: str) -> str | None:
    """Only what this visit's payers have paid can have been taken back from it; anything else is a person's to place.
    Money that was given, and that a person put here, is a payment more."""
    cents = Cents(row.open_cents)
    desk.session.flush()
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    paid = provider_adjustments.paid_by_line(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    )
    if cents == 0:
        return "nothing of it is open any more"
    if not standing:
        return None
    if sum(paid.values()) < cents:
        row.encounter_id = None
        desk.session.add(row)
        because = f"the claim that it names was paid {format_dollars(sum(paid.values()))}"
        provider_money.ask_about(desk.session, row, at=desk.at, because=because, cause=cause)
        return "more than was paid here; a person looks"
    row.open_cents, row.linked_cents = 0, cents
    desk.session.add(row)
    desk.session.flush()
    provider_money.close_task_of(desk.session, row, at=desk.at)
    answer = _answer_of(desk, row, standing)
    shares = _shares(desk, cents, _paid_by(desk, answer, paid, cents))
    _post(desk, shares, detail=detail, source=f"taken_back:{row.id}")
    if cents > 0:
        for line_id, part in shares.items():
            _keep_denial(desk, line_id, part, answer_id=answer.id)
        announced = recovery_notices.taken(desk, cents, how=f"Taken out of another payment ({row.reference})")
        _ask(desk, row, cents, answer_id=answer.id, announced=announced)
    return f"taken back: {cents} cents"


def _answer_of(desk: Desk, row: ProviderAdjustmentRow, standing: Sequence[RemittanceClaim]) -> RemittanceClaim:
    """The answer that a payer took from: the newest that it names, else its newest, else the newest of all."""
    own = [one for one in standing if remittances.payer_number(desk.session, one) == row.payer_number]
    names = claims_named(row.reference)
    named = [one for one in own if (one.payer_claim_number or "").upper() in names]
    return (named or own or standing)[-1]


def _paid_by(desk: Desk, answer: RemittanceClaim, paid: dict[str, int], cents: Cents) -> dict[str, int]:
    """What was paid on the lines of one answer, for a payer that split the claim; on all lines where that is less."""
    posted = ledger.entries_from(
        desk.session,
        practice_id=answer.practice_id,
        source_prefix=f"remit:{answer.remittance_id}:{answer.ordinal}",
        kind=EntryKind.CLAIM_PAYMENT,
    )
    lines = {side.line_id for entry in posted for side in entry.sides}
    its = {line_id: amount for line_id, amount in paid.items() if line_id in lines}
    return its if sum(its.values()) >= cents else paid


def hand_over(desk: Desk, fact: Fact) -> None:
    """No answer has come that it could be taken from: the visit waits no longer, and a person places the money."""
    ledger.hold_book(desk.session, desk.encounter.practice_id)
    row = desk.session.get_one(ProviderAdjustmentRow, fact.subject_id, populate_existing=True)
    row.encounter_id = None
    desk.session.add(row)
    because = "the claim that it names is not answered"
    provider_money.ask_about(desk.session, row, at=desk.at, because=because, cause=fact.id)
    fact.verdict, fact.absorbed_at = "no answer has come; a person looks", desk.at
    desk.session.add(fact)


def _end(desk: Desk, row: ProviderAdjustmentRow, cents: Cents, *, ends: str, detail: str) -> str:
    """What was taken is given back, or what was given is taken: the visit has nothing to do with it any more."""
    open_here = {line: amount for line, amount in desk.balances.lines(Account.AR_INSURANCE).items() if line}
    weights: dict[str, int] = {line: amount for line, amount in open_here.items() if amount > 0}
    weights = weights or dict.fromkeys(desk.line_ids, 1)
    shares = _shares(desk, cents, weights)
    _post(desk, shares, detail=detail, source=f"given_back:{row.id}:{ends}")
    if cents < 0:
        _close(desk)
        desk.say(f"The payer gave {format_dollars(abs(cents))} back that it had taken out of another payment")
    else:
        desk.say(f"The payer took {format_dollars(cents)} out of another payment that it had given for this visit")
    return f"ended: {cents} cents"


def _shares(desk: Desk, cents: Cents, weights: dict[str, int]) -> dict[str, Cents]:
    """An amount over the visit's lines, as they weigh."""
    lines = [line_id for line_id in desk.line_ids if weights.get(line_id, 0) > 0] or desk.line_ids[:1]
    parts = share_pro_rata(cents, [max(weights.get(line_id, 1), 1) for line_id in lines])
    return {line_id: part for line_id, part in zip(lines, parts, strict=True) if part}


def _post(desk: Desk, shares: dict[str, Cents], *, detail: str, source: str) -> None:
    entries = [
        Entry(
            EntryKind.TAKEN_BACK,
            f"{source}:{line_id}",
            (
                Side(Account.AR_INSURANCE, part, line_id, desk.encounter.payer_id),
                Side(Account.PLB_CLEARING, Cents(-part), line_id, detail),
            ),
            desk.encounter.service_date,
        )
        for line_id, part in shares.items()
    ]
    desk.post(entries)


def _keep_denial(desk: Desk, line_id: str, cents: Cents, *, answer_id: str) -> None:
    desk.session.add(
        Denial(
            id=new_id(),
            practice_id=desk.encounter.practice_id,
            encounter_id=desk.encounter.id,
            line_id=line_id,
            remittance_claim_id=answer_id,
            adjustment_group=Group.OTHER,
            reason=TAKEN_BACK,
            amount_cents=cents,
            state="open",
        )
    )


def _ask(desk: Desk, row: ProviderAdjustmentRow, cents: Cents, *, answer_id: str, announced: str) -> None:
    days = desk.policy("takeback_dispute_days")
    last = desk.at + timedelta(days=days)
    words = (
        f"The payer took {format_dollars(cents)} back that it had paid on this visit, out of another payment "
        f"(reference {row.reference}), and sent no corrected answer. Until {desk.policies.day(last)} it can be "
        f"disputed; else agree and write it off, or bill who is liable.{announced}"
    )
    desk.say(f"The payer took {format_dollars(cents)} of its payment back, out of another payment")
    desk.open_task(
        NewTask(
            TaskType.TAKEBACK_NOTICE,
            key=f"{row.id}:{answer_id}",
            reason=words,
            amount_cents=cents,
            detail={"adjustment_id": row.id},
            not_after=last,
        )
    )


def _close(desk: Desk) -> None:
    """Nothing of a take-back is disputed any more."""
    desk.session.flush()
    query = select(Denial).where(Denial.encounter_id == desk.encounter.id, Denial.reason == TAKEN_BACK)
    for denial in desk.session.exec(query):
        if denial.state in encounters.UNDECIDED:
            denial.state = "reversed"
            desk.session.add(denial)
    for task in desk.open_tasks():
        if task.type == TaskType.TAKEBACK_NOTICE:
            tasks.close_task(desk.session, task, resolution="given_back", at=desk.at, actor_id=None)
