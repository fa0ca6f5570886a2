"""Shares that payers passed on: what an earlier payer called the patient's waits on AR_INS until the last policy has
answered, and then goes through the gate to the patient.
"""

from sqlmodel import col, select

from activities import share_gate
from activities.desk import Desk
from billing.adjustment_codes import PATIENT_SHARE
from billing.coordination import IN_ORDER
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from database import encounters, ledger, remittances
from database.columns import new_id
from database.tables import Denial


def passed_on(desk: Desk) -> list[Denial]:
    """What earlier payers called the patient's and nobody has settled."""
    desk.session.flush()
    query = select(Denial).where(Denial.encounter_id == desk.encounter.id, Denial.state == "passed_on")
    return list(desk.session.exec(query.order_by(Denial.id)))


def note_asked(desk: Desk) -> None:
    """A later payer has answered for what the earlier ones passed on: only what it passes on itself is still asked."""
    for denial in passed_on(desk):
        denial.state = "answered"
        desk.session.add(denial)


def ask_again(desk: Desk, *, after: str) -> None:
    """The answer of a later payer (its SBR01) does not stand: what the payer before it passed on is asked once more."""
    place = IN_ORDER.index(after)
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    before = [row for row in standing if IN_ORDER.index(row.responsibility) < place]
    last = max((IN_ORDER.index(row.responsibility) for row in before), default=None)
    answers = [row.id for row in before if IN_ORDER.index(row.responsibility) == last]
    desk.session.flush()
    query = select(Denial).where(col(Denial.remittance_claim_id).in_(answers), Denial.state == "answered")
    for denial in desk.session.exec(query):
        denial.state = "passed_on"
        desk.session.add(denial)


def settle_passed_on(desk: Desk) -> None:
    """No payer is left to ask: shares go through the gate to the patient, the rest is a person's to decide."""
    waiting = passed_on(desk)
    undecided = encounters.open_denials(desk.session, desk.encounter.id)
    refused = {one.line_id for one in (*undecided, *(one for one in waiting if not _is_share(one)))}
    for denial in waiting:
        is_share = _is_share(denial)
        permission = share_gate.ask(
            desk,
            remarks=denial.remarks.split(","),
            reasons=(denial.reason,),
            has_open_denial=denial.line_id in refused,
        )
        if is_share and permission.allowed:
            _bill(desk, denial)
        else:
            denial.state = "open"
            denial.blocked_reason = permission.reason if is_share else None
        desk.session.add(denial)
    desk.session.flush()


def _is_share(denial: Denial) -> bool:
    return denial.adjustment_group == "PR" and denial.reason in PATIENT_SHARE


def _bill(desk: Desk, denial: Denial) -> None:
    """The share becomes the patient's as far as it is open: part of it may have been paid before it was corrected."""
    cents = Cents(min(denial.amount_cents, desk.balances.line(Account.AR_INSURANCE, denial.line_id)))
    if cents <= 0:
        denial.state = "answered"
        desk.say(f"{format_dollars(Cents(denial.amount_cents))} is nobody's any more: it was paid already")
        return
    sides = (
        Side(Account.AR_PATIENT, cents, denial.line_id, f"PR-{denial.reason}"),
        Side(Account.AR_INSURANCE, Cents(-cents), denial.line_id, desk.encounter.payer_id),
    )
    entry = Entry(EntryKind.SHARE_LEFT, f"share_left:{denial.id}", sides, desk.encounter.service_date)
    desk.post([entry])
    denial.state = "billed"
    desk.say(f"{format_dollars(cents)} is the patient's: no other payer is left to ask")


def take_shares_back(desk: Desk) -> None:
    """What payers called the patient's stands on AR_INS again, and is passed on to the policy that was learned of."""
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    shares: dict[tuple[str, str], int] = {}
    for _, posting in ledger.journal_of_encounter(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    ):
        if posting.account == Account.AR_PATIENT and posting.line_id and posting.detail.startswith("PR-"):
            key = (posting.line_id, posting.detail)
            shares[key] = shares.get(key, 0) + posting.amount_cents
    entries = []
    for (line_id, code), cents in shares.items():
        if cents <= 0 or not standing:
            continue
        sides = (
            Side(Account.AR_INSURANCE, Cents(cents), line_id, desk.encounter.payer_id),
            Side(Account.AR_PATIENT, Cents(-cents), line_id, code),
        )
        source = f"taken_back:{desk.encounter.id}:{desk.encounter.version}:{line_id}:{code}"
        entries.append(Entry(EntryKind.SHARE_TAKEN_BACK, source, sides, desk.encounter.service_date))
        desk.session.add(
            Denial(
                id=new_id(),
                practice_id=desk.encounter.practice_id,
                encounter_id=desk.encounter.id,
                line_id=line_id,
                remittance_claim_id=standing[-1].id,
                adjustment_group="PR",
                reason=code.removeprefix("PR-"),
                amount_cents=cents,
                state="passed_on",
            )
        )
    desk.post(entries)
