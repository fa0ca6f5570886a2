"""The till and the bank: takings by person and day, closed days, deposits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents
from database import ledger, users
from database.columns import new_id
from database.paging import older
from database.tables import Deposit, PatientPayment, TillClose, User

IN_THE_TILL = ("cash", "cheque")


class DayClosed(ValueError):
    """The person's day is closed; the message says what to do."""


class NotOurs(LookupError):
    """The person does not belong to the practice."""


@dataclass(frozen=True, slots=True)
class Takings:
    """What one person took on one day, by method, and what was counted."""

    user_id: str
    name: str
    cash_cents: int
    cheque_cents: int
    card_cents: int
    """Card and transfer of the whole day, with the first till: nothing to count"""
    counted_cash_cents: int | None
    counted_cheque_cents: int | None
    reason: str
    closed_at: datetime | None
    is_deposited: bool
    till: int = 1
    """The day's first, or the one begun when the earlier one was at the bank"""

    @property
    def difference_cents(self) -> int:
        """Counted less expected; zero while it is not counted."""
        if self.counted_cash_cents is None or self.counted_cheque_cents is None:
            return 0
        return self.counted_cash_cents + self.counted_cheque_cents - self.cash_cents - self.cheque_cents


@dataclass(frozen=True, slots=True)
class DepositedTill:
    """One closed day of one person, as it went to the bank."""

    day: date
    name: str
    cash_cents: int
    cheque_cents: int


@dataclass(frozen=True, slots=True)
class DepositView:
    """What was carried to the bank at once: amount = tills + payers' cheques."""

    id: str
    reference: str
    """The bank's slip"""
    made_at: datetime
    made_by: str
    """Name of who carried it"""
    amount_cents: int
    payer_cheque_cents: int
    tills: list[DepositedTill]


@dataclass(frozen=True, slots=True)
class DepositPage:
    """A page of deposits."""

    items: list[DepositView]
    next_before: str | None
    """Give it back as `before` for the older ones; None: these were the oldest"""


def takings(session: Session, *, practice_id: str, day: date) -> list[Takings]:
    """Every till of everybody who took money on that day, by name."""
    sums: dict[tuple[str, int], dict[str, int]] = {}
    rows = session.exec(
        select(
            PatientPayment.recorded_by,
            PatientPayment.till,
            PatientPayment.method,
            func.sum(PatientPayment.amount_cents),
        )
        .where(
            PatientPayment.practice_id == practice_id,
            PatientPayment.received_on == day,
        )
        .group_by(PatientPayment.recorded_by, col(PatientPayment.till), PatientPayment.method)
    )
    for user_id, till, method, cents in rows:
        sums.setdefault((user_id, till), {})[method] = int(cents)
    closed = {(one.user_id, one.till): one for one in _closes(session, practice_id, day)}
    names = users.names_of(session, {user_id for user_id, _ in {*sums, *closed}})
    found = [_takings(names, *one, sums.get(one, {}), closed.get(one)) for one in {*sums, *closed}]
    return sorted(found, key=lambda one: (one.name, one.user_id, one.till))


def _closes(session: Session, practice_id: str, day: date) -> Sequence[TillClose]:
    return session.exec(select(TillClose).where(TillClose.practice_id == practice_id, TillClose.day == day)).all()


def _takings(
    names: Mapping[str, str], user_id: str, till: int, sums: Mapping[str, int], close: TillClose | None
) -> Takings:
    return Takings(
        user_id,
        names.get(user_id, user_id),
        close.expected_cash_cents if close else sums.get("cash", 0),
        close.expected_cheque_cents if close else sums.get("cheque", 0),
        sum(cents for method, cents in sums.items() if method not in IN_THE_TILL),
        close.counted_cash_cents if close else None,
        close.counted_cheque_cents if close else None,
        close.reason if close else "",
        close.closed_at if close else None,
        close is not None and close.deposit_id is not None,
        till,
    )


def close_of(session: Session, *, practice_id: str, user_id: str, day: date, till: int) -> TillClose | None:
    """The count that closed one till of the person's day."""
    closes = _closes(session, practice_id, day)
    return next((one for one in closes if (one.user_id, one.till) == (user_id, till)), None)


def hold(session: Session, *user_ids: str) -> None:
    """Nobody else puts money into these people's tills, counts them or opens them until the transaction ends."""
    query = select(User.id).where(col(User.id).in_(user_ids)).order_by(User.id)
    session.exec(query.with_for_update(key_share=True)).all()


def open_till(session: Session, *, practice_id: str, user_id: str, day: date) -> int | None:
    """The till of the person's day that cash and cheques go into, held: the first, or the next one when those before
    it are at the bank. None: it is counted and in the house, so nothing may go into it until it is opened again."""
    hold(session, user_id)
    last = _last_close(session, practice_id, user_id, day)
    if last is None:
        return 1
    return None if last.deposit_id is None else last.till + 1


def _last_close(session: Session, practice_id: str, user_id: str, day: date) -> TillClose | None:
    theirs = [one for one in _closes(session, practice_id, day) if one.user_id == user_id]
    return max(theirs, key=lambda one: one.till, default=None)


def close_day(
    session: Session,
    *,
    practice_id: str,
    user_id: str,
    day: date,
    cash_cents: int,
    cheque_cents: int,
    reason: str,
    at: datetime,
    actor_id: str,
) -> TillClose:
    """Count a person's open till of a day and close it. Raises DayClosed, NotOurs; ValueError when a difference has no
    reason."""
    user = session.get(User, user_id)
    if user is None or user.practice_id != practice_id:
        raise NotOurs("no such person in this practice")
    expected = _to_count(session, practice_id, user_id, day)
    if (cash_cents, cheque_cents) != (expected.cash_cents, expected.cheque_cents) and not reason:
        raise ValueError("counted and expected differ: say why")
    close = TillClose(
        id=new_id(),
        practice_id=practice_id,
        user_id=user_id,
        day=day,
        till=expected.till,
        expected_cash_cents=expected.cash_cents,
        expected_cheque_cents=expected.cheque_cents,
        counted_cash_cents=cash_cents,
        counted_cheque_cents=cheque_cents,
        reason=reason[:500],
        closed_at=at,
        closed_by=actor_id,
    )
    session.add(close)
    session.flush()
    return close


def _to_count(session: Session, practice_id: str, user_id: str, day: date) -> Takings:
    """What should be in the person's open till, held. Raises DayClosed."""
    till = open_till(session, practice_id=practice_id, user_id=user_id, day=day)
    known = {(one.user_id, one.till): one for one in takings(session, practice_id=practice_id, day=day)}
    if till is None or (till > 1 and (user_id, till) not in known):
        raise DayClosed("this day is closed already")
    return known.get((user_id, till)) or _takings({}, user_id, till, {}, None)


def open_again(session: Session, *, practice_id: str, user_id: str, day: date) -> TillClose:
    """Take the last count of a person's day back; gives what it was. Raises DayClosed where it is at the bank already,
    NotOurs where nothing is closed."""
    hold(session, user_id)
    close = _last_close(session, practice_id, user_id, day)
    if close is None:
        raise NotOurs("this day is not closed")
    session.refresh(close, with_for_update=True)
    if close.deposit_id is not None:
        raise DayClosed("its money is at the bank; what is taken now goes into another till of the same day")
    session.delete(close)
    session.flush()
    return close


def in_the_house(session: Session, practice_id: str, *, held: bool = False) -> Sequence[TillClose]:
    """Closed days whose money was not carried to the bank yet, the oldest first; `held`: nobody opens one meanwhile."""
    query = select(TillClose).where(TillClose.practice_id == practice_id, col(TillClose.deposit_id).is_(None))
    query = query.order_by(col(TillClose.day), TillClose.id)
    return session.exec(query.with_for_update() if held else query).all()


def deposits(session: Session, *, practice_id: str, before: str | None, limit: int) -> DepositPage:
    """Deposits, the newest first, from behind the one with the id `before` on; an unknown one is no beginning."""
    query = select(Deposit).where(Deposit.practice_id == practice_id)
    last = session.exec(query.where(Deposit.id == before)).first() if before else None
    if last is not None:
        made_at, at = col(Deposit.made_at), col(Deposit.id)
        query = query.where(older(made_at, at, than_at=last.made_at, than_id=last.id))
    rows = session.exec(query.order_by(col(Deposit.made_at).desc(), col(Deposit.id).desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    tills = _deposited(session, [row.id for row in shown])
    names = users.names_of(session, {row.made_by for row in shown})
    items = [_deposit_view(row, tills.get(row.id, []), names) for row in shown]
    return DepositPage(items, items[-1].id if len(rows) > limit else None)


def _deposited(session: Session, deposit_ids: Sequence[str]) -> dict[str, list[DepositedTill]]:
    """The tills that each of the deposits carried, by day and name."""
    closes = session.exec(
        select(TillClose, User.display_name)
        .join(User, col(User.id) == col(TillClose.user_id))
        .where(col(TillClose.deposit_id).in_(deposit_ids))
        .order_by(col(TillClose.day), User.display_name, TillClose.id)
    )
    found: dict[str, list[DepositedTill]] = {}
    for one, name in closes:
        till = DepositedTill(one.day, name, one.counted_cash_cents, one.counted_cheque_cents)
        found.setdefault(one.deposit_id or "", []).append(till)
    return found


def _deposit_view(row: Deposit, tills: list[DepositedTill], names: Mapping[str, str]) -> DepositView:
    return DepositView(
        id=row.id,
        reference=row.reference,
        made_at=row.made_at,
        made_by=names.get(row.made_by, row.made_by),
        amount_cents=row.amount_cents,
        payer_cheque_cents=row.amount_cents - sum(one.cash_cents + one.cheque_cents for one in tills),
        tills=tills,
    )


def deposit_with_slip(session: Session, *, practice_id: str, reference: str, since: datetime) -> Deposit | None:
    """The deposit that was recorded under this slip of the bank since then, in whatever letters. The book is held:
    nobody records another meanwhile."""
    ledger.hold_book(session, practice_id)
    rows = session.exec(select(Deposit).where(Deposit.practice_id == practice_id, col(Deposit.made_at) >= since))
    return next((one for one in rows if one.reference.casefold() == reference.casefold()), None)


def undeposited_cents(session: Session, practice_id: str) -> int:
    """What the ledger says is in the house: desk money and payers' cheques."""
    return ledger.account_totals(session, practice_id=practice_id).get(Account.UNDEPOSITED, 0)


def deposit(
    session: Session, *, practice_id: str, payer_cheque_cents: int, reference: str, at: datetime, actor_id: str
) -> Deposit:
    """Carry every closed day, and so much of payers' cheques, to the bank. Raises ValueError when there is nothing,
    or when more is carried than the ledger says is in the house."""
    ledger.hold_book(session, practice_id)
    closes = in_the_house(session, practice_id, held=True)
    expected = sum(one.expected_cash_cents + one.expected_cheque_cents for one in closes) + payer_cheque_cents
    counted = sum(one.counted_cash_cents + one.counted_cheque_cents for one in closes) + payer_cheque_cents
    if not expected and not counted:
        raise ValueError("nothing is counted that could be carried to the bank; close a day first")
    if expected > undeposited_cents(session, practice_id):
        raise ValueError("this is more than the ledger says is in the house; was it carried to the bank before?")
    made = Deposit(
        id=new_id(),
        practice_id=practice_id,
        amount_cents=counted,
        reference=reference,
        made_at=at,
        made_by=actor_id,
    )
    session.add(made)
    session.flush()
    for one in closes:
        one.deposit_id = made.id
        session.add(one)
    sides = (
        Side(Account.CASH_BANK, Cents(counted), None, "deposit"),
        Side(Account.CASH_OVER_SHORT, Cents(expected - counted), None, "till"),
        Side(Account.UNDEPOSITED, Cents(-expected), None, "deposit"),
    )
    moving = tuple(side for side in sides if side.amount_cents)
    entry = Entry(EntryKind.DEPOSIT, f"deposit:{made.id}", moving)
    ledger.post(session, [entry], practice_id=practice_id, at=at, actor=actor_id)
    return made
