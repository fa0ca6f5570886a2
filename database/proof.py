"""Proves the books from the rows alone: what an auditor would add up.

Each proof looks at every row it speaks of, counts them, and names what does not hold. Nothing looked at is a
failure of its own, decided by the caller.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.adjustment_codes import QMB_REMARKS
from billing.ledger import CHARGES, ENCOUNTER_BALANCES, Account, EntryKind
from billing.roles import Permission, Role, permissions_of
from billing.stages import FactKind, Stage
from billing.tasks import TaskType
from database import (
    account_holds,
    accounts,
    agencies,
    agency_remittances,
    assistance,
    audit,
    bank,
    card_payouts,
    card_refunds,
    fees,
    good_faith,
    households,
    kept_cards,
    lockbox,
    moves,
    periods,
    prompt_pay,
)
from database.tables import (
    AgendaEntry,
    BalanceItem,
    BankMovement,
    Benefits,
    CardPayout,
    Deposit,
    Encounter,
    Fact,
    Journal,
    Line,
    LockboxBatch,
    LockboxCheque,
    Outbox,
    PatientAccount,
    PatientPayment,
    Posting,
    RemittanceClaim,
    RemittanceFile,
    Submission,
    Task,
    User,
)

SHOWN = 20
"""How many offenders of one proof are named"""

_BILLING_THE_PATIENT = (
    EntryKind.CLAIM_PAYMENT,
    EntryKind.REVERSAL,
    EntryKind.SHARE_LEFT,
    EntryKind.SHARE_TAKEN_BACK,
    EntryKind.SELF_PAY,
    EntryKind.VOIDED,
)
"""What puts on the patient's account, or takes off, without a person's decision about a refusal"""

_ASKS_ABOUT_ACCOUNTS = (TaskType.PRECOLLECTION_APPROVAL, TaskType.PLAN_DEFAULT)
"""Tasks while which nothing is asked of an account"""
TO_START = timedelta(days=1)
"""The longest that an encounter may wait for its first step"""


@dataclass(frozen=True, slots=True)
class Proof:
    """One statement about the books."""

    name: str
    statement: str
    looked_at: int
    offenders: Sequence[str] = field(default=())

    @property
    def holds(self) -> bool:
        return not self.offenders


def prove_rows(session: Session) -> list[Proof]:
    """Every proof that needs nothing but the database."""
    return [prove(session) for prove in _PROOFS]


def _entries_balance(session: Session) -> Proof:
    looked_at = session.exec(select(func.count()).select_from(Journal)).one()
    off = session.exec(
        select(Posting.journal_number)
        .group_by(col(Posting.journal_number))
        .having(func.sum(Posting.amount_cents) != 0)
        .limit(SHOWN)
    ).all()
    return Proof("entries", "every entry's debits are its credits", looked_at, [f"entry {number}" for number in off])


def _entries_have_sides(session: Session) -> Proof:
    looked_at = session.exec(select(func.count()).select_from(Journal)).one()
    bare = session.exec(
        select(Journal.number)
        .join(Posting, col(Posting.journal_number) == col(Journal.number), isouter=True)
        .where(col(Posting.id).is_(None))
        .limit(SHOWN)
    ).all()
    return Proof("sides", "no entry is without postings", looked_at, [f"entry {number}" for number in bare])


def _dates_never_fall(session: Session) -> Proof:
    latest: dict[str, date] = {}
    falling = []
    looked_at = 0
    for journal in session.exec(select(Journal).order_by(col(Journal.number))):
        looked_at += 1
        if latest.get(journal.practice_id, journal.posted_on) > journal.posted_on:
            falling.append(f"entry {journal.number}")
        latest[journal.practice_id] = journal.posted_on
    return Proof("dates", "ledger dates never fall", looked_at, falling[:SHOWN])


def _closed_is_zero(session: Session) -> Proof:
    closed = session.exec(select(func.count()).where(Encounter.stage == Stage.CLOSED)).one()
    off = session.exec(
        select(Posting.encounter_id, Posting.account, Posting.line_id)
        .join(Encounter, col(Encounter.id) == col(Posting.encounter_id))
        .where(Encounter.stage == Stage.CLOSED, col(Posting.account).in_(ENCOUNTER_BALANCES))
        .group_by(col(Posting.encounter_id), Posting.account, col(Posting.line_id))
        .having(func.sum(Posting.amount_cents) != 0)
        .limit(SHOWN)
    ).all()
    names = [f"encounter {encounter} account {account} line {line}" for encounter, account, line in off]
    return Proof("zero", "a closed encounter is zero on every line", closed, names)


def _charges_are_posted(session: Session) -> Proof:
    """Charges in the ledger are the claims' charges, for every encounter that went past charge entry."""
    sent = session.exec(
        select(Encounter.id, Encounter.charge_cents).where(
            col(Encounter.id).in_(select(Submission.encounter_id).distinct()), col(Encounter.is_void).is_(False)
        )
    ).all()
    posted = dict(
        session.exec(
            select(Posting.encounter_id, func.sum(Posting.amount_cents))
            .where(col(Posting.account).in_(CHARGES))
            .group_by(col(Posting.encounter_id))
        ).all()
    )
    off = [f"encounter {one}" for one, charge in sent if -int(posted.get(one, 0)) != charge]
    return Proof("charges", "what was charged is what the claims say", len(sent), off[:SHOWN])


def _remittances_are_spent(session: Session) -> Proof:
    closed = session.exec(select(RemittanceFile.id).where(RemittanceFile.state == "closed")).all()
    off = session.exec(
        select(Journal.remittance_id)
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .join(RemittanceFile, col(RemittanceFile.id) == col(Journal.remittance_id))
        .where(RemittanceFile.state == "closed", Posting.account == Account.CASH_UNAPPLIED)
        .group_by(col(Journal.remittance_id))
        .having(func.sum(Posting.amount_cents) != 0)
        .limit(SHOWN)
    ).all()
    names = [f"remittance {one}" for one in off]
    return Proof("remittances", "a closed remittance is spent to the cent", len(closed), names)


def _bookings_are_spent(session: Session) -> Proof:
    """A booking that was paired has brought its amount to CASH_BANK by its remittances, or is a deposit's, a
    payout's, an agency's, or that of a cheque which came back."""
    paired = session.exec(select(BankMovement).where(BankMovement.state == bank.MATCHED)).all()
    banked = dict(
        session.execute(
            select(RemittanceFile.bank_movement_id, func.sum(Posting.amount_cents))
            .join(Journal, col(Journal.remittance_id) == col(RemittanceFile.id))
            .join(Posting, col(Posting.journal_number) == col(Journal.number))
            .where(col(RemittanceFile.bank_movement_id).is_not(None), Posting.account == Account.CASH_BANK)
            .group_by(col(RemittanceFile.bank_movement_id))
        ).all()
    )
    for movement_id, amount in (
        (Deposit.bank_movement_id, Deposit.amount_cents),
        (LockboxBatch.bank_movement_id, LockboxBatch.amount_cents),
        (PatientPayment.bank_movement_id, PatientPayment.amount_cents - PatientPayment.fee_cents),
    ):
        rows = session.exec(select(movement_id, func.sum(amount)).group_by(movement_id))
        banked |= {one: int(cents) for one, cents in rows if one is not None}
    sent = select(CardPayout.bank_movement_id, CardPayout.net_cents)
    banked |= {one: cents for one, cents in session.exec(sent) if one is not None}
    for one, (cents, _) in agency_remittances.by_movement(session).items():
        banked[one] = int(banked.get(one, 0)) + cents
    left = select(LockboxCheque.bank_movement_id, LockboxCheque.amount_cents)
    banked |= {one: -cents for one, cents in session.exec(left) if one is not None}
    off = [f"booking {one.id}" for one in paired if int(banked.get(one.id, 0)) != one.amount_cents]
    return Proof("bank", "a booking of the bank is the money it is paired with to the cent", len(paired), off[:SHOWN])


def _patients_owe_only_shares(session: Session) -> Proof:
    """Every debit of a patient's account by a payer's answer carries a share that the gate let through."""
    rows = session.exec(
        select(Posting.id, Posting.detail)
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Posting.account == Account.AR_PATIENT,
            col(Journal.kind).in_([EntryKind.CLAIM_PAYMENT, EntryKind.REVERSAL, EntryKind.SHARE_LEFT]),
        )
    ).all()
    allowed = ("PR-1", "PR-2", "PR-3", "PR-66", "PR-142")
    off = [f"posting {number} {detail}" for number, detail in rows if detail not in allowed]
    return Proof("shares", "patients owe only deductible, coinsurance and copayment", len(rows), off[:SHOWN])


def _protected_owe_nothing(session: Session) -> Proof:
    """A qualified Medicare beneficiary, by the newest eligibility answer or a remark of a remittance (RARC N781 to
    N783), owes neither a share nor a whole visit.

    What a person billed after a refusal is looked at by `_people_decided`.
    """
    of_visits = col(Benefits.encounter_id).is_not(None)
    newest = select(Benefits.encounter_id, func.max(Benefits.answered_at)).where(of_visits)
    newest = newest.group_by(col(Benefits.encounter_id))
    by_eligibility = select(Benefits.encounter_id).where(
        sa.tuple_(col(Benefits.encounter_id), col(Benefits.answered_at)).in_(newest), col(Benefits.is_qmb).is_(True)
    )
    remarked = sa.or_(*(col(RemittanceClaim.payment).contains(f'"{code}"') for code in sorted(QMB_REMARKS)))
    by_remark = select(RemittanceClaim.encounter_id).where(remarked, col(RemittanceClaim.encounter_id).is_not(None))
    protected = {*session.exec(by_eligibility), *session.exec(by_remark)}
    off = session.exec(
        select(Posting.encounter_id)
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(
            Posting.account == Account.AR_PATIENT,
            col(Posting.encounter_id).in_(protected),
            col(Journal.kind).in_(_BILLING_THE_PATIENT),
        )
        .group_by(col(Posting.encounter_id))
        .having(func.sum(Posting.amount_cents) > 0)
        .limit(SHOWN)
    ).all()
    names = [f"encounter {one}" for one in off]
    return Proof("protected", "no qualified Medicare beneficiary is billed", len(protected), names)


def _write_offs_are_approved(session: Session) -> Proof:
    """Each denial write-off stands in an encounter where another person than the proposer approved one."""
    written = session.exec(select(Journal.encounter_id).where(Journal.kind == EntryKind.WRITE_OFF).distinct()).all()
    approved = set()
    tasks = session.exec(select(Task).where(Task.type == TaskType.WRITE_OFF_APPROVAL, Task.resolution == "approved"))
    for task in tasks:
        if task.closed_by is not None and json.loads(task.detail).get("proposed_by") != task.closed_by:
            approved.add(task.subject_id)
    off = [f"encounter {one}" for one in written if one not in approved]
    return Proof("write_offs", "no denial is written off without a second person", len(written), off[:SHOWN])


def _people_decided(session: Session) -> Proof:
    """A refused share billed to a patient, and a share given up, each name the person who decided; giving up takes the
    right to approve."""
    rows = session.exec(
        select(Journal.number, Journal.kind, Journal.actor).where(
            col(Journal.kind).in_([EntryKind.BILLED_TO_PATIENT, EntryKind.GIVEN_UP])
        )
    ).all()
    people = {one.id: one.roles for one in session.exec(select(User))}
    off = []
    for number, kind, actor in rows:
        roles = frozenset(Role(name) for name in people.get(actor, "").split(",") if name)
        if actor not in people or (kind == EntryKind.GIVEN_UP and Permission.APPROVE not in permissions_of(roles)):
            off.append(f"entry {number}")
    return Proof("people", "no share is billed after a refusal, or given up, but by a person", len(rows), off[:SHOWN])


def _balances_are_pursued(session: Session) -> Proof:
    """Every share that a patient owes is an item of an account that does something next, or asks, or is paused."""
    owed = accounts.owing_visits(session)
    items = set(session.exec(select(BalanceItem.encounter_id)))
    is_review = (Task.subject == "account", Task.state == "open", col(Task.type).in_(_ASKS_ABOUT_ACCOUNTS))
    asked = set(session.exec(select(Task.subject_id).where(*is_review)))
    held = moves.held(session) | good_faith.held_up_patients(session)  # a person is asked to sign their move off
    asked |= account_holds.held_accounts(session)
    asked |= {households.holder_of(session, one) for one in held}
    waiting = set(session.exec(select(Outbox.subject_id)))
    looked_after = {
        one.patient_id
        for one in session.exec(select(PatientAccount))
        if one.next_at is not None or one.paused_until is not None or one.patient_id in asked
    }
    off = [
        f"encounter {encounter_id}"
        for _, patient_id, encounter_id in owed
        if patient_id not in waiting and (encounter_id not in items or patient_id not in looked_after)
    ]
    return Proof(
        "accounts", "every share that a patient owes is pursued, asked about or paused", len(owed), off[:SHOWN]
    )


def _placed_is_given_up(session: Session) -> Proof:
    """What agencies may ask for on a visit stands on BAD_DEBT there, once the visit has read what arrived for it. Each
    visit that ever went to one was told to give its share up."""
    placed = agencies.at_agencies(session)
    stands = dict(
        session.exec(
            select(Posting.encounter_id, func.sum(Posting.amount_cents))
            .where(Posting.account == Account.BAD_DEBT)
            .group_by(col(Posting.encounter_id))
        ).all()
    )
    short = {one for one, cents in placed.items() if int(stands.get(one, 0)) < cents}
    off = [f"encounter {one}" for one in sorted(short.union(agencies.never_given_up(session)))]
    return Proof("placements", "agencies ask for no more than was given up", len(placed), off[:SHOWN])


def _help_is_granted(session: Session) -> Proof:
    looked_at, off = assistance.unfounded(session)
    statement = "help with bills was granted for its visits, and nobody who asks for it is pursued"
    return Proof("assistance", statement, looked_at, off[:SHOWN])


def _discounts_are_earned(session: Session) -> Proof:
    looked_at, off = prompt_pay.unfounded(session)
    statement = "prompt-pay discounts were offered on their share, which may have one, and its rest was paid in time"
    return Proof("prompt_pay", statement, looked_at, off[:SHOWN])


def _cheques_are_whole(session: Session) -> Proof:
    looked_at, off = lockbox.lost(session)
    return Proof("lockbox", "cheques of a lockbox are on accounts, asked about, or went back", looked_at, off[:SHOWN])


def _agencies_pass_on(session: Session) -> Proof:
    looked_at, off = agency_remittances.unexplained(session)
    statement = "what stands with agencies is what their files told of and the bank has not booked"
    return Proof("agency_clearing", statement, looked_at, off[:SHOWN])


def _cards_are_paid_out(session: Session) -> Proof:
    looked_at, off = card_payouts.unexplained(session)
    statement = "what stands for card payments is what the processor has not paid out, each once"
    return Proof("card_payouts", statement, looked_at, off[:SHOWN])


def _refunds_are_under_way(session: Session) -> Proof:
    looked_at, off = card_refunds.unexplained(session)
    return Proof("card_refunds", "what is owed back to patients' cards is under way", looked_at, off[:SHOWN])


def _instalments_are_charged_once(session: Session) -> Proof:
    looked_at, off = kept_cards.charged_wrongly(session)
    statement = "no instalment is charged twice to a kept card, nor more than was agreed"
    return Proof("instalment_charges", statement, looked_at, off[:SHOWN])


def _closed_months_stand(session: Session) -> Proof:
    looked_at, off = periods.unfounded(session)
    statement = "the figures of every closed month re-add from the ledger, entry by entry"
    return Proof("periods", statement, looked_at, off[:SHOWN])


def _fees_are_of_the_ledger(session: Session) -> Proof:
    looked_at, off = fees.faults(session)
    statement = "each fee invoice is its share of what the ledger's entries collected, and no entry is in two"
    return Proof("fees", statement, looked_at, off[:SHOWN])


def _moves_tie(session: Session) -> Proof:
    """What moved here is in the ledger as the old system's aging had it."""
    ended = list(moves.all_ended(session))
    off = [
        f"move {one.id}"
        for one in ended
        if moves.booked_cents(session, one.id) != one.insurance_cents + one.patient_cents
    ]
    return Proof("moves", "opening balances are the old system's aging to the cent", len(ended), off[:SHOWN])


def _open_has_next_action(session: Session) -> Proof:
    """What was opened less than `TO_START` before the last step of the books may not have begun yet."""
    open_ones = session.exec(
        select(Encounter.id, Encounter.version, Encounter.created_at).where(Encounter.stage != Stage.CLOSED)
    ).all()
    planned = set(session.exec(select(AgendaEntry.encounter_id).distinct()))
    latest = session.exec(select(func.max(Encounter.touched_at))).one()
    off = [
        f"encounter {one}"
        for one, version, created_at in open_ones
        if one not in planned and (version > 0 or created_at < latest - TO_START)
    ]
    statement = "every open encounter has a next action with an owner and a date"
    return Proof("agenda", statement, len(open_ones), off[:SHOWN])


def _lines_are_on_one_claim(session: Session) -> Proof:
    """Each line is charged on one encounter; a visit that another one bills is charged there, and only there."""
    twice = session.exec(
        select(Posting.line_id, Posting.encounter_id)
        .where(col(Posting.account).in_(CHARGES), col(Posting.line_id).is_not(None))
        .group_by(col(Posting.line_id), col(Posting.encounter_id))
        .having(func.sum(Posting.amount_cents) != 0)
    ).all()
    charged = Counter(line_id for line_id, _ in twice)
    charged_visits = {encounter_id for _, encounter_id in twice}
    off = [f"line {line_id}" for line_id, count in charged.items() if count > 1]
    owners = dict(
        session.exec(
            select(Encounter.id, Encounter.billed_with_id).where(col(Encounter.billed_with_id).is_not(None))
        ).all()
    )
    brought = session.exec(select(Line.visit_id, Line.encounter_id).where(col(Line.visit_id).is_not(None))).all()
    for member, owner in owners.items():
        has_own_claim = member in charged_visits or owner in owners
        if has_own_claim or (member, owner) not in brought:
            off.append(f"encounter {member}")
    off += [f"encounter {owner}" for member, owner in brought if owners.get(member or "") != owner]
    looked_at = session.exec(select(func.count()).select_from(Line)).one()
    return Proof("lines", "every line of every visit is charged on one claim", looked_at, off[:SHOWN])


def _handed_over_money_arrives(session: Session) -> Proof:
    """What a visit handed over is in the visit that bills it, or waits there as a fact that is yet to be read."""
    handed = select(Fact.practice_id, Fact.body, Fact.absorbed_at).where(Fact.kind == FactKind.MONEY_HANDED_OVER)
    facts = session.exec(handed).all()
    under_way: Counter[str] = Counter()
    for practice_id, body, absorbed_at in facts:
        under_way[practice_id] += int(body) if absorbed_at is None else 0
    rows = session.exec(
        select(Posting.practice_id, func.sum(Posting.amount_cents))
        .where(Posting.account == Account.PATIENT_TRANSFER)
        .group_by(Posting.practice_id)
    )
    off = [f"practice {one}" for one, cents in rows if int(cents) + under_way[one]]
    return Proof("handed_over", "patients' money that goes from visit to visit arrives", len(facts), off[:SHOWN])


def _audit_chain_is_whole(session: Session) -> Proof:
    count, broken = audit.check(session)
    return Proof("audit", "the audit chain is whole", count, [f"event {one}" for one in broken[:SHOWN]])


_PROOFS: tuple[Callable[[Session], Proof], ...] = (
    _entries_balance,
    _entries_have_sides,
    _dates_never_fall,
    _closed_is_zero,
    _charges_are_posted,
    _remittances_are_spent,
    _bookings_are_spent,
    _patients_owe_only_shares,
    _protected_owe_nothing,
    _write_offs_are_approved,
    _people_decided,
    _balances_are_pursued,
    _placed_is_given_up,
    _help_is_granted,
    _discounts_are_earned,
    _cheques_are_whole,
    _agencies_pass_on,
    _cards_are_paid_out,
    _refunds_are_under_way,
    _instalments_are_charged_once,
    _closed_months_stand,
    _fees_are_of_the_ledger,
    _moves_tie,
    _open_has_next_action,
    _lines_are_on_one_claim,
    _handed_over_money_arrives,
    _audit_chain_is_whole,
)
