"""What the prompt-pay discount takes off a visit: looked at in every step that may move the patient's money, so that it
comes with the payment that completes it, once, and goes with a payment that is taken back."""

from activities.desk import Desk
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import ZERO, Cents, format_dollars
from billing.prompt_pay import by_line, taken_off
from database import prompt_pay


def take_off(desk: Desk) -> Cents:
    """Make what was taken off what the visit's offer says; nothing where it is so already. How much of what was given
    up or waived is settled by it: money that is left over now, which had been too little without the discount."""
    row = prompt_pay.of_visit(desk.session, desk.encounter.id)
    if row is None:
        return ZERO
    desk.session.flush()
    balances = desk.balances
    now = prompt_pay.money_of(desk.session, desk.encounter, balances, last_day=row.last_day)
    may_have = prompt_pay.may_have(desk.session, desk.encounter, of_plans=row.of_plans)
    changes = by_line(
        taken_off(prompt_pay.offer_of(row), now) if may_have else ZERO,
        owed=balances.lines(Account.AR_PATIENT),
        standing=balances.lines(Account.ADJUSTMENT_PROMPT_PAY),
        whole=prompt_pay.whole_by_line(desk.session, desk.encounter, balances),
    )
    sides = [
        side
        for line, cents in changes.items()
        for side in transfer(Account.ADJUSTMENT_PROMPT_PAY, Account.AR_PATIENT, cents, line_id=line, detail=row.id)
    ]
    if not sides:
        return ZERO
    source = f"prompt_pay:{desk.encounter.id}:{desk.encounter.version}:{desk.ordinal()}"
    desk.post([Entry(EntryKind.PROMPT_PAY, source, tuple(sides), desk.encounter.service_date)])
    total = sum(changes.values())
    words = (
        f"taken off: the rest was paid by {row.last_day} (prompt-pay discount)"
        if total > 0
        else "of the prompt-pay discount is owed again"
    )
    desk.say(f"{format_dollars(abs(total))} {words}")
    owed = sum(max(0, cents) for cents in desk.balances.lines(Account.AR_PATIENT).values())
    return Cents(max(0, min(total, -desk.balances.total(Account.PATIENT_UNAPPLIED) - owed)))
