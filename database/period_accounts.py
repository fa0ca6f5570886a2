"""The accounts of a time for who keeps the general ledger: trial balance, journal by day, and the sheet of one day."""

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session

from billing.ledger import RECEIVABLES, Account
from billing.reports import Check, Report, Row, cents, text
from billing.roll_forward import PAYMENTS, TAKEN_OFF, WORDS, Move, Movement, moves
from database import period_facts, posted
from database.period_facts import NOBODY
from database.period_reports import MOVED, Span, debits_and_credits

_CHARGES = frozenset({Movement.CHARGED, Movement.VOIDED, Movement.MOVED_IN})


def trial_balance(session: Session, span: Span) -> Report:
    """Every account: what stood there, debits, credits, and what stands there now. Everything sums to zero."""
    before = posted.totals_until(session, practice_id=span.practice_id, until=span.before)
    after = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    moved = debits_and_credits(session, span)
    rows = [
        Row((account, before.get(account, 0), *moved[account], before.get(account, 0) + sum(moved[account])))
        for account in Account
        if account in before or account in moved
    ]
    checks = [
        Check(f"{row.cells[0]} at the end, by the ledger", int(row.cells[-1]), after.get(str(row.cells[0]), 0))
        for row in rows
    ]
    checks.append(Check("All accounts together are zero", sum(int(row.cells[-1]) for row in rows), 0))
    return Report(
        "trial_balance",
        "Trial balance",
        "Every account of the ledger; a debit stands above zero, a credit below.",
        (text("account", "Account"), *MOVED),
        rows,
        checks,
    )


def journal(session: Session, span: Span) -> Report:
    """Debits and credits by day and account, to be taken over by the general ledger."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until):
        for side in entry.sides:
            sums[str(entry.posted_on), side.account][side.amount_cents < 0] += abs(side.amount_cents)
    order = list(Account)
    rows = [
        Row((day, account, *sums[day, account]))
        for day, account in sorted(sums, key=lambda key: (key[0], order.index(Account(key[1]))))
    ]
    debited, credited = (sum(int(row.cells[place]) for row in rows) for place in (2, 3))
    return Report(
        "journal",
        "Journal by day and account",
        "For the general ledger: each account's debits and credits of each day of posting.",
        (
            text("posted_on", "Posted"),
            text("account", "Account"),
            cents("debit", "Debit"),
            cents("credit", "Credit"),
        ),
        rows,
        [Check("Debits are credits", debited, credited)],
    )


def day_sheet(session: Session, span: Span) -> Report:
    """Every entry that changed what is owed, or brought a patient's money, in order of posting."""
    entries = [
        (entry, moves(entry.kind, entry.sides))
        for entry in posted.posted(session, practice_id=span.practice_id, since=span.since, until=span.until)
    ]
    shown = [(entry, found) for entry, found in entries if found or entry.cents(Account.PATIENT_UNAPPLIED)]
    known = period_facts.visits(session, {entry.encounter_id for entry, _ in shown})
    names = period_facts.people(session, {entry.actor for entry, _ in shown})
    rows = []
    for entry, found in shown:
        visit = known.get(entry.encounter_id or "")
        told = f"{visit.number} · {visit.patient}" if visit else NOBODY
        parts = parts_of(found)
        held = -entry.cents(Account.PATIENT_UNAPPLIED)
        rows.append(
            Row(
                (str(entry.number), entry.kind.replace("_", " "), told, names[entry.actor], *parts, sum(parts), held),
                f"/encounters/{entry.encounter_id}" if visit else "",
                entry.encounter_id,
            )
        )
    report = Report(
        "day_sheet",
        f"Day sheet of {span.since}" if span.since == span.until else f"Entries from {span.since} to {span.until}",
        "Charges, payments and adjustments as posted, and what they change of what is owed; beside it what is held "
        "for patients and not applied yet.",
        (
            text("entry", "Entry"),
            text("kind", "What"),
            text("visit", "Visit"),
            text("who", "Who"),
            cents("charges", "Charges"),
            cents("payments", "Payments"),
            cents("adjustments", "Adjustments"),
            cents("other", "Other"),
            cents("owed", "Owed more"),
            cents("held", "Held for patients"),
        ),
        rows,
        names_people=True,
    )
    before = posted.totals_until(session, practice_id=span.practice_id, until=span.before)
    after = posted.totals_until(session, practice_id=span.practice_id, until=span.until)
    for place, words, accounts, sign in (
        (8, "Change of what is owed, by the ledger", RECEIVABLES, 1),
        (9, "Change of what is held for patients, by the ledger", (Account.PATIENT_UNAPPLIED,), -1),
    ):
        changed = sum(after.get(account, 0) - before.get(account, 0) for account in accounts)
        report.checks.append(Check(words, int(report.total[place]), sign * changed))
    return report


def parts_of(found: Sequence[Move]) -> list[int]:
    """Charges, payments, adjustments and what is none of them."""
    groups = (_CHARGES, PAYMENTS, TAKEN_OFF, frozenset(WORDS) - _CHARGES - PAYMENTS - TAKEN_OFF)
    return [sum(one.cents for one in found if one.movement in group) for group in groups]
