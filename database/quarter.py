"""What a quarter left in the books: who is still open and why, what was written off, found and recovered."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, func, select

from billing.denials import classify
from billing.ledger import Account
from billing.money import Cents
from billing.posting import DeniedAmount
from billing.stages import Stage
from database.figures import IS_SHARE, Ratio
from database.proof import SHOWN, Proof
from database.tables import Denial, Encounter, Posting, RemittanceClaim, Task

LEFT_OPEN_PERCENT = 3
"""Of all tasks that were ever opened"""
RECOVERED_PERCENT = 95
"""Of what payers would pay in the end to an office that asks for everything rightly"""
BY_PERSON = "person"
"""Rung of the matching ladder: somebody named the claim"""


def accounted(session: Session) -> Proof:
    """Every visit is closed, or somebody is asked about it in words."""
    visits = session.exec(select(Encounter.id, Encounter.stage)).all()
    asked = set(session.exec(select(Task.subject_id).where(Task.state == "open", col(Task.reason) != "")))
    lost = [f"visit {one} in {stage}" for one, stage in visits if stage != Stage.CLOSED and one not in asked]
    return Proof("accounted", "every visit is closed, or in a task that says why not", len(visits), lost[:SHOWN])


def tasks_done(session: Session, *, now: datetime) -> Proof:
    """At most three of a hundred tasks are open, and none is past its day."""
    rows = session.exec(select(Task.id, Task.type, Task.state, Task.due_at)).all()
    waiting = [one for one in rows if one[2] == "open"]
    off = [f"task {one} ({kind}) was due {due_at:%Y-%m-%d}" for one, kind, _, due_at in waiting if due_at < now]
    if 100 * len(waiting) > LEFT_OPEN_PERCENT * len(rows):
        off.append(f"{len(waiting)} of {len(rows)} tasks are open")
    return Proof("tasks", "at most 3 % of all tasks are open, and none is overdue", len(rows), off[:SHOWN])


def recovered(session: Session, obtainable: Mapping[str, int]) -> Ratio:
    """What payers paid of what they would pay in the end, in cents; `obtainable` by visit."""
    paid: dict[str, int] = {}
    is_payment = (Posting.account == Account.CASH_UNAPPLIED, col(Posting.encounter_id).is_not(None))
    rows = select(Posting.encounter_id, func.sum(Posting.amount_cents)).where(*is_payment)
    for encounter_id, cents in session.exec(rows.group_by(col(Posting.encounter_id))):
        paid[str(encounter_id)] = int(cents)
    got = sum(min(paid.get(one, 0), cents) for one, cents in obtainable.items())
    formula = "cents that payers paid / cents that they would pay to who asks for all of it rightly"
    return Ratio("cash recovered", got, sum(obtainable.values()), formula)


def posted_by_rung(session: Session) -> list[Ratio]:
    """How claim payments found their visits, and how many of all were posted without a person."""
    rows = session.exec(select(RemittanceClaim.matched_by, RemittanceClaim.state)).all()
    alone = [one for one in rows if one[1] in {"posted", "noted"} and one[0] != BY_PERSON]
    found = Counter(rung or "nothing" for rung, _ in rows)
    total = Ratio("posted without a person", len(alone), len(rows), "posted and matched by machine / claim payments")
    return [total, *(Ratio(f"found by {rung}", count, len(rows), "of them") for rung, count in found.most_common())]


def denied_by_cause(session: Session) -> list[tuple[str, int, int]]:
    """(category, refused amounts, cents) of every denial, the dearest first."""
    counts: Counter[str] = Counter()
    cents: Counter[str] = Counter()
    for one in session.exec(select(Denial).where(~IS_SHARE)):
        remarks = tuple(filter(None, one.remarks.split(",")))
        amount = DeniedAmount(one.line_id, one.adjustment_group, one.reason, Cents(one.amount_cents), remarks)
        cause = classify(amount).category
        counts[cause] += 1
        cents[cause] += one.amount_cents
    return [(cause, counts[cause], amount) for cause, amount in cents.most_common()]
