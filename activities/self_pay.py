"""A visit that nobody but the patient pays: the charges are the patient's, less what the practice takes off."""

from activities.desk import Desk
from activities.good_faith import watch_bill
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.stages import Stage
from database import ledger

PERCENT = 100


def bill_patient_alone(desk: Desk, *, actor: str = "office") -> str:
    """Move what is open from the payer's account to the patient's, line by line, at the self-pay price."""
    percent = desk.policy("self_pay_discount_percent")
    sides: list[Side] = []
    owed = 0
    for line_id, cents in desk.balances.lines(Account.AR_INSURANCE).items():
        off = cents * percent // PERCENT
        sides.append(Side(Account.AR_PATIENT, Cents(cents - off), line_id, "self-pay"))
        sides.append(Side(Account.ADJUSTMENT_SELF_PAY, Cents(off), line_id, "self-pay"))
        sides.append(Side(Account.AR_INSURANCE, Cents(-cents), line_id, desk.encounter.payer_id))
        owed += cents - off
    if sides:
        source = f"self_pay:{desk.encounter.id}:{desk.encounter.version}"
        desk.post([Entry(EntryKind.SELF_PAY, source, tuple(sides), desk.encounter.service_date)], actor=actor)
    desk.move_to(Stage.PATIENT_BALANCE)
    desk.session.flush()
    above = watch_bill(desk.session, desk.encounter, at=desk.at)
    if above:
        desk.say(above)
    return f"{format_dollars(owed)} is the patient's, who pays alone"


def bill_insurance_again(desk: Desk) -> None:
    """Take back what made the visit self-pay: the whole is the payer's again, and what was paid is unapplied."""
    sums: dict[tuple[Account, str | None], int] = {}
    for journal, posting in ledger.journal_of_encounter(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    ):
        if journal.kind == EntryKind.SELF_PAY:
            key = (Account(posting.account), posting.line_id)
            sums[key] = sums.get(key, 0) + posting.amount_cents
    sides = tuple(
        Side(
            account,
            Cents(-cents),
            line_id,
            desk.encounter.payer_id if account == Account.AR_INSURANCE else "self-pay",
        )
        for (account, line_id), cents in sums.items()
        if cents
    )
    if sides:
        source = f"insured:{desk.encounter.id}:{desk.encounter.version}"
        desk.post([Entry(EntryKind.SELF_PAY, source, sides, desk.encounter.service_date)])
    desk.encounter.is_self_pay = False
    desk.session.flush()
    watch_bill(desk.session, desk.encounter, at=desk.at)
