"""What the card processor owes the office and pays out: items of the books, each paid out by one line of one payout.

An item is what the processor treats as one: a payment by card (`in:`, by its checkout, its receipt or itself), its
return (`out:`, in the same way), or a refund (`refund:`). CARD_CLEARING is the items that no line has paid out, and
the payouts that the bank has not booked, less the lines that fit no item.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.card_payouts import Payout, PayoutLine
from billing.days import day_of
from billing.ledger import Account
from billing.stages import FactKind
from database import card_refunds, office, records
from database.columns import new_id
from database.tables import (
    BankMovement,
    CardPayout,
    CardPayoutLine,
    CardRefund,
    Checkout,
    Encounter,
    Fact,
    PatientPayment,
    Posting,
    Submission,
)

CARD = "card"
"""Method of a payment that stands on CARD_CLEARING"""


@dataclass(frozen=True, slots=True)
class Item:
    """What a line of a payout can pay out."""

    key: str
    cents: int
    """Above zero: the processor owes it to the office"""
    since: date
    """The day of the payment; of a refund, on which the processor said that it is done"""
    encounter_id: str
    """One of its visits"""
    reference: str
    """The processor's number of the payment, or what was typed at the desk; empty: none is known"""

    @property
    def words(self) -> str:
        """What it is, for people."""
        return {"in": "card payment", "out": "taken back", "refund": "paid back to the card"}[
            self.key.partition(":")[0]
        ]


@dataclass(frozen=True, slots=True)
class PayoutView:
    """A payout, as people read it."""

    id: str
    processor_id: str
    sent_on: date
    charges_cents: int
    refunds_cents: int
    chargebacks_cents: int
    fees_cents: int
    net_cents: int
    open_lines: int
    """That fit nothing yet"""
    booked_on: date | None
    """By the bank"""


def payout_of(row: CardPayout) -> Payout:
    """What the processor says."""
    return records.load(Payout, row.record)


def find(session: Session, processor_id: str, *, practice_id: str) -> CardPayout | None:
    """A payout that was recorded."""
    query = select(CardPayout).where(CardPayout.practice_id == practice_id, CardPayout.processor_id == processor_id)
    return session.exec(query).first()


def keep(
    session: Session, payout: Payout, *, practice_id: str, at: datetime
) -> tuple[CardPayout, list[CardPayoutLine]]:
    """A new payout and its lines, which pay nothing out yet."""
    row = CardPayout(
        id=new_id(),
        practice_id=practice_id,
        processor_id=payout.id,
        sent_on=payout.day,
        fees_cents=payout.fees_cents,
        net_cents=payout.net_cents,
        record=records.dump(payout),
        received_at=at,
    )
    session.add(row)
    session.flush()
    lines = [_line(row, ordinal, one) for ordinal, one in enumerate(payout.lines, start=1)]
    session.add_all(lines)
    session.flush()
    return row, lines


def _line(row: CardPayout, ordinal: int, said: PayoutLine) -> CardPayoutLine:
    return CardPayoutLine(
        id=new_id(),
        practice_id=row.practice_id,
        payout_id=row.id,
        ordinal=ordinal,
        kind=said.kind,
        reference=said.reference[:100],
        payment=said.payment[:100],
        amount_cents=said.signed_cents,
    )


def practices_named(session: Session, payout: Payout) -> set[str]:
    """Whose checkouts and refunds its lines name."""
    said = {one.reference for one in payout.lines if one.reference}
    found: set[str] = set()
    for table in (Checkout, CardRefund):
        found |= set(session.exec(select(table.practice_id).where(col(table.id).in_(said))))
    return found


def newest_day(session: Session) -> date | None:
    """Of the payouts of the whole installation."""
    return session.exec(select(func.max(CardPayout.sent_on))).one()


def items(
    session: Session,
    *,
    practice_id: str,
    keys: Collection[str] | None = None,
    open_only: bool = True,
    limit: int | None = None,
) -> list[Item]:
    """Items of a practice, the oldest first: those that no line has paid out, or all; of these keys, or of any."""
    found = []
    zone = office.zone_of(session, practice_id)
    for parts in (_payments(practice_id), _refunds(practice_id)):
        query = sa.select(parts)
        if keys is not None:
            query = query.where(parts.c.key.in_(keys))
        if open_only:
            query = query.where(~_paid_out(practice_id, parts.c.key))
        rows = session.execute(query.order_by(parts.c.since, parts.c.key).limit(limit)).all()
        found += [Item(one.key, int(one.cents), _day(one.since, zone), one.visit, one.reference or "") for one in rows]
    return sorted(found, key=lambda one: (one.since, one.key))[:limit]


def _day(since: date | datetime, zone: tzinfo) -> date:
    return day_of(since, zone) if isinstance(since, datetime) else since


def _paid_out(practice_id: str, key: Any) -> Any:
    return sa.exists().where(col(CardPayoutLine.practice_id) == practice_id, col(CardPayoutLine.item) == key)


def _payments(practice_id: str) -> Any:
    """Card payments and their returns, together what came or went together."""
    way = sa.case((col(PatientPayment.amount_cents) > 0, sa.literal("in:")), else_=sa.literal("out:"))
    together = func.coalesce(PatientPayment.checkout_id, PatientPayment.receipt_id, PatientPayment.id)
    single = (
        sa.select(
            way.concat(together).label("key"),
            col(PatientPayment.amount_cents).label("cents"),
            col(PatientPayment.received_on).label("since"),
            col(PatientPayment.encounter_id).label("visit"),
            col(PatientPayment.reference).label("reference"),
        )
        .where(col(PatientPayment.practice_id) == practice_id, col(PatientPayment.method) == CARD)
        .subquery()
    )
    return (
        sa.select(
            single.c.key,
            func.sum(single.c.cents).label("cents"),
            func.min(single.c.since).label("since"),
            func.min(single.c.visit).label("visit"),
            func.min(single.c.reference).label("reference"),
        )
        .group_by(single.c.key)
        .subquery()
    )


def _refunds(practice_id: str) -> Any:
    return (
        sa.select(
            sa.literal("refund:").concat(col(CardRefund.id)).label("key"),
            (-col(CardRefund.amount_cents)).label("cents"),
            col(CardRefund.settled_at).label("since"),
            col(CardRefund.encounter_id).label("visit"),
            col(CardRefund.processor_id).label("reference"),
        )
        .where(col(CardRefund.practice_id) == practice_id, col(CardRefund.state) == card_refunds.PAID)
        .subquery()
    )


def keys_named(session: Session, line: CardPayoutLine) -> list[str]:
    """The items that a line names, by our number or, where it has none of ours, by the processor's."""
    if line.amount_cents >= 0 and line.kind == "charge":
        return _payments_named(session, line)
    refund = session.get(CardRefund, line.reference) if line.reference else None
    if refund is not None and refund.practice_id == line.practice_id:
        return [f"refund:{refund.id}"]
    return _returns_named(session, line)


def _payments_named(session: Session, line: CardPayoutLine) -> list[str]:
    if _is_checkout(session, line):
        return [f"in:{line.reference}"]
    query = select(PatientPayment).where(*_at_the_desk(line), PatientPayment.amount_cents > 0)
    return _keys(session.exec(query)) if line.payment else []


def _returns_named(session: Session, line: CardPayoutLine) -> list[str]:
    """What the processor took back by itself, or a person undid at the desk."""
    if _is_checkout(session, line):
        of_it = select(PatientPayment.id).where(PatientPayment.checkout_id == line.reference)
        whole = [f"out:{line.reference}"]
    else:
        of_it = select(PatientPayment.id).where(*_at_the_desk(line))
        whole = []
    if not whole and not line.payment:
        return []
    undone = select(PatientPayment).where(
        PatientPayment.practice_id == line.practice_id,
        PatientPayment.method == CARD,
        col(PatientPayment.checkout_id).is_(None),
        col(PatientPayment.takes_back).in_(of_it),
    )
    return whole + _keys(session.exec(undone))


def _is_checkout(session: Session, line: CardPayoutLine) -> bool:
    checkout = session.get(Checkout, line.reference) if line.reference else None
    return checkout is not None and checkout.practice_id == line.practice_id


def _at_the_desk(line: CardPayoutLine) -> tuple[Any, ...]:
    """Payments by card that the office asked nothing of the processor for, and that were typed in with its number."""
    return (
        PatientPayment.practice_id == line.practice_id,
        PatientPayment.method == CARD,
        col(PatientPayment.checkout_id).is_(None),
        PatientPayment.reference == line.payment,
    )


def _keys(payments: Any) -> list[str]:
    return sorted({_key(one) for one in payments})


def _key(one: PatientPayment) -> str:
    return f"{'in' if one.amount_cents > 0 else 'out'}:{one.checkout_id or one.receipt_id or one.id}"


def keys_of_visit(session: Session, number: str, *, practice_id: str) -> list[str]:
    """The items of a visit that its number, or its claim's, names."""
    spellings = {number, number.upper()}
    visits = {
        *session.exec(
            select(Encounter.id).where(Encounter.practice_id == practice_id, col(Encounter.external_id).in_(spellings))
        ),
        *session.exec(
            select(Submission.encounter_id).where(
                Submission.practice_id == practice_id, col(Submission.control_number).in_(spellings)
            )
        ),
    }
    paid = select(PatientPayment).where(PatientPayment.method == CARD, col(PatientPayment.encounter_id).in_(visits))
    back = select(CardRefund.id).where(CardRefund.state == card_refunds.PAID, col(CardRefund.encounter_id).in_(visits))
    return _keys(session.exec(paid)) + [f"refund:{one}" for one in session.exec(back)]


def paid_out_by(session: Session, key: str, *, practice_id: str) -> str | None:
    """The processor's number of the payout that paid an item out."""
    query = (
        select(CardPayout.processor_id)
        .join(CardPayoutLine, col(CardPayoutLine.payout_id) == col(CardPayout.id))
        .where(CardPayoutLine.practice_id == practice_id, CardPayoutLine.item == key)
    )
    return session.exec(query).first()


def open_lines(session: Session, *, practice_id: str) -> Sequence[tuple[CardPayoutLine, CardPayout]]:
    """Lines that fit nothing and that no person has counted, with their payouts, in their order."""
    query = (
        select(CardPayoutLine, CardPayout)
        .join(CardPayout, col(CardPayout.id) == col(CardPayoutLine.payout_id))
        .where(CardPayoutLine.practice_id == practice_id, col(CardPayoutLine.settled_at).is_(None))
        .order_by(col(CardPayout.sent_on), col(CardPayout.id), col(CardPayoutLine.ordinal))
    )
    return list(session.exec(query))


def unbooked(session: Session, *, practice_id: str) -> Sequence[CardPayout]:
    """Payouts that the bank has not booked, the oldest first; one of nothing never comes to the bank."""
    query = select(CardPayout).where(
        CardPayout.practice_id == practice_id, col(CardPayout.bank_movement_id).is_(None), CardPayout.net_cents != 0
    )
    return session.exec(query.order_by(col(CardPayout.sent_on), CardPayout.id)).all()


def views(session: Session, *, practice_id: str, limit: int) -> list[PayoutView]:
    """Payouts, the newest first."""
    unfit = func.sum(sa.case((col(CardPayoutLine.settled_at).is_(None), 1), else_=0))
    query = (
        sa.select(CardPayout, col(BankMovement.booked_on), unfit)
        .join(BankMovement, col(BankMovement.id) == col(CardPayout.bank_movement_id), isouter=True)
        .join(CardPayoutLine, col(CardPayoutLine.payout_id) == col(CardPayout.id), isouter=True)
        .where(col(CardPayout.practice_id) == practice_id)
        .group_by(col(CardPayout.id), col(BankMovement.booked_on))
        .order_by(col(CardPayout.sent_on).desc(), col(CardPayout.id))
        .limit(limit)
    )
    found = []
    for row, booked_on, count in session.execute(query).all():
        said = payout_of(row)
        view = PayoutView(
            row.id,
            row.processor_id,
            row.sent_on,
            said.charges_cents,
            said.refunds_cents,
            said.chargebacks_cents,
            row.fees_cents,
            row.net_cents,
            int(count) if said.lines else 0,
            booked_on,
        )
        found.append(view)
    return found


def unexplained(session: Session) -> tuple[int, list[str]]:
    """(items and lines, what does not add up): a payout is its lines less fees, a line is its item to the cent, and
    CARD_CLEARING is what the processor has not paid out and what of its payouts the bank has not booked, less the
    lines that fit nothing."""
    looked_at, off = 0, _broken_payouts(session)
    for practice_id in _practices(session):
        known = {one.key: one for one in items(session, practice_id=practice_id, open_only=False)}
        lines = session.exec(select(CardPayoutLine).where(CardPayoutLine.practice_id == practice_id)).all()
        taken = {one.item: one for one in lines if one.item}
        off += [
            f"payout line {line.id}"
            for key, line in taken.items()
            if key not in known or known[key].cents != line.amount_cents
        ]
        waiting = sum(one.cents for one in known.values() if one.key not in taken)
        unfit = sum(one.amount_cents for one in lines if one.settled_at is None)
        nets = sum(one.net_cents for one in unbooked(session, practice_id=practice_id))
        rest = _in_books(session, practice_id) + _under_way(session, practice_id) - waiting - nets + unfit
        off += [f"practice {practice_id}: {rest} cents"] if rest else []
        looked_at += len(known) + len(lines)
    return looked_at, off


def _practices(session: Session) -> list[str]:
    posted = select(Posting.practice_id).where(Posting.account == Account.CARD_CLEARING).distinct()
    paid = select(PatientPayment.practice_id).where(PatientPayment.method == CARD).distinct()
    sent = select(CardPayout.practice_id).distinct()
    return sorted({one for query in (posted, paid, sent) for one in session.exec(query)})


def _broken_payouts(session: Session) -> list[str]:
    sums: dict[str, int] = defaultdict(int)
    for payout_id, cents in session.exec(select(CardPayoutLine.payout_id, CardPayoutLine.amount_cents)):
        sums[payout_id] += cents
    return [
        f"payout {one.id}" for one in session.exec(select(CardPayout)) if sums[one.id] - one.fees_cents != one.net_cents
    ]


def _in_books(session: Session, practice_id: str) -> int:
    query = select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(
        Posting.practice_id == practice_id, Posting.account == Account.CARD_CLEARING
    )
    return int(session.exec(query).one())


def _under_way(session: Session, practice_id: str) -> int:
    """Payments by card that no visit has posted yet."""
    query = (
        select(func.coalesce(func.sum(PatientPayment.amount_cents), 0))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(
            PatientPayment.practice_id == practice_id,
            PatientPayment.method == CARD,
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
        )
    )
    return int(session.exec(query).one())
