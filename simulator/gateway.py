"""A card processor for demonstrations and tests: a page that takes a card of nobody, and signed notices of what became
of it. It speaks the protocol of docs/pay-page.md.
"""

import json
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field

from simulator.notices import signature

CARDS = "/cards"
"""Where the simulated clearinghouse's server shows it"""
DECLINED = "4000000000000002"
"""The card that is refused"""
DECLINED_LATER = "4000000000000341"
"""The card that is kept, and refused whenever it is charged"""
USUAL_EXPIRY = "2099-12"


class CheckoutWish(BaseModel):
    """What the office asks for."""

    reference: str
    amount_cents: Annotated[int, Field(gt=0)]
    currency: str
    return_url: str


class RefundWish(BaseModel):
    """What is to go back to the card of a payment."""

    reference: str
    payment: str
    amount_cents: Annotated[int, Field(gt=0)]
    currency: str


class CardPageWish(BaseModel):
    """A page that takes a card and keeps it."""

    reference: str
    return_url: str


class ChargeWish(BaseModel):
    """What is charged to a card that is kept."""

    reference: str
    card: str
    amount_cents: Annotated[int, Field(gt=0)]
    currency: str


class CancelWish(BaseModel):
    """Nothing is to be charged under this reference any more."""

    reference: str


class ForgetWish(BaseModel):
    """A card is to be kept no longer."""

    card: str


@dataclass
class KeptCard:
    """One wish to keep a card, and the card."""

    id: str
    wish: CardPageWish
    reference: str = ""
    """What the office calls it by"""
    number: str = ""
    expires: str = ""
    is_forgotten: bool = False


@dataclass
class Charged:
    """What became of one charge of a kept card."""

    state: str
    cents: int = 0
    card: str = ""
    payment: str = ""
    reason: str = ""


@dataclass
class Kept:
    """One checkout."""

    id: str
    wish: CheckoutWish
    state: str = "open"
    payment: str = ""


def payout_report(number: str, day: date, lines: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """A payout as the protocol tells it; 2.9 percent and 30 cents of every charge are kept."""
    sums = {kind: _sum(lines, kind) for kind in ("charge", "refund", "chargeback")}
    charges = sum(one["kind"] == "charge" for one in lines)
    fees = sums["charge"] * 29 // 1000 + 30 * charges
    return {
        "id": number,
        "day": day.isoformat(),
        "charges_cents": sums["charge"],
        "refunds_cents": sums["refund"],
        "chargebacks_cents": sums["chargeback"],
        "fees_cents": fees,
        "net_cents": sums["charge"] - sums["refund"] - sums["chargeback"] - fees,
        "lines": list(lines),
    }


def _sum(lines: Sequence[Mapping[str, object]], kind: str) -> int:
    return sum(int(str(one["amount_cents"])) for one in lines if one["kind"] == kind)


@dataclass
class Processor:
    """What it remembers, and how it tells the office."""

    office_url: str
    secret: str
    clock: Callable[[], datetime]
    http: httpx.Client
    kept: dict[str, Kept] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    refunds: dict[str, RefundWish] = field(default_factory=dict)
    """By their reference"""
    fails_refunds: bool = False
    """What it takes on, it says afterwards that it could not do"""
    is_away: bool = False
    """It answers nobody"""
    cards: dict[str, KeptCard] = field(default_factory=dict)
    charges: dict[str, Charged] = field(default_factory=dict)
    """By their reference"""
    lost_answers: int = 0
    """So many charges are done, and the answer does not come through"""
    payouts: list[dict[str, Any]] = field(default_factory=list)
    """What it sent to the office's bank, as it tells of it"""
    paid_out: set[tuple[str, str]] = field(default_factory=set)
    """(kind, reference) of every line so far"""
    tells_charges: bool = True
    """Whether its notices tell of charges too, before it answers"""

    def open(self, wish: CheckoutWish) -> Kept:
        """The same reference opens the same checkout."""
        with self.lock:
            known = next((one for one in self.kept.values() if one.wish.reference == wish.reference), None)
            if known is None:
                known = Kept(f"chk_{secrets.token_hex(8)}", wish)
                self.kept[known.id] = known
            return known

    def charge(self, one: Kept, card: str) -> None:
        """Take the money once, or refuse the card, and tell the office."""
        with self.lock:
            if one.state != "open":
                return
            is_refused = card.replace(" ", "") == DECLINED
            one.state = "failed" if is_refused else "paid"
            one.payment = f"pay_{secrets.token_hex(8)}"
        self.tell("payment.failed" if is_refused else "payment.succeeded", one)

    def refund(self, wish: RefundWish) -> bool:
        """Pay back once, and tell the office; False: there is no such payment, or not so much of it left."""
        with self.lock:
            known = wish.reference in self.refunds
            paid = sum(
                one.wish.amount_cents
                for one in self.kept.values()
                if one.payment == wish.payment and one.state == "paid"
            ) + sum(one.cents for one in self.charges.values() if one.payment == wish.payment)
            gone = sum(one.amount_cents for one in self.refunds.values() if one.payment == wish.payment)
            if not known and gone + wish.amount_cents > paid:
                return False
            self.refunds.setdefault(wish.reference, wish)
        if not known:
            self.tell_of_refund("refund.failed" if self.fails_refunds else "refund.succeeded", wish)
        return True

    def open_card_page(self, wish: CardPageWish) -> KeptCard:
        """The same reference opens the same page."""
        with self.lock:
            known = next((one for one in self.cards.values() if one.wish.reference == wish.reference), None)
            if known is None:
                known = KeptCard(f"page_{secrets.token_hex(8)}", wish)
                self.cards[known.id] = known
            return known

    def keep(self, one: KeptCard, number: str, expires: str) -> None:
        """Keep the card, once, and tell the office."""
        with self.lock:
            if one.reference:
                return
            one.number, one.expires = number.replace(" ", ""), expires
            one.reference = f"card_{secrets.token_hex(8)}"
        self.tell_of_card(one)

    def tell_of_card(self, one: KeptCard, *, event_id: str | None = None) -> httpx.Response:
        """It keeps a card: everything that the office hears of it."""
        label = f"card ending in {one.number[-4:]}"
        data = {"reference": one.wish.reference, "card": one.reference, "label": label, "expires": one.expires}
        return self.send("card.kept", data, event_id)

    def charge_kept(self, wish: ChargeWish) -> Charged:
        """Charge it once; the same reference is answered the same, also where it was cancelled."""
        with self.lock:
            known = self.charges.get(wish.reference)
            if known is not None:
                return known
            card = next((one for one in self.cards.values() if one.reference == wish.card), None)
            made = self._charged(card, wish)
            self.charges[wish.reference] = made
        if self.tells_charges:
            data = {
                "reference": wish.reference,
                "payment": made.payment,
                "amount_cents": made.cents,
                "reason": made.reason,
            }
            self.send(f"payment.{made.state}", data, None)
        return made

    def _charged(self, card: KeptCard | None, wish: ChargeWish) -> Charged:
        if card is None or card.is_forgotten:
            return Charged("failed", reason="no such card")
        if card.expires < f"{self.clock():%Y-%m}":
            return Charged("failed", card=card.reference, reason="expired")
        if card.number == DECLINED_LATER:
            return Charged("failed", card=card.reference, reason="do not honor")
        return Charged("succeeded", wish.amount_cents, card.reference, f"pay_{secrets.token_hex(8)}")

    def charged_to(self, card: KeptCard) -> int:
        """Cents that a kept card was charged."""
        with self.lock:
            return sum(one.cents for one in self.charges.values() if card.reference and one.card == card.reference)

    def cancel(self, wish: CancelWish) -> Charged:
        """What was charged stays so; anything else is never charged."""
        with self.lock:
            return self.charges.setdefault(wish.reference, Charged("canceled"))

    def forget(self, wish: ForgetWish) -> None:
        """Nothing is charged to it any more."""
        with self.lock:
            for one in self.cards.values():
                if one.reference == wish.card:
                    one.is_forgotten, one.number = True, ""

    def pay_out(self, *, extra: Sequence[Mapping[str, object]] = (), tell: bool = True) -> dict[str, Any]:
        """Send what stands to the bank, less its fees, and tell the office. `extra`: lines that it makes up."""
        day = self.clock().date()
        with self.lock:
            number = f"po_{day:%Y%m%d}_{len(self.payouts) + 1:03}"
            lines = [*self._lines_to_pay_out(), *extra]
            self.paid_out |= {(str(one["kind"]), str(one["reference"])) for one in lines}
            report = payout_report(number, day, lines)
            self.payouts.append(report)
        if tell:
            self.send("payout.paid", report, None)
        return report

    def _lines_to_pay_out(self) -> list[Mapping[str, object]]:
        made = [
            ("charge", one.wish.reference, one.payment, one.wish.amount_cents)
            for one in self.kept.values()
            if one.state == "paid"
        ]
        made += [("charge", name, one.payment, one.cents) for name, one in self.charges.items() if one.cents]
        if not self.fails_refunds:
            made += [("refund", name, one.payment, one.amount_cents) for name, one in self.refunds.items()]
        return [
            {"kind": kind, "reference": name, "payment": payment, "amount_cents": cents}
            for kind, name, payment, cents in made
            if (kind, name) not in self.paid_out
        ]

    def payouts_since(self, day: str) -> list[dict[str, Any]]:
        """What it sent from a day on; it sends once a day, where anything stands."""
        today = self.clock().date().isoformat()
        if not any(one["day"] == today for one in self.payouts) and self._lines_to_pay_out():
            self.pay_out(tell=False)
        return [one for one in self.payouts if one["day"] >= day]

    def tell_of_refund(self, kind: str, wish: RefundWish, *, event_id: str | None = None) -> httpx.Response:
        """What became of a refund."""
        data = {"reference": wish.reference, "payment": wish.payment, "amount_cents": wish.amount_cents}
        return self.send(kind, data, event_id)

    def tell(self, kind: str, one: Kept, *, cents: int | None = None, event_id: str | None = None) -> httpx.Response:
        """What became of a payment."""
        data = {
            "checkout": one.id,
            "reference": one.wish.reference,
            "payment": one.payment,
            "amount_cents": one.wish.amount_cents if cents is None else cents,
        }
        return self.send(kind, data, event_id)

    def send(self, kind: str, data: Mapping[str, object], event_id: str | None) -> httpx.Response:
        """A signed notice; the same event again has the same id."""
        body = json.dumps({"type": kind, "data": data}).encode()
        event, timestamp = event_id or f"evt_{secrets.token_hex(8)}", str(int(self.clock().timestamp()))
        return self.http.post(
            f"{self.office_url}/api/v1/payments/notify",
            content=body,
            headers={
                "Content-Type": "application/json",
                "webhook-id": event,
                "webhook-timestamp": timestamp,
                "webhook-signature": signature(self.secret, notice_id=event, timestamp=timestamp, body=body),
            },
        )
