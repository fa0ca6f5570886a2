"""What banks booked, and the remittances whose money it is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from billing.bank import Advice, Movement
from billing.ledger import Account
from billing.money import Cents
from billing.remittance import Remittance
from database import agency_remittances, records
from database.columns import new_id
from database.tables import BankMovement, CardPayout, Deposit, InboundMessage, Journal, Posting, RemittanceFile

OPEN, MATCHED, SET_ASIDE = "open", "matched", "set_aside"


@dataclass(frozen=True, slots=True)
class MovementView:
    """One booking, as people read it."""

    id: str
    state: str
    movement: Movement
    remittance_ids: tuple[str, ...]
    reason: str
    deposit: str = ""
    """The slip of the deposit that it confirms"""
    payout: str = ""
    """The card processor's number of the payout that it is"""
    agency: str = ""
    """Who passed it on"""


@dataclass(frozen=True, slots=True)
class UnfundedView:
    """A remittance whose money the bank has not confirmed."""

    remittance_id: str
    payer: str
    trace: str
    payment_date: date
    paid_cents: Cents


def keep(
    session: Session, movement: Movement, message: InboundMessage, *, practice_id: str, nth: int
) -> tuple[BankMovement, bool]:
    """The booking and whether it is new. `nth`: among bookings of the file that say the same."""
    key = _key(movement, nth)
    query = select(BankMovement).where(BankMovement.practice_id == practice_id, BankMovement.content_key == key)
    known = session.exec(query).first()
    if known is not None:
        return known, False
    row = BankMovement(
        id=new_id(),
        practice_id=practice_id,
        message_id=message.id,
        content_key=key,
        booked_on=movement.booked_on,
        amount_cents=movement.amount_cents,
        trace=movement.trace,
        record=records.dump(movement),
        state=OPEN,
        received_at=message.received_at,
    )
    session.add(row)
    session.flush()
    return row, True


def _key(movement: Movement, nth: int) -> str:
    """A transfer that an ACH file and a balance report both tell of is one: its trace and amount name it."""
    if movement.trace:
        said = f"{movement.trace}|{(movement.payer_number or '')[-9:]}|{movement.amount_cents}"
    else:
        said = f"{records.dump(movement)}|{nth}"
    return hashlib.sha256(said.encode()).hexdigest()


def movement_of(row: BankMovement) -> Movement:
    """What the bank says."""
    return records.load(Movement, row.record)


def lock(session: Session, movement_id: str, *, practice_id: str) -> BankMovement | None:
    """One booking, held until the transaction ends."""
    query = select(BankMovement).where(BankMovement.practice_id == practice_id, BankMovement.id == movement_id)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def advised(session: Session, *, practice_id: str) -> list[Advice]:
    """Every remittance whose money still stands on EFT_CLEARING, with what stands there, the oldest first."""
    rows = session.execute(
        select(RemittanceFile, func.sum(Posting.amount_cents))
        .join(Journal, col(Journal.remittance_id) == col(RemittanceFile.id))
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(
            RemittanceFile.practice_id == practice_id,
            col(RemittanceFile.bank_movement_id).is_(None),
            Posting.account == Account.EFT_CLEARING,
        )
        .group_by(col(RemittanceFile.id))
        .having(func.sum(Posting.amount_cents) > 0)
        .order_by(col(RemittanceFile.received_at), col(RemittanceFile.id))
    ).all()
    return [
        Advice(file.id, file.trace, file.payer_number, Cents(int(cents)), file.payment_date, file.received_at)
        for file, cents in rows
    ]


def open_traced(session: Session, *, practice_id: str) -> Sequence[BankMovement]:
    """Bookings of payers that wait for their remittance, the oldest first."""
    query = select(BankMovement).where(
        BankMovement.practice_id == practice_id, BankMovement.state == OPEN, col(BankMovement.trace).is_not(None)
    )
    return session.exec(query.order_by(col(BankMovement.received_at), BankMovement.id)).all()


def open_untraced(session: Session, *, practice_id: str) -> Sequence[BankMovement]:
    """Bookings that name no remittance and are nobody's yet, the oldest first: deposits, and what comes back."""
    query = select(BankMovement).where(
        BankMovement.practice_id == practice_id, BankMovement.state == OPEN, col(BankMovement.trace).is_(None)
    )
    return session.exec(query.order_by(col(BankMovement.booked_on), BankMovement.id)).all()


def unconfirmed_deposits(session: Session, *, practice_id: str) -> Sequence[Deposit]:
    """What was carried to the bank and the bank has not confirmed, the oldest first."""
    query = select(Deposit).where(Deposit.practice_id == practice_id, col(Deposit.bank_movement_id).is_(None))
    return session.exec(query.order_by(col(Deposit.made_at), Deposit.id)).all()


def read_since(session: Session, *, practice_id: str) -> date | None:
    """The first day that a file of the bank tells of; None: none has come, and nothing is missing."""
    query = select(func.min(BankMovement.booked_on)).where(BankMovement.practice_id == practice_id)
    return session.exec(query).one()


def page(session: Session, *, practice_id: str, state: str, limit: int) -> list[MovementView]:
    """Bookings in one state, the newest first."""
    query = select(BankMovement).where(BankMovement.practice_id == practice_id, BankMovement.state == state)
    rows = session.exec(query.order_by(col(BankMovement.booked_on).desc(), BankMovement.id).limit(limit)).all()
    funded = select(RemittanceFile.bank_movement_id, RemittanceFile.id)
    pairs = session.exec(funded.where(col(RemittanceFile.bank_movement_id).in_([one.id for one in rows]))).all()
    carried = select(Deposit.bank_movement_id, Deposit.reference)
    slips = dict(session.exec(carried.where(col(Deposit.bank_movement_id).in_([one.id for one in rows]))).all())
    sent = select(CardPayout.bank_movement_id, CardPayout.processor_id)
    payouts = dict(session.exec(sent.where(col(CardPayout.bank_movement_id).in_([one.id for one in rows]))).all())
    passed_on = agency_remittances.by_movement(session, [one.id for one in rows])
    return [
        MovementView(
            row.id,
            row.state,
            movement_of(row),
            tuple(r for m, r in pairs if m == row.id),
            row.reason,
            slips.get(row.id, ""),
            payouts.get(row.id, ""),
            ", ".join(sorted(passed_on[row.id][1])) if row.id in passed_on else "",
        )
        for row in rows
    ]


def unfunded(
    session: Session, *, practice_id: str, since: date = date.min, cents: frozenset[int] = frozenset(), limit: int
) -> list[UnfundedView]:
    """The same for people: remittances paid from a day on, or of these amounts; the oldest first."""
    found = [
        one
        for one in advised(session, practice_id=practice_id)
        if one.paid_cents in cents or (not cents and one.payment_date >= since)
    ][:limit]
    files = select(RemittanceFile).where(col(RemittanceFile.id).in_([one.remittance_id for one in found]))
    names = {one.id: _payer(one) for one in session.exec(files)}
    return [
        UnfundedView(one.remittance_id, names[one.remittance_id], one.trace, one.payment_date, one.paid_cents)
        for one in found
    ]


def _payer(file: RemittanceFile) -> str:
    payer = records.load(Remittance, file.header).payer
    return payer.name.last if payer else file.payer_number
